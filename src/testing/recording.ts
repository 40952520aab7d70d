/** What was going on between a worker and a viewer in a short time. */
export interface Sample {
  /** End of that time, ms since the start. */
  readonly at: number;
  /** Of the link to the viewer, bps. */
  readonly capacity: number;
  /** What the worker takes for available, bps. */
  readonly estimate: number;
  /** What the worker sent, with all headers, bps. */
  readonly sendBitrate: number;
  /** How long packets waited for the link and took to be sent, ms: the longest. */
  readonly queueDelay: number;
  /** Share of packets that got lost, in the queue or behind it, 0..1. */
  readonly loss: number;
  /** Per Consumer, "spatial.temporal"; "-" for nothing. */
  readonly layers: readonly string[];
}

/** What was recorded of one viewer, and questions to ask about it. Times are ms since the start. */
export class Recording {
  readonly name: string;
  readonly samples: Sample[] = [];
  /** Of each packet: when it was sent, and how long it took to get through the link's queue. */
  readonly delays: [at: number, delay: number][] = [];
  /** Each change of a Consumer's layers. */
  readonly layerChanges: [at: number, consumer: number, layers: string][] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** The samples within (from, to]. */
  between(from: number, to: number): Sample[] {
    return this.samples.filter(({ at }) => at > from && at <= to);
  }

  /** bps, mean. */
  sendBitrate(from: number, to: number): number {
    return mean(this.between(from, to).map(({ sendBitrate }) => sendBitrate));
  }

  /** bps, mean. */
  estimate(from: number, to: number): number {
    return mean(this.between(from, to).map(({ estimate }) => estimate));
  }

  /** 0..1, mean. */
  loss(from: number, to: number): number {
    return mean(this.between(from, to).map(({ loss }) => loss));
  }

  /** ms that a packet took for the link's queue, which `share` (0..1) of all packets did not exceed. */
  queueDelay(share: number, from: number, to: number): number {
    const delays = this.delays.filter(([at]) => at > from && at <= to).map(([, delay]) => delay);
    delays.sort((one, other) => one - other);
    return delays.length === 0 ? 0 : delays[Math.min(delays.length - 1, Math.floor(share * delays.length))];
  }

  /** When `condition` was true first and stayed so for `duration` ms, from `from` on; Infinity if never. */
  firstTime(condition: (sample: Sample) => boolean, from = 0, duration = 0): number {
    let since = Infinity;
    for (const sample of this.samples) {
      if (sample.at <= from) continue;
      if (!condition(sample)) since = Infinity;
      else if (since === Infinity) since = sample.at;
      if (sample.at - since >= duration) return since;
    }
    return Infinity;
  }

  /** How often the layers of all Consumers together changed. */
  countLayerChanges(from: number, to: number): number {
    return this.layerChanges.filter(([at]) => at > from && at <= to).length;
  }
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
