import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { PacketBuilder, SctpPacket } from '../../../src/sctp/packet.js';
import { recorded } from './support.js';

const chunksOf = (packet: Uint8Array): string[] => {
  const view = new SctpPacket();
  expect(view.parse(packet, 0, packet.length, false)).toBe(DropReason.none);
  const chunks: string[] = [];
  while (view.nextChunk()) chunks.push(`${view.chunkType}:${view.chunkLength}`);
  return chunks;
};

describe('SctpPacket', () => {
  it.each(['chromium-publisher', 'firefox-publisher'] as const)('reads the packets of %s', session => {
    expect(
      recorded(session).map(({ direction, packet }) => `${direction} ${chunksOf(packet).join(' ')}`),
    ).toMatchSnapshot();
  });
});

describe('PacketBuilder', () => {
  it('keeps to the last multiple of four of its length', () => {
    const builder = new PacketBuilder(1191);
    builder.start(1, 2, 3);
    expect(builder.remaining).toBe(1176);
  });
});
