import { type VirtualNetwork } from './virtual-network.js';

/** Bytes of a full packet, with headers. */
const PACKET_SIZE = 1500;
const INITIAL_WINDOW = 10;
const DUPLICATE_THRESHOLD = 3;
const MIN_TIMEOUT = 500;

/**
 * A bulk transfer that behaves as TCP does (RFC 5681 Reno with selective acknowledgements): fills the queue of the link
 * until packets get lost, then halves its window. It competes with whatever else takes the link.
 */
export class TcpFlow {
  /** Bytes that arrived. */
  received = 0;

  readonly #network: VirtualNetwork;
  readonly #fromIp: string;
  readonly #toIp: string;
  readonly #returnDelay: number;
  #isRunning = false;
  #window = INITIAL_WINDOW;
  #threshold = Infinity;
  #nextSeq = 0;
  readonly #inFlight = new Set<number>();
  /** Losses of packets before this one are one event. */
  #recoverUntil = 0;
  #acknowledgedAt = 0;
  #roundTripTime = MIN_TIMEOUT;

  /** @param returnDelay ms that an acknowledgement takes */
  constructor(network: VirtualNetwork, fromIp: string, toIp: string, returnDelay: number) {
    this.#network = network;
    this.#fromIp = fromIp;
    this.#toIp = toIp;
    this.#returnDelay = returnDelay;
  }

  start(): void {
    this.#isRunning = true;
    this.#acknowledgedAt = this.#network.time.now();
    this.#send();
    this.#watch();
  }

  stop(): void {
    this.#isRunning = false;
  }

  #send(): void {
    while (this.#isRunning && this.#inFlight.size < Math.floor(this.#window)) {
      const seq = this.#nextSeq++;
      const sentAt = this.#network.time.now();
      this.#inFlight.add(seq);
      this.#network.sendPacket(PACKET_SIZE, this.#fromIp, this.#toIp, () => {
        this.received += PACKET_SIZE;
        this.#network.time.after(this.#returnDelay, () => this.#acknowledge(seq, sentAt));
      });
    }
  }

  #acknowledge(seq: number, sentAt: number): void {
    const now = this.#network.time.now();
    this.#acknowledgedAt = now;
    this.#roundTripTime += (now - sentAt - this.#roundTripTime) / 8;
    if (!this.#inFlight.delete(seq)) return;
    this.#window += this.#window < this.#threshold ? 1 : 1 / this.#window;
    // A set keeps the order in which things were put into it.
    for (const other of this.#inFlight) {
      if (other > seq - DUPLICATE_THRESHOLD) break;
      this.#inFlight.delete(other);
      this.#onLost(other);
    }
    this.#send();
  }

  #onLost(seq: number): void {
    if (seq < this.#recoverUntil) return;
    this.#recoverUntil = this.#nextSeq;
    this.#window = Math.max(2, this.#window / 2);
    this.#threshold = this.#window;
  }

  /** Begins anew when nothing comes back. */
  #watch(): void {
    if (!this.#isRunning) return;
    const timeout = Math.max(MIN_TIMEOUT, 3 * this.#roundTripTime);
    if (this.#network.time.now() - this.#acknowledgedAt > timeout) {
      this.#threshold = Math.max(2, this.#window / 2);
      this.#window = 1;
      this.#inFlight.clear();
      this.#acknowledgedAt = this.#network.time.now();
      this.#send();
    }
    this.#network.time.after(100, () => this.#watch());
  }
}
