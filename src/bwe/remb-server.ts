import { type Machine } from '../common/timer-queue.js';
import { type CongestionControlServer, type ReceivedPacket, type RembSink } from './congestion-control-server.js';
import { RemoteBitrateEstimator } from './remote-bitrate-estimator.js';

/**
 * Estimates the bandwidth from the remote by the abs-send-time of its packets and tells it with REMBs
 * (draft-alvestrand-rmcat-remb-03). Estimates are told as they change, and at least every 1000 ms.
 */
export class RembServer implements CongestionControlServer, Machine {
  readonly nextDeadline = Infinity;
  readonly packetLoss = 0;

  readonly #owner: RembSink;
  readonly #estimator = new RemoteBitrateEstimator();
  #maxIncomingBitrate = 0;

  constructor(owner: RembSink) {
    this.#owner = owner;
  }

  /** What the remote could send if there were no limit, bps; 0 if unknown. */
  get availableIncomingBitrate(): number {
    return this.#estimator.bitrate;
  }

  onTimeout(): void {}

  transportConnected(): void {}

  transportDisconnected(): void {}

  receivePacket(packet: ReceivedPacket, now: number): void {
    const sendTime = packet.readAbsSendTime();
    if (sendTime < 0) return;
    if (!this.#estimator.update(packet.ssrc, sendTime, packet.payloadLength, now)) return;
    const { bitrate, ssrcs } = this.#estimator;
    const limit = this.#maxIncomingBitrate;
    this.#owner.onSendRemb(limit > 0 ? Math.min(bitrate, limit) : bitrate, ssrcs);
  }

  setMaxIncomingBitrate(bitrate: number): void {
    const previous = this.#maxIncomingBitrate;
    this.#maxIncomingBitrate = bitrate;
    // Said once, as in the reference; the next estimate tells more.
    if (previous > 0 && bitrate === 0) this.#owner.onSendRemb(0, NO_SSRCS);
  }
}

const NO_SSRCS: readonly number[] = [];
