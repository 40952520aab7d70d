import { type Call } from './call.js';

interface TransportStatistics {
  recvBitrate: number;
  sendBitrate: number;
  dtlsState: string;
  iceSelectedTuple?: { protocol: string; localAddress: string; localPort: number };
  availableOutgoingBitrate?: number;
}

/** What the browser and the SFU measure, as lines of text. */
export async function describeCall(call: Call): Promise<string> {
  const server = await call.serverStatistics<{ sending: TransportStatistics; receiving: TransportStatistics }>();
  const lines = [
    describeTransport('to the SFU  ', server.sending, server.sending.recvBitrate),
    describeTransport('from the SFU', server.receiving, server.receiving.sendBitrate),
  ];
  for (const [label, report] of await call.browserStatistics()) {
    for (const stats of report.values() as Iterable<Record<string, unknown> & { type: string }>) {
      if (stats.type === 'outbound-rtp' || stats.type === 'inbound-rtp') lines.push(describeStream(label, stats));
    }
  }
  return lines.join('\n');
}

function describeTransport(label: string, stats: TransportStatistics, bitrate: number): string {
  const tuple = stats.iceSelectedTuple;
  const path = tuple ? `${tuple.protocol} ${tuple.localAddress}:${tuple.localPort}` : 'no path yet';
  const available = stats.availableOutgoingBitrate ? `, estimate ${kbps(stats.availableOutgoingBitrate)}` : '';
  return `${label}  ${kbps(bitrate)}  ${path}  DTLS ${stats.dtlsState}${available}`;
}

function describeStream(label: string, stats: Record<string, unknown>): string {
  const size = stats.frameWidth ? `${text(stats.frameWidth)}x${text(stats.frameHeight)}` : '';
  const rate = stats.framesPerSecond ? `${text(stats.framesPerSecond)} fps` : '';
  const lost = stats.packetsLost ? `lost ${text(stats.packetsLost)}` : '';
  const nack = stats.nackCount ? `NACK ${text(stats.nackCount)}` : '';
  const pli = stats.pliCount ? `PLI ${text(stats.pliCount)}` : '';
  const packets = `${text(stats.packetsSent ?? stats.packetsReceived)} packets`;
  return [`  ${label.padEnd(18)}`, text(stats.kind).padEnd(5), packets, size, rate, lost, nack, pli]
    .filter(part => part !== '')
    .join('  ');
}

const text = (value: unknown): string => (typeof value === 'number' || typeof value === 'string' ? String(value) : '');
const kbps = (bps: number): string => `${Math.round(bps / 1000)} kbps`.padStart(10);
