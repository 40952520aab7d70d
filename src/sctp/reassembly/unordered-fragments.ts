import { type DataChunk } from '../chunks/data-chunk.js';
import { type MessageAssembler } from './message-assembler.js';

/** Fragments of one message with consecutive TSNs. */
interface Run {
  readonly streamId: number;
  first: number;
  last: number;
  /** Whether the first one begins the message. */
  hasBeginning: boolean;
  /** Whether the last one ends the message. */
  hasEnding: boolean;
  /** Of the fragment that begins the message. */
  ppid: number;
  /** Payload, bytes. */
  length: number;
}

/**
 * The fragments of unordered messages without message interleaving, of all streams. Nothing but their TSNs says which
 * belong together: consecutive ones, from one that begins a message to one that ends it (RFC 9260 §6.9). They are kept
 * as runs, which grow at both ends, so a fragment costs the same however many there are.
 */
export class UnorderedFragments {
  readonly #assembler: MessageAssembler;
  /** Payloads by unwrapped TSN. */
  readonly #payloads = new Map<number, Uint8Array>();
  readonly #runsByFirst = new Map<number, Run>();
  readonly #runsByLast = new Map<number, Run>();
  /** No run begins at or below it. */
  #skippedTo: number;

  constructor(assembler: MessageAssembler, peerInitialTsn: number) {
    this.#assembler = assembler;
    this.#skippedTo = peerInitialTsn - 1;
  }

  /** @param tsn unwrapped */
  add(chunk: DataChunk, tsn: number): void {
    if (chunk.beginning && chunk.ending) {
      this.#assembler.deliverChunk(chunk);
      return;
    }
    if (tsn <= this.#skippedTo || this.#payloads.has(tsn)) return;
    const { streamId, payloadLength } = chunk;
    this.#payloads.set(tsn, chunk.payload());
    this.#assembler.hold(1, payloadLength);

    let run: Run = {
      streamId,
      first: tsn,
      last: tsn,
      hasBeginning: chunk.beginning,
      hasEnding: chunk.ending,
      ppid: chunk.ppid,
      length: payloadLength,
    };
    const before = this.#runsByLast.get(tsn - 1);
    if (before && !chunk.beginning && !before.hasEnding && before.streamId === streamId) run = this.#join(before, run);
    const after = this.#runsByFirst.get(tsn + 1);
    if (after && !chunk.ending && !after.hasBeginning && after.streamId === streamId) run = this.#join(run, after);

    if (run.hasBeginning && run.hasEnding) this.#deliver(run);
    else this.#index(run);
  }

  /** Drops what is not above this TSN: the peer has given it up. */
  skipTo(tsn: number): void {
    if (this.#runsByFirst.size <= tsn - this.#skippedTo) {
      for (const run of this.#runsByFirst.values()) if (run.first <= tsn) this.#dropTo(run, tsn);
    } else {
      for (let first = this.#skippedTo + 1; first <= tsn; first++) {
        const run = this.#runsByFirst.get(first);
        if (run) this.#dropTo(run, tsn);
      }
    }
    this.#skippedTo = Math.max(this.#skippedTo, tsn);
  }

  #join(left: Run, right: Run): Run {
    this.#unindex(left);
    this.#unindex(right);
    left.last = right.last;
    left.hasEnding = right.hasEnding;
    left.length += right.length;
    return left;
  }

  #deliver(run: Run): void {
    const { first, last, length } = run;
    this.#assembler.release(last - first + 1, length);
    this.#assembler.deliverFragments(run.streamId, run.ppid, this.#payloads, first, last, length);
    for (let tsn = first; tsn <= last; tsn++) this.#payloads.delete(tsn);
  }

  #dropTo(run: Run, tsn: number): void {
    this.#unindex(run);
    let fragments = 0;
    let bytes = 0;
    for (; run.first <= Math.min(tsn, run.last); run.first++) {
      bytes += this.#payloads.get(run.first)!.length;
      fragments++;
      this.#payloads.delete(run.first);
    }
    this.#assembler.release(fragments, bytes);
    if (run.first > run.last) return;
    run.hasBeginning = false;
    run.length -= bytes;
    this.#index(run);
  }

  #index(run: Run): void {
    this.#runsByFirst.set(run.first, run);
    this.#runsByLast.set(run.last, run);
  }

  #unindex(run: Run): void {
    this.#runsByFirst.delete(run.first);
    this.#runsByLast.delete(run.last);
  }
}
