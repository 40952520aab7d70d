import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** One recording of the reference worker: what was done, and the normalised observation of what came back. */
export interface Recording {
  readonly area: string;
  readonly name: string;
  readonly description: string;
  readonly options: Options;
  /** Executed one after another, each awaited. */
  readonly setup: readonly Step[];
  /** Executed in order, each not before `at` milliseconds after the end of `setup`. */
  readonly script?: readonly Step[];
  readonly tolerances: readonly Tolerance[];
  readonly expected: Observation;
}

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A normalised observation: one member for `alive`, and one for each view. */
export type Observation = JsonObject;

export interface Options {
  readonly worker?: JsonObject | null;
  readonly views?: readonly string[];
  /** Script time at which observing ends. */
  readonly end?: number;
  /** Names of events (`score`, `c1.score`) that are not recorded. */
  readonly ignoreEvents?: readonly string[];
  readonly mergeEvents?: boolean;
  readonly expectDeath?: boolean;
  readonly feedbackTimes?: boolean;
  readonly skipFeedback?: readonly string[];
  readonly keepLoss?: boolean;
  readonly keepRates?: boolean;
  readonly keepBytesSent?: boolean;
  readonly nackBase?: number;
  readonly givenPacketIds?: readonly number[];
  readonly liveCapture?: boolean;
  readonly traceSummary?: boolean;
  readonly tccArrivals?: boolean;
  readonly sctp?: {
    readonly mergeSacks?: boolean;
    readonly mergeControl?: boolean;
    readonly sortData?: boolean;
    readonly sizes?: boolean;
    readonly dataTimes?: boolean;
  };
}

/** One step. Which member is there says what it does; see steps.ts. */
export interface Step {
  readonly at?: number;

  readonly call?: string;
  readonly args?: Json[];
  readonly as?: string;
  readonly show?: readonly string[];
  readonly showLater?: readonly string[];
  readonly quiet?: boolean;
  readonly nowait?: boolean;

  readonly get?: string;
  readonly phase?: string;
  readonly wait?: number;
  readonly remember?: string;
  readonly from?: string;

  readonly worker?: string;
  readonly settings?: JsonObject;
  readonly kill?: string;
  readonly signal?: NodeJS.Signals;
  readonly spawn?: string;
  readonly version?: null;
  readonly signals?: readonly NodeJS.Signals[];
  readonly closeChannel?: boolean;
  readonly expectAlive?: boolean;

  readonly udp?: string;
  readonly tcp?: string;
  readonly tcpBytes?: string;
  readonly tcpClose?: string;
  readonly srtp?: string;
  readonly with?: string;
  readonly suite?: string;
  readonly key?: string;
  readonly send?: string;
  readonly to?: string;
  readonly hex?: string;
  readonly raw?: boolean;
  readonly rtp?: string;
  readonly rtcp?: string;
  readonly tcc?: string;
  readonly every?: number;
  readonly dropEvery?: number;

  readonly data?: string;
  readonly text?: Json;
  readonly ppid?: number;
  readonly subchannels?: number[];
  readonly required?: number;
  readonly ignored?: number;

  readonly stun?: string;
  readonly options?: JsonObject;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly credentials?: string;
  readonly truncate?: number;
  readonly noPriority?: boolean;

  readonly sctp?: string;
  readonly chunks?: readonly JsonObject[];
  readonly vtag?: number;
  readonly crc?: 'bad' | 'zero';
  readonly sack?: true;
  readonly set?: Readonly<Record<string, boolean>>;
}

/** A rule of the comparison. Of several that match a path, the last one counts. */
export interface Tolerance {
  /** Keys and indices joined with dots; `*` is any part of one, `**` any number of them. */
  readonly path: string;
  readonly ignore?: boolean;
  readonly abs?: number;
  readonly rel?: number;
  readonly why?: string;
}

const folder = fileURLToPath(new URL('../../fixtures/golden', import.meta.url));

export function readRecordings(area: string): Recording[] {
  return readdirSync(path.join(folder, area))
    .filter(file => file.endsWith('.json'))
    .sort()
    .map(file => JSON.parse(readFileSync(path.join(folder, area, file), 'utf8')) as Recording);
}
