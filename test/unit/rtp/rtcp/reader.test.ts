import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../../src/common/drop-reason.js';
import { isRtcp } from '../../../../src/rtp/rtcp/rtcp-packet.js';
import { bytes, type Event, readRtcp } from './support.js';

const read = (hex: string): { reason: DropReason; events: Event[] } => readRtcp(bytes(hex));
const PLI = '81ce0002 00000001 000000aa';
const pli: Event = ['Pli', 1, 0xaa];

describe('isRtcp', () => {
  it.each([
    ['80c80000', true],
    ['80c00000', true],
    ['80df0000', true],
    ['80bf0000', false],
    ['80e00000', false],
    ['40c80000', false],
    ['c0c80000', false],
    ['80c800', false],
  ])('%s: %s', (hex, expected) => {
    expect(isRtcp(bytes(hex), 0, hex.length / 2)).toBe(expected);
  });
});

describe('kinds of packets', () => {
  it.each<[string, string, Event[]]>([
    [
      'sender report',
      '80c80006 00000001 e8754700 26666666 00000063 00000007 00000008',
      [['SenderReport', 1, 0xe8754700, 0x26666666, 0x63, 7, 8]],
    ],
    [
      'sender report with report blocks',
      `82c80012 00000001 e8754700 26666666 00000063 00000007 00000008
       00000005 40000010 00010203 00000007 47002666 00000009
       00000006 ffffffff 00000000 00000000 00000000 00000000`,
      [
        ['SenderReport', 1, 0xe8754700, 0x26666666, 0x63, 7, 8],
        ['ReportBlock', 1, 5, 0x40, 16, 0x10203, 7, 0x47002666, 9],
        ['ReportBlock', 1, 6, 255, -1, 0, 0, 0, 0],
        ['ReportBlocksEnd', 1],
      ],
    ],
    ['receiver report', '80c90001 00000001', [['ReportBlocksEnd', 1]]],
    [
      'receiver report with a negative loss',
      '81c90007 00000001 00000005 00800000 00000001 00000002 00000003 00000004',
      [
        ['ReportBlock', 1, 5, 0, -0x800000, 1, 2, 3, 4],
        ['ReportBlocksEnd', 1],
      ],
    ],
    ['SDES', '81ca0003 00000001 01036162 63000000', []],
    ['BYE', '82cb0002 00000001 00000002', []],
    ['BYE with reason', '81cb0003 00000001 03627965 00000000', []],
    [
      'XR with reference time and delays',
      `80cf000b 00000001 04000002 e8754700 26666666
       05000006 000000aa 47002666 00000007 000000bb 00000000 00000000`,
      [
        ['ReceiverReferenceTime', 1, 0xe8754700, 0x26666666],
        ['DelaySinceLastReceiverReport', 1, 0xaa, 0x47002666, 7],
        ['DelaySinceLastReceiverReport', 1, 0xbb, 0, 0],
      ],
    ],
    ['PLI', PLI, [pli]],
    [
      'FIR',
      '84ce0006 00000001 00000000 000000aa 09000000 000000bb 0a000000',
      [
        ['Fir', 1, 0, 0xaa, 9],
        ['Fir', 1, 0, 0xbb, 10],
      ],
    ],
    ['REMB', '8fce0005 00000001 00000000 52454d42 0107ffff 000000aa', [['Remb', 1, 0x3ffff * 2]]],
    ['largest REMB', '8fce0004 00000001 00000000 52454d42 00b7ffff', [['Remb', 1, 0x3ffff * 2 ** 45]]],
    ['REMB of 0 with a large exponent', '8fce0004 00000001 00000000 52454d42 00fc0000', [['Remb', 1, 0]]],
    ['another application message', '8fce0003 00000001 00000000 12345678', []],
    [
      'NACK',
      '81cd0004 00000001 000000aa 00648001 ffff0000',
      [
        ['Nack', 1, 0xaa],
        ['NackItem', 0xaa, 100, 0x8001],
        ['NackItem', 0xaa, 0xffff, 0],
      ],
    ],
    ['NACK of nothing', '81cd0002 00000001 000000aa', [['Nack', 1, 0xaa]]],
    [
      'transport-wide feedback',
      '8fcd0006 00000000 000000aa fffe0003 00000205 d4400408 ff9c0000',
      [
        [
          'TransportFeedback',
          0,
          0xaa,
          5,
          [
            { seq: 0xfffe, at: 2 ** 24 * 64000 + 2 * 64000 + 4 * 250 },
            { seq: 0xffff, at: 2 ** 24 * 64000 + 2 * 64000 + 12 * 250 },
            { seq: 0, at: undefined },
          ],
        ],
      ].map(event => event as Event),
    ],
  ])('%s', (_name, hex, events) => {
    expect(read(hex)).toEqual({ reason: DropReason.none, events });
    // And what stands behind it is read as well.
    expect(read(hex + PLI)).toEqual({ reason: DropReason.none, events: [...events, pli] });
  });

  it.each([
    ['TMMBR', '83cd0004 00000001 00000000 000000aa fffffe00'],
    ['TMMBN', '84cd0002 00000001 00000000'],
    ['SR-REQ', '85cd0002 00000001 000000aa'],
    ['TLLEI', '87cd0003 00000001 000000aa 00010000'],
    ['ECN', '88cd0002 00000001 000000aa'],
    ['SLI', '82ce0003 00000001 000000aa 00000000'],
    ['RPSI', '83ce0004 00000001 000000aa ff000000 00000000'],
    ['TSTR', '85ce0004 00000001 00000000 000000aa 01000000'],
    ['TSTN', '86ce0004 00000001 00000000 000000aa 01000000'],
    ['VBCM', '87ce0005 00000001 00000000 000000aa 01600001 ff000000'],
    ['PSLEI', '88ce0003 00000001 00000000 000000aa'],
    ['an unknown block of an XR', '80cf0003 00000001 0c000001 aabbccdd'],
    ['an XR without blocks', '80cf0001 00000001'],
    ['an SDES without chunks', '80ca0000'],
    ['a BYE without SSRC', '80cb0000'],
  ])('%s is passed over', (_name, hex) => {
    expect(read(hex + PLI)).toEqual({ reason: DropReason.none, events: [pli] });
  });

  it.each([
    ['APP', '80cc0003 00000001 6e616d65 61626364'],
    ['192', '80c00001 00000001'],
    ['210', '80d20001 00000000'],
    ['223', '80df0001 00000000'],
    ['RAMS', '86cd0002 00000001 00000002'],
    ['RTPFB 2', '82cd0002 00000001 00000002'],
    ['PS', '89cd0002 00000001 00000002'],
    ['RTPFB EXT', '9fcd0002 00000001 00000002'],
    ['RTPFB 30', '9ecd0002 00000001 00000002'],
    ['ROI', '89ce0002 00000001 00000002'],
    ['PSFB EXT', '9fce0002 00000001 00000002'],
    ['PSFB 30', '9ece0002 00000001 00000002'],
  ])('%s ends the reading', (_name, hex) => {
    expect(read(PLI + hex + PLI)).toEqual({ reason: DropReason.rtcpUnsupported, events: [pli] });
  });
});

describe('malformed packets', () => {
  it.each([
    ['nothing after all', '80'],
    ['a length beyond the end', '81ce0009 00000001 000000aa'],
    ['version 1', '41ce0002 00000001 000000aa'],
    ['RTP', '80600000 00000001 000000aa'],
    ['trailing bytes', 'ffffffff'],
    ['a receiver report without SSRC', '80c90000'],
    ['an XR without SSRC', '80cf0000'],
    ['feedback without media SSRC', '81ce0001 00000001'],
    ['RTP feedback without media SSRC', '81cd0001 00000001'],
    ['an SDES item beyond the end', '81ca0003 00000001 0109616263000000'],
    ['an SDES chunk without null', '81ca0003 00000001 0106616263646566'],
    ['an SDES chunk with text after an item', '81ca0003 00000001 0103414243444546'],
    ['an SDES chunk with wrong padding', '81ca0003 00000001 0103616263000100'],
    ['an SDES packet with a chunk less', '82ca0003 00000001 0103616263000000'],
    ['an SDES chunk without SSRC', '81ca0000'],
    ['a REMB that is cut off', '8fce0003 00000001 00000000 52454d42'],
    ['a REMB with an SSRC less', '8fce0004 00000001 00000000 52454d42 0107ffff'],
    ['a REMB with an SSRC more', '8fce0005 00000001 00000000 52454d42 0007ffff 000000aa'],
    ['a REMB of 2^63', '8fce0004 00000001 00000000 52454d42 00ba0000'],
    ['a REMB beyond 64 bits', '8fce0004 00000001 00000000 52454d42 00ffffff'],
    ['transport-wide feedback without header', '8fcd0003 00000000 000000aa 00010001'],
  ])('%s', (_name, hex) => {
    expect(read(PLI + hex + PLI)).toEqual({ reason: DropReason.rtcpMalformed, events: [pli] });
  });

  it.each([
    ['sender report', '80c80002 00000001 00000000', []],
    ['sender report with announced blocks', '81c80002 00000001 00000000', []],
    ['receiver report with announced blocks', '85c90001 00000001', [['ReportBlocksEnd', 1]]],
    ['XR reference time', '80cf0003 00000001 04000002 00000000', []],
  ])('a short %s is no error', (_name, hex, events) => {
    expect(read(hex + PLI)).toEqual({ reason: DropReason.none, events: [...events, pli] });
  });

  it('counts a DLRR block by the items that it has', () => {
    // Announces two items and a half; behind the items that are there begins another block.
    const { events } = read(
      '80cf0009 00000001 05000007 000000aa 00000001 00000002 000000bb 00000003 00000004 04000002',
    );
    expect(events).toEqual([
      ['DelaySinceLastReceiverReport', 1, 0xaa, 1, 2],
      ['DelaySinceLastReceiverReport', 1, 0xbb, 3, 4],
    ]);
  });

  it('does not tell padding from content', () => {
    expect(read('a1ce0002 00000001 000000aa')).toEqual({ reason: DropReason.none, events: [pli] });
  });
});
