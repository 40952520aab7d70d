import { type Machine } from '../common/timer-queue.js';

/** How long to wait for a key frame before it is asked for again. */
const RETRANSMISSION_WAIT = 1000;

/**
 * Thins out key frame requests, per stream: while one is on its way further ones only make sure that it is repeated
 * once if no key frame comes within a second; and after a request, for `delay` ms, further ones are collected into
 * one at the end of that time.
 */
export class KeyFrameRequestManager implements Machine {
  nextDeadline = Infinity;

  readonly #delay: number;
  readonly #onKeyFrameNeeded: (ssrc: number, now: number) => void;
  readonly #requests = new Map<number, Request>();

  /**
   * @param delay ms, 0: requests are not delayed
   * @param onKeyFrameNeeded sends a request to the sender of the stream
   */
  constructor(delay: number, onKeyFrameNeeded: (ssrc: number, now: number) => void) {
    this.#delay = delay;
    this.#onKeyFrameNeeded = onKeyFrameNeeded;
  }

  keyFrameNeeded(ssrc: number, now: number): void {
    this.#keyFrameNeeded(this.#requestOf(ssrc), now);
    this.#updateDeadline();
  }

  /** Asks at once, whatever was asked for before. */
  forceKeyFrameNeeded(ssrc: number, now: number): void {
    const request = this.#requestOf(ssrc);
    if (this.#delay > 0) request.startDelay(now + this.#delay);
    request.pendingUntil = now + RETRANSMISSION_WAIT;
    request.retry = true;
    this.#updateDeadline();
    this.#onKeyFrameNeeded(ssrc, now);
  }

  /** The delay after a request goes on: a key frame does not shorten it. */
  keyFrameReceived(ssrc: number): void {
    const request = this.#requests.get(ssrc);
    if (request === undefined) return;
    request.pendingUntil = Infinity;
    this.#updateDeadline();
  }

  onTimeout(now: number): void {
    for (const request of this.#requests.values()) {
      if (request.pendingUntil <= now) this.#onPendingTimeout(request, now);
      if (request.delayUntil <= now) {
        request.delayUntil = Infinity;
        if (request.requestedInDelay) this.#keyFrameNeeded(request, now);
      }
    }
    this.#updateDeadline();
  }

  #keyFrameNeeded(request: Request, now: number): void {
    if (this.#delay > 0) {
      if (request.delayUntil !== Infinity) {
        request.requestedInDelay = true;
        return;
      }
      request.startDelay(now + this.#delay);
    }
    if (request.pendingUntil !== Infinity) {
      request.retry = true;
      return;
    }
    request.pendingUntil = now + RETRANSMISSION_WAIT;
    request.retry = true;
    this.#onKeyFrameNeeded(request.ssrc, now);
  }

  #onPendingTimeout(request: Request, now: number): void {
    if (!request.retry) {
      request.pendingUntil = Infinity;
      return;
    }
    request.retry = false;
    request.pendingUntil = now + RETRANSMISSION_WAIT;
    this.#onKeyFrameNeeded(request.ssrc, now);
  }

  #requestOf(ssrc: number): Request {
    let request = this.#requests.get(ssrc);
    if (request === undefined) {
      request = new Request(ssrc);
      this.#requests.set(ssrc, request);
    }
    return request;
  }

  #updateDeadline(): void {
    let deadline = Infinity;
    for (const request of this.#requests.values()) {
      deadline = Math.min(deadline, request.pendingUntil, request.delayUntil);
    }
    this.nextDeadline = deadline;
  }
}

class Request {
  readonly ssrc: number;
  /** A key frame is awaited until then. Infinity: none is awaited. */
  pendingUntil = Infinity;
  /** Whether to ask once more at that time. */
  retry = false;
  /** Requests are put off until then. Infinity: they are not. */
  delayUntil = Infinity;
  /** Whether one was put off. */
  requestedInDelay = false;

  constructor(ssrc: number) {
    this.ssrc = ssrc;
  }

  startDelay(until: number): void {
    this.delayUntil = until;
    this.requestedInDelay = false;
  }
}
