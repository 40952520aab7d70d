import { type JsonObject } from '../recording.js';
import { RtcpType, splitRtcp } from '../rtcp-wire.js';
import { perEndpoint, ranges, sorted, type View } from './view.js';

const FEEDBACK_FORMAT = 15;

/** Transport-wide congestion control feedback, put together. */
export const tccView: View = ({ session, naming, options }) =>
  perEndpoint(session.endpoints, ({ arrivals }) => {
    const feedback: Feedback[] = [];
    const datagrams: { at: number; size: number; alone: boolean }[] = [];
    for (const { kind, bytes, at } of arrivals) {
      const packets = (kind === 'rtcp' && splitRtcp(bytes)) || [];
      const mine = packets.filter(({ type, count }) => type === RtcpType.RTPFB && count === FEEDBACK_FORMAT);
      if (mine.length === 0) continue;
      feedback.push(...mine.map(({ body }) => parseFeedback(body)));
      datagrams.push({ at, size: bytes.length, alone: packets.length === 1 });
    }
    if (feedback.length === 0) return undefined;

    const times = new Map<number, number>();
    const missing = new Set<number>();
    let again = 0;
    for (const { statuses } of feedback) {
      for (const { number, at } of statuses) {
        if (at === undefined) {
          missing.add(number);
        } else {
          if (times.has(number)) again++;
          times.set(number, at);
        }
      }
    }
    const intervals = datagrams.slice(1).map(({ at }, index) => at - datagrams[index].at);
    const earliest = Math.min(...times.values());
    const result: JsonObject = {
      senders: sorted(feedback.map(({ sender }) => sender)).map(ssrc => naming.number(ssrc)),
      media: sorted(feedback.map(({ media }) => media)).map(ssrc => naming.number(ssrc)),
      feedbackPackets: feedback.length,
      firstBase: feedback[0].base,
      countersContiguous: feedback.every(({ counter }, index) => counter === (index & 0xff)),
      received: ranges(times.keys()),
      lost: ranges([...missing].filter(number => !times.has(number))),
      reportedTwice: again,
      largest: Math.max(...datagrams.map(({ size }) => size)),
      allStandAlone: datagrams.every(({ alone }) => alone),
    };
    if (intervals.length > 0) result.shortestIntervalMs = Math.round(Math.min(...intervals) / 20) * 20;
    if (options.tccArrivals) {
      result.arrivalMs = Object.fromEntries(
        [...times].map(([number, at]) => [`${number}`, Math.round(at - earliest)] as const),
      );
    }
    return result;
  });

interface Feedback {
  readonly sender: number;
  readonly media: number;
  readonly base: number;
  readonly counter: number;
  /** Arrival in ms, undefined if not received. */
  readonly statuses: readonly { number: number; at: number | undefined }[];
}

/** draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1. */
function parseFeedback(body: Buffer): Feedback {
  const base = body.readUInt16BE(8);
  const count = body.readUInt16BE(10);
  const symbols: number[] = [];
  let at = 16;
  for (; symbols.length < count; at += 2) {
    const chunk = body.readUInt16BE(at);
    if (chunk >> 15 === 0) {
      for (let index = 0; index < (chunk & 0x1fff); index++) symbols.push((chunk >> 13) & 3);
    } else if (chunk >> 14 === 2) {
      for (let bit = 13; bit >= 0; bit--) symbols.push((chunk >> bit) & 1);
    } else {
      for (let bit = 12; bit >= 0; bit -= 2) symbols.push((chunk >> bit) & 3);
    }
  }
  let time = body.readIntBE(12, 3) * 64;
  const statuses = symbols.slice(0, count).map((symbol, index) => {
    const number = (base + index) & 0xffff;
    if (symbol === 0 || symbol === 3) return { number, at: undefined };
    time += (symbol === 1 ? body[at] : body.readInt16BE(at)) / 4;
    at += symbol;
    return { number, at: time };
  });
  return { sender: body.readUInt32BE(0), media: body.readUInt32BE(4), base, counter: body[15], statuses };
}
