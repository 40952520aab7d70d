/** Where random numbers come from; must be cryptographically secure. */
export interface SctpRandom {
  fill(bytes: Uint8Array): void;
  /** Uniform in 0..2^32-1. */
  uint32(): number;
}

/** How an association behaves. Durations in ms, sizes in bytes. */
export interface SctpAssociationOptions {
  /** For tags, initial TSNs and the key of state cookies. */
  readonly random: SctpRandom;
  /** Of the packets that are sent; those of received packets are not looked at. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** How many streams are announced at most. */
  readonly announcedMaxOutboundStreams: number;
  readonly announcedMaxInboundStreams: number;
  /** Largest packet, SCTP header included. */
  readonly mtu: number;
  readonly maxSendMessageSize: number;
  /** Larger messages of the peer are dropped. */
  readonly maxReceiveMessageSize: number;
  /** What all streams together may queue. It is checked before a message is added, so the last one may exceed it. */
  readonly sendBufferSize: number;
  /** What one stream may queue; checked in the same way. */
  readonly perStreamSendQueueLimit: number;
  /** Receive window that is announced. */
  readonly maxReceiverWindowBufferSize: number;
  /** Threshold of streams for which none was set. */
  readonly defaultStreamBufferedAmountLowThreshold: number;
  /** Weight of streams for which none was set (RFC 8260 §3.6): a stream of weight 512 gets twice as much as one of 256. */
  readonly defaultStreamPriority: number;
  /** Round trip times above are taken for errors of measurement. */
  readonly maxRtt: number;
  readonly initialRto: number;
  readonly minRto: number;
  readonly maxRto: number;
  /** Initial duration of T1-init and T1-cookie. */
  readonly t1Timeout: number;
  /** Between the last data that was sent and a HEARTBEAT; 0: none are sent. */
  readonly heartbeatInterval: number;
  /** Adds the RTT to `heartbeatInterval` (RFC 9260 §8.3). */
  readonly heartbeatIntervalIncludesRtt: boolean;
  readonly maxDelayedAck: number;
  /** Lower bound of what the variation of the round trip time adds to the RTO, times two. */
  readonly minRttVariance: number;
  /** In MTUs. */
  readonly initialCongestionWindow: number;
  /** In MTUs: what is left after loss. */
  readonly minCongestionWindow: number;
  /** DATA asks for an immediate SACK while cwnd is smaller than this many MTUs (RFC 7053). */
  readonly immediateAckUnderCongestionWindow: number;
  /** Packets with data per opportunity (RFC 9260 §6.1 D, Max.Burst). */
  readonly maxBurst: number;
  /** RFC 9260 §16: Association.Max.Retrans. */
  readonly maxRetransmissions: number;
  /** RFC 9260 §16: Max.Init.Retransmits. */
  readonly maxInitRetransmissions: number;
  /** Offer FORWARD TSN (RFC 3758). */
  readonly partialReliability: boolean;
  /** Offer I-DATA (RFC 8260). */
  readonly messageInterleaving: boolean;
  /** Offer to leave out checksums because this error detection method replaces them (RFC 9653); 0: do not. */
  readonly zeroChecksumMethod: number;
}

/** RFC 9653 §8: SCTP over DTLS. */
export const ZERO_CHECKSUM_METHOD_DTLS = 1;

/** What the reference worker uses. */
export const defaultSctpOptions: Omit<SctpAssociationOptions, 'random'> = {
  sourcePort: 5000,
  destinationPort: 5000,
  announcedMaxOutboundStreams: 65535,
  announcedMaxInboundStreams: 65535,
  // 1280 (IPv6) - 40 (IPv6) - 8 (UDP) - 24 (DTLS) - 13 (TURN, GCM) - 4 (TURN channel).
  mtu: 1191,
  maxSendMessageSize: 262144,
  maxReceiveMessageSize: 262144,
  sendBufferSize: 2000000,
  perStreamSendQueueLimit: 2000000,
  maxReceiverWindowBufferSize: 5242880,
  defaultStreamBufferedAmountLowThreshold: 0,
  defaultStreamPriority: 256,
  maxRtt: 60000,
  initialRto: 500,
  minRto: 400,
  maxRto: 60000,
  t1Timeout: 1000,
  heartbeatInterval: 30000,
  heartbeatIntervalIncludesRtt: true,
  maxDelayedAck: 200,
  minRttVariance: 220,
  initialCongestionWindow: 10,
  minCongestionWindow: 4,
  immediateAckUnderCongestionWindow: 10,
  maxBurst: 4,
  maxRetransmissions: 10,
  maxInitRetransmissions: 8,
  partialReliability: true,
  messageInterleaving: true,
  zeroChecksumMethod: 0,
};
