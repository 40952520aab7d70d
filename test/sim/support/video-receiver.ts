import { createPayloadParser } from '../../../src/rtp/codecs/registry.js';
import { RtpStreamRecv, type RtpStreamRecvOwner } from '../../../src/rtp/rtp-stream-recv.js';
import { maxNackLength, writeNack } from '../../../src/rtp/rtcp/nack.js';
import { PLI_LENGTH, writePli } from '../../../src/rtp/rtcp/pli.js';
import { type SimRuntime } from '../../../src/testing/sim-runtime.js';
import { type UdpSocket } from '../../../src/worker/runtime.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { isRtcp } from './rtcp-listener.js';
import { parseRtp } from './rtp-reader.js';

export interface VideoReceiverOptions {
  ip: string;
  ssrc: number;
  rtxSsrc: number;
  payloadType: number;
  rtxPayloadType: number;
  /** Whether a packet towards the worker, or one from it, gets lost. */
  losesSent?: () => boolean;
  losesReceived?: () => boolean;
  /** A packet, whether it came at first or was repaired. */
  onPacket: (packet: RtpPacket) => void;
}

/** A packet that is missing for so long will not come: the receiver asks for a key frame, ms. */
const PATIENCE = 1000;

/** Receives one VP8 stream over UDP as a browser does: asks for what is missing, and for key frames where that fails. */
export class VideoReceiver implements RtpStreamRecvOwner {
  readonly socket: UdpSocket;
  /** What it asked for and got. */
  readonly counts = { nackedPackets: 0, pli: 0, duplicates: 0, direct: 0, repaired: 0 };

  readonly #options: Required<VideoReceiverOptions>;
  readonly #stream: RtpStreamRecv;
  readonly #feedback = new Uint8Array(Math.max(maxNackLength(1000), PLI_LENGTH));
  /** Since when a packet has been missing, by sequence number. */
  readonly #missingSince = new Map<number, number>();
  #highest = -1;
  #worker: [ip: string, port: number] = ['', 0];

  constructor(runtime: SimRuntime, options: VideoReceiverOptions) {
    const never = (): boolean => false;
    this.#options = { losesSent: never, losesReceived: never, ...options };
    const feedback = { useNack: true, usePli: true, useFir: false, useInBandFec: false, useDtx: false };
    const { ssrc, payloadType } = options;
    const codec = { mimeType: 'video/VP8', clockRate: 90_000, spatialLayers: 1, temporalLayers: 1 };
    this.#stream = new RtpStreamRecv(
      {
        params: { encodingIdx: 0, ssrc, payloadType, rid: '', cname: '', ...codec, ...feedback },
        parser: createPayloadParser('video/VP8'),
        nackDelay: 10,
        inactivityCheck: false,
        ntpOffset: 0,
      },
      this,
      runtime.clock.now(),
    );
    this.#stream.setRtx({ ssrc: options.rtxSsrc, payloadType: options.rtxPayloadType });
    const machine = this.#stream;
    const timers = runtime.timers.register(machine);
    this.socket = runtime.udp.bind(
      { ip: options.ip, port: 0 },
      {
        onDatagram: (bytes, _, now) => {
          this.#receive(bytes, now);
          timers.update();
        },
      },
    );
  }

  connect(ip: string, port: number): void {
    this.#worker = [ip, port];
  }

  #receive(bytes: Uint8Array, now: number): void {
    if (isRtcp(bytes) || this.#options.losesReceived()) return;
    const packet = parseRtp(bytes);
    packet.receivedAt = now;
    const isRtx = packet.ssrc === this.#options.rtxSsrc;
    if (!isRtx && packet.ssrc !== this.#options.ssrc) return;
    if (isRtx ? !this.#stream.receiveRtxPacket(packet, now) : this.#isDuplicate(packet)) {
      this.counts.duplicates++;
      return;
    }
    if (!isRtx) this.#stream.receivePacket(packet, now);
    this.counts[isRtx ? 'repaired' : 'direct']++;
    this.#follow(packet.sequenceNumber, now);
    this.#options.onPacket(packet);
  }

  #isDuplicate({ sequenceNumber }: RtpPacket): boolean {
    const isNewer = this.#highest < 0 || ((sequenceNumber - this.#highest) & 0xffff) - 1 < 0x7fff;
    return !isNewer && !this.#missingSince.has(sequenceNumber);
  }

  #follow(seq: number, now: number): void {
    this.#missingSince.delete(seq);
    if (this.#highest < 0) this.#highest = seq;
    const ahead = (seq - this.#highest) & 0xffff;
    if (ahead < 0x8000) {
      for (let i = 1; i < ahead; i++) this.#missingSince.set((this.#highest + i) & 0xffff, now);
      this.#highest = seq;
    }
    for (const [missing, since] of this.#missingSince) {
      if (now - since < PATIENCE) continue;
      this.#missingSince.delete(missing);
      this.#stream.requestKeyFrame(now);
    }
  }

  #send(length: number): void {
    if (this.#options.losesSent()) return;
    this.socket.send(this.#feedback, 0, length, this.socket.remoteAddress(...this.#worker));
  }

  // Owner of the stream

  onRtpStreamNack(_: RtpStreamRecv, seqs: Uint16Array, count: number): void {
    this.counts.nackedPackets += count;
    this.#send(writeNack(new DataView(this.#feedback.buffer), 0, 1, this.#options.ssrc, seqs, count));
  }

  onRtpStreamPli(): void {
    this.counts.pli++;
    this.#send(writePli(new DataView(this.#feedback.buffer), 0, 1, this.#options.ssrc));
  }

  onRtpStreamFir(): void {}
  onRtpStreamRestart(): void {}
  onRtpStreamScore(): void {}
  onRtpStreamSpatialLayerActivityChanged(): void {}
}
