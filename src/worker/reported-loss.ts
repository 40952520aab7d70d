/** What a Transport's peer reports as lost of all streams together (RFC 3550 §6.4.4), from one report to the next. */
export class ReportedLoss {
  /** By SSRC: what the last report block said. */
  readonly #streams = new Map<number, { highestSeq: number; totalLost: number }>();
  #expected = 0;
  #lost = 0;

  /**
   * A report block about one of the Transport's streams.
   *
   * @param highestSeq extended highest sequence number
   */
  add(ssrc: number, highestSeq: number, totalLost: number): void {
    const last = this.#streams.get(ssrc);
    if (last === undefined) {
      this.#streams.set(ssrc, { highestSeq, totalLost });
      return;
    }
    this.#expected += (highestSeq - last.highestSeq) | 0;
    this.#lost += totalLost - last.totalLost;
    last.highestSeq = highestSeq;
    last.totalLost = totalLost;
  }

  /** The stream is gone. */
  remove(ssrc: number): void {
    this.#streams.delete(ssrc);
  }

  /** The share (0..1) that was lost of the packets reported on since the last call; NaN if there were none. */
  take(): number {
    const expected = this.#expected;
    const lost = this.#lost;
    this.#expected = 0;
    this.#lost = 0;
    return expected > 0 ? Math.min(Math.max(0, lost / expected), 1) : NaN;
  }
}
