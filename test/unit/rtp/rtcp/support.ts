import { type DropReason } from '../../../../src/common/drop-reason.js';
import { readCompound, type RtcpHandler } from '../../../../src/rtp/rtcp/reader.js';

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
export const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');
export const viewOf = (of: Uint8Array): DataView => new DataView(of.buffer, of.byteOffset, of.byteLength);

/** One call of a handler: its name without "on", and the arguments. */
export type Event = [kind: string, ...values: unknown[]];

export interface ReportedPacket {
  seq: number;
  /** µs, undefined for a lost packet. */
  at: number | undefined;
}

export interface ReadResult {
  reason: DropReason;
  events: Event[];
}

/** Reads a compound packet in the middle of other memory, and tells what the handler was told. */
export const readRtcp = (packet: Uint8Array): ReadResult => {
  const events: Event[] = [];
  const note =
    (kind: string) =>
    (...values: number[]): void => {
      events.push([kind, ...values]);
    };
  const handler: RtcpHandler = {
    onSenderReport: note('SenderReport'),
    onReportBlock: note('ReportBlock'),
    onReportBlocksEnd: note('ReportBlocksEnd'),
    onReceiverReferenceTime: note('ReceiverReferenceTime'),
    onDelaySinceLastReceiverReport: note('DelaySinceLastReceiverReport'),
    onNack: note('Nack'),
    onNackItem: note('NackItem'),
    onPli: note('Pli'),
    onFir: note('Fir'),
    onRemb: note('Remb'),
    onTransportFeedback(senderSsrc, mediaSsrc, feedback) {
      const packets: ReportedPacket[] = [];
      while (feedback.next()) {
        packets.push({ seq: feedback.sequenceNumber, at: feedback.received ? feedback.receivedAtUs : undefined });
      }
      events.push(['TransportFeedback', senderSsrc, mediaSsrc, feedback.feedbackCount, packets]);
    },
  };
  const memory = new Uint8Array(packet.length + 16).fill(0xff);
  memory.set(packet, 8);
  const reason = readCompound(memory, viewOf(memory), 8, packet.length, handler);
  return { reason, events };
};

/** The bytes that `write` writes. */
export const written = (write: (view: DataView, offset: number) => number): Uint8Array => {
  const memory = new Uint8Array(70_000).fill(0xee);
  const length = write(viewOf(memory), 8);
  if (memory[7] !== 0xee || memory[8 + length] !== 0xee) throw new Error('written beyond the packet');
  return memory.slice(8, 8 + length);
};
