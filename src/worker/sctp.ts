import { type SctpStreamParameters } from './sctp-stream-parameters.js';

/** Association states as transports show them. */
export type SctpState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export interface SctpOptions {
  readonly maxSendMessageSize: number;
  readonly maxReceiveMessageSize: number;
  /** Bytes that all streams together may queue. */
  readonly sendBufferSize: number;
  readonly perStreamSendQueueLimit: number;
  readonly maxReceiverWindowBufferSize: number;
  readonly defaultStreamBufferedAmountLowThreshold: number;
  /** Streams are data channels: a stream that the peer resets is reset in return (RFC 8831 §6.7). */
  readonly isDataChannel: boolean;
}

/** Local and remote port: what data channels use. */
export const SCTP_PORT = 5000;

/** Whether a message was taken; `bufferFull` if it may be tried again later. */
export type SctpSendResult = 'sent' | 'bufferFull' | 'failed';

/** What the transport does for its association. */
export interface SctpOwner {
  onSctpSend(bytes: Uint8Array, offset: number, length: number): void;
  onSctpStateChange(state: Exclude<SctpState, 'new'>): void;
  /** Comes before the state change to `connected`. */
  onSctpNegotiated(maxOutboundStreams: number, maxInboundStreams: number): void;
  /** `payload` is only valid during the call. */
  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array, now: number): void;
  /** The peer reset one of its outgoing streams. */
  onSctpStreamReset(streamId: number): void;
  onSctpBufferedAmountLow(streamId: number, bufferedAmount: number): void;
}

/** The SCTP association of a transport, as DataProducers and DataConsumers need it. */
export interface Sctp {
  readonly options: SctpOptions;
  readonly state: SctpState;
  /** 0 before it is connected. */
  readonly maxOutboundStreams: number;
  readonly maxInboundStreams: number;
  /** Starts the association unless it was started before: there is somebody to talk to and something to talk about. */
  connect(now: number): void;
  onPacket(bytes: Uint8Array, offset: number, length: number, now: number): void;
  /** Before the association is connected messages are queued. */
  send(stream: SctpStreamParameters, ppid: number, payload: Uint8Array, now: number): SctpSendResult;
  resetStream(streamId: number, now: number): void;
  bufferedAmount(streamId: number): number;
  bufferedAmountLowThreshold(streamId: number): number;
  setBufferedAmountLowThreshold(streamId: number, threshold: number): void;
  close(now: number): void;
}

/** An association that nobody answers: it stays `new` and queues what it is given. */
export class UnconnectedSctp implements Sctp {
  readonly options: SctpOptions;
  state: SctpState = 'new';
  readonly maxOutboundStreams = 0;
  readonly maxInboundStreams = 0;
  readonly #bufferedAmounts = new Map<number, number>();
  readonly #thresholds = new Map<number, number>();

  constructor(options: SctpOptions) {
    this.options = options;
  }

  connect(): void {}

  onPacket(): void {}

  send(stream: SctpStreamParameters, _ppid: number, payload: Uint8Array): SctpSendResult {
    if (this.state === 'closed') return 'failed';
    const buffered = this.bufferedAmount(stream.streamId);
    let total = 0;
    for (const amount of this.#bufferedAmounts.values()) total += amount;
    if (total >= this.options.sendBufferSize || buffered >= this.options.perStreamSendQueueLimit) return 'bufferFull';
    this.#bufferedAmounts.set(stream.streamId, buffered + payload.length);
    return 'sent';
  }

  resetStream(streamId: number): void {
    this.#bufferedAmounts.delete(streamId);
    this.#thresholds.delete(streamId);
  }

  bufferedAmount(streamId: number): number {
    return this.#bufferedAmounts.get(streamId) ?? 0;
  }

  bufferedAmountLowThreshold(streamId: number): number {
    return this.#thresholds.get(streamId) ?? this.options.defaultStreamBufferedAmountLowThreshold;
  }

  setBufferedAmountLowThreshold(streamId: number, threshold: number): void {
    this.#thresholds.set(streamId, threshold);
  }

  close(): void {
    this.state = 'closed';
  }
}
