import { RemoteCaptureTimeEstimator } from '../rtp/remote-capture-time-estimator.js';

/** A Transport's estimators of when frames were captured: one per sender, that is per RTCP CNAME. */
export class CaptureTimeEstimators {
  readonly #byCname = new Map<string, { estimator: RemoteCaptureTimeEstimator; users: number }>();

  /** @param absCaptureTime whether the stream in question carries the abs-capture-time header extension */
  acquire(cname: string, absCaptureTime: boolean): RemoteCaptureTimeEstimator {
    let entry = this.#byCname.get(cname);
    if (entry === undefined) {
      entry = { estimator: new RemoteCaptureTimeEstimator(), users: 0 };
      this.#byCname.set(cname, entry);
    }
    entry.users++;
    entry.estimator.updateSource(absCaptureTime);
    return entry.estimator;
  }

  release(cname: string): void {
    const entry = this.#byCname.get(cname);
    if (entry !== undefined && --entry.users === 0) this.#byCname.delete(cname);
  }

  get size(): number {
    return this.#byCname.size;
  }
}
