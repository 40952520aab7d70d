import { type PlainTransport } from '../api/types/plain-transport.js';
import { type Producer } from '../api/types/producer.js';
import { type Router } from '../api/types/router.js';
import { isRtcp } from '../rtp/rtcp/rtcp-packet.js';
import { readCompound } from '../rtp/rtcp/reader.js';
import { SENDER_REPORT_LENGTH, writeSenderReport } from '../rtp/rtcp/sender-report.js';
import { NTP_UNIX_OFFSET_SECONDS, ntpFraction, ntpSeconds } from '../rtp/time.js';
import { type RemoteAddress, type UdpSocket } from '../worker/runtime.js';
import { RtcpListener } from './rtcp-listener.js';
import { type SimRuntime } from './sim-runtime.js';
import { type SourcePacket, type VideoSource } from './video-source.js';

const PORT = 5000;
const HEADER_LENGTH = 12;
const PAYLOAD_TYPE = 96;
const SENDER_REPORT_INTERVAL = 1000;
/** Packets of each stream that can be sent again. */
const HISTORY_LENGTH = 1024;
/** Packets of a frame leave at so many times the mean bitrate. */
const PACING_FACTOR = 4;

/** A peer that sends video to a Router, as a plain RTP sender: with sender reports, retransmissions and key frames on demand. */
export class Publisher {
  readonly transport: PlainTransport;
  readonly producer: Producer;

  readonly #runtime: SimRuntime;
  readonly #source: VideoSource;
  readonly #socket: UdpSocket;
  readonly #remote: RemoteAddress;
  readonly #streams: readonly Stream[];
  #isPaused = false;
  #isClosed = false;

  private constructor(
    runtime: SimRuntime,
    source: VideoSource,
    socket: UdpSocket,
    remote: RemoteAddress,
    streams: readonly Stream[],
    transport: PlainTransport,
    producer: Producer,
  ) {
    this.#runtime = runtime;
    this.#source = source;
    this.#socket = socket;
    this.#remote = remote;
    this.#streams = streams;
    this.transport = transport;
    this.producer = producer;
  }

  /**
   * @param workerIp address of the worker's machine
   * @param scalabilityMode of the encodings
   */
  static async create(
    runtime: SimRuntime,
    ip: string,
    router: Router,
    workerIp: string,
    source: VideoSource,
    mimeType: string,
    scalabilityMode: string | undefined,
  ): Promise<Publisher> {
    const handler = { onDatagram: (bytes: Uint8Array): void => publisher?.receive(bytes) };
    const socket = runtime.udp.bind({ ip, port: PORT }, handler);
    const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: workerIp } });
    await transport.connect({ ip, port: PORT });
    const streams = Array.from({ length: source.streamCount }, () => new Stream(runtime.random.uint32()));
    const producer = await transport.produce({
      kind: 'video',
      rtpParameters: {
        mid: '0',
        codecs: [
          {
            mimeType,
            payloadType: PAYLOAD_TYPE,
            clockRate: 90_000,
            rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
          },
        ],
        encodings: streams.map(({ ssrc }) => ({ ssrc, scalabilityMode })),
        rtcp: { cname: 'publisher' },
      },
    });
    const remote = socket.remoteAddress(workerIp, transport.tuple.localPort);
    const publisher = new Publisher(runtime, source, socket, remote, streams, transport, producer);
    publisher.#run();
    return publisher;
  }

  /** Stops sending, without telling anybody. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (let stream = 0; stream < this.#streams.length; stream++) this.#source.requestKeyFrame(stream);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
  }

  /** bps; 0: the layer is not sent. */
  setBitrate(layer: number, bitrate: number): void {
    this.#source.setBitrate(layer, bitrate);
  }

  receive(bytes: Uint8Array): void {
    if (!isRtcp(bytes, 0, bytes.length)) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    readCompound(bytes, view, 0, bytes.length, new Feedback(this.#streams, this.#source, packet => this.#send(packet)));
  }

  #run(): void {
    const { clock } = this.#runtime;
    // Publishers do not encode in step.
    const offset = (this.#runtime.random.uint32() / 2 ** 32) * this.#source.frameInterval;
    const frame = (): void => {
      if (this.#isClosed) return;
      if (!this.#isPaused) this.#sendFrame(this.#source.encode());
      clock.after(this.#source.frameInterval, frame);
    };
    const report = (): void => {
      if (this.#isClosed) return;
      if (!this.#isPaused) for (const stream of this.#streams) this.#sendReport(stream);
      clock.after(SENDER_REPORT_INTERVAL, report);
    };
    clock.after(offset, frame);
    clock.after(offset + 5, report);
  }

  /** A frame takes some time to leave: a share of the interval as large as it would be for a mean frame. */
  #sendFrame(packets: readonly SourcePacket[]): void {
    const { clock } = this.#runtime;
    const spacing = Math.min(1, this.#source.frameInterval / PACING_FACTOR / Math.max(1, packets.length));
    packets.forEach((packet, index) => {
      const bytes = this.#streams[packet.stream].packet(packet, clock.now());
      clock.after(index * spacing, () => this.#send(bytes));
    });
  }

  #sendReport(stream: Stream): void {
    if (stream.packetCount === 0) return;
    const { clock } = this.#runtime;
    const us = Math.floor((clock.wallClockOffset + clock.now()) * 1000) + NTP_UNIX_OFFSET_SECONDS * 1e6;
    const bytes = new Uint8Array(SENDER_REPORT_LENGTH);
    writeSenderReport(new DataView(bytes.buffer), 0, {
      ssrc: stream.ssrc,
      ntpSeconds: ntpSeconds(us),
      ntpFraction: ntpFraction(us),
      rtpTimestamp: stream.timestampAt(clock.now()),
      packetCount: stream.packetCount,
      octetCount: stream.octetCount,
    });
    this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    if (!this.#isClosed) this.#socket.send(bytes, 0, bytes.length, this.#remote);
  }
}

/** What is sent with one SSRC. */
class Stream {
  readonly ssrc: number;
  packetCount = 0;
  octetCount = 0;

  readonly #history: (Uint8Array | undefined)[] = new Array<undefined>(HISTORY_LENGTH).fill(undefined);
  #seq = 0;
  #timestamp = 0;
  #timestampAt = 0;

  constructor(ssrc: number) {
    this.ssrc = ssrc;
  }

  packet({ marker, timestamp, payload }: SourcePacket, now: number): Uint8Array {
    const bytes = new Uint8Array(HEADER_LENGTH + payload.length);
    const view = new DataView(bytes.buffer);
    this.#seq = (this.#seq + 1) & 0xffff;
    bytes[0] = 0x80;
    bytes[1] = PAYLOAD_TYPE | (marker ? 0x80 : 0);
    view.setUint16(2, this.#seq);
    view.setUint32(4, timestamp);
    view.setUint32(8, this.ssrc);
    bytes.set(payload, HEADER_LENGTH);
    this.#history[this.#seq % HISTORY_LENGTH] = bytes;
    this.packetCount++;
    this.octetCount += payload.length;
    if (timestamp !== this.#timestamp) {
      this.#timestamp = timestamp;
      this.#timestampAt = now;
    }
    return bytes;
  }

  /** A packet that was sent lately. */
  find(seq: number): Uint8Array | undefined {
    const bytes = this.#history[seq % HISTORY_LENGTH];
    return bytes && ((bytes[2] << 8) | bytes[3]) === seq ? bytes : undefined;
  }

  /** The RTP time that corresponds to a time of the clock. */
  timestampAt(now: number): number {
    return (this.#timestamp + Math.round((now - this.#timestampAt) * 90)) >>> 0;
  }
}

/** What receivers want of a Publisher. */
class Feedback extends RtcpListener {
  readonly #streams: readonly Stream[];
  readonly #source: VideoSource;
  readonly #resend: (packet: Uint8Array) => void;

  constructor(streams: readonly Stream[], source: VideoSource, resend: (packet: Uint8Array) => void) {
    super();
    this.#streams = streams;
    this.#source = source;
    this.#resend = resend;
  }

  override onPli(_senderSsrc: number, mediaSsrc: number): void {
    this.#requestKeyFrame(mediaSsrc);
  }

  override onFir(_senderSsrc: number, _mediaSsrc: number, ssrc: number): void {
    this.#requestKeyFrame(ssrc);
  }

  override onNackItem(mediaSsrc: number, packetId: number, lostPacketsBitmask: number): void {
    const stream = this.#streams.find(({ ssrc }) => ssrc === mediaSsrc);
    for (let i = 0; i <= 16; i++) {
      if (i > 0 && ((lostPacketsBitmask >> (i - 1)) & 1) === 0) continue;
      const packet = stream?.find((packetId + i) & 0xffff);
      if (packet) this.#resend(packet);
    }
  }

  #requestKeyFrame(ssrc: number): void {
    const index = this.#streams.findIndex(stream => stream.ssrc === ssrc);
    if (index >= 0) this.#source.requestKeyFrame(index);
  }
}
