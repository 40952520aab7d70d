/** The SCTP association of a transport. */
export type SctpParameters = {
  /** Always 5000. */
  port: number;
  /** Largest message sent, in bytes. */
  maxSendMessageSize: number;
  /** Largest message received, in bytes. */
  maxReceiveMessageSize: number;
  /** Bytes that may wait to be sent or acknowledged. */
  sendBufferSize: number;
  /** The same for one stream. */
  perStreamSendQueueLimit: number;
  /** The largest window offered to the peer, in bytes. */
  maxReceiverWindowBufferSize: number;
  /** Whether streams are WebRTC data channels. */
  isDataChannel: boolean;
  /** Outgoing streams announced. */
  OS: number;
  /** Incoming streams announced. */
  MIS: number;
  /** What to tell the peer in `a=max-message-size`: maxReceiveMessageSize. */
  maxMessageSize: number;
};

/** What both sides agreed on while the association was set up. */
export type SctpNegotiatedCapabilities = {
  negotiatedMaxOutboundStreams: number;
  negotiatedMaxInboundStreams: number;
};

/** A stream of an SCTP association (RFC 8831 for what they mean in data channels). */
export type SctpStreamParameters = {
  /** 0..65534 */
  streamId: number;
  /** Default true, unless one of the limits below is given, which requires false. */
  ordered?: boolean;
  /** ms after which a message is given up. Not together with maxRetransmits. */
  maxPacketLifeTime?: number;
  /** How often a message is sent again. Not together with maxPacketLifeTime. */
  maxRetransmits?: number;
};
