import { DropReason } from '../../../src/common/drop-reason.js';
import { type Machine, type WakeUp } from '../../../src/common/timer-queue.js';
import { IceCredentials } from '../../../src/ice/credentials.js';
import { BINDING_METHOD, StunAttribute, StunClass, StunMessage, StunWriter } from '../../../src/ice/stun-message.js';
import { type SimRuntime } from '../../../src/testing/sim-runtime.js';

/** How a peer checks until there is an answer, and from then on, as libwebrtc does. ms */
const CHECK_INTERVAL = 50;
const CONSENT_INTERVAL = 2500;

/** One way to the server: sends a message, if it is still open. */
export type SendMessage = (bytes: Uint8Array, length: number) => void;

interface Way {
  send: SendMessage;
  isAnswered: boolean;
  nextCheck: number;
}

/**
 * The ICE side of a browser, as far as a server sees it: controlling, it checks all its ways to the server, nominates
 * the first one that is answered, and goes on checking for consent.
 */
export class IcePeer implements Machine {
  nextDeadline = 0;
  /** Answers that fitted, by way. */
  readonly answers: number[] = [];
  /** Answers that did not: malformed, or made with another password. */
  badAnswers = 0;
  /** The index of the way that is nominated. */
  nominated: number | undefined = undefined;

  readonly #runtime: SimRuntime;
  readonly #ways: Way[] = [];
  readonly #wakeUp: WakeUp;
  readonly #writer = new StunWriter();
  readonly #message = new StunMessage();
  #credentials: IceCredentials;
  /** By transaction id: the way, and what the answer must be made with. */
  readonly #transactions = new Map<string, { way: number; credentials: IceCredentials }>();

  constructor(runtime: SimRuntime, server: { usernameFragment: string; password: string }) {
    this.#runtime = runtime;
    this.#credentials = new IceCredentials(server.usernameFragment, server.password);
    this.#wakeUp = runtime.timers.register(this);
  }

  /** @returns the index of the way; its answers go to `onMessage` */
  addWay(send: SendMessage): number {
    this.#ways.push({ send, isAnswered: false, nextCheck: this.#runtime.clock.now() });
    this.answers.push(0);
    this.#schedule();
    return this.#ways.length - 1;
  }

  /** Uses the server's new credentials from now on. */
  restart(server: { usernameFragment: string; password: string }): void {
    this.#credentials = new IceCredentials(server.usernameFragment, server.password);
    for (const way of this.#ways) {
      way.isAnswered = false;
      way.nextCheck = this.#runtime.clock.now();
    }
    this.#schedule();
  }

  nominate(way: number): void {
    this.nominated = way;
    this.#ways[way].isAnswered = false;
    this.#ways[way].nextCheck = this.#runtime.clock.now();
    this.#schedule();
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#message.parse(bytes, 0, bytes.length) !== DropReason.none) this.badAnswers++;
    else this.#onAnswer(this.#message);
  }

  onTimeout(now: number): void {
    this.#ways.forEach((way, index) => {
      if (way.nextCheck > now) return;
      way.nextCheck = now + (way.isAnswered ? CONSENT_INTERVAL : CHECK_INTERVAL);
      this.#check(way, index);
    });
    this.#schedule();
  }

  #check(way: Way, index: number): void {
    const transactionId = new Uint8Array(12);
    this.#runtime.random.fill(transactionId);
    this.#transactions.set(hex(transactionId), { way: index, credentials: this.#credentials });
    this.#writer
      .begin(StunClass.request, BINDING_METHOD, transactionId, 0)
      .text(StunAttribute.username, `${this.#credentials.usernameFragment}:peer`)
      .uint32(StunAttribute.priority, 1)
      .uint64(StunAttribute.iceControlling, 1n);
    if (this.nominated === index) this.#writer.flag(StunAttribute.useCandidate);
    this.#writer.messageIntegrity(this.#credentials.key).fingerprint();
    way.send(this.#writer.bytes, this.#writer.length);
  }

  #onAnswer(message: StunMessage): void {
    const transaction = this.#transactions.get(hex(message.bytes.subarray(message.offset + 8, message.offset + 20)));
    const isRight = message.class === StunClass.success && transaction !== undefined;
    if (!isRight || !message.isIntegrityRight(transaction.credentials.key)) {
      this.badAnswers++;
      return;
    }
    const { way } = transaction;
    this.answers[way]++;
    this.#ways[way].isAnswered = true;
    if (this.nominated === undefined) this.nominate(way);
  }

  #schedule(): void {
    this.nextDeadline = Math.min(...this.#ways.map(({ nextCheck }) => nextCheck));
    this.#wakeUp.update();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
