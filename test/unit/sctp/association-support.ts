import { SctpAssociation } from '../../../src/sctp/association.js';
import { type SctpAssociationOwner, type SctpSendOptions } from '../../../src/sctp/association-owner.js';
import { ChunkType } from '../../../src/sctp/chunks/chunk.js';
import { type SctpAssociationOptions } from '../../../src/sctp/options.js';
import { PacketBuilder, SctpPacket } from '../../../src/sctp/packet.js';

const chunkNames = new Map<number, string>(Object.entries(ChunkType).map(([name, type]) => [type, name]));

/** Numbers that are the same in every run. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.uint32();
  }
}

/** Names of the chunks of a packet. */
export function chunksOf(packet: Uint8Array): string[] {
  const parsed = new SctpPacket();
  if (parsed.parse(packet, 0, packet.length, true) !== 0) throw new Error('malformed packet');
  const names: string[] = [];
  while (parsed.nextChunk()) names.push(chunkNames.get(parsed.chunkType) ?? String(parsed.chunkType));
  return names;
}

/** The bytes of each chunk of a packet. */
export function chunkBytes(packet: Uint8Array): Uint8Array[] {
  const parsed = new SctpPacket();
  if (parsed.parse(packet, 0, packet.length, true) !== 0) throw new Error('malformed packet');
  const chunks: Uint8Array[] = [];
  while (parsed.nextChunk()) {
    chunks.push(packet.slice(parsed.chunkOffset, parsed.chunkOffset + parsed.chunkLength));
  }
  return chunks;
}

/** A packet with these chunks. */
export function packetOf(verificationTag: number, ...chunks: Uint8Array[]): Uint8Array {
  const builder = new PacketBuilder(65532);
  builder.start(5000, 5000, verificationTag);
  for (const chunk of chunks) builder.add(chunk);
  return builder.bytes.slice(0, builder.finish(true));
}

/** What an INIT may say. */
export const anInit = {
  initiateTag: 0x01020304,
  advertisedReceiverWindow: 100_000,
  outboundStreams: 10,
  inboundStreams: 10,
  initialTsn: 77,
  parameters: [],
};

export interface ReceivedMessage {
  streamId: number;
  ppid: number;
  payload: Uint8Array;
}

/** An association and all that it told its owner. */
export class Peer implements SctpAssociationOwner {
  readonly association: SctpAssociation;
  /** Packets that have not been delivered. */
  readonly outbox: Uint8Array[] = [];
  /** All packets that were sent. */
  readonly sent: Uint8Array[] = [];
  readonly messages: ReceivedMessage[] = [];
  /** Everything else, as text. */
  readonly events: string[] = [];
  /** What else is to happen when a message comes. */
  onMessage: (message: ReceivedMessage, now: number) => void = () => {};

  constructor(seed: number, options: Partial<SctpAssociationOptions> = {}) {
    this.association = new SctpAssociation({ random: new SeededRandom(seed), ...options }, this);
  }

  send(streamId: number, payload: Uint8Array | string, now: number, options: SctpSendOptions = {}, ppid = 53): string {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    return this.association.send(streamId, ppid, bytes, options, now);
  }

  get receivedTexts(): string[] {
    return this.messages.map(({ payload }) => new TextDecoder().decode(payload));
  }

  /** Chunk names of all packets sent so far. */
  get sentChunks(): string[] {
    return this.sent.map(packet => chunksOf(packet).join(' '));
  }

  onSctpSend(bytes: Uint8Array, offset: number, length: number): void {
    const packet = bytes.slice(offset, offset + length);
    this.outbox.push(packet);
    this.sent.push(packet);
  }

  onSctpStateChange(state: string): void {
    this.events.push(state);
  }

  onSctpNegotiated(maxOutboundStreams: number, maxInboundStreams: number): void {
    this.events.push(`negotiated out ${maxOutboundStreams} in ${maxInboundStreams}`);
  }

  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array, now: number): void {
    const message = { streamId, ppid, payload };
    this.messages.push(message);
    this.onMessage(message, now);
  }

  onSctpStreamReset(streamId: number): void {
    this.events.push(`stream ${streamId} reset`);
  }

  onSctpBufferedAmountLow(streamId: number, bufferedAmount: number): void {
    this.events.push(`stream ${streamId} low at ${bufferedAmount}`);
  }

  onSctpStreamResetPerformed(streamId: number): void {
    this.events.push(`stream ${streamId} reset performed`);
  }

  onSctpStreamResetFailed(streamId: number): void {
    this.events.push(`stream ${streamId} reset failed`);
  }

  onSctpTotalBufferedAmountLow(): void {
    this.events.push('total low');
  }

  onSctpRestart(): void {
    this.events.push('restart');
  }

  onSctpMessageLifecycle(lifecycleId: number, fate: string): void {
    this.events.push(`message ${lifecycleId} ${fate}`);
  }

  onSctpError(kind: string): void {
    this.events.push(`error ${kind}`);
  }
}

/** Two peers, a clock, and a network between them that is as fast as the test wants. */
export class Pair {
  now = 1000;
  readonly a: Peer;
  readonly z: Peer;

  constructor(aOptions: Partial<SctpAssociationOptions> = {}, zOptions: Partial<SctpAssociationOptions> = aOptions) {
    this.a = new Peer(1, aOptions);
    this.z = new Peer(2, zOptions);
  }

  /** Delivers packets, also those that are answers, until there are none. */
  exchange(isLost: (packet: Uint8Array, from: Peer) => boolean = () => false): void {
    while (this.a.outbox.length > 0 || this.z.outbox.length > 0) {
      this.deliver(this.a, isLost);
      this.deliver(this.z, isLost);
    }
  }

  /** Delivers what one peer has sent so far. */
  deliver(from: Peer, isLost: (packet: Uint8Array, from: Peer) => boolean = () => false): void {
    const to = from === this.a ? this.z : this.a;
    for (const packet of from.outbox.splice(0)) {
      if (!isLost(packet, from)) to.association.onPacket(packet, 0, packet.length, this.now);
    }
  }

  /** What is on the way gets lost. */
  drop(): void {
    this.a.outbox.length = 0;
    this.z.outbox.length = 0;
  }

  /** Lets time pass without delivering anything. Timers expire at their time. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const deadline = Math.min(this.a.association.nextDeadline, this.z.association.nextDeadline);
      if (deadline > end) break;
      this.now = Math.max(this.now, deadline);
      if (this.a.association.nextDeadline <= this.now) this.a.association.onTimeout(this.now);
      if (this.z.association.nextDeadline <= this.now) this.z.association.onTimeout(this.now);
    }
    this.now = end;
  }

  /** Lets time pass, and delivers at once what is sent. */
  run(ms: number, isLost: (packet: Uint8Array, from: Peer) => boolean = () => false): void {
    const end = this.now + ms;
    this.exchange(isLost);
    for (;;) {
      const deadline = Math.min(this.a.association.nextDeadline, this.z.association.nextDeadline);
      if (deadline > end) break;
      this.wait(Math.max(deadline - this.now, 0));
      this.exchange(isLost);
    }
    this.wait(end - this.now);
  }

  /** `a` connects to `z`. */
  connect(): this {
    this.a.association.connect(this.now);
    this.exchange();
    this.a.events.length = 0;
    this.z.events.length = 0;
    this.a.sent.length = 0;
    this.z.sent.length = 0;
    return this;
  }
}
