/* eslint-disable no-console -- the console is where logs go */
import debug, { type Debugger } from 'debug';
import { type LogEventListeners } from './types/package.js';

const namespace = 'mediasoup';

let listeners: LogEventListeners = {};

/**
 * Hands everything that is logged to the application too, whatever DEBUG selects. Replaces all listeners of an
 * earlier call; without argument there are none. What a listener throws is ignored.
 *
 * @example
 * setLogEventListeners({
 *   onerror: (namespace, log, error) => myLog.error(`${namespace} ${log}`, error),
 * });
 */
export function setLogEventListeners(newListeners: LogEventListeners = {}): void {
  const { ondebug, onwarn, onerror } = newListeners;
  listeners = { ondebug, onwarn, onerror };
}

/**
 * The log of one class. Printed where the environment variable DEBUG selects its namespaces: `mediasoup:Class`,
 * `mediasoup:WARN:Class`, `mediasoup:ERROR:Class`, those of the reference so that settings keep working.
 */
export class Logger {
  readonly #debug: Debugger;
  readonly #warn: Debugger;
  readonly #error: Debugger;

  constructor(prefix?: string) {
    const suffix = prefix === undefined ? '' : `:${prefix}`;
    this.#debug = newDebugger(`${namespace}${suffix}`, console.debug);
    this.#warn = newDebugger(`${namespace}:WARN${suffix}`, console.warn);
    this.#error = newDebugger(`${namespace}:ERROR${suffix}`, console.error);
  }

  /** Whether anybody gets to see debug lines, so that costly ones need not be built. */
  get debugging(): boolean {
    return this.#debug.enabled || listeners.ondebug !== undefined;
  }

  debug(log: string): void {
    this.#debug(log);
    tell(() => listeners.ondebug?.(this.#debug.namespace, log));
  }

  warn(log: string): void {
    this.#warn(log);
    tell(() => listeners.onwarn?.(this.#warn.namespace, log));
  }

  error(log: string, error?: Error): void {
    this.#error(log, ...(error ? [error] : []));
    tell(() => listeners.onerror?.(this.#error.namespace, log, error));
  }
}

const loggers = new Map<string, Logger>();

/** The log of a class, one for all of its objects. */
export function loggerOf(className: string): Logger {
  let logger = loggers.get(className);
  if (!logger) loggers.set(className, (logger = new Logger(className)));
  return logger;
}

function newDebugger(name: string, print: (...args: unknown[]) => void): Debugger {
  const instance = debug(name);
  instance.log = print.bind(console);
  return instance;
}

function tell(listener: () => void): void {
  try {
    listener();
  } catch {
    // Logging must not break what is being logged.
  }
}
