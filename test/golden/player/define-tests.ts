import { describe, expect, it } from 'vitest';
import { departures } from '../differences.js';
import { backend, type Backend } from './backend.js';
import { compare, describeDifference, type Difference, matchesPath } from './compare.js';
import { play } from './play.js';
import { readRecordings, type Recording } from './recording.js';
import { MissingPacketError } from './templates.js';

/** How far a script may fall behind its schedule; what comes of later steps says nothing. */
const LATE_MS = 40;
const MAX_TRIES = 3;
/** More would make each other late. */
const MAX_AT_ONCE = Number(process.env['GOLDEN_AT_ONCE'] ?? 2);
const SHOWN_DIFFERENCES = Number(process.env['GOLDEN_SHOWN'] ?? 12);

/** One test for each recording of an area. `api`: whose API replays it, if GOLDEN_API is not to say. */
export function defineGoldenTests(area: string, api: Backend = backend()): void {
  const turns = new Semaphore(MAX_AT_ONCE);
  describe.concurrent(`${area}, ${api.name}`, () => {
    for (const recording of readRecordings(area)) {
      const name = `${area}/${recording.name}`;
      const title = `${recording.name}: ${recording.description}`;
      it(title, () => turns.run(() => replay(name, recording, api)));
    }
  });
}

async function replay(name: string, recording: Recording, api: Backend): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { failure, late } = await tryReplay(name, recording, api);
    if (failure === undefined) return;
    if (late <= LATE_MS || tries === MAX_TRIES) expect.fail(failure);
  }
}

async function tryReplay(
  name: string,
  recording: Recording,
  api: Backend,
): Promise<{ failure: string | undefined; late: number }> {
  try {
    const { observation, late } = await play(recording, api);
    const found = compare(recording.expected, observation, recording.tolerances);
    return { failure: report(explain(name, found), late), late };
  } catch (error) {
    // It may still be on its way.
    if (error instanceof MissingPacketError) return { failure: error.message, late: Infinity };
    throw error;
  }
}

/** Takes what departs on purpose out of the differences; what is listed but equal is stale. */
function explain(name: string, found: Difference[]): { unexplained: Difference[]; stale: string[] } {
  const listed = departures.filter(({ recording }) => recording === name);
  const matches = (path: string, pattern: string): boolean => matchesPath(pattern.split('.'), path.split('.'));
  return {
    unexplained: found.filter(({ path }) => !listed.some(departure => matches(path, departure.path))),
    stale: listed
      .filter(departure => !departure.sometimes && !found.some(({ path }) => matches(path, departure.path)))
      .map(({ path }) => path),
  };
}

function report({ unexplained, stale }: ReturnType<typeof explain>, late: number): string | undefined {
  if (unexplained.length === 0 && stale.length === 0) return undefined;
  const lines = unexplained.slice(0, SHOWN_DIFFERENCES).map(describeDifference);
  if (unexplained.length > lines.length) lines.push(`and ${unexplained.length - lines.length} more`);
  for (const path of stale) lines.push(`${path}: listed in differences.ts, but as recorded`);
  if (late > LATE_MS) lines.push(`the run was ${Math.round(late)} ms behind its schedule, so this may say nothing`);
  return `differs from the recording:\n  ${lines.join('\n  ')}`;
}

/** Lets some run at once, and others wait. */
class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run(task: () => Promise<void>): Promise<void> {
    if (this.#free === 0) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#free--;
    try {
      await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
