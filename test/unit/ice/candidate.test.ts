import { describe, expect, it } from 'vitest';
import { type CandidateOptions, iceCandidates, type ListeningAddress } from '../../../src/ice/candidate.js';

const udp = (ip: string, port: number, rest: Partial<ListeningAddress> = {}): ListeningAddress => ({
  protocol: 'udp',
  ip,
  port,
  ...rest,
});
const tcp = (ip: string, port: number): ListeningAddress => ({ protocol: 'tcp', ip, port });
const options = (rest: Partial<CandidateOptions> = {}): CandidateOptions => ({
  enableUdp: true,
  enableTcp: true,
  preferUdp: false,
  preferTcp: false,
  ...rest,
});

describe('ICE candidates', () => {
  it('are host candidates in order, TCP passive', () => {
    expect(iceCandidates([udp('192.0.2.1', 1001), tcp('192.0.2.1', 1002)])).toEqual([
      {
        foundation: 'udpcandidate',
        priority: 1076302079,
        address: '192.0.2.1',
        protocol: 'udp',
        port: 1001,
        type: 'host',
      },
      {
        foundation: 'tcpcandidate',
        priority: 1076276479,
        address: '192.0.2.1',
        protocol: 'tcp',
        port: 1002,
        type: 'host',
        tcpType: 'passive',
      },
    ]);
  });

  it('announce another address, and the own one less eagerly', () => {
    const announced = { announcedAddress: 'sfu.example.org', exposeInternalIp: true };
    const candidates = iceCandidates([
      udp('192.0.2.1', 1001, announced),
      udp('192.0.2.2', 1002, { announcedAddress: '203.0.113.1' }),
      udp('192.0.2.3', 1003, { exposeInternalIp: true }),
    ]);
    expect(candidates.map(({ address, priority, port }) => [address, priority, port])).toEqual([
      ['sfu.example.org', 1076302079, 1001],
      ['192.0.2.1', 1076301079, 1001],
      ['203.0.113.1', 1076276479, 1002],
      ['192.0.2.3', 1076250879, 1003],
    ]);
  });

  const four = [udp('a', 1), tcp('a', 1), udp('b', 2), tcp('b', 2)];
  it.each<[string, CandidateOptions, (string | number)[]]>([
    ['all', options(), ['udp', 1076302079, 'tcp', 1076276479, 'udp', 1076250879, 'tcp', 1076225279]],
    ['UDP preferred', options({ preferUdp: true }), ['udp', 1076558079, 'tcp', 1076276479, 'udp', 1076506879, 'tcp', 1076225279]], // prettier-ignore
    ['TCP preferred', options({ preferTcp: true }), ['udp', 1076302079, 'tcp', 1076532479, 'udp', 1076250879, 'tcp', 1076481279]], // prettier-ignore
    ['no TCP', options({ enableTcp: false }), ['udp', 1076302079, 'udp', 1076250879]],
    ['no UDP', options({ enableUdp: false }), ['tcp', 1076276479, 'tcp', 1076225279]],
    ['nothing', options({ enableUdp: false, enableTcp: false }), []],
  ])('%s', (_, wanted, expected) => {
    expect(iceCandidates(four, wanted).flatMap(({ protocol, priority }) => [protocol, priority])).toEqual(expected);
  });
});
