import { setTimeout as sleep } from 'node:timers/promises';
import { type Backend } from './backend.js';
import { Naming } from './naming.js';
import { Normaliser } from './normalise.js';
import { type Observation, type Recording, type Step } from './recording.js';
import { Session } from './session.js';
import { runStep } from './steps.js';
import { feedbackView, nacksView } from './views/feedback.js';
import { datagramsView, stunView, tracesView } from './views/others.js';
import { reportsView } from './views/reports.js';
import { probationView, rtpSummaryView } from './views/rtp-summary.js';
import { rtpView } from './views/rtp.js';
import { sctpView } from './views/sctp.js';
import { tccView } from './views/tcc.js';
import { type View } from './views/view.js';

export interface Run {
  readonly observation: Observation;
  /** How many milliseconds it took too long: the script fell behind its schedule, or setting up was slow. */
  readonly late: number;
}

const DEFAULT_VIEWS = ['log', 'rtp', 'feedback'];
/** For how long the end of a script is watched. */
const LINGER_MS = 40;
/** Setting up is not on a schedule, but the first reports are sent half a second after a transport was connected. */
const SETUP_MS = 250;

const views: Readonly<Record<string, View>> = {
  rtp: rtpView,
  feedback: feedbackView,
  nacks: nacksView,
  reports: reportsView,
  rtpSummary: rtpSummaryView,
  probation: probationView,
  tcc: tccView,
  stun: stunView,
  datagrams: datagramsView,
  sctp: sctpView,
};

/** Does what a recording says, and observes what comes back. */
export async function play(recording: Recording, backend: Backend): Promise<Run> {
  const { options, setup, script } = recording;
  const session = new Session(nextLoopbackAddress(), backend, options);
  try {
    if (options.worker !== null) await session.startWorker('w', { logLevel: 'none', ...options.worker });
    const setupStart = performance.now();
    for (const step of setup) await runStep(session, step);
    if (script !== undefined) {
      session.noteLateness(performance.now() - setupStart - SETUP_MS);
      await playScript(session, script, options.end);
    }
    session.unsettled = true;
    await session.settle();
    await Promise.all(session.unanswered);
    const alive = await session.askWorkers();
    const observation = observe(session, recording);
    observation.alive = alive && (options.expectDeath === true || !session.died);
    return { observation, late: session.late };
  } finally {
    session.close();
  }
}

async function playScript(session: Session, script: readonly Step[], end: number | undefined): Promise<void> {
  session.log.begin('(script)');
  session.scriptStart = performance.now();
  let previousAt = -1;
  for (const step of script) {
    const { at = 0 } = step;
    await sleepUntil(session.scriptStart + at);
    // Steps of the same moment wait for each other; only its first one can be late.
    if (at !== previousAt) {
      session.noteLateness(performance.now() - session.scriptStart - at);
      session.unsettled = true;
    }
    previousAt = at;
    await runStep(session, step);
  }
  await sleepUntil(end === undefined ? performance.now() + LINGER_MS : session.scriptStart + end);
}

function observe(session: Session, recording: Recording): Observation {
  const { options } = recording;
  const naming = new Naming(session, recording);
  const normaliser = new Normaliser(naming, { options, hasScript: recording.script !== undefined });
  const observed = { session, naming, normaliser, options };
  const observation: Observation = {};
  for (const name of options.views ?? DEFAULT_VIEWS) {
    if (name === 'log') {
      observation.log = normaliser.log(session.log.entries);
      continue;
    }
    if (views[name] === undefined) throw new Error(`unknown view '${name}'`);
    observation[name] = views[name](observed);
  }
  if (options.traceSummary) observation.traces = tracesView(observed);
  return observation;
}

async function sleepUntil(moment: number): Promise<void> {
  const rest = moment - performance.now();
  if (rest > 0) await sleep(rest);
}

let runs = 0;

/** One of its own for each run, here and in the processes beside this one. */
function nextLoopbackAddress(): string {
  const { pid } = process;
  return `127.${1 + (pid % 250)}.${1 + (Math.floor(pid / 250) % 250)}.${1 + (runs++ % 250)}`;
}
