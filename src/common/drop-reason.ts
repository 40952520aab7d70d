/**
 * Why a packet was dropped. Everything in the packet path that ends without handing the packet on returns one of
 * these and is counted by it (see `DropCounters`); 0 means that the packet was taken.
 */
export const DropReason = {
  none: 0,

  // Datagram classification (RFC 7983).
  unknownProtocol: 1,
  unknownTuple: 2,
  notConnected: 3,
  packetMemoryExhausted: 4,
  datagramTooLarge: 5,
  internalError: 6,

  // STUN and ICE.
  stunMalformed: 10,
  stunFingerprint: 11,
  stunNotRequest: 12,
  stunUnknownMethod: 13,
  stunIncomplete: 14,
  stunUnauthorized: 15,
  stunRoleConflict: 16,
  stunUnknownUfrag: 17,
  tcpFraming: 18,
  tcpUnclaimed: 19,

  // DTLS.
  dtlsNotRunning: 30,
  dtlsRecordMalformed: 31,
  dtlsRecordVersion: 32,
  dtlsContentType: 33,
  dtlsEpoch: 34,
  dtlsReplay: 35,
  dtlsAuthentication: 36,
  dtlsFragmentMalformed: 37,
  dtlsUnexpectedMessage: 38,
  dtlsApplicationDataEarly: 39,
  dtlsAlertMalformed: 40,
  dtlsBufferFull: 42,
  dtlsFatal: 43,

  // SRTP and SRTCP.
  srtpNoSession: 50,
  srtpMalformed: 51,
  srtpAuthentication: 52,
  srtpReplay: 53,
  srtpTooOld: 54,
  srtpIndexExhausted: 55,
  srtpTooManyStreams: 56,
  srtpTooLarge: 57,

  // RTP.
  rtpMalformed: 60,
  rtpNoProducer: 61,
  rtpUnknownStream: 62,
  rtpBadSequence: 63,
  rtpUselessRetransmission: 64,
  rtpUnmappedPayloadType: 65,
  rtpExtensions: 66,
  rtpProducerPaused: 67,

  // From a Consumer's point of view.
  consumerInactive: 70,
  consumerPayloadType: 71,
  consumerLayer: 72,
  consumerWaitsForKeyFrame: 73,
  consumerDuplicate: 74,
  consumerDtx: 75,
  consumerNotConnected: 76,
  /** A retransmission, while more is to be sent than gets through. */
  consumerCongested: 77,

  // RTCP.
  rtcpMalformed: 80,
  rtcpUnknownStream: 81,
  rtcpUnsupported: 82,

  // SCTP.
  sctpMalformed: 90,
  sctpChecksum: 91,
  sctpVerificationTag: 92,
  sctpUnexpected: 93,
  sctpBufferFull: 94,

  // Sending: too much waits for the system or for a slow reader, or it refuses.
  sendQueueFull: 110,
  sendError: 111,
} as const;

export type DropReason = (typeof DropReason)[keyof typeof DropReason];

export type DropReasonName = Exclude<keyof typeof DropReason, 'none'>;

/** How many packets went nowhere, by reason; those that did not occur are absent. */
export type DropCounts = { [Name in DropReasonName]?: number };

const names: DropReasonName[] = [];
for (const [name, reason] of Object.entries(DropReason)) names[reason] = name as DropReasonName;

/** One counter per reason. */
export class DropCounters {
  /** Bytes of memory that the counters need. */
  static readonly byteLength = names.length * Float64Array.BYTES_PER_ELEMENT;

  readonly #counts: Float64Array;

  /** @param memory where the counters lie: of shared memory another thread can read while this one counts */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(DropCounters.byteLength)) {
    this.#counts = new Float64Array(memory);
  }

  count(reason: DropReason): void {
    this.#counts[reason]++;
  }

  get(reason: DropReason): number {
    return this.#counts[reason];
  }

  /** The reasons that occurred, with their counts. */
  toJSON(): DropCounts {
    const result: DropCounts = {};
    for (let reason = 1; reason < names.length; reason++) {
      if (this.#counts[reason] > 0) result[names[reason]] = this.#counts[reason];
    }
    return result;
  }
}
