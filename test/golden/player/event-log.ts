import { type ApiObject } from './backend.js';
import { capture, captureBytes } from './capture.js';
import { type Json, type JsonObject, type Options } from './recording.js';
import { type Watched } from './watched.js';

export interface LoggedEvent {
  readonly on: string;
  /** Of what kind the object is, for the order of simultaneous events. */
  readonly kind: string;
  readonly event: string;
  readonly data?: Json;
}

/** What one step did. Values are captured, not normalised. */
export interface LogEntry {
  readonly step: string;
  readonly quiet: boolean;
  result?: Json;
  error?: JsonObject;
  after?: JsonObject;
  later?: JsonObject;
  readonly events: LoggedEvent[];
}

/** The entries of a run, in order; events go to the last one. */
export class EventLog {
  readonly entries: LogEntry[] = [];
  readonly #ignored: readonly string[];

  constructor(options: Options) {
    this.#ignored = options.ignoreEvents ?? [];
    this.begin('(start)');
  }

  begin(step: string, quiet = false): LogEntry {
    const entry: LogEntry = { step, quiet, events: [] };
    this.entries.push(entry);
    return entry;
  }

  watch(object: ApiObject, name: string, { kind, events }: Watched): void {
    for (const event of events) {
      if (this.#ignored.includes(event) || this.#ignored.includes(`${name}.${event}`)) continue;
      (object as NodeJS.EventEmitter).on(event, (...args: unknown[]) => this.#add(name, kind, event, args));
    }
  }

  #add(on: string, kind: string, event: string, args: unknown[]): void {
    const data = eventData(kind, event, args);
    this.entries.at(-1)!.events.push(data === undefined ? { on, kind, event } : { on, kind, event, data });
  }
}

function eventData(kind: string, event: string, args: unknown[]): Json | undefined {
  if (kind === 'dataConsumer' && event === 'message') {
    const [message, ppid] = args as [Uint8Array, number];
    return { ...captureBytes(message), ppid };
  }
  if (args.length > 1) return capture(args);
  return args[0] === undefined ? undefined : capture(args[0]);
}
