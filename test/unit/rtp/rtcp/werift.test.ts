import { describe, expect, it } from 'vitest';
import {
  GenericNack,
  PictureLossIndication,
  ReceiverEstimatedMaxBitrate,
  RtcpPacketConverter,
  RtcpPayloadSpecificFeedback,
  RtcpRrPacket,
  RtcpSourceDescriptionPacket,
  RtcpSrPacket,
  RtcpTransportLayerFeedback,
  type TransportWideCC,
} from 'werift-rtp';
import { CompoundBuilder } from '../../../../src/rtp/rtcp/compound.js';
import { writeNack } from '../../../../src/rtp/rtcp/nack.js';
import { writePli } from '../../../../src/rtp/rtcp/pli.js';
import { writeRemb } from '../../../../src/rtp/rtcp/remb.js';
import { TransportFeedbackBuilder } from '../../../../src/rtp/rtcp/transport-feedback-builder.js';
import { readRtcp, written } from './support.js';

// An independent implementation as oracle.
const theirs = (packet: Uint8Array): ReturnType<typeof RtcpPacketConverter.deSerialize> =>
  RtcpPacketConverter.deSerialize(Buffer.from(packet));

describe('werift-rtp understands', () => {
  it('a compound packet', () => {
    const compound = new CompoundBuilder();
    compound.addSenders([
      {
        report: { ssrc: 0xaa, ntpSeconds: 1, ntpFraction: 2, rtpTimestamp: 3, packetCount: 4, octetCount: 5 },
        cname: new TextEncoder().encode('cname-1'),
        delay: undefined,
      },
    ]);
    compound.addReceivers(
      [
        {
          ssrc: 0xbb,
          fractionLost: 9,
          totalLost: 300,
          highestSeq: 0x20001,
          jitter: 8,
          lastSenderReport: 7,
          delaySinceLastSenderReport: 6,
        },
      ],
      { ntpSeconds: 1, ntpFraction: 2 },
    );
    const [sr, rr, sdes] = theirs(written((view, at) => compound.write(view, at)));
    expect(sr).toBeInstanceOf(RtcpSrPacket);
    expect(sr).toMatchObject({
      ssrc: 0xaa,
      senderInfo: { ntpTimestamp: 0x100000002n, rtpTimestamp: 3, packetCount: 4, octetCount: 5 },
    });
    expect(rr).toBeInstanceOf(RtcpRrPacket);
    expect((rr as RtcpRrPacket).reports[0]).toMatchObject({
      ssrc: 0xbb,
      fractionLost: 9,
      packetsLost: 300,
      highestSequence: 0x20001,
      jitter: 8,
      lsr: 7,
      dlsr: 6,
    });
    expect(sdes).toBeInstanceOf(RtcpSourceDescriptionPacket);
    expect((sdes as RtcpSourceDescriptionPacket).chunks[0]).toMatchObject({
      source: 0xaa,
      items: [{ type: 1, text: 'cname-1' }],
    });
  });

  it('PLI, NACK and REMB', () => {
    const [pli] = theirs(written((view, at) => writePli(view, at, 1, 2)));
    expect((pli as RtcpPayloadSpecificFeedback).feedback).toMatchObject({ senderSsrc: 1, mediaSsrc: 2 });
    // (It does not wrap sequence numbers.)
    const lost = [65500, 65501, 65515, 65535];
    const [nack] = theirs(written((view, at) => writeNack(view, at, 1, 2, lost, lost.length)));
    expect((nack as RtcpTransportLayerFeedback).feedback).toMatchObject({ mediaSourceSsrc: 2, lost });
    const [remb] = theirs(written((view, at) => writeRemb(view, at, 1, 0, 1_000_000, [5, 6])));
    expect((remb as RtcpPayloadSpecificFeedback).feedback).toMatchObject({
      bitrate: 1_000_000n,
      ssrcFeedbacks: [5, 6],
    });
  });

  it('transport-wide feedback', () => {
    const builder = new TransportFeedbackBuilder();
    builder.start(1, 2, 3);
    builder.setBase(10, 64_000_000);
    for (const [seq, us] of [
      [10, 1000],
      [13, 2000],
      [14, 90_000],
      [40, 91_000],
    ]) {
      builder.add(seq, 64_000_000 + us);
    }
    builder.finish();
    const [packet] = theirs(written((view, at) => builder.write(view, at)));
    const feedback = (packet as RtcpTransportLayerFeedback).feedback as TransportWideCC;
    expect(feedback).toMatchObject({
      senderSsrc: 1,
      mediaSourceSsrc: 2,
      baseSequenceNumber: 10,
      packetStatusCount: 31,
    });
    // (Its list of results leaves vectors out.)
    expect(feedback.recvDeltas.map(({ delta }) => delta)).toEqual([1000, 1000, 88_000, 1000]);
  });
});

describe('what werift-rtp writes is understood', () => {
  it('PLI, NACK and REMB', () => {
    const pli = new RtcpPayloadSpecificFeedback({
      feedback: new PictureLossIndication({ senderSsrc: 1, mediaSsrc: 2 }),
    });
    expect(readRtcp(pli.serialize()).events).toEqual([['Pli', 1, 2]]);
    const nack = new RtcpTransportLayerFeedback({
      feedback: new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 2, lost: [7, 9, 100] }),
    });
    expect(readRtcp(nack.serialize()).events).toEqual([
      ['Nack', 1, 2],
      ['NackItem', 2, 7, 2],
      ['NackItem', 2, 100, 0],
    ]);
    const remb = new RtcpPayloadSpecificFeedback({
      feedback: new ReceiverEstimatedMaxBitrate({
        senderSsrc: 1,
        mediaSsrc: 0,
        ssrcNum: 1,
        brExp: 3,
        brMantissa: 1000,
        ssrcFeedbacks: [5],
      }),
    });
    expect(readRtcp(remb.serialize()).events).toEqual([['Remb', 1, 8000]]);
  });
});
