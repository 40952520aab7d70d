import { type SctpAssociationOptions } from './options.js';
import { PACKET_HEADER_LENGTH, PacketBuilder } from './packet.js';

export type PacketSenderOptions = Pick<SctpAssociationOptions, 'mtu' | 'sourcePort' | 'destinationPort'>;

/** Sends packets, one after another. */
export class PacketSender {
  sentPackets = 0;

  readonly #options: PacketSenderOptions;
  readonly #builder: PacketBuilder;
  readonly #send: (bytes: Uint8Array, offset: number, length: number) => void;

  constructor(options: PacketSenderOptions, send: (bytes: Uint8Array, offset: number, length: number) => void) {
    this.#options = options;
    this.#builder = new PacketBuilder(options.mtu);
    this.#send = send;
  }

  /** Of a chunk that has a packet to itself, bytes. */
  get maxChunkLength(): number {
    return this.#builder.bytes.length - PACKET_HEADER_LENGTH;
  }

  /** Begins a packet. There is only one at a time. */
  start(verificationTag: number): PacketBuilder {
    this.#builder.start(this.#options.sourcePort, this.#options.destinationPort, verificationTag);
    return this.#builder;
  }

  /** Sends what was begun. False if there are no chunks in it. */
  finish(withChecksum: boolean): boolean {
    if (this.#builder.isEmpty) return false;
    const length = this.#builder.finish(withChecksum);
    this.sentPackets++;
    this.#send(this.#builder.bytes, 0, length);
    return true;
  }

  /** Sends a packet with one chunk, unless it is too long. */
  sendChunk(chunk: Uint8Array, verificationTag: number, withChecksum = true): void {
    if (this.start(verificationTag).add(chunk)) this.finish(withChecksum);
  }
}
