import { type WakeUp } from '../../../src/common/timer-queue.js';
import {
  type SctpAssociationOwner,
  type SctpSendOptions,
  type SctpSendStatus,
} from '../../../src/sctp/association-owner.js';
import { SctpAssociation } from '../../../src/sctp/association.js';
import { ChunkType } from '../../../src/sctp/chunks/chunk.js';
import { DataChunk } from '../../../src/sctp/chunks/data-chunk.js';
import { parseData } from '../../../src/sctp/chunks/data.js';
import { parseIData } from '../../../src/sctp/chunks/i-data.js';
import { type SctpAssociationOptions } from '../../../src/sctp/options.js';
import { SctpPacket } from '../../../src/sctp/packet.js';
import { Link, type LinkOptions, PERFECT_LINK } from '../../../src/testing/link.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { VirtualTime } from '../../../src/testing/virtual-time.js';

/** What DTLS, UDP and IP add to an SCTP packet. */
const LOWER_LAYERS_LENGTH = 37 + 28;

/** One direction of the path between two SCTP endpoints: takes packets, and hands copies on when they arrive. */
export class SctpLink {
  readonly link: Link;
  deliver: (packet: Uint8Array) => void = () => {};

  constructor(time: VirtualTime, random: SeededRandom, options: Partial<LinkOptions>) {
    this.link = new Link(time, random, { ...PERFECT_LINK, ...options });
  }

  send(packet: Uint8Array): void {
    this.link.send(packet.length + LOWER_LAYERS_LENGTH, () => this.deliver(packet.slice()));
  }
}

export interface ReceivedMessage {
  readonly streamId: number;
  readonly ppid: number;
  readonly payload: Uint8Array;
  /** ms */
  readonly at: number;
}

/** An association at one end of a path, in virtual time, and all that it told its owner. */
export class SctpEndpoint implements SctpAssociationOwner {
  readonly association: SctpAssociation;
  readonly messages: ReceivedMessage[] = [];
  /** States, resets and errors. */
  readonly events: string[] = [];
  onMessage: (message: ReceivedMessage) => void = () => {};
  onBufferedAmountLow: (streamId: number) => void = () => {};
  onPacketSent: (packet: Uint8Array) => void = () => {};

  readonly #time: VirtualTime;
  readonly #outgoing: SctpLink;
  readonly #wakeUp: WakeUp;

  constructor(
    time: VirtualTime,
    random: SeededRandom,
    outgoing: SctpLink,
    incoming: SctpLink,
    options: Partial<SctpAssociationOptions> = {},
  ) {
    this.#time = time;
    this.#outgoing = outgoing;
    this.association = new SctpAssociation({ random, ...options }, this);
    this.#wakeUp = time.createTimers().register(this.association);
    incoming.deliver = packet => {
      this.association.onPacket(packet, 0, packet.length, time.now());
      this.#wakeUp.update();
    };
  }

  connect(): void {
    this.association.connect(this.#time.now());
    this.#wakeUp.update();
  }

  send(streamId: number, payload: Uint8Array, options: SctpSendOptions = {}, ppid = 53): SctpSendStatus {
    const status = this.association.send(streamId, ppid, payload, options, this.#time.now());
    this.#wakeUp.update();
    return status;
  }

  resetStream(streamId: number): void {
    this.association.resetStreams([streamId], this.#time.now());
    this.#wakeUp.update();
  }

  close(): void {
    this.association.close(this.#time.now());
    this.#wakeUp.update();
  }

  onSctpSend(bytes: Uint8Array, offset: number, length: number): void {
    const packet = bytes.slice(offset, offset + length);
    this.onPacketSent(packet);
    this.#outgoing.send(packet);
  }

  onSctpStateChange(state: string): void {
    this.events.push(state);
  }

  onSctpNegotiated(): void {}

  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array, now: number): void {
    const message = { streamId, ppid, payload, at: now };
    this.messages.push(message);
    this.onMessage(message);
  }

  onSctpStreamReset(streamId: number): void {
    this.events.push(`reset ${streamId} after ${this.messages.length}`);
  }

  onSctpBufferedAmountLow(streamId: number): void {
    this.onBufferedAmountLow(streamId);
  }

  onSctpStreamResetPerformed(streamId: number): void {
    this.events.push(`reset ${streamId} performed`);
  }

  onSctpRestart(): void {
    this.events.push('restart');
  }

  onSctpError(kind: string, message: string): void {
    this.events.push(`error ${kind}: ${message}`);
  }
}

/** Two associations and the path between them. */
export class SctpNetwork {
  readonly time = new VirtualTime();
  readonly random: SeededRandom;
  readonly there: SctpLink;
  readonly back: SctpLink;
  readonly a: SctpEndpoint;
  readonly z: SctpEndpoint;

  constructor(seed: number, link: Partial<LinkOptions> = {}, options: Partial<SctpAssociationOptions> = {}) {
    this.random = new SeededRandom(seed);
    this.there = new SctpLink(this.time, this.random.fork('there'), link);
    this.back = new SctpLink(this.time, this.random.fork('back'), link);
    this.a = new SctpEndpoint(this.time, this.random.fork('a'), this.there, this.back, options);
    this.z = new SctpEndpoint(this.time, this.random.fork('z'), this.back, this.there, options);
  }

  /** Lets time pass until `condition` holds. @throws Error if it does not within `limit` ms */
  runUntil(condition: () => boolean, limit: number): void {
    const end = this.time.now() + limit;
    while (!condition()) {
      if (this.time.now() >= end) throw new Error(`not so after ${limit} ms`);
      this.time.advance(10);
    }
  }
}

/** The data chunks of a packet. They share their memory with it. */
export function dataChunks(packet: Uint8Array): DataChunk[] {
  const view = new SctpPacket();
  const chunks: DataChunk[] = [];
  view.parse(packet, 0, packet.length, true);
  while (view.nextChunk()) {
    const chunk = new DataChunk();
    const { chunkType, chunkOffset, chunkLength } = view;
    if (chunkType === ChunkType.data && parseData(packet, chunkOffset, chunkLength, chunk)) chunks.push(chunk);
    if (chunkType === ChunkType.iData && parseIData(packet, chunkOffset, chunkLength, chunk)) chunks.push(chunk);
  }
  return chunks;
}
