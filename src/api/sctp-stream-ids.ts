import { maxSctpStreams } from './wire/sctp-parameters.js';

/** Which SCTP streams the data consumers of a transport use. */
export class SctpStreamIds {
  readonly #used: Set<number>;
  #next: number;

  constructor() {
    this.#used = new Set();
    this.#next = 0;
  }

  /**
   * Takes a stream: the next one that is free, so that a stream just given back rests for a while.
   *
   * @param maxStreams - where to start again from 0, if that was negotiated.
   * @throws Error - all streams are in use.
   */
  allocate(maxStreams?: number): number {
    if (maxStreams !== undefined && this.#next + 1 > maxStreams) this.#next = 0;
    for (let tried = 0; tried < maxSctpStreams; tried++) {
      const id = (this.#next + tried) % maxSctpStreams;
      if (this.#used.has(id)) continue;
      this.#used.add(id);
      this.#next = id + 1;
      return id;
    }
    throw new Error('no sctpStreamId available');
  }

  free(id: number): void {
    this.#used.delete(id);
  }
}
