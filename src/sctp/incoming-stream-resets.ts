import { type DataTracker } from './data-tracker.js';
import { type IncomingSsnResetRequest } from './parameters/incoming-ssn-reset-request.js';
import { type OutgoingSsnResetRequest } from './parameters/outgoing-ssn-reset-request.js';
import { type ReconfigurationResponse, ReconfigurationResult } from './parameters/reconfiguration-response.js';
import { type ReassemblyQueue } from './reassembly-queue.js';

/** What identifies a request when it comes again under another sequence number. */
type ResetRequest = Pick<OutgoingSsnResetRequest, 'lastAssignedTsn' | 'streamIds'>;

/**
 * Answers the peer's requests to reset streams (RFC 6525 §5.2).
 *
 * The peer's outgoing streams can only be reset when everything it sent on them before has arrived. Until then the
 * answer is "in progress", and what it sends behind that point is held back. The reset is carried out as soon as the
 * data are there; the peer learns it when it asks again.
 */
export class IncomingStreamResets {
  readonly #tracker: DataTracker;
  readonly #queue: ReassemblyQueue;
  readonly #onReset: (streamIds: readonly number[]) => void;
  #lastSequenceNumber: number;
  #lastResult: number = ReconfigurationResult.successNothingToDo;
  /** Waits for data. */
  #deferred: ResetRequest | undefined = undefined;
  /** Was carried out without the peer knowing. */
  #performed: ResetRequest | undefined = undefined;

  /** @param onReset Incoming streams were reset; an empty list means all of them. */
  constructor(
    peerInitialTsn: number,
    tracker: DataTracker,
    queue: ReassemblyQueue,
    onReset: (streamIds: readonly number[]) => void,
  ) {
    this.#tracker = tracker;
    this.#queue = queue;
    this.#onReset = onReset;
    this.#lastSequenceNumber = (peerInitialTsn - 1) >>> 0;
  }

  /** The request sequence number of the peer seen last. */
  get lastSequenceNumber(): number {
    return this.#lastSequenceNumber;
  }

  /** The peer resets its outgoing streams. */
  onOutgoingRequest(request: OutgoingSsnResetRequest): ReconfigurationResponse {
    const { requestSequenceNumber } = request;
    if (!this.#isSequenceNumberRight(requestSequenceNumber)) {
      return response(requestSequenceNumber, ReconfigurationResult.badSequenceNumber);
    }
    const isRetransmission = requestSequenceNumber === this.#lastSequenceNumber;
    this.#lastSequenceNumber = requestSequenceNumber;
    if (!isRetransmission || this.#lastResult === ReconfigurationResult.inProgress) {
      this.#lastResult = this.#process(request);
    }
    // The peer knows it now.
    this.#performed = undefined;
    return response(requestSequenceNumber, this.#lastResult);
  }

  /** The peer asks for a reset of our outgoing streams: it shall do that on the level of data channels. */
  onIncomingRequest({ requestSequenceNumber }: IncomingSsnResetRequest): ReconfigurationResponse {
    if (!this.#isSequenceNumberRight(requestSequenceNumber)) {
      return response(requestSequenceNumber, ReconfigurationResult.badSequenceNumber);
    }
    this.#lastSequenceNumber = requestSequenceNumber;
    this.#lastResult = ReconfigurationResult.successNothingToDo;
    return response(requestSequenceNumber, this.#lastResult);
  }

  /** All chunks of a packet were processed: perhaps what a reset waited for has arrived. */
  onPacketEnd(): void {
    const request = this.#deferred;
    if (request === undefined || this.#tracker.isAheadOfCumulativeTsn(request.lastAssignedTsn)) return;
    this.#deferred = undefined;
    this.#performed = request;
    // For the request if it is sent once more.
    this.#lastResult = ReconfigurationResult.successPerformed;
    this.#reset(request.streamIds);
  }

  #process(request: OutgoingSsnResetRequest): number {
    // Data of the streams may have followed already: they must not be reset twice.
    if (this.#performed && isSame(this.#performed, request)) return ReconfigurationResult.successPerformed;
    if (this.#deferred) {
      return isSame(this.#deferred, request)
        ? ReconfigurationResult.inProgress
        : ReconfigurationResult.requestAlreadyInProgress;
    }
    if (this.#tracker.isAheadOfCumulativeTsn(request.lastAssignedTsn)) {
      this.#deferred = request;
      this.#queue.deferReset(request.lastAssignedTsn, request.streamIds);
      return ReconfigurationResult.inProgress;
    }
    this.#reset(request.streamIds);
    return ReconfigurationResult.successPerformed;
  }

  #reset(streamIds: readonly number[]): void {
    this.#queue.resetStreams(streamIds);
    this.#onReset(streamIds);
  }

  /** The next one, or the last one again. */
  #isSequenceNumberRight(sequenceNumber: number): boolean {
    return sequenceNumber === this.#lastSequenceNumber || sequenceNumber === (this.#lastSequenceNumber + 1) >>> 0;
  }
}

function response(responseSequenceNumber: number, result: number): ReconfigurationResponse {
  return { kind: 'reconfigurationResponse', responseSequenceNumber, result };
}

function isSame(a: ResetRequest, b: ResetRequest): boolean {
  return (
    a.lastAssignedTsn === b.lastAssignedTsn &&
    a.streamIds.length === b.streamIds.length &&
    a.streamIds.every((streamId, i) => streamId === b.streamIds[i])
  );
}
