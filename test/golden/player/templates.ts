import { type ApiObject } from './backend.js';
import { type Arrival, type Endpoint } from './endpoint.js';
import { readXrBlocks, RtcpType, splitRtcp } from './rtcp-wire.js';

/** What placeholders of a template can refer to. */
export interface TemplateContext {
  readonly endpoints: readonly Endpoint[];
  object(path: string): ApiObject;
  readonly now: number;
}

/** A template speaks of a packet that should have come by now. */
export class MissingPacketError extends Error {}

/** Bytes of a hex template: digits, blanks, `(ab)x30 ` repetitions and `{...}` placeholders. */
export function expandTemplate(template: string, context: TemplateContext): Buffer {
  const digits = template
    .replace(/\{([^}]*)\}/g, (_, placeholder: string) => expandPlaceholder(placeholder, context))
    .replace(/\(([^)]*)\)x(\d+)/g, (_, bytes: string, times: string) => bytes.repeat(Number(times)))
    .replace(/\s/g, '');
  if (!/^[0-9a-f]*$/i.test(digits)) throw new Error(`not a hex template: ${template}`);
  // A digit too many at the end was dropped when this was recorded, as it is here.
  return Buffer.from(digits, 'hex');
}

function expandPlaceholder(placeholder: string, context: TemplateContext): string {
  const [kind, name, position = '0'] = placeholder.split(':');
  switch (kind) {
    case 'ssrc':
      return hex32(encoding(name, context).ssrc);
    case 'rtx':
      return hex32(encoding(name, context).rtx?.ssrc ?? 0);
    case 'seq': {
      const [index, plus = 0] = position.split('+').map(Number);
      const arrival = arrivalsOf(name, context)[index];
      if (arrival === undefined) throw new MissingPacketError(`{${placeholder}}: no such packet came`);
      return ((arrival.bytes.readUInt16BE(2) + plus) & 0xffff).toString(16).padStart(4, '0');
    }
    case 'highest':
      return hex32(arrivalsOf(name, context).at(-1)?.bytes.readUInt16BE(2) ?? 0);
    case 'lsr':
      return hex32(lastSenderReport(name, context)?.middle ?? 0);
    case 'dlsr':
      return hex32(delay(lastSenderReport(name, context), context.now));
    case 'lrr':
      return hex32(lastReferenceTime(name, context)?.middle ?? 0);
    case 'dlrr':
      return hex32(delay(lastReferenceTime(name, context), context.now));
    default:
      throw new Error(`unknown placeholder {${placeholder}}`);
  }
}

interface Encoding {
  ssrc: number;
  rtx?: { ssrc: number };
}

/** @param name `c1` or `c1[1]`. */
function encoding(name: string, context: TemplateContext): Encoding {
  const [, consumer, index = '0'] = /^([^[]*)(?:\[(\d+)\])?$/.exec(name)!;
  return (context.object(consumer).rtpParameters as { encodings: Encoding[] }).encodings[Number(index)];
}

function arrivalsOf(name: string, context: TemplateContext): Arrival[] {
  const { ssrc } = encoding(name, context);
  return allArrivals(context).filter(({ kind, bytes }) => kind === 'rtp' && bytes.readUInt32BE(8) === ssrc);
}

const allArrivals = (context: TemplateContext): Arrival[] =>
  context.endpoints.flatMap(endpoint => endpoint.arrivals).sort((a, b) => a.at - b.at);

interface NtpMoment {
  /** Middle 32 bits of the NTP timestamp. */
  middle: number;
  at: number;
}

function lastSenderReport(name: string, context: TemplateContext): NtpMoment | undefined {
  const { ssrc } = encoding(name, context);
  let last: NtpMoment | undefined;
  for (const { kind, bytes, at } of allArrivals(context)) {
    for (const { type, body } of (kind === 'rtcp' && splitRtcp(bytes)) || []) {
      if (type === RtcpType.SR && body.readUInt32BE(0) === ssrc) last = { middle: body.readUInt32BE(6), at };
    }
  }
  return last;
}

function lastReferenceTime(endpointName: string, context: TemplateContext): NtpMoment | undefined {
  let last: NtpMoment | undefined;
  for (const { kind, bytes, at } of context.endpoints.find(({ name }) => name === endpointName)?.arrivals ?? []) {
    for (const { type, body } of (kind === 'rtcp' && splitRtcp(bytes)) || []) {
      if (type !== RtcpType.XR) continue;
      for (const block of readXrBlocks(body)) {
        if (block.type === 4) last = { middle: block.content.readUInt32BE(2), at };
      }
    }
  }
  return last;
}

/** In units of 1/65536 s. */
const delay = (moment: NtpMoment | undefined, now: number): number =>
  moment === undefined ? 0 : Math.round(((now - moment.at) / 1000) * 65536);

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');
