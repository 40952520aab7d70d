import { type SimRuntime } from '../../../src/testing/sim-runtime.js';
import { type UdpSocket } from '../../../src/worker/runtime.js';
import { isRtcp, readRtcp } from './rtcp-listener.js';

export interface PublishedStream {
  ssrc: number;
  rtxSsrc: number;
  packetsPerFrame: number;
}

export interface VideoPublisherOptions {
  ip: string;
  streams: PublishedStream[];
  payloadType?: number;
  rtxPayloadType?: number;
  /** Whether a packet towards the worker, or one from it, gets lost. */
  losesSent?: () => boolean;
  losesReceived?: () => boolean;
}

const FRAMES_PER_SECOND = 30;
const FRAME_INTERVAL = 1000 / FRAMES_PER_SECOND;
const PAYLOAD_LENGTH = 900;
/** Where the packet's own number, and before it its stream's, are in the payload. */
export const PACKET_NUMBER_INDEX = 8;

/** Sends VP8 over UDP as a browser does: answers NACKs with RTX and PLIs with key frames, and reports. */
export class VideoPublisher {
  readonly socket: UdpSocket;
  /** What the worker asked for. */
  readonly asked = { nackedPackets: 0, pli: 0 };

  readonly #runtime: SimRuntime;
  readonly #options: Required<VideoPublisherOptions>;
  readonly #streams: Stream[];
  #target: [ip: string, port: number] = ['', 0];
  #frame = 0;
  #reportAt = 0;
  #stopped = false;

  constructor(runtime: SimRuntime, options: VideoPublisherOptions) {
    this.#runtime = runtime;
    const never = (): boolean => false;
    this.#options = { payloadType: 96, rtxPayloadType: 97, losesSent: never, losesReceived: never, ...options };
    this.#streams = options.streams.map((stream, index) => new Stream(stream, index));
    this.socket = runtime.udp.bind({ ip: options.ip, port: 0 }, { onDatagram: bytes => this.#receive(bytes) });
  }

  start(ip: string, port: number): void {
    this.#target = [ip, port];
    this.#reportAt = this.#runtime.clock.now();
    this.#sendFrame();
  }

  stop(): void {
    this.#stopped = true;
  }

  #sendFrame(): void {
    if (this.#stopped) return;
    const now = this.#runtime.clock.now();
    for (const stream of this.#streams) {
      for (const packet of stream.nextFrame(this.#frame, this.#options.payloadType)) this.#send(packet);
    }
    if (now >= this.#reportAt) {
      for (const stream of this.#streams) this.#send(senderReport(stream.ssrc, now, stream.timestamp(this.#frame)));
      this.#reportAt += 500;
    }
    this.#frame++;
    this.#runtime.clock.after(FRAME_INTERVAL, () => this.#sendFrame());
  }

  #receive(bytes: Uint8Array): void {
    if (!isRtcp(bytes) || this.#options.losesReceived()) return;
    readRtcp(bytes, {
      onPli: (_, ssrc) => {
        this.asked.pli++;
        this.#stream(ssrc).keyFrameNeeded = true;
      },
      onNackItem: (ssrc, packetId, bitmask) => {
        for (let bit = -1; bit < 16; bit++) {
          if (bit >= 0 && ((bitmask >> bit) & 1) === 0) continue;
          this.asked.nackedPackets++;
          const again = this.#stream(ssrc).retransmission(packetId + bit + 1, this.#options.rtxPayloadType);
          if (again) this.#send(again);
        }
      },
    });
  }

  #stream(ssrc: number): Stream {
    return this.#streams.find(stream => stream.ssrc === ssrc)!;
  }

  #send(bytes: Uint8Array): void {
    if (this.#options.losesSent()) return;
    this.socket.send(bytes, 0, bytes.length, this.socket.remoteAddress(...this.#target));
  }
}

class Stream {
  readonly ssrc: number;
  keyFrameNeeded = true;
  readonly #rtxSsrc: number;
  readonly #packetsPerFrame: number;
  readonly #index: number;
  readonly #sent = new Map<number, Uint8Array>();
  #seq: number;
  #rtxSeq = 0;
  #number = 0;

  constructor({ ssrc, rtxSsrc, packetsPerFrame }: PublishedStream, index: number) {
    this.ssrc = ssrc;
    this.#rtxSsrc = rtxSsrc;
    this.#packetsPerFrame = packetsPerFrame;
    this.#index = index;
    // So that it wraps soon.
    this.#seq = 65_000 + index;
  }

  timestamp(frame: number): number {
    return (this.#index * 1_000_000 + Math.round(frame * FRAME_INTERVAL * 90)) >>> 0;
  }

  /** RFC 7741 §4.2 with picture id and TL0PICIDX. */
  nextFrame(frame: number, payloadType: number): Uint8Array[] {
    const isKey = this.keyFrameNeeded;
    this.keyFrameNeeded = false;
    return Array.from({ length: this.#packetsPerFrame }, (_, i) => {
      const payload = new Uint8Array(PAYLOAD_LENGTH);
      const pictureId = 0x8000 | (frame & 0x7fff);
      const head = [i === 0 ? 0x90 : 0x80, 0xe0, pictureId >> 8, pictureId & 0xff, frame & 0xff, 0x20];
      payload.set([...head, isKey && i === 0 ? 0 : 1, this.#index]);
      new DataView(payload.buffer).setUint32(PACKET_NUMBER_INDEX, this.#number++);
      const seq = this.#seq++ & 0xffff;
      const marker = i === this.#packetsPerFrame - 1;
      const packet = rtp(payloadType, marker, seq, this.timestamp(frame), this.ssrc, payload);
      this.#sent.set(seq, packet);
      return packet;
    });
  }

  retransmission(seq: number, payloadType: number): Uint8Array | undefined {
    const packet = this.#sent.get(seq & 0xffff);
    if (packet === undefined) return undefined;
    const payload = new Uint8Array(packet.length - 10);
    payload.set([packet[2], packet[3]]);
    payload.set(packet.subarray(12), 2);
    const timestamp = new DataView(packet.buffer).getUint32(4);
    return rtp(payloadType, packet[1] >= 128, this.#rtxSeq++ & 0xffff, timestamp, this.#rtxSsrc, payload);
  }
}

function rtp(
  payloadType: number,
  marker: boolean,
  seq: number,
  timestamp: number,
  ssrc: number,
  payload: Uint8Array,
): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  const view = new DataView(packet.buffer);
  packet.set([0x80, payloadType | (marker ? 0x80 : 0)]);
  view.setUint16(2, seq);
  view.setUint32(4, timestamp);
  view.setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
}

/** RFC 3550 §6.4.1, without report blocks. */
function senderReport(ssrc: number, now: number, timestamp: number): Uint8Array {
  const packet = new Uint8Array(28);
  const view = new DataView(packet.buffer);
  packet.set([0x80, 200, 0, 6]);
  view.setUint32(4, ssrc);
  view.setUint32(8, 0xe0000000 + Math.floor(now / 1000));
  view.setUint32(12, ((now % 1000) / 1000) * 2 ** 32);
  view.setUint32(16, timestamp);
  return packet;
}
