/** A place where this worker departs from the recorded one on purpose. */
export interface Departure {
  /** `<area>/<name>`. */
  readonly recording: string;
  /** Of the value in `expected`, with `*` and `**` as in tolerances. */
  readonly path: string;
  readonly reason: string;
  /** It is not there in each run, so its absence is no news. */
  readonly sometimes?: boolean;
}

export const departures: readonly Departure[] = [];

/** Recordings of what does not exist yet, and why. */
export const pending: Readonly<Record<string, string>> = {};
