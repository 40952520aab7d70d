/** What is left of an association's states for whoever does not speak SCTP. `failed`: it was never established. */
export type SctpState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

/** States of RFC 9260 §4, and `new`: not started yet. There is no way out of `closed`. */
export type SctpAssociationState =
  | 'new'
  | 'closed'
  | 'cookieWait'
  | 'cookieEchoed'
  | 'established'
  | 'shutdownPending'
  | 'shutdownSent'
  | 'shutdownReceived'
  | 'shutdownAckSent';

/** `bufferFull`: it may be tried again later. */
export type SctpSendStatus = 'sent' | 'bufferFull' | 'messageEmpty' | 'messageTooLarge' | 'shuttingDown' | 'closed';

/** `pending`: not connected yet, the reset follows. */
export type SctpResetStatus = 'requested' | 'pending' | 'unsupported' | 'closed';

export interface SctpSendOptions {
  /** Default false. */
  readonly unordered?: boolean;
  /** ms after which it is not worth sending any more. Default: for ever. */
  readonly lifetime?: number;
  /** Times that a lost fragment is sent again before the message is given up. Default: no limit. */
  readonly maxRetransmissions?: number;
  /** Names the message in `onSctpMessageLifecycle`; not 0. Default: no such events. */
  readonly lifecycleId?: number;
}

export type SctpErrorKind =
  | 'tooManyRetries'
  | 'notConnected'
  | 'parseFailed'
  | 'wrongSequence'
  | 'peerReported'
  | 'protocolViolation'
  | 'resourceExhaustion'
  | 'unsupportedOperation';

/**
 * What becomes of a message. `sent`: all of it has been put into packets, once. Then, or without that, comes one of the
 * others and nothing more: `delivered`; `maybeDelivered`: given up, but all of it had been sent; `expired`: given up.
 */
export type SctpMessageFate = 'sent' | 'delivered' | 'maybeDelivered' | 'expired';

/**
 * Events of an association. `onSctpSend` comes at once and must not call back. All others come when the call that
 * caused them is complete, in the order in which they happened, and may do what they like with the association.
 */
export interface SctpAssociationOwner {
  /** Send a packet to the peer. `bytes` is only valid during the call. */
  onSctpSend(bytes: Uint8Array, offset: number, length: number): void;
  /** `connecting` comes twice on the way to `connected`: with the INIT and with the COOKIE ECHO. */
  onSctpStateChange(state: Exclude<SctpState, 'new'>): void;
  /** Comes before the state change to `connected`. */
  onSctpNegotiated(maxOutboundStreams: number, maxInboundStreams: number): void;
  /** A complete message. The owner may keep `payload`. */
  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array, now: number): void;
  /** The peer reset one of its outgoing streams. */
  onSctpStreamReset(streamId: number): void;
  onSctpBufferedAmountLow(streamId: number, bufferedAmount: number): void;

  /** One of our streams, whose reset was asked for, starts from the beginning. */
  onSctpStreamResetPerformed?(streamId: number): void;
  /** The peer did not want one of our streams to be reset, which therefore goes on as it was. */
  onSctpStreamResetFailed?(streamId: number): void;
  onSctpTotalBufferedAmountLow?(): void;
  /** The peer started anew: what it had not acknowledged may be lost. */
  onSctpRestart?(): void;
  onSctpMessageLifecycle?(lifecycleId: number, fate: SctpMessageFate): void;
  /** For a log. */
  onSctpError?(kind: SctpErrorKind, message: string): void;
}

/** What both sides agreed on. */
export interface SctpNegotiatedCapabilities {
  readonly maxOutboundStreams: number;
  readonly maxInboundStreams: number;
  /** FORWARD TSN (RFC 3758). */
  readonly partialReliability: boolean;
  /** I-DATA (RFC 8260). */
  readonly messageInterleaving: boolean;
  /** Stream resets (RFC 6525). */
  readonly reconfiguration: boolean;
  /** RFC 9653 */
  readonly zeroChecksum: boolean;
}

/** Who made the peer, as far as its state cookie tells. */
export type SctpImplementation = 'unknown' | 'tsfu' | 'mediasoup' | 'dcsctp' | 'usrsctp';

/** Counters since the beginning, and the present state of sending. */
export interface SctpMetrics {
  txPackets: number;
  txMessages: number;
  rxPackets: number;
  rxMessages: number;
  rtxPackets: number;
  /** Chunk bytes. */
  rtxBytes: number;
  /** Congestion window, bytes. */
  cwnd: number;
  /** Smoothed round trip time, ms; 0 before the first measurement. */
  srtt: number;
  /** Chunks that were sent or wait to be, and are not acknowledged. */
  unackedChunks: number;
  /** Peer's receive window, bytes. */
  peerRwnd: number;
  peerImplementation: SctpImplementation;
  /** Undefined before the association is established. */
  negotiated: SctpNegotiatedCapabilities | undefined;
}
