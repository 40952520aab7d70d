import { TraceDirection } from '../../channel/fbs/common.js';
import { EnumNames } from './convert.js';

export const traceDirections = new EnumNames<'in' | 'out', TraceDirection>('Common.TraceDirection', {
  in: TraceDirection.DIRECTION_IN,
  out: TraceDirection.DIRECTION_OUT,
});

/**
 * The numbers of the types of `trace` events to enable. Types that do not exist are handed to `unknown` and left out.
 * @throws TypeError - not a list of strings.
 */
export function traceEventTypesToFbs<Value extends number>(
  types: unknown,
  names: EnumNames<string, Value>,
  unknown: (type: string) => void,
): Value[] {
  if (!Array.isArray(types)) throw new TypeError('types must be an array');
  if (types.some(type => type && typeof type !== 'string')) throw new TypeError('every type must be a string');
  return (types as string[]).flatMap(type => {
    const value = names.find(type);
    if (value === undefined) unknown(type);
    return value ?? [];
  });
}

/**
 * The details of a trace as the reference hands them out: sizes are bigint, and what a packet lacks is null. Nothing for
 * a NACK, whose type says different.
 */
export function traceInfoFromFbs(info: object | undefined): Record<string, unknown> {
  if (!info || !('rtpPacket' in info)) return info as Record<string, unknown>;
  const lacking = { mid: null, rid: null, rrid: null, wideSequenceNumber: null };
  return { ...info, rtpPacket: { ...lacking, ...(info.rtpPacket as object) } };
}
