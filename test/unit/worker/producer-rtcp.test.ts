import { beforeEach, describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { CompoundBuilder } from '../../../src/rtp/rtcp/compound.js';
import { NTP_UNIX_OFFSET_SECONDS } from '../../../src/rtp/time.js';
import { type Producer } from '../../../src/worker/producer.js';
import { emptyReportBlock, uint } from '../rtp/support.js';
import { DELTA_FRAME, MediaHarness, type ProduceOptions, produceRequest, vp8Packet } from './media-support.js';

let harness: MediaHarness;
beforeEach(() => (harness = new MediaHarness()));

const produce = (options: ProduceOptions = {}): Producer => harness.produce(produceRequest(options));

/** The reports that are due, and whether there was room for them. */
function reports(producer: Producer, compound = new CompoundBuilder()) {
  const fits = producer.rtcp.getRtcp(compound, harness.now);
  const bytes = new Uint8Array(2000);
  return { fits, bytes: bytes.slice(0, compound.write(new DataView(bytes.buffer), 0)) };
}

describe('Producer reports', () => {
  it('come once a second with a reference time', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet());
    const first = reports(producer).bytes;
    expect(first.length).toBe(8 + 24 + 20);
    expect([...first.slice(0, 12)]).toEqual([0x81, 201, 0, 7, 0, 0, 0, 0, ...uint(1111, 4)]);
    expect([...first.slice(-8)]).toEqual([...uint(NTP_UNIX_OFFSET_SECONDS + harness.now / 1000, 4), ...uint(0, 4)]);
    harness.advance(860);
    expect(reports(producer).bytes.length).toBe(0);
    harness.advance(20);
    expect(reports(producer).bytes.length).toBe(first.length);
  });

  it('have a block for the RTX stream', () => {
    const producer = produce({ encodings: [{ ssrc: 1111, rtx: 2222 }], rtxPayloadType: 99 });
    harness.receive(producer, vp8Packet());
    harness.receive(producer, vp8Packet({ ssrc: 2222, payloadType: 99, payload: [...uint(5, 2), ...DELTA_FRAME] }));
    const view = new DataView(reports(producer).bytes.buffer);
    expect([view.getUint8(0) & 0x1f, view.getUint32(8), view.getUint32(8 + 24)]).toEqual([2, 1111, 2222]);
  });

  it('still tell what comes while it is paused', () => {
    const producer = produce({ paused: true });
    harness.receive(producer, vp8Packet());
    expect(reports(producer).bytes.length).toBe(8 + 24 + 20);
  });

  it('are the same when asked for again because they did not fit', () => {
    const producer = produce({ codec: { feedback: [] } });
    harness.receive(producer, vp8Packet({ sequenceNumber: 1 }));
    harness.receive(producer, vp8Packet({ sequenceNumber: 4 }));
    const full = new CompoundBuilder();
    full.addReceivers(
      Array.from({ length: 52 }, () => emptyReportBlock(1)),
      { ntpSeconds: 0, ntpFraction: 0 },
    );
    expect(reports(producer, full).fits).toBe(false);
    const { fits, bytes } = reports(producer);
    expect(fits).toBe(true);
    expect([...bytes.slice(12, 16)]).toEqual([128, 0, 0, 2]);
  });

  it.each([
    [1, 50],
    [0, 0],
  ])('tell what receivers lose if the codec has error correction in band: %i', (useinbandfec, reported) => {
    const parameters: [string, number][] = [['useinbandfec', useinbandfec]];
    const producer = produce({ codec: { mimeType: 'audio/opus', parameters } });
    harness.worstFractionLost = 50;
    harness.receive(producer, vp8Packet());
    expect(reports(producer).bytes[12]).toBe(reported);
  });

  it('take sender reports and round trip times', () => {
    const producer = produce({ encodings: [{ ssrc: 1111, rtx: 2222 }], rtxPayloadType: 99 });
    harness.receive(producer, vp8Packet());
    const sr = (ssrc: number) => producer.rtcp.receiveSenderReport(ssrc, 1, 2, 3, 4, 5, harness.now);
    expect([sr(1111), sr(2222), sr(3)]).toEqual([
      DropReason.none,
      DropReason.rtcpUnknownStream,
      DropReason.rtcpUnknownStream,
    ]);
    expect(producer.rtcp.receiveDelaySinceLastReceiverReport(3, 1, 1, harness.now)).toBe(DropReason.rtcpUnknownStream);
    expect(producer.rtcp.receiveDelaySinceLastReceiverReport(1111, 0, 0, harness.now)).toBe(DropReason.none);
  });
});

describe('Producer and the clock of its sender', () => {
  it('learns from sender reports that have a time', () => {
    const producer = produce();
    harness.receive(producer, vp8Packet());
    const estimator = harness.captureTimes.acquire('cname', false);
    const report = (ntpSeconds: number): void => {
      producer.rtcp.receiveSenderReport(1111, ntpSeconds, 0, 0, 0, 0, harness.now);
      harness.advance(1000);
    };
    const offset = harness.now * 1000 - 10e6;
    for (const ntpSeconds of [10, 11, 12]) report(ntpSeconds);
    expect(estimator.clockOffset).toBe(offset);
    for (let i = 0; i < 7; i++) report(0);
    expect(estimator.clockOffset).toBe(offset);
  });
});
