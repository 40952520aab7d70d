import { NO_REWRITE } from '../rtp/codecs/encoding-context.js';
import { ProbationGenerator } from '../rtp/probation-packet.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { type EgressPacket } from './egress.js';

export interface PaddingSenderOwner {
  /** A packet is to be sent that is only there for its size. It is the egress' current packet. */
  onPaddingPacket(packet: EgressPacket, now: number): void;
}

/** Of late packets at once: what they do not make up, because they are small, probation does. */
const MAX_PACKETS = 32;

/**
 * Makes the packets with which a Transport probes for bandwidth: packets of late once more, by RTX, since these may
 * repair something; where there are none, packets of the probation stream.
 */
export class PaddingSender {
  readonly #context: WorkerContext;
  readonly #owner: PaddingSenderOwner;
  #probation: ProbationGenerator | undefined = undefined;
  /** Bytes that are wanted yet. */
  #left = 0;

  constructor(context: WorkerContext, owner: PaddingSenderOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Sends packets that make up `size` bytes or a bit more, of `consumers` if these have any. */
  send(consumers: Iterable<Consumer>, size: number, now: number): void {
    this.#left = size;
    let packets = 0;
    for (const consumer of consumers) {
      while (this.#left > 0 && packets++ < MAX_PACKETS && consumer.sendPadding(now));
    }
    while (this.#left > 0 && this.#sendProbation(now));
  }

  /** A Consumer sends a packet because of `sendPadding`. */
  onPacket(packet: EgressPacket, now: number): void {
    this.#left -= packet.length;
    this.#owner.onPaddingPacket(packet, now);
  }

  close(): void {
    this.#probation?.close();
  }

  #sendProbation(now: number): boolean {
    const { memory, runtime, media } = this.#context;
    const { egress } = media;
    const packet = (this.#probation ??= new ProbationGenerator(memory, runtime.random)).next(this.#left);
    if (packet === undefined) return false;
    const { ssrc, sequenceNumber, timestamp } = packet;
    if (!egress.begin(packet, ssrc, sequenceNumber, timestamp, false, NO_REWRITE)) return false;
    this.onPacket(egress.packet, now);
    egress.end();
    return true;
  }
}
