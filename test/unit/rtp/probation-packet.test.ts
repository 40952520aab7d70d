import { describe, expect, it } from 'vitest';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { ProbationGenerator } from '../../../src/rtp/probation-packet.js';
import { buildPacket, packetBytes, parse } from './support.js';

function generator(memory = new PacketMemory(), ...randoms: number[]) {
  return new ProbationGenerator(memory, { uint32: () => randoms.shift() ?? 0 });
}

describe('ProbationGenerator', () => {
  it('makes packets of the probation stream', () => {
    const probation = generator(undefined, 0xabcdffff, 0xfffffff0);
    const expected = (sequenceNumber: number, timestamp: number, payloadLength: number) => [
      ...buildPacket({
        payloadType: 127,
        ssrc: 1234,
        sequenceNumber,
        timestamp,
        extensions: [[1, [...Buffer.from('probator')]], [4, [0, 0, 0]], [5, [0, 0]]],
        payload: Array<number>(payloadLength).fill(0),
      }),
    ]; // prettier-ignore
    expect(packetBytes(probation.next(100)!)).toEqual(expected(0, 4, 68));
    expect(packetBytes(probation.next(32)!)).toEqual(expected(1, 24, 0));
    expect(packetBytes(probation.next(1400)!)).toEqual(expected(2, 44, 1368));
  });

  it.each([
    [0, 32],
    [31, 32],
    [33, 36],
    [100, 100],
    [101, 104],
    [1397, 1400],
    [1400, 1400],
    [99999, 1400],
  ])('makes %i bytes %i', (wanted, length) => {
    const packet = generator().next(wanted)!;
    expect(packet.length).toBe(length);
    expect(parse(packetBytes(packet))).toMatchObject({ payloadLength: length - 32, paddingLength: 0 });
  });

  it('leaves room for what the transport writes', () => {
    const packet = generator().next(200)!;
    expect([packet.readMid(), packet.readAbsSendTime(), packet.readTransportWideCc()]).toEqual(['probator', 0, 0]);
  });

  it('gives its slot back once', () => {
    const memory = new PacketMemory();
    const probation = generator(memory);
    expect(memory.slotsInUse).toBe(1);
    probation.close();
    probation.close();
    expect(memory.slotsInUse).toBe(0);
    expect(probation.next(100)).toBeUndefined();
  });

  it('makes nothing without memory', () => {
    const memory = new PacketMemory(4 * 65536);
    expect(generator(memory).next(100)).toBeUndefined();
  });
});
