import { describe, expect, it } from 'vitest';
import { DropReason } from '../../src/common/drop-reason.js';
import { type SctpAssociationOwner, type SctpSendOptions } from '../../src/sctp/association-owner.js';
import { SctpAssociation } from '../../src/sctp/association.js';
import { packetChecksum } from '../../src/sctp/crc32c.js';
import { type SctpAssociationOptions } from '../../src/sctp/options.js';
import { SctpPacket } from '../../src/sctp/packet.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import { Pair, type Peer } from '../unit/sctp/association-support.js';
import { knownChunkTypes } from '../unit/sctp/rewrite.js';

const SEED = Number(process.env.FUZZ_SEED ?? 20260);
const ROUNDS = 60;
const STEPS = 1500;

const MAX_PACKET_LENGTH = 1188;

/** One side. Whenever it is told something it may call its association back. */
class Side implements SctpAssociationOwner {
  readonly association: SctpAssociation;
  /** Packets on the way to the other side. */
  readonly packets: Uint8Array[] = [];
  now = 0;
  messages = 0;
  readonly states: string[] = [];

  readonly #random: SeededRandom;
  readonly #parsed = new SctpPacket();

  constructor(random: SeededRandom, options: Partial<SctpAssociationOptions>) {
    this.#random = random;
    this.association = new SctpAssociation({ random, ...options }, this);
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  /** Any call of the API, with any arguments that are allowed. */
  call(): void {
    const { association, now } = this;
    const streamId = this.below(4);
    switch (this.below(14)) {
      case 0:
        association.connect(now);
        break;
      case 1:
        association.resetStreams(this.below(3) === 0 ? [streamId, (streamId + 1) % 4] : [streamId], now);
        break;
      case 2:
        association.setBufferedAmountLowThreshold(streamId, this.below(5000), now);
        break;
      case 3:
        association.setStreamPriority(streamId, 1 + this.below(512));
        break;
      case 4:
        association.enqueue(streamId, 53, this.#payload(), this.#sendOptions(), now);
        break;
      case 5:
        association.flush(now);
        break;
      case 6:
        if (this.below(60) === 0) association.shutdown(now);
        break;
      case 7:
        if (this.below(200) === 0) association.close(now);
        break;
      default:
        association.send(streamId, this.below(60), this.#payload(), this.#sendOptions(), now);
    }
  }

  onSctpSend(bytes: Uint8Array, offset: number, length: number): void {
    const packet = bytes.slice(offset, offset + length);
    if (this.#parsed.parse(packet, 0, length, true) !== DropReason.none) throw new Error('sent a malformed packet');
    if (length > MAX_PACKET_LENGTH) throw new Error(`sent a packet of ${length} bytes`);
    this.packets.push(packet);
  }

  onSctpStateChange(state: string): void {
    this.states.push(state);
    this.#callBack();
  }

  onSctpNegotiated(): void {
    this.#callBack();
  }

  onSctpMessage(): void {
    this.messages++;
    this.#callBack();
  }

  onSctpStreamReset(streamId: number): void {
    this.association.resetStreams([streamId], this.now);
  }

  onSctpBufferedAmountLow(_streamId: number, bufferedAmount: number): void {
    if (bufferedAmount < 0) throw new Error('a negative amount is buffered');
    this.#callBack();
  }

  #callBack(): void {
    if (this.below(4) === 0) this.call();
  }

  #payload(): Uint8Array {
    return new Uint8Array(this.below(20) === 0 ? this.below(60_000) : this.below(300));
  }

  #sendOptions(): SctpSendOptions {
    return {
      unordered: this.below(2) === 0,
      ...(this.below(3) === 0 && { lifetime: this.below(500) }),
      ...(this.below(3) === 0 && { maxRetransmissions: this.below(3) }),
      lifecycleId: this.below(10),
    };
  }
}

/** A packet of the peer, changed by somebody who knows the verification tag. */
const forge = (packet: Uint8Array, below: (limit: number) => number): Uint8Array => {
  const forged = packet.slice();
  switch (below(4)) {
    case 0:
      forged[12 + below(forged.length - 12)] ^= 1 << below(8);
      break;
    case 1:
      // Another type: the rest is taken for what it is not.
      forged[12] = knownChunkTypes[below(knownChunkTypes.length)];
      break;
    case 2:
      for (let i = 0; i < 8 && 16 + i < forged.length; i++) forged[16 + i] = [0, 1, 0x7f, 0x80, 0xff][below(5)];
      break;
    default:
      forged.fill(below(256), 12 + below(forged.length - 12));
  }
  new DataView(forged.buffer).setUint32(8, packetChecksum(forged, 0, forged.length), true);
  return forged;
};

const checkState = ({ association, now }: Side): void => {
  const { cwnd, unackedChunks, peerRwnd, srtt } = association.metrics;
  const numbers = [cwnd, unackedChunks, peerRwnd, srtt, association.totalBufferedAmount];
  if (!numbers.every(number => number >= 0 && Number.isFinite(number))) {
    throw new Error(`the numbers are wrong: ${numbers.join(', ')}`);
  }
  if (!(association.nextDeadline > now))
    throw new Error(`wants to be woken at ${association.nextDeadline}, it is ${now}`);
};

/** What happened in a round. */
interface Outcome {
  readonly sides: readonly [Side, Side];
}

const play = (round: number, forgery: boolean): Outcome => {
  const random = new SeededRandom(SEED).fork(`${round} ${forgery}`);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const options: Partial<SctpAssociationOptions> = {
    messageInterleaving: round % 2 === 0,
    partialReliability: round % 5 !== 0,
    zeroChecksumMethod: round % 3 === 0 ? 1 : 0,
    maxReceiverWindowBufferSize: 200_000,
    sendBufferSize: 100_000,
    perStreamSendQueueLimit: 60_000,
    maxReceiveMessageSize: 50_000,
  };
  const sides: [Side, Side] = [new Side(random.fork('a'), options), new Side(random.fork('z'), options)];
  let now = 1000;
  for (let step = 0; step < STEPS; step++) {
    const index = below(2);
    const [side, other] = [sides[index], sides[1 - index]];
    side.now = now;
    switch (below(6)) {
      case 0:
        side.call();
        break;
      case 1:
        now += below(5) === 0 ? below(1000) : below(30);
        for (const of of sides) {
          of.now = now;
          if (of.association.nextDeadline <= now) of.association.onTimeout(now);
        }
        break;
      default: {
        if (other.packets.length === 0) break;
        const at = below(4) === 0 ? below(other.packets.length) : 0;
        const packet = other.packets[at];
        // Sometimes it stays, and arrives once more.
        if (below(12) > 0) other.packets.splice(at, 1);
        if (below(15) === 0) break;
        const arrived = forgery && below(20) === 0 ? forge(packet, below) : packet;
        side.association.onPacket(arrived, 0, arrived.length, now);
      }
    }
    for (const of of sides) {
      if (of.association.nextDeadline <= now) of.association.onTimeout(now);
      checkState(of);
    }
  }
  return { sides };
};

describe(`two SCTP associations, seed ${SEED}`, () => {
  it('stay in order whatever is called and whatever gets lost', () => {
    let messages = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const side of play(round, false).sides) {
        messages += side.messages;
        expect(side.states.filter(state => state === 'connected').length).toBeLessThanOrEqual(1);
        // There is no way back from the end.
        const end = side.states.findIndex(state => state === 'closed' || state === 'failed');
        if (end >= 0) expect(end).toBe(side.states.length - 1);
      }
    }
    expect(messages).toBeGreaterThan(ROUNDS * 20);
  });

  it('do not break, whatever a peer sends that knows the verification tag', () => {
    let messages = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const side of play(round, true).sides) messages += side.messages;
    }
    expect(messages).toBeGreaterThan(ROUNDS * 5);
  });

  it('are the same when they are played again', () => {
    const summary = (): unknown =>
      play(3, true).sides.map(({ states, messages, association }) => [states, messages, association.metrics]);
    expect(summary()).toEqual(summary());
  });

  it.each([true, false])(
    'do their work although each packet comes cut at each byte first, interleaving %s',
    interleaving => {
      const pair = new Pair({ messageInterleaving: interleaving });
      const { a, z } = pair;
      let cuts = 0;
      const cutFirst = (packet: Uint8Array, from: Peer): boolean => {
        const to = from === a ? z : a;
        for (let length = 0; length < packet.length; length++, cuts++) {
          const cut = packet.slice(0, length);
          if (length >= 12) new DataView(cut.buffer).setUint32(8, packetChecksum(cut, 0, length), true);
          to.association.onPacket(cut, 0, length, pair.now);
        }
        return false;
      };
      a.association.connect(pair.now);
      z.association.connect(pair.now);
      pair.exchange(cutFirst);
      for (const peer of [a, z]) {
        for (const length of [1, 100, 5000]) peer.send(1, new Uint8Array(length).fill(length), pair.now);
        peer.send(2, 'unordered', pair.now, { unordered: true });
      }
      pair.exchange(cutFirst);
      // Lost and given up, so that a FORWARD TSN follows.
      a.send(3, 'lost', pair.now, { maxRetransmissions: 0 });
      pair.drop();
      pair.run(35_000, cutFirst);
      a.association.resetStreams([1], pair.now);
      pair.exchange(cutFirst);
      a.send(1, 'after', pair.now);
      pair.exchange(cutFirst);
      const lengths = ({ messages }: Peer): number[][] =>
        [1, 2, 3].map(id => messages.filter(({ streamId }) => streamId === id).map(({ payload }) => payload.length));
      expect(lengths(z)).toEqual([[1, 100, 5000, 5], [9], []]);
      expect(lengths(a)).toEqual([[1, 100, 5000], [9], []]);
      expect(a.events).toContain('stream 1 reset performed');
      const sent = new Set([...a.sentChunks, ...z.sentChunks].join(' ').split(' '));
      for (const chunk of ['init', 'cookieEcho', 'sack', 'heartbeat', 'reConfig']) expect(sent).toContain(chunk);
      expect(sent).toContain(interleaving ? 'iForwardTsn' : 'forwardTsn');
      a.association.shutdown(pair.now);
      pair.exchange(cutFirst);
      expect([a.association.state, z.association.state]).toEqual(['closed', 'closed']);
      expect(cuts).toBeGreaterThan(10_000);
    },
  );
});
