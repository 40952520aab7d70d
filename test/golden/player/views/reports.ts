import { type Arrival } from '../endpoint.js';
import { type Naming } from '../naming.js';
import { type Json, type JsonObject } from '../recording.js';
import { readReportBlocks, readSdesChunks, readXrBlocks, type RtcpPacket, RtcpType, splitRtcp } from '../rtcp-wire.js';
import { perEndpoint, type View } from './view.js';

/** Compound packets of the periodic reports, equal neighbours once. */
export const reportsView: View = ({ session, naming }) =>
  perEndpoint(session.endpoints, ({ arrivals }) => {
    const compounds: JsonObject[][] = [];
    for (const { kind, bytes } of arrivals) {
      const packets = (kind === 'rtcp' && splitRtcp(bytes)) || [];
      if (!packets.some(({ type }) => isReport(type))) continue;
      const described = packets.map(packet => describeReport(packet, naming, arrivals));
      const previous = compounds.at(-1);
      if (previous === undefined || withoutTimes(previous) !== withoutTimes(described)) compounds.push(described);
    }
    return compounds;
  });

const isReport = (type: number): boolean =>
  type === RtcpType.SR || type === RtcpType.RR || type === RtcpType.SDES || type === RtcpType.XR;

/** The worker randomises its interval, so what depends on the moment does not make two reports different. */
const withoutTimes = (packets: JsonObject[]): string =>
  JSON.stringify(packets, (key, value: unknown) => (key === 'jitter' || key === 'alignmentMs' ? undefined : value));

function describeReport({ type, count, body }: RtcpPacket, naming: Naming, arrivals: readonly Arrival[]): JsonObject {
  switch (type) {
    case RtcpType.SR: {
      const reports = describeBlocks(body, 24, count, naming);
      return {
        type: 'SR',
        ssrc: naming.number(body.readUInt32BE(0)),
        packets: body.readUInt32BE(16),
        octets: body.readUInt32BE(20),
        ...describeAlignment(body, naming, arrivals),
        ...(reports.length > 0 ? { reports } : {}),
      };
    }
    case RtcpType.RR:
      return {
        type: 'RR',
        sender: naming.number(body.readUInt32BE(0)),
        reports: describeBlocks(body, 4, count, naming),
      };
    case RtcpType.SDES:
      return {
        type: 'SDES',
        chunks: readSdesChunks(body, count).map(({ ssrc, items }) => ({
          ssrc: naming.number(ssrc),
          items: items.map(([item, text]) => [item, item === 1 && /^[0-9a-f]{8}$/.test(text) ? '<cname>' : text]),
        })),
      };
    case RtcpType.XR:
      return {
        type: 'XR',
        ssrc: naming.number(body.readUInt32BE(0)),
        blocks: readXrBlocks(body).map(block => describeXrBlock(block, naming)),
      };
    default:
      return { type };
  }
}

const describeBlocks = (body: Buffer, offset: number, count: number, naming: Naming): JsonObject[] =>
  readReportBlocks(body, offset, count).map(block => ({
    ...block,
    ssrc: naming.number(block.ssrc),
    lsr: middleOfNtp(block.lsr),
    dlsr: block.dlsr === 0 ? 0 : '<n>',
  }));

function describeXrBlock({ type, content }: { type: number; content: Buffer }, naming: Naming): Json {
  if (type === 4) return 'RRT';
  if (type !== 5) return { type };
  const items: JsonObject[] = [];
  for (let at = 0; at + 12 <= content.length; at += 12) {
    items.push({
      ssrc: naming.number(content.readUInt32BE(at)),
      lrr: middleOfNtp(content.readUInt32BE(at + 4)),
      dlrr: content.readUInt32BE(at + 8) === 0 ? 0 : '<n>',
    });
  }
  return { DLRR: items };
}

/** How far the two clocks of a sender report have drifted apart since the first packet of its stream. */
function describeAlignment(body: Buffer, naming: Naming, arrivals: readonly Arrival[]): JsonObject {
  const ssrc = body.readUInt32BE(0);
  const first = arrivals.find(({ kind, bytes }) => kind === 'rtp' && bytes.readUInt32BE(8) === ssrc);
  const stream = naming.streams.get(ssrc);
  if (first === undefined || stream === undefined) return {};
  const rtpMs = (((body.readUInt32BE(12) - first.bytes.readUInt32BE(4)) | 0) * 1000) / stream.clockRate;
  const ntpMs = body.readUInt32BE(4) * 1000 + (body.readUInt32BE(8) * 1000) / 2 ** 32 - 2_208_988_800_000;
  return { alignmentMs: Math.round(rtpMs - (ntpMs - (performance.timeOrigin + first.at))) };
}

const middleOfNtp = (value: number): Json => (value === 0 ? 0 : value.toString(16).padStart(8, '0'));
