import { describe, expect, it } from 'vitest';
import { buildPacket } from '../rtp/support.js';
import { consumeRequest, MediaHarness, produceRequest } from './media-support.js';

const PACKETS = 20_000;

/** VP8 with two-byte picture id, TL0PICIDX and temporal layers 0 and 1, in frames of two packets. */
function video(index: number): Uint8Array {
  const frame = index >> 1;
  const isKey = frame % 100 === 0;
  const isFirst = index % 2 === 0;
  const temporal = frame % 2;
  const payload = new Array<number>(1000).fill(index & 0xff);
  const descriptor = [
    isFirst ? 0x90 : 0x80,
    0xe0,
    0x80 | ((frame >> 8) & 0x7f),
    frame & 0xff,
    (frame >> 1) & 0xff,
    (temporal << 6) | 0x20,
    isKey && isFirst ? 0 : 1,
  ];
  payload.splice(0, descriptor.length, ...descriptor);
  return buildPacket({
    ssrc: 1111,
    payloadType: 100,
    sequenceNumber: index & 0xffff,
    timestamp: (frame * 3000) >>> 0,
    marker: !isFirst,
    extensions: [[1, [48]]],
    payload,
  });
}

describe('the way of packets through Producer and Consumers', () => {
  it(`keeps a bounded number of ${PACKETS} packets, and none in the end`, () => {
    const harness = new MediaHarness();
    harness.keepSent = false;
    const encodings = [{ ssrc: 1111, mode: 'L1T2' }];
    const producer = harness.produce(produceRequest({ encodings, extensions: [['Mid', 1]] }));
    for (let i = 0; i < 3; i++) {
      harness.consume(
        consumeRequest({
          id: `c${i}`,
          mid: `${i}`,
          encodings: [{ ssrc: 5000 + i, rtx: 6000 + i, mode: 'L1T2' }],
          consumable: ['L1T2'],
          preferredLayers: i === 0 ? [0, 0] : [0, 1],
        }),
      );
    }
    const used: number[] = [];
    for (let index = 0; index < PACKETS; index++) {
      harness.receive(producer, video(index));
      if (index % 4 === 3) harness.flush();
      if (index % 2 === 1) harness.advance(1000 / 30);
      if (index % 1000 === 999) used.push(harness.memory.slotsInUse);
      if (index % 50 === 0) {
        harness.consumers[2].rtcp.receiveNack(5002, harness.now);
        harness.consumers[2].rtcp.receiveNackItem(5002, index & 0xffff, 0xffff, harness.now);
      }
    }
    harness.flush();
    // Two layers for two Consumers, one for the third: almost all is sent.
    expect(harness.sentCount).toBeGreaterThan(PACKETS * 2.4);
    // Two seconds of packets for retransmission, 60 a second, however many Consumers there are.
    expect(Math.max(...used)).toBeLessThan(200);
    expect(used.at(-1)).toBe(used[5]);
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
    expect(harness.drops.toJSON()).toEqual({ consumerLayer: expect.any(Number) as number });
  });
});
