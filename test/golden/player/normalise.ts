import { type LogEntry, type LoggedEvent } from './event-log.js';
import { type Naming } from './naming.js';
import { type Json, type JsonObject, type Options } from './recording.js';

/** What of a captured value does not depend on the run. */
export interface ValueRules {
  readonly options: Options;
  readonly hasScript: boolean;
}

const PORTS = new Set(['port', 'localPort', 'remotePort']);
const RATES = new Set([
  ...['bitrate', 'recvBitrate', 'sendBitrate', 'rtpRecvBitrate', 'rtpSendBitrate', 'rtxRecvBitrate', 'rtxSendBitrate'],
  'probationSendBitrate',
]);
const BYTE_COUNTS = new Set(['bytesSent', 'probationBytesSent']);
const ICE_SECRETS = new Set(['usernameFragment', 'localIceUsernameFragment', 'password']);
const LOSS = new Set(['fractionLost', 'packetsLost']);
/** Lists whose order has no meaning, besides those named `...Ids` and `map...`. */
const SETS = new Set([
  ...['ssrcTable', 'midTable', 'ridTable', 'streamIdTable', 'channelRequestHandlers', 'channelNotificationHandlers'],
  ...['localIceUsernameFragments', 'subchannels', 'fingerprints', 'mappingCodecs'],
]);

export class Normaliser {
  readonly #naming: Naming;
  readonly #rules: ValueRules;
  /** First sequence number of each SSRC in traces. */
  readonly #firstTraced = new Map<number, number>();

  constructor(naming: Naming, rules: ValueRules) {
    this.#naming = naming;
    this.#rules = rules;
  }

  log(entries: readonly LogEntry[]): Json {
    const result: JsonObject[] = [];
    for (const { step, quiet, ...entry } of entries) {
      const normal: JsonObject = { step };
      if (entry.error !== undefined) normal.error = this.value(entry.error);
      else if (!quiet && entry.result !== undefined && entry.result !== null) normal.result = this.value(entry.result);
      if (entry.after !== undefined) normal.after = this.value(entry.after);
      if (entry.later !== undefined) normal.later = this.value(entry.later);
      const events = this.#events(entry.events);
      if (events.length > 0) normal.events = events;
      const speaks = !quiet && !/^(\(start\)|\(script\)|-- .*)$/.test(step);
      if (speaks || events.length > 0 || normal.error !== undefined) result.push(normal);
    }
    return result;
  }

  #events(events: readonly LoggedEvent[]): JsonObject[] {
    const { options } = this.#rules;
    const wanted = options.traceSummary ? events.filter(event => !isSummarisedTrace(event)) : events;
    const normal = sortSimultaneous(wanted).map(({ on, kind, event, data }): JsonObject => {
      if (data === undefined) return { event, on };
      return {
        data: this.value(kind === 'consumer' && event === 'trace' ? this.#relativeTrace(data) : data),
        event,
        on,
      };
    });
    if (!options.mergeEvents) return normal;
    return normal.filter((event, index) => index === 0 || stableText(event) !== stableText(normal[index - 1]));
  }

  /** The trace of a Consumer, its random sequence number relative to the first one. */
  #relativeTrace(data: Json): Json {
    const copy = structuredClone(data) as { info?: { rtpPacket?: JsonObject } };
    const packet = copy.info?.rtpPacket;
    if (packet !== undefined) {
      const ssrc = packet.ssrc as number;
      const sequenceNumber = packet.sequenceNumber as number;
      if (!this.#firstTraced.has(ssrc)) this.#firstTraced.set(ssrc, sequenceNumber);
      packet.sequenceNumber = relative(((sequenceNumber - this.#firstTraced.get(ssrc)!) << 16) >> 16);
    }
    return copy;
  }

  value(value: Json, key = '', parent: JsonObject = {}, path: readonly string[] = []): Json {
    if (Array.isArray(value)) {
      const list = value.map(element => this.value(element, '', {}, path));
      return isSet(path)
        ? sortByText(list)
        : key === 'codecs' && path.includes('rtpMapping')
          ? byPayloadType(list)
          : list;
    }
    if (value !== null && typeof value === 'object') {
      const result: JsonObject = {};
      for (const name of Object.keys(value).sort()) {
        result[name] = this.value(value[name], name, value, [...path, name]);
      }
      return result;
    }
    const masked = this.#mask(value, key, parent, path);
    if (masked !== undefined) return masked;
    if (typeof value === 'number') return this.#naming.number(value);
    return typeof value === 'string' ? this.#naming.text(value) : value;
  }

  /** @returns what stands for a value that differs from run to run, undefined if it does not. */
  #mask(value: Json, key: string, parent: JsonObject, path: readonly string[]): Json | undefined {
    if (value === null) return undefined;
    if (key === 'timestamp') return path.includes('rtpPacket') ? undefined : '<time>';
    if (key === 'pid') return '<pid>';
    if (key.startsWith('ru_')) return '<n>';
    if (LOSS.has(key) && parent.type === 'inbound-rtp' && !this.#rules.options.keepLoss) return '<report>';
    if (typeof value === 'number') return this.#maskNumber(value, key, path);
    if (typeof value === 'string') return maskString(value, key, parent);
    return undefined;
  }

  #maskNumber(value: number, key: string, path: readonly string[]): Json | undefined {
    const { options, hasScript } = this.#rules;
    if (PORTS.has(key)) return this.#naming.port(value);
    if (path.at(-2) === 'bitrateByLayer' && !options.keepRates) return '<rate>';
    // Without a script, nothing can have been counted.
    if (value === 0 && !hasScript) return undefined;
    if (RATES.has(key) && !options.keepRates) return '<rate>';
    if (BYTE_COUNTS.has(key) && !options.keepBytesSent) return '<n>';
    return undefined;
  }
}

function maskString(value: string, key: string, parent: JsonObject): Json | undefined {
  if (ICE_SECRETS.has(key) && /^[0-9a-z]{32}$/.test(value)) return '<random 32>';
  if (key === 'keyBase64') return `<key:${Buffer.from(value, 'base64').length}>`;
  if (key === 'value' && 'algorithm' in parent && /^[0-9A-F]{2}(:[0-9A-F]{2})*$/.test(value)) {
    return `<fingerprint:${(value.length + 1) / 3}>`;
  }
  if (key === 'cname' && /^[0-9a-f]{8}$/.test(value)) return '<cname>';
  return undefined;
}

export const relative = (difference: number): string => (difference < 0 ? `${difference}` : `+${difference}`);

export const isSummarisedTrace = ({ event, kind, data }: LoggedEvent): boolean =>
  event === 'trace' && kind.endsWith('Transport') && ['bwe', 'probation'].includes((data as { type: string }).type);

/** Consecutive events of one name on several objects of one kind come in no meaningful order. */
function sortSimultaneous(events: readonly LoggedEvent[]): LoggedEvent[] {
  const result: LoggedEvent[] = [];
  let run: LoggedEvent[] = [];
  const endRun = (): void => {
    result.push(...run.sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0)));
    run = [];
  };
  for (const event of events) {
    if (run.length > 0 && (run[0].event !== event.event || run[0].kind !== event.kind)) endRun();
    run.push(event);
  }
  endRun();
  return result;
}

function isSet(path: readonly string[]): boolean {
  const key = path.at(-1) ?? '';
  if (key === 'values') return path.slice(0, -1).some(name => isSet([name]));
  return SETS.has(key) || key.endsWith('Ids') || /^map[A-Z]/.test(key);
}

const stableText = (value: Json): string =>
  JSON.stringify(value, (_, member: Json) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );

function sortByText(list: Json[]): Json[] {
  return list
    .map(value => ({ value, text: stableText(value) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ value }) => value);
}

const byPayloadType = (list: Json[]): Json[] =>
  [...list].sort((a, b) => Number((a as JsonObject).payloadType) - Number((b as JsonObject).payloadType));
