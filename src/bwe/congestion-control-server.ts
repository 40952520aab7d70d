/**
 * The receiving side of congestion control: what a transport tells the sender about the packets that it gets from it.
 * Which of the two kinds is used, `TransportCcServer` or `RembServer`, is negotiated; the worker makes one per transport.
 */
export interface CongestionControlServer {
  nextDeadline: number;
  onTimeout(now: number): void;
  transportConnected(now: number): void;
  transportDisconnected(): void;
  /** A packet of any stream of the transport, as it was received. */
  receivePacket(packet: ReceivedPacket, now: number): void;
  /** @param bitrate the most that the remote may send, bps; 0: as much as it can */
  setMaxIncomingBitrate(bitrate: number, now: number): void;
  /** bps; 0 if unknown. */
  readonly availableIncomingBitrate: number;
  /** Recent loss of packets, 0..1. */
  readonly packetLoss: number;
}

/** What is needed of an RTP packet. */
export interface ReceivedPacket {
  readonly ssrc: number;
  /** Bytes without the header. */
  readonly payloadLength: number;
  /** The transport-wide sequence number, -1 without one. */
  readTransportWideCc(): number;
  /** abs-send-time, 24 bits in units of 2^-18 s, -1 without one. */
  readAbsSendTime(): number;
}

export interface RembSink {
  /**
   * A REMB has to be sent.
   *
   * @param bitrate bps
   * @param ssrcs the streams that share it, perhaps none; valid during the call only
   */
  onSendRemb(bitrate: number, ssrcs: readonly number[]): void;
}
