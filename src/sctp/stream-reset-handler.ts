import { encodeReConfig, type ReConfigChunk } from './chunks/re-config.js';
import { type IncomingStreamResets } from './incoming-stream-resets.js';
import { type Parameter } from './parameters/parameter.js';
import { type ReconfigurationResponse, ReconfigurationResult } from './parameters/reconfiguration-response.js';
import { type RetransmissionTimeout } from './retransmission-timeout.js';
import { type RetransmissionQueue } from './sending/retransmission-queue.js';
import { type SendQueue } from './sending/send-queue.js';
import { Timer } from './timer.js';

export interface StreamResetContext {
  readonly sendQueue: SendQueue;
  readonly retransmissions: RetransmissionQueue;
  readonly incomingResets: IncomingStreamResets;
  readonly rto: RetransmissionTimeout;
  sendChunk(chunk: Uint8Array): void;
  /** The peer did not answer a request in time. */
  onRequestLost(): void;
  onResetPerformed(streamIds: readonly number[]): void;
  onResetFailed(streamIds: readonly number[]): void;
  onMalformed(message: string): void;
}

/** Asks the peer to take resets of our outgoing streams, and answers its requests (RFC 6525 §5). */
export class StreamResetHandler {
  readonly timer = new Timer();

  readonly #context: StreamResetContext;
  /** There is at most one at a time (RFC 6525 §5.1.1 A). */
  #request: OutgoingRequest | undefined = undefined;
  #nextSequenceNumber: number;

  constructor(localInitialTsn: number, context: StreamResetContext) {
    this.#context = context;
    this.#nextSequenceNumber = localInitialTsn;
  }

  /**
   * The RE-CONFIG chunk with a new request, if there is one to make.
   *
   * @param maxLength Of the chunk.
   */
  takeRequest(maxLength: number, now: number): Uint8Array | undefined {
    const { sendQueue, retransmissions, rto } = this.#context;
    const maxStreams = Math.floor((maxLength - REQUEST_LENGTH) / 2);
    if (this.#request !== undefined || maxStreams <= 0 || !sendQueue.hasStreamsReadyForReset) return undefined;

    this.#request = {
      sequenceNumber: this.#nextSequenceNumber,
      lastAssignedTsn: retransmissions.lastAssignedTsn,
      streamIds: sendQueue.takeStreamsReadyForReset(maxStreams),
      isInProgress: false,
    };
    this.#nextSequenceNumber = (this.#nextSequenceNumber + 1) >>> 0;
    retransmissions.outstanding.beginReset();
    this.timer.start(now, rto.rto);
    return this.#encode(this.#request);
  }

  onReConfig(chunk: ReConfigChunk, now: number): void {
    if (!isAllowed(chunk.parameters)) {
      this.#context.onMalformed('RE-CONFIG with parameters that do not go together');
      return;
    }
    const responses: ReconfigurationResponse[] = [];
    for (const parameter of chunk.parameters) {
      if (parameter.kind === 'outgoingSsnResetRequest') {
        responses.push(this.#context.incomingResets.onOutgoingRequest(parameter));
      } else if (parameter.kind === 'incomingSsnResetRequest') {
        responses.push(this.#context.incomingResets.onIncomingRequest(parameter));
      } else if (parameter.kind === 'reconfigurationResponse') {
        this.#onResponse(parameter, now);
      }
    }
    if (responses.length > 0) this.#context.sendChunk(encodeReConfig({ parameters: responses }));
  }

  onTimeout(now: number): void {
    if (!this.timer.expire(now)) return;
    const request = this.#request!;
    if (request.isInProgress) request.isInProgress = false;
    else this.#context.onRequestLost();
    // The association may be over now.
    if (this.timer.isRunning) this.#context.sendChunk(this.#encode(request));
  }

  #onResponse({ responseSequenceNumber, result }: ReconfigurationResponse, now: number): void {
    const { sendQueue, rto } = this.#context;
    const request = this.#request;
    if (request?.sequenceNumber !== responseSequenceNumber) return;
    if (result === ReconfigurationResult.inProgress) {
      // It is not lost: the same request is made again a little later.
      request.isInProgress = true;
      this.timer.start(now, rto.rto);
      return;
    }
    this.timer.stop();
    this.#request = undefined;
    if (result === ReconfigurationResult.successPerformed || result === ReconfigurationResult.successNothingToDo) {
      sendQueue.commitReset();
      this.#context.onResetPerformed(request.streamIds);
    } else {
      sendQueue.rollbackReset();
      this.#context.onResetFailed(request.streamIds);
    }
  }

  #encode({ sequenceNumber, lastAssignedTsn, streamIds }: OutgoingRequest): Uint8Array {
    return encodeReConfig({
      parameters: [
        {
          kind: 'outgoingSsnResetRequest',
          requestSequenceNumber: sequenceNumber,
          responseSequenceNumber: this.#context.incomingResets.lastSequenceNumber,
          lastAssignedTsn,
          streamIds,
        },
      ],
    });
  }
}

interface OutgoingRequest {
  readonly sequenceNumber: number;
  readonly lastAssignedTsn: number;
  readonly streamIds: readonly number[];
  /** The peer got it and waits for data. */
  isInProgress: boolean;
}

/** RE-CONFIG with an Outgoing SSN Reset Request for no stream. */
const REQUEST_LENGTH = 20;

/** What may stand alone in a RE-CONFIG, and what may stand together (RFC 6525 §3.1). */
const allowedAlone: readonly Parameter['kind'][] = [
  'outgoingSsnResetRequest',
  'incomingSsnResetRequest',
  'ssnTsnResetRequest',
  'addOutgoingStreams',
  'addIncomingStreams',
  'reconfigurationResponse',
];
const allowedPairs: readonly (readonly [Parameter['kind'], Parameter['kind']])[] = [
  ['outgoingSsnResetRequest', 'incomingSsnResetRequest'],
  ['addOutgoingStreams', 'addIncomingStreams'],
  ['reconfigurationResponse', 'outgoingSsnResetRequest'],
  ['reconfigurationResponse', 'reconfigurationResponse'],
];

function isAllowed(parameters: readonly Parameter[]): boolean {
  if (parameters.length === 1) return allowedAlone.includes(parameters[0].kind);
  if (parameters.length !== 2) return false;
  const [first, second] = parameters;
  return allowedPairs.some(
    ([a, b]) => (a === first.kind && b === second.kind) || (b === first.kind && a === second.kind),
  );
}
