import { createPayloadParser } from '../rtp/codecs/registry.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { RtpStreamRecv, type RtpStreamRecvOwner } from '../rtp/rtp-stream-recv.js';
import { type RtpMapping } from './rtp-mapping.js';
import { codecForEncoding, type RtpEncoding, type RtpParameters, rtxCodecForEncoding } from './rtp-parameters.js';
import { rtpStreamParams } from './rtp-stream-params.js';

/** How long to wait for a missing packet before asking for it, ms: most are only late. */
const NACK_DELAY = 10;

/** The receive streams of a Producer: which packet belongs to which, and which packet begins a new one. */
export class ProducerStreams {
  /** The streams that have started, in the order of encodings. Holes are left out. */
  started: RtpStreamRecv[] = [];
  /** By mapped SSRC. */
  readonly byMappedSsrc = new Map<number, RtpStreamRecv>();

  readonly #parameters: RtpParameters;
  readonly #mapping: RtpMapping;
  readonly #inactivityCheck: boolean;
  readonly #ntpOffset: number;
  readonly #owner: RtpStreamRecvOwner;
  readonly #bySsrc = new Map<number, RtpStreamRecv>();
  readonly #byRtxSsrc = new Map<number, RtpStreamRecv>();
  readonly #byEncoding: (RtpStreamRecv | undefined)[];

  /** @param inactivityCheck whether streams without packets get score 0 */
  constructor(
    parameters: RtpParameters,
    mapping: RtpMapping,
    inactivityCheck: boolean,
    ntpOffset: number,
    owner: RtpStreamRecvOwner,
  ) {
    this.#parameters = parameters;
    this.#mapping = mapping;
    this.#inactivityCheck = inactivityCheck;
    this.#ntpOffset = ntpOffset;
    this.#owner = owner;
    this.#byEncoding = parameters.encodings.map(() => undefined);
  }

  /** The stream with this media SSRC. */
  bySsrc(ssrc: number): RtpStreamRecv | undefined {
    return this.#bySsrc.get(ssrc);
  }

  byRtxSsrc(ssrc: number): RtpStreamRecv | undefined {
    return this.#byRtxSsrc.get(ssrc);
  }

  /** Media and RTX SSRCs of the streams that have started. */
  get ssrcs(): number[] {
    return [...this.#bySsrc.keys(), ...this.#byRtxSsrc.keys()];
  }

  mappedSsrc(stream: RtpStreamRecv): number {
    return this.#mapping.encodings[stream.params.encodingIdx].mappedSsrc;
  }

  /** The stream that a packet belongs to, made if the packet begins one. Undefined: it belongs nowhere. */
  find(packet: RtpPacket, now: number): RtpStreamRecv | undefined {
    return this.#bySsrc.get(packet.ssrc) ?? this.#byRtxSsrc.get(packet.ssrc) ?? this.#findNew(packet, now);
  }

  /** By announced SSRC, else by RID, else, if there is only one encoding that says neither, as that one. */
  #findNew(packet: RtpPacket, now: number): RtpStreamRecv | undefined {
    const { encodings } = this.#parameters;
    for (let index = 0; index < encodings.length; index++) {
      const encoding = encodings[index];
      if (encoding.ssrc === packet.ssrc && this.#isMedia(packet, encoding)) return this.#create(packet, index, now);
      if (encoding.rtxSsrc === packet.ssrc && this.#isRtx(packet, encoding)) {
        return this.#setRtx(packet, this.#byEncoding[index]);
      }
    }
    const rid = packet.readRid();
    if (rid !== undefined) return this.#findByRid(packet, rid, now);
    const [encoding] = encodings;
    if (encodings.length === 1 && encoding.ssrc === 0 && encoding.rid === '') {
      if (this.#isMedia(packet, encoding)) return this.#createOnce(packet, 0, now);
      if (this.#isRtx(packet, encoding)) return this.#setRtx(packet, this.#byEncoding[0]);
    }
    return undefined;
  }

  #findByRid(packet: RtpPacket, rid: string, now: number): RtpStreamRecv | undefined {
    const { encodings } = this.#parameters;
    for (let index = 0; index < encodings.length; index++) {
      if (encodings[index].rid !== rid) continue;
      if (this.#isMedia(packet, encodings[index])) return this.#createOnce(packet, index, now);
      if (this.#isRtx(packet, encodings[index])) return this.#setRtx(packet, this.#byEncoding[index]);
    }
    return undefined;
  }

  #isMedia(packet: RtpPacket, encoding: RtpEncoding): boolean {
    return codecForEncoding(this.#parameters, encoding).payloadType === packet.payloadType;
  }

  #isRtx(packet: RtpPacket, encoding: RtpEncoding): boolean {
    return rtxCodecForEncoding(this.#parameters, encoding)?.payloadType === packet.payloadType;
  }

  /** A stream does not change its SSRC. */
  #createOnce(packet: RtpPacket, index: number, now: number): RtpStreamRecv | undefined {
    return this.#byEncoding[index] === undefined ? this.#create(packet, index, now) : undefined;
  }

  #create(packet: RtpPacket, index: number, now: number): RtpStreamRecv {
    const encoding = this.#parameters.encodings[index];
    const codec = codecForEncoding(this.#parameters, encoding);
    const stream = new RtpStreamRecv(
      {
        params: rtpStreamParams(this.#parameters, index, encoding, codec, packet.ssrc),
        parser: createPayloadParser(codec.mimeType),
        nackDelay: NACK_DELAY,
        inactivityCheck: this.#inactivityCheck,
        ntpOffset: this.#ntpOffset,
      },
      this.#owner,
      now,
    );
    this.#byEncoding[index] = stream;
    this.#bySsrc.set(packet.ssrc, stream);
    this.byMappedSsrc.set(this.#mapping.encodings[index].mappedSsrc, stream);
    this.started = this.#byEncoding.filter(one => one !== undefined);
    return stream;
  }

  /** RTX before the first media packet is of no use, and an RTX stream does not change its SSRC either. */
  #setRtx(packet: RtpPacket, stream: RtpStreamRecv | undefined): RtpStreamRecv | undefined {
    if (stream === undefined || stream.rtx !== undefined) return undefined;
    stream.setRtx({ ssrc: packet.ssrc, payloadType: packet.payloadType });
    this.#byRtxSsrc.set(packet.ssrc, stream);
    return stream;
  }
}
