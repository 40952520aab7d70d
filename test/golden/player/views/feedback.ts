import { type Naming } from '../naming.js';
import { type JsonObject } from '../recording.js';
import { readNackItems, type RtcpPacket, RtcpType, splitRtcp } from '../rtcp-wire.js';
import { groupBy, perEndpoint, ranges, type View } from './view.js';

/** PLI, FIR, NACK and REMB, in order. */
export const feedbackView: View = ({ session, naming, options }) => {
  const skipped = options.skipFeedback ?? ['NACK'];
  return perEndpoint(session.endpoints, ({ arrivals }) =>
    arrivals.flatMap(({ kind, bytes, at }): JsonObject[] => {
      if (kind !== 'rtcp') return [];
      const packets = splitRtcp(bytes);
      if (packets === undefined) return [{ type: 'UNPARSEABLE', size: bytes.length }];
      return packets.flatMap(packet => {
        const described = describeFeedback(packet, naming, options.nackBase ?? 0);
        if (described === undefined || skipped.includes(described.type as string)) return [];
        const time: JsonObject = options.feedbackTimes ? { at: Math.round(at - session.scriptStart) } : {};
        return [{ ...described, ...time, size: bytes.length }];
      });
    }),
  );
};

/** Which sequence numbers were asked for. */
export const nacksView: View = ({ session, naming, options }) =>
  perEndpoint(session.endpoints, ({ arrivals }) => {
    const asked = new Map<string, number[]>();
    for (const { kind, bytes } of arrivals) {
      for (const packet of (kind === 'rtcp' && splitRtcp(bytes)) || []) {
        if (packet.type !== RtcpType.RTPFB || packet.count !== 1) continue;
        const key = `sender ${naming.number(packet.body.readUInt32BE(0))} media ${naming.number(packet.body.readUInt32BE(4))}`;
        const numbers = readNackItems(packet.body).map(number => (number - (options.nackBase ?? 0)) & 0xffff);
        asked.set(key, [...(asked.get(key) ?? []), ...numbers]);
      }
    }
    if (asked.size === 0) return undefined;
    return Object.fromEntries(
      [...asked].map(([key, numbers]) => {
        const counts = groupBy(numbers, number => number);
        return [key, { seqs: ranges(numbers), most: Math.max(...[...counts.values()].map(list => list.length)) }];
      }),
    );
  });

function describeFeedback({ type, count, body }: RtcpPacket, naming: Naming, nackBase: number): JsonObject | undefined {
  if (body.length < 8) return undefined;
  const ssrcs = { sender: naming.number(body.readUInt32BE(0)), media: naming.number(body.readUInt32BE(4)) };
  if (type === RtcpType.RTPFB && count === 1) {
    return { type: 'NACK', ...ssrcs, seqs: readNackItems(body).map(number => (number - nackBase) & 0xffff) };
  }
  if (type !== RtcpType.PSFB) return undefined;
  if (count === 1) return { type: 'PLI', ...ssrcs };
  if (count === 4) return { type: 'FIR', ...ssrcs, items: readFirItems(body, naming) };
  if (count === 15 && body.toString('latin1', 8, 12) === 'REMB')
    return { type: 'REMB', ...ssrcs, ...readRemb(body, naming) };
  return undefined;
}

/** RFC 5104 §4.3.1.1. */
function readFirItems(body: Buffer, naming: Naming): JsonObject[] {
  const items: JsonObject[] = [];
  for (let at = 8; at + 8 <= body.length; at += 8) {
    items.push({ ssrc: naming.number(body.readUInt32BE(at)), seq: body[at + 4] });
  }
  return items;
}

/** draft-alvestrand-rmcat-remb-03 §2.2. */
function readRemb(body: Buffer, naming: Naming): JsonObject {
  const packed = body.readUIntBE(13, 3);
  return {
    bitrate: (packed & 0x3ffff) * 2 ** (packed >> 18),
    ssrcs: Array.from({ length: body[12] }, (_, index) => naming.number(body.readUInt32BE(16 + 4 * index))),
  };
}
