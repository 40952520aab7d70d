import { describe, expect, it } from 'vitest';
import { DropReason } from '../../src/common/drop-reason.js';
import { DataChunk } from '../../src/sctp/chunks/data-chunk.js';
import { type SkippedStream } from '../../src/sctp/chunks/forward-tsn-chunk.js';
import { packetChecksum } from '../../src/sctp/crc32c.js';
import { DataReceiver, ReceiveOutcome } from '../../src/sctp/data-receiver.js';
import { IncomingStreamResets } from '../../src/sctp/incoming-stream-resets.js';
import { SctpPacket } from '../../src/sctp/packet.js';
import { CHUNK_OVERHEAD } from '../../src/sctp/reassembly/message-assembler.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { knownChunkTypes, rewrite } from '../unit/sctp/rewrite.js';
import { hex, recorded } from '../unit/sctp/support.js';

const SEED = Number(process.env.FUZZ_SEED ?? 20260);

/** Draws of its own for each test. */
const draws = (
  name: string,
): { below: (limit: number) => number; next: () => number; fill: (bytes: Uint8Array) => void } => {
  const generator = new SeededRandom(SEED).fork(name);
  return {
    below: limit => Math.floor(generator.next() * limit),
    next: () => generator.next(),
    fill: bytes => generator.fill(bytes),
  };
};

const corpus = [...recorded('chromium-publisher'), ...recorded('firefox-publisher')].map(({ packet }) => packet);

const setChecksum = (packet: Uint8Array): void => {
  if (packet.length < 12) return;
  const view = new DataView(packet.buffer, packet.byteOffset);
  view.setUint32(8, packetChecksum(packet, 0, packet.length), true);
};

describe(`SCTP packets, seed ${SEED}`, () => {
  const packet = new SctpPacket();

  /** Reads everything in a packet, and writes it anew: what was written says the same. */
  const readAll = (bytes: Uint8Array): void => {
    if (packet.parse(bytes, 0, bytes.length, false) !== DropReason.none) return;
    let chunks = 0;
    while (packet.nextChunk()) {
      chunks++;
      if (!knownChunkTypes.includes(packet.chunkType)) continue;
      const rewritten = rewrite(bytes, packet.chunkOffset, packet.chunkLength);
      expect(rewritten).toBeDefined();
      const { content, chunk } = rewritten!;
      expect(rewrite(chunk, 0, chunk.length)!.content).toEqual(content);
    }
    expect(chunks).toBe(packet.chunkCount);
  };

  it('of random bytes do no harm', () => {
    const { fill, below } = draws('bytes');
    for (let i = 0; i < 3000; i++) {
      const bytes = new Uint8Array(12 + 4 * below(60));
      fill(bytes);
      // Mostly known types, and lengths that fit more often than by chance.
      bytes[12] = below(4) === 0 ? below(256) : knownChunkTypes[below(knownChunkTypes.length)];
      if (below(3) > 0) {
        bytes[14] = 0;
        bytes[15] = bytes.length - 12;
      }
      setChecksum(bytes);
      readAll(bytes);
    }
  });

  it('of browsers, damaged, do no harm', () => {
    const { below } = draws('damaged');
    for (let i = 0; i < 6000; i++) {
      const original = corpus[below(corpus.length)];
      let bytes = original.slice();
      for (let damages = 1 + below(4); damages > 0; damages--) {
        const at = below(bytes.length);
        switch (below(4)) {
          case 0:
            bytes[at] ^= 1 << below(8);
            break;
          case 1:
            bytes[at] = [0, 1, 4, 0x7f, 0x80, 0xff][below(6)];
            break;
          case 2:
            bytes = bytes.slice(0, Math.max(at & ~3, 4));
            break;
          default: {
            const other = corpus[below(corpus.length)];
            bytes.set(other.subarray(0, bytes.length - at), at);
          }
        }
      }
      setChecksum(bytes);
      readAll(bytes);
    }
  });
});

describe(`the receiving side of SCTP, seed ${SEED}`, () => {
  const WINDOW = 50_000;

  it.each([false, true])('stays bounded and consistent whatever a peer sends (interleaving: %s)', interleaving => {
    const { below, next } = draws(`receiver ${interleaving}`);
    for (let round = 0; round < 15; round++) {
      const initialTsn = below(2 ** 32);
      let delivered = 0;
      const receiver = new DataReceiver(
        initialTsn,
        { interleaving, windowSize: WINDOW, maxMessageSize: 5000 },
        {
          onMessage: (_streamId, _ppid, payload) => {
            delivered++;
            expect(payload.length).toBeLessThanOrEqual(5000);
          },
          onOversizedMessage: (_streamId, length) => {
            expect(length).toBeGreaterThan(5000);
          },
        },
      );
      const resets = new IncomingStreamResets(initialTsn, receiver.tracker, receiver.queue, () => {});
      const chunk = new DataChunk();
      chunk.bytes = new Uint8Array(1200);
      const skippedStreams = (): SkippedStream[] =>
        Array.from({ length: below(5) }, () => ({
          streamId: below(4),
          unordered: interleaving && below(2) === 0,
          messageId: near(),
        }));
      /** Small numbers mostly, sometimes any. */
      const near = (): number => (below(30) > 0 ? below(20) : below(interleaving ? 2 ** 32 : 2 ** 16));

      for (let step = 0; step < 2000; step++) {
        const kind = next();
        const tsn = (receiver.tracker.cumulativeTsn + 1 + below(below(10) === 0 ? 1000 : 8) - below(3)) >>> 0;
        if (kind < 0.9) {
          chunk.interleaved = interleaving;
          chunk.tsn = tsn;
          chunk.setFlags(below(16));
          chunk.streamId = below(4);
          chunk.messageId = near();
          chunk.fsn = chunk.beginning ? 0 : near();
          chunk.ppid = below(60);
          chunk.payloadOffset = below(10);
          chunk.payloadLength = below(5) === 0 ? 1000 : below(20);
          const outcome = receiver.onData(chunk);
          if (outcome === ReceiveOutcome.exhausted) expect(receiver.queue.heldBytes).toBeGreaterThanOrEqual(WINDOW);
        } else if (kind < 0.97) {
          receiver.onForwardTsn({ newCumulativeTsn: tsn, skippedStreams: skippedStreams() });
        } else {
          resets.onOutgoingRequest({
            kind: 'outgoingSsnResetRequest',
            requestSequenceNumber: (resets.lastSequenceNumber + below(3)) >>> 0,
            responseSequenceNumber: 0,
            lastAssignedTsn: tsn,
            streamIds: Array.from({ length: below(3) }, () => below(4)),
          });
        }
        resets.onPacketEnd();
        const { heldBytes } = receiver.queue;
        if (heldBytes < 0 || heldBytes > WINDOW + 1000 + 6 * CHUNK_OVERHEAD) expect(heldBytes).toBe('bounded');
      }
      expect(delivered).toBeGreaterThan(0);

      // Nothing is left when the peer gives everything up and starts its streams from the beginning.
      if (receiver.queue.isFull) continue;
      const end = (receiver.tracker.cumulativeTsn + 2000) >>> 0;
      receiver.onForwardTsn({ newCumulativeTsn: end, skippedStreams: [] });
      resets.onPacketEnd();
      receiver.queue.resetStreams([]);
      expect(receiver.queue.heldBytes).toBe(0);
    }
  });

  it('puts together what arrives in any order, and twice', () => {
    const { below, next } = draws('orders');
    for (let round = 0; round < 60; round++) {
      const interleaving = round % 2 === 0;
      const initialTsn = (2 ** 32 - below(200)) >>> 0;
      const received: string[] = [];
      const receiver = new DataReceiver(
        initialTsn,
        { interleaving, windowSize: 1_000_000, maxMessageSize: 10_000 },
        {
          onMessage: (streamId, ppid, payload) => received.push(`${streamId}:${ppid}:${hex(payload)}`),
          onOversizedMessage: () => expect.unreachable(),
        },
      );
      const sent: string[] = [];
      const chunks: DataChunk[] = [];
      const messageIds = [0, 0, 0, 0];
      for (let ppid = 0; ppid < 60; ppid++) {
        const streamId = below(4);
        const unordered = streamId >= 2;
        const payload = new Uint8Array(1 + below(40));
        for (let i = 0; i < payload.length; i++) payload[i] = below(256);
        sent.push(`${streamId}:${ppid}:${hex(payload)}`);
        const messageId = unordered && !interleaving ? 0 : messageIds[streamId]++;
        for (let offset = 0, fsn = 0; offset < payload.length; fsn++) {
          const chunk = new DataChunk();
          chunk.interleaved = interleaving;
          chunk.tsn = (initialTsn + chunks.length) >>> 0;
          chunk.streamId = streamId;
          chunk.unordered = unordered;
          chunk.messageId = messageId;
          chunk.fsn = interleaving ? fsn : 0;
          chunk.ppid = ppid;
          chunk.bytes = payload;
          chunk.payloadOffset = offset;
          chunk.payloadLength = Math.min(1 + below(20), payload.length - offset);
          chunk.beginning = offset === 0;
          offset += chunk.payloadLength;
          chunk.ending = offset === payload.length;
          chunks.push(chunk);
        }
      }
      for (const chunk of [...chunks, ...chunks].map(of => ({ of, at: next() })).sort((a, b) => a.at - b.at)) {
        receiver.onData(chunk.of);
      }
      expect([...received].sort()).toEqual([...sent].sort());
      for (const streamId of [0, 1]) {
        const of = (messages: string[]): string[] => messages.filter(message => message.startsWith(`${streamId}:`));
        expect(of(received)).toEqual(of(sent));
      }
      expect(receiver.queue.heldBytes).toBe(0);
      expect(receiver.tracker.cumulativeTsn).toBe((initialTsn + chunks.length - 1) >>> 0);
    }
  });

  it('costs the same for each chunk, however many there are', () => {
    const receiver = new DataReceiver(
      0,
      { interleaving: false, windowSize: 8_000_000, maxMessageSize: 100_000 },
      { onMessage: () => {}, onOversizedMessage: () => {} },
    );
    const chunk = new DataChunk();
    chunk.bytes = new Uint8Array(1);
    chunk.payloadLength = 1;
    chunk.unordered = true;
    // Backwards, so that nothing ever is at the end of what is there, and never complete.
    for (let tsn = 45_000; tsn > 0; tsn--) {
      chunk.tsn = tsn;
      expect(receiver.onData(chunk)).toBe(ReceiveOutcome.taken);
    }
    for (const to of [1, 45_001]) receiver.onForwardTsn({ newCumulativeTsn: to, skippedStreams: [] });
    expect(receiver.queue.heldBytes).toBe(0);
  });
});
