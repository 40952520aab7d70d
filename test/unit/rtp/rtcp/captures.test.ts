import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../../src/common/drop-reason.js';
import { CompoundBuilder } from '../../../../src/rtp/rtcp/compound.js';
import { writeNack } from '../../../../src/rtp/rtcp/nack.js';
import { writePli } from '../../../../src/rtp/rtcp/pli.js';
import { AddResult, TransportFeedbackBuilder } from '../../../../src/rtp/rtcp/transport-feedback-builder.js';
import { TransportFeedbackReader } from '../../../../src/rtp/rtcp/transport-feedback-reader.js';
import { bytes, type Event, hex, readRtcp, viewOf, written } from './support.js';

// RTCP that browsers sent, and that the reference worker sent to them.
const file = new URL('../../../fixtures/rtcp/captures.json', import.meta.url);
const captures = JSON.parse(readFileSync(file, 'utf8')) as Record<'browsers' | 'reference', Record<string, string[]>>;

describe('what browsers sent', () => {
  it.each(Object.entries(captures.browsers))('%s is understood', (_name, packets) => {
    for (const packet of packets) {
      const { reason, events } = readRtcp(bytes(packet));
      expect(reason).toBe(DropReason.none);
      expect(events.length).toBeGreaterThan(0);
    }
  });
});

describe('what the reference worker sent', () => {
  it.each(Object.entries(captures.reference))('%s is written again, byte for byte', (_name, packets) => {
    for (const packet of packets) {
      const { reason, events } = readRtcp(bytes(packet));
      expect(reason).toBe(DropReason.none);
      expect(hex(writeAgain(bytes(packet), events))).toBe(packet);
    }
  });
});

/** The packet that the writers make of what was read. */
function writeAgain(packet: Uint8Array, events: Event[]): Uint8Array {
  const of = (kind: string): number[][] =>
    events.filter(event => event[0] === kind).map(event => event.slice(1) as number[]);
  switch (events[0][0]) {
    case 'Pli':
      return written((view, offset) => writePli(view, offset, of('Pli')[0][0], of('Pli')[0][1]));
    case 'Nack': {
      const seqs = of('NackItem').flatMap(([, packetId, bitmask]) => [
        packetId,
        ...Array.from({ length: 16 }, (_, i) => i)
          .filter(i => (bitmask & (1 << i)) !== 0)
          .map(i => (packetId + 1 + i) & 0xffff),
      ]);
      const [sender, media] = of('Nack')[0];
      return written((view, offset) => writeNack(view, offset, sender, media, seqs, seqs.length));
    }
    case 'TransportFeedback':
      return writeFeedbackAgain(packet);
    default:
      return writeReportsAgain(packet, of);
  }
}

function writeFeedbackAgain(packet: Uint8Array): Uint8Array {
  const reader = new TransportFeedbackReader();
  expect(reader.read(viewOf(packet), 0, packet.length)).toBe(true);
  const builder = new TransportFeedbackBuilder();
  builder.start(viewOf(packet).getUint32(4), viewOf(packet).getUint32(8), reader.feedbackCount);
  builder.setBase(reader.baseSequenceNumber, reader.referenceTimeUs);
  while (reader.next()) {
    if (reader.received) expect(builder.add(reader.sequenceNumber, reader.receivedAtUs)).toBe(AddResult.added);
  }
  builder.finish();
  return written((view, offset) => builder.write(view, offset));
}

function writeReportsAgain(packet: Uint8Array, of: (kind: string) => number[][]): Uint8Array {
  const compound = new CompoundBuilder();
  const delays = of('DelaySinceLastReceiverReport');
  const added = compound.addSenders(
    of('SenderReport').map(([ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount]) => {
      const delay = delays.find(one => one[1] === ssrc);
      return {
        report: { ssrc, ntpSeconds, ntpFraction, rtpTimestamp, packetCount, octetCount },
        cname: findCname(packet, ssrc),
        delay: delay && { ssrc, lastReceiverReport: delay[2], delaySinceLastReceiverReport: delay[3] },
      };
    }),
  );
  expect(added).toBe(true);
  const [time] = of('ReceiverReferenceTime');
  if (time !== undefined) {
    const blocks = of('ReportBlock').map(block => ({
      ssrc: block[1],
      fractionLost: block[2],
      totalLost: block[3],
      highestSeq: block[4],
      jitter: block[5],
      lastSenderReport: block[6],
      delaySinceLastSenderReport: block[7],
    }));
    expect(compound.addReceivers(blocks, { ntpSeconds: time[1], ntpFraction: time[2] })).toBe(true);
  }
  expect(compound.length).toBe(packet.length);
  return written((view, offset) => compound.write(view, offset));
}

/** The CNAME that the SDES packet gives for an SSRC. */
function findCname(packet: Uint8Array, ssrc: number): Uint8Array {
  const start = hex(packet).indexOf(`${ssrc.toString(16).padStart(8, '0')}01`, hex(packet).indexOf('81ca')) / 2;
  return packet.subarray(start + 6, start + 6 + packet[start + 5]);
}
