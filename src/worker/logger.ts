export const LOG_LEVELS = ['none', 'error', 'warn', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_TAGS = [
  'info',
  'ice',
  'dtls',
  'rtp',
  'srtp',
  'rtcp',
  'rtx',
  'bwe',
  'score',
  'simulcast',
  'svc',
  'sctp',
  'message',
] as const;
export type LogTag = (typeof LOG_TAGS)[number];

/**
 * The worker's log. Errors depend on the level only, warnings and debug lines also on their tag. Texts are functions
 * where building them costs something, so a line that is not wanted builds no string.
 */
export class Logger {
  /** Takes finished lines: a letter for the level, then `where() | text`. */
  readonly #sink: (line: string) => void;
  #level: LogLevel;
  #tags: ReadonlySet<string>;

  constructor(sink: (line: string) => void, level: LogLevel = 'error', tags: readonly string[] = []) {
    this.#sink = sink;
    this.#level = level;
    this.#tags = new Set(tags);
  }

  setLevel(level: LogLevel): void {
    this.#level = level;
  }

  /** Enables these tags and no others; unknown ones have no effect. */
  setTags(tags: readonly string[]): void {
    this.#tags = new Set(tags);
  }

  /** @param where `Class::method()` */
  error(where: string, text: string | (() => string)): void {
    if (this.#level !== 'none') this.#write('E', where, text);
  }

  warn(tag: LogTag, where: string, text: string | (() => string)): void {
    if ((this.#level === 'warn' || this.#level === 'debug') && this.#tags.has(tag)) this.#write('W', where, text);
  }

  debug(tag: LogTag, where: string, text: string | (() => string)): void {
    if (this.#level === 'debug' && this.#tags.has(tag)) this.#write('D', where, text);
  }

  #write(letter: string, where: string, text: string | (() => string)): void {
    this.#sink(`${letter}${where} | ${typeof text === 'string' ? text : text()}`);
  }
}

export function isLogLevel(value: string): value is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(value);
}
