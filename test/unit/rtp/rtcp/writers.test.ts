import { describe, expect, it } from 'vitest';
import { CompoundBuilder, type SenderContribution } from '../../../../src/rtp/rtcp/compound.js';
import { writeFir } from '../../../../src/rtp/rtcp/fir.js';
import { maxNackLength, writeNack } from '../../../../src/rtp/rtcp/nack.js';
import { writePli } from '../../../../src/rtp/rtcp/pli.js';
import { type ReportBlock, writeReceiverReports } from '../../../../src/rtp/rtcp/receiver-report.js';
import { writeRemb } from '../../../../src/rtp/rtcp/remb.js';
import { RTCP_MAX_LENGTH } from '../../../../src/rtp/rtcp/rtcp-packet.js';
import { isSdes, writeSdes } from '../../../../src/rtp/rtcp/sdes.js';
import { bytes, type Event, hex, readRtcp, viewOf, written } from './support.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const block = (ssrc: number): ReportBlock => ({
  ssrc,
  fractionLost: 3,
  totalLost: -2,
  highestSeq: 0x10000,
  jitter: 5,
  lastSenderReport: 0x47002666,
  delaySinceLastSenderReport: 7,
});
const blockEvent = (ssrc: number): Event => ['ReportBlock', 0, ssrc, 3, -2, 0x10000, 5, 0x47002666, 7];

describe('PLI, FIR', () => {
  it('have the SSRCs given', () => {
    expect(hex(written((view, at) => writePli(view, at, 1, 0xfffffffe)))).toBe('81ce000200000001fffffffe');
    expect(hex(written((view, at) => writeFir(view, at, 1, 2, 0xfffffffe, 255)))).toBe(
      '84ce00040000000100000002fffffffeff000000',
    );
  });
});

describe('NACK', () => {
  it.each([
    [[100], '00640000'],
    [[100, 101, 116], '00648001'],
    [[100, 117], '0064000000750000'],
    [[65535, 0, 15, 16], 'ffff800100100000'],
    [[1, 3, 40, 41], '0001000200280001'],
  ])('of %j', (seqs, items) => {
    const packet = written((view, at) => writeNack(view, at, 0, 0xaa, seqs, seqs.length));
    expect(hex(packet)).toBe(`81cd000${2 + items.length / 8}00000000000000aa${items}`);
    expect(packet.length).toBeLessThanOrEqual(maxNackLength(seqs.length));
  });

  it('takes as many sequence numbers as it is told', () => {
    expect(hex(written((view, at) => writeNack(view, at, 0, 0xaa, Uint16Array.of(1, 2, 3), 2)))).toBe(
      '81cd000300000000000000aa00010001',
    );
  });
});

describe('REMB', () => {
  it.each([
    [0, [], '00000000'],
    [262143, [], '0003ffff'],
    [262144, [], '00060000'],
    [400_000, [0xaa, 0xbb], '02070d40' + '000000aa000000bb'],
    [2 ** 63 - 2 ** 10, [], '00b7ffff'],
  ])('of %i bps', (bitrate, ssrcs, content) => {
    const packet = written((view, at) => writeRemb(view, at, 0, 0, bitrate, ssrcs));
    expect(hex(packet)).toBe(`8fce000${4 + ssrcs.length}000000000000000052454d42${content}`);
    const [[, , read]] = readRtcp(packet).events as [['Remb', number, number]];
    expect(read).toBeLessThanOrEqual(bitrate);
    expect(read).toBeGreaterThan(bitrate * (1 - 2 ** -17) - 1);
  });

  it('cannot name more than 255 streams', () => {
    const packet = written((view, at) => writeRemb(view, at, 0, 0, 1000, new Array<number>(300).fill(7)));
    expect(packet.length).toBe(20 + 4 * 255);
    expect(readRtcp(packet).events).toEqual([['Remb', 0, 1000]]);
  });
});

describe('receiver reports', () => {
  it.each([0, 1, 31, 32, 70])('with %i blocks', count => {
    const blocks = Array.from({ length: count }, (_, i) => block(i));
    const packet = written((view, at) => writeReceiverReports(view, at, 0, blocks));
    expect(packet.length).toBe(Math.ceil(count / 31) * 8 + count * 24);
    const { events } = readRtcp(packet);
    expect(events.filter(([kind]) => kind === 'ReportBlock')).toEqual(blocks.map(({ ssrc }) => blockEvent(ssrc)));
    expect(events.filter(([kind]) => kind === 'ReportBlocksEnd').length).toBe(Math.ceil(count / 31));
  });
});

describe('SDES', () => {
  it.each([
    ['', '81ca0002000000aa01000000'],
    ['a', '81ca0002000000aa01016100'],
    ['ab', '81ca0003000000aa0102616200000000'],
    ['abcde', '81ca0003000000aa0105616263646500'],
    ['abcdef', '81ca0004000000aa010661626364656600000000'],
  ])('of CNAME "%s"', (cname, expected) => {
    const packet = written((view, at) => writeSdes(view, at, [{ ssrc: 0xaa, cname: text(cname) }]));
    expect(hex(packet)).toBe(expected);
    expect(isSdes(viewOf(packet), 0, packet.length)).toBe(true);
  });

  it('must not end in what is behind the packet', () => {
    const memory = bytes('81ca0003 00000001 0106616263646566 00000000');
    expect(isSdes(viewOf(memory), 0, 16)).toBe(false);
    expect(isSdes(viewOf(memory), 0, 20)).toBe(true);
  });

  it('cuts a CNAME at 255 bytes', () => {
    const packet = written((view, at) => writeSdes(view, at, [{ ssrc: 0xaa, cname: text('x'.repeat(300)) }]));
    expect(packet[9]).toBe(255);
    expect(isSdes(viewOf(packet), 0, packet.length)).toBe(true);
  });

  it('takes a packet per 31 chunks', () => {
    const chunks = Array.from({ length: 33 }, (_, ssrc) => ({ ssrc, cname: text('cname') }));
    const packet = written((view, at) => writeSdes(view, at, chunks));
    expect(packet.length).toBe(2 * 4 + 33 * 12);
    expect(hex(packet.subarray(0, 4))).toBe('9fca005d');
    expect(hex(packet.subarray(4 + 31 * 12, 8 + 31 * 12))).toBe('82ca0006');
    expect(readRtcp(packet).reason).toBe(0);
  });
});

describe('compound packets', () => {
  const sender = (ssrc: number, withDelay = true): SenderContribution => ({
    report: { ssrc, ntpSeconds: 1, ntpFraction: 2, rtpTimestamp: 3, packetCount: 4, octetCount: 5 },
    cname: text('cname-1'),
    delay: withDelay ? { ssrc, lastReceiverReport: 6, delaySinceLastReceiverReport: 7 } : undefined,
  });
  const time = { ntpSeconds: 8, ntpFraction: 9 };
  const write = (compound: CompoundBuilder): Uint8Array => written((view, at) => compound.write(view, at));

  it('have sender reports, receiver reports, SDES and XR in this order', () => {
    const compound = new CompoundBuilder();
    expect(compound.hasReports).toBe(false);
    expect(compound.addReceivers([block(0xbb)], time)).toBe(true);
    expect(compound.addSenders([sender(0xaa)])).toBe(true);
    expect(compound.hasReports).toBe(true);
    const packet = write(compound);
    expect(packet).toEqual(
      bytes(`80c80006 000000aa 00000001 00000002 00000003 00000004 00000005
             81c90007 00000000 000000bb 03fffffe 00010000 00000005 47002666 00000007
             81ca0004 000000aa 0107636e 616d652d 31000000
             80cf0008 00000000 05000003 000000aa 00000006 00000007 04000002 00000008 00000009`),
    );
    expect(compound.length).toBe(packet.length);
  });

  it('carry one reference time, that of the first receiver', () => {
    const compound = new CompoundBuilder();
    expect(compound.hasReceiverReferenceTime).toBe(false);
    compound.addReceivers([block(1)], time);
    compound.addReceivers([block(2)], { ntpSeconds: 10, ntpFraction: 11 });
    expect(compound.hasReceiverReferenceTime).toBe(true);
    expect(readRtcp(write(compound)).events).toEqual([
      blockEvent(1),
      blockEvent(2),
      ['ReportBlocksEnd', 0],
      ['ReceiverReferenceTime', 0, 8, 9],
    ]);
  });

  it('have no reports if they have only a reference time', () => {
    const compound = new CompoundBuilder();
    compound.addReceivers([], time);
    expect(compound.hasReports).toBe(false);
    compound.clear();
    expect(compound.length).toBe(0);
    expect(compound.hasReceiverReferenceTime).toBe(false);
  });

  it('have no XR without reference time and delays', () => {
    const compound = new CompoundBuilder();
    compound.addSenders([sender(1, false)]);
    expect(write(compound).length).toBe(28 + 20);
  });

  it.each([1, 3])('take senders of %i streams until 1292 bytes are full, whole or not at all', streams => {
    const compound = new CompoundBuilder();
    let ssrc = 0;
    const next = (): SenderContribution[] => Array.from({ length: streams }, () => sender(++ssrc));
    let before = compound.length;
    while (compound.addSenders(next())) before = compound.length;
    expect(compound.length).toBe(before);
    expect(before).toBeLessThanOrEqual(RTCP_MAX_LENGTH);
    expect(before + streams * 60).toBeGreaterThan(RTCP_MAX_LENGTH);
    expect(write(compound).length).toBe(before);
    const { events } = readRtcp(write(compound));
    expect(events.filter(([kind]) => kind === 'SenderReport').length).toBe(ssrc - streams);
    expect(events.filter(([kind]) => kind === 'DelaySinceLastReceiverReport').length).toBe(ssrc - streams);
  });

  it('take receivers until 1292 bytes are full', () => {
    const compound = new CompoundBuilder();
    let count = 0;
    while (compound.addReceivers([block(count)], time)) count++;
    // Two receiver reports with their headers, and the XR.
    expect(count).toBe((1284 - 2 * 8 - 20) / 24);
    expect(RTCP_MAX_LENGTH).toBe(1292);
    expect(write(compound).length).toBe(2 * 8 + count * 24 + 20);
  });

  it('leave out the reference time together with the reports that do not fit', () => {
    const compound = new CompoundBuilder();
    const blocks = Array.from({ length: 60 }, (_, i) => block(i));
    expect(compound.addReceivers(blocks, time)).toBe(false);
    expect(compound.hasReceiverReferenceTime).toBe(false);
    expect(compound.length).toBe(0);
  });
});
