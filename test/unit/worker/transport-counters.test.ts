import { describe, expect, it } from 'vitest';
import { TransportCounters } from '../../../src/worker/transport-counters.js';

describe('the rates of a transport', () => {
  it.each([
    ['received', 'recvBitrate', 1000],
    ['sent', 'sendBitrate', 1000],
    ['receivedRtp', 'rtpRecvBitrate', 2500],
    ['sentRtp', 'rtpSendBitrate', 2500],
    ['receivedRtx', 'rtxRecvBitrate', 1000],
    ['sentRtx', 'rtxSendBitrate', 1000],
    ['sentProbation', 'probationSendBitrate', 100],
  ] as const)('%s: %s is that of the last %i ms', (counter, rate, window) => {
    const counters = new TransportCounters();
    const counted = counters[counter];
    if ('packetCount' in counted) counted.update(500, 0, 10_000);
    else counted.update(500, 10_000);
    const bitrate = BigInt((500 * 8 * 1000) / window);
    expect(counters.stats(10_000 + window - 1)[rate]).toBe(bitrate);
    expect(counters.stats(10_000 + window)[rate]).toBe(0n);
  });
});
