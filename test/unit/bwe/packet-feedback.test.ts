import { describe, expect, it } from 'vitest';
import { PacketFeedback } from '../../../src/bwe/packet-feedback.js';
import { SentPacketHistory } from '../../../src/bwe/sent-packet-history.js';
import { FakeFeedback } from './support.js';

const LOST = NaN;

const create = (count: number): { history: SentPacketHistory; feedback: PacketFeedback } => {
  const history = new SentPacketHistory();
  for (let seq = 0; seq < count; seq++) history.add(seq, 100 + seq, seq, seq);
  return { history, feedback: new PacketFeedback(history) };
};

const arrivals = (feedback: PacketFeedback): number[] => [...feedback.arrivals.subarray(0, feedback.count)];

describe('PacketFeedback', () => {
  it('tells what became of packets', () => {
    const { feedback } = create(3);
    feedback.read(new FakeFeedback(0, [10_000, LOST, 12_500]), 50);
    expect(arrivals(feedback)).toEqual([60, NaN, 62.5]);
    expect([...feedback.sizes.subarray(0, 3)]).toEqual([100, 101, 102]);
    expect([...feedback.sentAt.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect([...feedback.clusterIds.subarray(0, 3)]).toEqual([0, 1, 2]);
    expect(feedback.receivedCount).toBe(2);
  });

  it('goes on where the last feedback was, by the clock of the receiver', () => {
    const { feedback } = create(2);
    feedback.read(new FakeFeedback(0, [64_000_000 + 1000], 64_000_000), 50);
    expect(arrivals(feedback)).toEqual([51]);
    feedback.read(new FakeFeedback(1, [64_128_000], 64_128_000), 500);
    expect(arrivals(feedback)).toEqual([50 + 128]);
  });

  it('takes packets missing at the end for late ones', () => {
    const { feedback } = create(4);
    feedback.read(new FakeFeedback(0, [0, LOST, LOST]), 50);
    expect(feedback.count).toBe(1);
    feedback.read(new FakeFeedback(1, [LOST, 1000, 2000]), 150);
    expect(feedback.count).toBe(3);
    expect(feedback.receivedCount).toBe(2);
  });

  it('tells a loss once, and takes it back when the packet arrives late', () => {
    const { feedback } = create(3);
    feedback.read(new FakeFeedback(0, [0, LOST, 0]), 50);
    feedback.read(new FakeFeedback(1, [LOST, 0]), 50);
    expect(feedback.count).toBe(0);
    feedback.read(new FakeFeedback(1, [4000]), 50);
    expect(arrivals(feedback)).toEqual([54]);
    expect(feedback.wasLost[0]).toBe(1);
  });

  it('tells of each packet once', () => {
    const { feedback } = create(2);
    feedback.read(new FakeFeedback(0, [0, 0]), 50);
    feedback.read(new FakeFeedback(0, [0, 0]), 60);
    expect(feedback.count).toBe(0);
  });

  it('ignores packets that were never sent', () => {
    const { feedback } = create(3);
    feedback.read(new FakeFeedback(65_534, [0, 0, 0, 0, 0, 0, 0, 0]), 50);
    expect(feedback.count).toBe(3);
  });

  it('puts packets in the order of arrival', () => {
    const { feedback } = create(4);
    feedback.read(new FakeFeedback(0, [3000, 1000, LOST, 2000]), 0);
    expect([...feedback.byArrival.subarray(0, 3)]).toEqual([1, 3, 0]);
  });

  it('reads no more than 4096 packets of one feedback', () => {
    const { feedback, history } = create(5000);
    feedback.read(new FakeFeedback(0, new Array<number>(5000).fill(0)), 0);
    expect(feedback.count).toBe(4096);
    expect(history.find(4096)).toBeGreaterThan(0);
  });
});
