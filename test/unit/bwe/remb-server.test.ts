import { describe, expect, it } from 'vitest';
import { type ReceivedPacket } from '../../../src/bwe/congestion-control-server.js';
import { RembServer } from '../../../src/bwe/remb-server.js';

const absSendTime = (ms: number): number => Math.floor((ms * 2 ** 18) / 1000) & 0xffffff;

const packetOf = (ssrc: number, payloadLength: number, sendTime: number): ReceivedPacket => ({
  ssrc,
  payloadLength,
  readTransportWideCc: () => 5,
  readAbsSendTime: () => sendTime,
});

const createServer = (): { server: RembServer; rembs: [bitrate: number, ssrcs: number[]][] } => {
  const rembs: [number, number[]][] = [];
  const server = new RembServer({ onSendRemb: (bitrate, ssrcs) => rembs.push([bitrate, [...ssrcs]]) });
  return { server, rembs };
};

/** 480 kbps in packets of two streams. */
const receive = (server: RembServer, from: number, to: number): void => {
  for (let now = from; now < to; now += 20)
    server.receivePacket(packetOf(now % 40 === 0 ? 9 : 4, 1200, absSendTime(now)), now);
};

describe('RembServer', () => {
  it('tells the estimate with the active streams, in ascending order, and at least once a second', () => {
    const { server, rembs } = createServer();
    expect(server.availableIncomingBitrate).toBe(0);
    receive(server, 1000, 11_000);
    expect(rembs.length).toBeGreaterThan(10);
    expect(rembs.at(-1)).toEqual([server.availableIncomingBitrate, [4, 9]]);
    expect(server.availableIncomingBitrate).toBeGreaterThan(480_000);
    expect(server.availableIncomingBitrate).toBeLessThan(480_000 * 1.5 + 20_000);
    expect(server.packetLoss).toBe(0);
    expect(server.nextDeadline).toBe(Infinity);
  });

  it('needs abs-send-time', () => {
    const { server, rembs } = createServer();
    for (let now = 0; now < 10_000; now += 20) server.receivePacket(packetOf(4, 1200, -1), now);
    expect(rembs).toEqual([]);
  });

  it('does not tell more than the limit, but knows it', () => {
    const { server, rembs } = createServer();
    server.setMaxIncomingBitrate(100_000);
    receive(server, 1000, 11_000);
    expect(new Set(rembs.map(([bitrate]) => bitrate))).toEqual(new Set([100_000]));
    expect(server.availableIncomingBitrate).toBeGreaterThan(480_000);
  });

  it('says at once when a limit is lifted', () => {
    const { server, rembs } = createServer();
    server.setMaxIncomingBitrate(0);
    server.setMaxIncomingBitrate(100_000);
    server.setMaxIncomingBitrate(200_000);
    expect(rembs).toEqual([]);
    server.setMaxIncomingBitrate(0);
    expect(rembs).toEqual([[0, []]]);
  });
});
