import { beforeEach, describe, expect, it } from 'vitest';
import { ThroughputEstimator } from '../../../src/bwe/throughput-estimator.js';
import { type ReportedPacket, Reporter } from './support.js';

let reporter: Reporter;
let throughput: ThroughputEstimator;
beforeEach(() => {
  reporter = new Reporter();
  throughput = new ThroughputEstimator();
});

const stream = (count: number, change: (packet: Required<ReportedPacket>, i: number) => void): ReportedPacket[] =>
  Array.from({ length: count }, (_, i) => {
    const packet = { sentAt: i * 10, arrival: i * 10 + 50, size: 1000, clusterId: 0 };
    change(packet, i);
    return packet;
  });

describe('ThroughputEstimator', () => {
  it('needs 10 packets', () => {
    throughput.update(reporter.reportStream(9, 10));
    expect(throughput.bitrate).toBeNaN();
    throughput.update(reporter.reportStream(1, 10, 90));
    // 9 intervals of 10 ms, and 9 packets.
    expect(throughput.bitrate).toBe(800_000);
  });

  it('is what is received if more is sent', () => {
    throughput.update(
      reporter.report(
        stream(20, (packet, i) => {
          packet.arrival = 50 + i * 20;
        }),
      ),
    );
    expect(throughput.bitrate).toBe(400_000);
  });

  it('is what is sent if more is received at a time', () => {
    throughput.update(
      reporter.report(
        stream(20, (packet, i) => {
          packet.arrival = 300 + i;
        }),
      ),
    );
    expect(throughput.bitrate).toBe(800_000);
  });

  it('leaves out what got lost', () => {
    throughput.update(
      reporter.report(
        stream(41, (packet, i) => {
          if (i % 2 === 1) packet.arrival = NaN;
        }),
      ),
    );
    expect(throughput.bitrate).toBe(400_000);
  });

  it('overlooks one pause', () => {
    throughput.update(
      reporter.report(
        stream(40, (packet, i) => {
          if (i >= 20) packet.arrival += 300;
        }),
      ),
    );
    expect(throughput.bitrate).toBe(800_000);
  });

  it('forgets what is older than half a second, if 20 packets are left', () => {
    throughput.update(reporter.reportStream(100, 10, 0, 1000));
    throughput.update(reporter.reportStream(51, 10, 1000, 500));
    expect(throughput.bitrate).toBe(400_000);
  });

  it('has nothing to tell some time after a pause', () => {
    throughput.update(reporter.reportStream(50, 10));
    throughput.update(reporter.reportStream(5, 10, 10_000));
    expect(throughput.bitrate).toBeNaN();
  });

  it('takes packets that arrive out of order', () => {
    throughput.update(
      reporter.report(
        stream(30, (packet, i) => {
          packet.arrival += i % 2 === 0 ? 15 : 0;
        }),
      ),
    );
    expect(throughput.bitrate).toBeCloseTo(800_000, -5);
  });

  it('begins anew when the clock of the receiver is set back', () => {
    throughput.update(reporter.reportStream(30, 10));
    throughput.update(reporter.reportStream(9, 10, 300, 1000, -5000));
    expect(throughput.bitrate).toBeNaN();
    throughput.update(reporter.reportStream(5, 10, 390, 1000, -5000));
    expect(throughput.bitrate).toBe(800_000);
  });

  it('has a bounded window', () => {
    throughput.update(reporter.reportStream(3000, 0.1));
    expect(throughput.bitrate).toBeCloseTo(80_000_000, -2);
  });
});
