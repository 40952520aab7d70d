import {
  type BandwidthEstimator,
  type BandwidthEstimatorOptions,
  type BandwidthEstimatorOwner,
  type EstimatorState,
  type TransportFeedback,
} from './bandwidth-estimator.js';

/** Estimates the bandwidth from transport-wide feedback. */
export class SendSideBandwidthEstimator implements BandwidthEstimator {
  nextDeadline = Infinity;
  targetBitrate: number;
  packetLoss = 0;
  rtt = NaN;

  readonly #owner: BandwidthEstimatorOwner;
  #min: number;
  #max: number;
  #desired = 0;

  constructor(options: BandwidthEstimatorOptions, owner: BandwidthEstimatorOwner) {
    this.targetBitrate = options.initialBitrate;
    this.#min = options.minBitrate;
    this.#max = options.maxBitrate;
    this.#owner = owner;
  }

  get pacingBitrate(): number {
    return PACING_FACTOR * this.targetBitrate;
  }

  transportConnected(_now: number): void {}

  transportDisconnected(): void {}

  onTimeout(_now: number): void {}

  onPacketSent(_sequenceNumber: number, _size: number, _now: number): void {}

  onTransportFeedback(_feedback: TransportFeedback, _now: number): void {}

  onReceiverReport(_fractionLost: number, rtt: number, _now: number): void {
    this.rtt = rtt;
  }

  onRemb(_bitrate: number, _now: number): void {}

  setLimits(min: number, max: number, now: number): void {
    this.#min = min;
    this.#max = max;
    const bitrate = Math.max(min, Math.min(max, this.targetBitrate));
    if (bitrate === this.targetBitrate) return;
    this.targetBitrate = bitrate;
    this.#owner.onTargetBitrate(bitrate, now);
  }

  setDesiredBitrate(bitrate: number, _now: number): void {
    this.#desired = bitrate;
  }

  describe(_now: number): EstimatorState {
    return {
      targetBitrate: this.targetBitrate,
      limitedBy: 'initial',
      minBitrate: this.#min,
      maxBitrate: this.#max,
      desiredBitrate: this.#desired,
      acknowledgedBitrate: NaN,
      delayBasedBitrate: NaN,
      usage: 'normal',
      trend: 0,
      threshold: NaN,
      lossBasedBitrate: NaN,
      lossBasedState: 'delay-based',
      inherentLoss: 0,
      receiverBitrate: NaN,
      packetLoss: this.packetLoss,
      rtt: this.rtt,
      inFlight: 0,
      isApplicationLimited: false,
      probeBitrate: 0,
    };
  }
}

const PACING_FACTOR = 2.5;
