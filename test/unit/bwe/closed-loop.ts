import { type BandwidthEstimator, type BandwidthEstimatorOwner } from '../../../src/bwe/bandwidth-estimator.js';
import { SendSideBandwidthEstimator } from '../../../src/bwe/send-side-bandwidth-estimator.js';
import { createRandom, FakeFeedback } from './support.js';

/** What lies between sender and receivers, at a moment. */
export interface Link {
  /** bps */
  capacity: number;
  /** One way, ms. */
  delay: number;
  /** Of the queue, ms; what does not fit is lost. */
  maxQueue: number;
  /** 0..1 */
  loss: number;
  /** Of the feedback, 0..1. */
  feedbackLoss: number;
  /** Nothing gets through, neither way; packets wait. */
  isFrozen: boolean;
}

export interface FlowOptions {
  initialBitrate?: number;
  minBitrate?: number;
  maxBitrate?: number;
  /** What there is to be sent, bps. */
  media?: number;
  /** Bitrates that media can have. Without layers it has any, like that of many streams together. */
  layers?: readonly number[];
  startAt?: number;
}

interface Packet {
  flow: Flow;
  sequenceNumber: number;
  size: number;
}

/** Moments, 100 ms apart. */
export interface Sample {
  at: number;
  /** bps */
  target: number;
  sent: number;
  delivered: number;
  capacity: number;
  /** ms */
  queue: number;
}

/** A sender with its estimator, and its receiver. */
export class Flow implements BandwidthEstimatorOwner {
  readonly estimator: BandwidthEstimator;
  readonly samples: Sample[] = [];
  media: number;
  readonly layers: readonly number[];
  readonly startAt: number;
  /** Packets that do not come from the source: a lossy publisher. */
  sourceLoss = 0;
  /** Of the receiver. */
  clockOffsetUs = 0;
  sentBytes = 0;
  deliveredBytes = 0;
  probeBytes = 0;

  readonly #network: Network;
  #sequenceNumber = 65000;
  /** Since the last feedback. */
  readonly received = new Map<number, number>();
  reportedUpTo = 65000;

  constructor(network: Network, options: FlowOptions) {
    this.#network = network;
    this.media = options.media ?? 10_000_000;
    this.layers = options.layers ?? [];
    this.startAt = options.startAt ?? 0;
    this.estimator = new SendSideBandwidthEstimator(
      {
        initialBitrate: options.initialBitrate ?? 600_000,
        minBitrate: options.minBitrate ?? 30_000,
        maxBitrate: options.maxBitrate ?? Infinity,
      },
      this,
    );
  }

  onTargetBitrate(): void {}

  onSendProbe(size: number, now: number): void {
    this.probeBytes += size;
    for (let left = size; left > 0; left -= PACKET_SIZE) this.send(Math.max(100, Math.min(left, PACKET_SIZE)), now);
  }

  /** Not wrapped. */
  get lastSequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** bps of media that is sent at present. */
  get mediaBitrate(): number {
    const allowed = Math.min(this.media, this.estimator.targetBitrate);
    if (this.layers.length === 0) return allowed;
    return Math.max(0, ...this.layers.filter(layer => layer <= allowed));
  }

  send(size: number, now: number): void {
    const sequenceNumber = ++this.#sequenceNumber;
    this.sentBytes += size;
    this.#network.transmit({ flow: this, sequenceNumber, size }, now);
    this.estimator.onPacketSent(sequenceNumber & 0xffff, size, now);
  }
}

const PACKET_SIZE = 1200;
const FEEDBACK_INTERVAL = 100;
const FRAME_INTERVAL = 1000 / 30;
const STEP = 1;

/** Flows that share a link, in steps of 1 ms of virtual time. */
export class Network {
  readonly link: Link;
  readonly flows: Flow[] = [];
  now = 1000;

  readonly #random: () => number;
  /** Sent into the link, in order, with the time they leave its bottleneck. */
  #queuedUntil = 0;
  readonly #events: { at: number; run: () => void }[] = [];
  readonly #frozen: Packet[] = [];

  constructor(link: Partial<Link> = {}, seed = 1) {
    this.link = { capacity: 3e6, delay: 25, maxQueue: 300, loss: 0, feedbackLoss: 0, isFrozen: false, ...link };
    this.#random = createRandom(seed);
  }

  addFlow(options: FlowOptions = {}): Flow {
    const flow = new Flow(this, { ...options, startAt: this.now + (options.startAt ?? 0) });
    this.flows.push(flow);
    return flow;
  }

  /** ms that a packet waits which is sent now. */
  get queue(): number {
    return Math.max(0, this.#queuedUntil - this.now);
  }

  transmit(packet: Packet, now: number): void {
    if (this.#random() < this.link.loss) return;
    if (this.link.isFrozen) {
      if (this.#frozen.length < 300) this.#frozen.push(packet);
      return;
    }
    if (this.queue > this.link.maxQueue) return;
    this.#queuedUntil = Math.max(now, this.#queuedUntil) + (packet.size * 8000) / this.link.capacity;
    const arrival = this.#queuedUntil + this.link.delay;
    this.#at(arrival, () => {
      packet.flow.deliveredBytes += packet.size;
      packet.flow.received.set(packet.sequenceNumber, arrival);
    });
  }

  freeze(): void {
    this.link.isFrozen = true;
  }

  thaw(): void {
    this.link.isFrozen = false;
    for (const packet of this.#frozen.splice(0)) this.transmit(packet, this.now);
  }

  /** Lets `seconds` pass. */
  run(seconds: number, eachStep?: () => void): void {
    const end = this.now + seconds * 1000;
    for (; this.now < end; this.now += STEP) {
      while (this.#events.length > 0 && this.#events[0].at <= this.now) this.#events.shift()!.run();
      for (const flow of this.flows) if (this.now >= flow.startAt) this.#step(flow);
      eachStep?.();
    }
  }

  #step(flow: Flow): void {
    const age = this.now - flow.startAt;
    if (age === 0) {
      flow.estimator.transportConnected(this.now);
      flow.estimator.setDesiredBitrate(flow.media, this.now);
    }
    if (Math.floor(age / FRAME_INTERVAL) > Math.floor((age - STEP) / FRAME_INTERVAL) || age === 0)
      this.#sendFrame(flow);
    if (age % FEEDBACK_INTERVAL === 0) this.#sendFeedback(flow);
    if (flow.estimator.nextDeadline <= this.now) flow.estimator.onTimeout(this.now);
    if (age % 100 === 0) this.#sample(flow);
  }

  /** Frames are of different sizes, and their packets come a few at once. */
  #sendFrame(flow: Flow): void {
    let left = ((flow.mediaBitrate / 8 / 30) * (0.7 + 0.6 * this.#random())) | 0;
    for (let at = this.now; left > 0; at += 2) {
      for (let i = 0; i < 2 && left > 0; i++, left -= PACKET_SIZE) {
        const size = Math.max(100, Math.min(left, PACKET_SIZE));
        if (this.#random() < flow.sourceLoss) continue;
        if (at === this.now) flow.send(size, at);
        else this.#at(at, () => flow.send(size, at));
      }
    }
  }

  #sendFeedback(flow: Flow): void {
    if (flow.received.size === 0) return;
    const numbers = [...flow.received.keys()];
    const last = Math.max(...numbers);
    const base = Math.min(flow.reportedUpTo + 1, ...numbers);
    const arrivals: number[] = [];
    for (let seq = base; seq <= last; seq++) arrivals.push((flow.received.get(seq) ?? NaN) * 1000 + flow.clockOffsetUs);
    flow.received.clear();
    flow.reportedUpTo = last;
    if (this.#random() < this.link.feedbackLoss) return;
    const feedback = new FakeFeedback(base, arrivals);
    const deliver = (): void => {
      if (this.link.isFrozen) this.#at(this.now + 100, deliver);
      else flow.estimator.onTransportFeedback(feedback, this.now);
    };
    this.#at(this.now + this.link.delay, deliver);
  }

  #sample(flow: Flow): void {
    const { samples } = flow;
    const span = 0.1;
    const previous = this.#totals.get(flow) ?? { sent: 0, delivered: 0 };
    samples.push({
      at: (this.now - flow.startAt) / 1000,
      target: flow.estimator.targetBitrate,
      sent: ((flow.sentBytes - previous.sent) * 8) / span,
      delivered: ((flow.deliveredBytes - previous.delivered) * 8) / span,
      capacity: this.link.capacity,
      queue: this.queue,
    });
    this.#totals.set(flow, { sent: flow.sentBytes, delivered: flow.deliveredBytes });
  }

  readonly #totals = new Map<Flow, { sent: number; delivered: number }>();

  #at(at: number, run: () => void): void {
    let index = this.#events.length;
    while (index > 0 && this.#events[index - 1].at > at) index--;
    this.#events.splice(index, 0, { at, run });
  }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param share 0..1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** Samples between two moments, in s since the start of the flow. */
export function between(flow: Flow, from: number, to: number): Sample[] {
  return flow.samples.filter(({ at }) => at >= from && at < to);
}
