import { FEEDBACK_HEADER_LENGTH } from './rtcp-packet.js';

/**
 * Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): which packets
 * of all streams of a transport arrived, by transport-wide sequence number, and when. After the feedback header:
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |      base sequence number     |      packet status count      |
 *     |          reference time, signed, 64 ms        | fb pkt. count |
 *     |             chunks, 2 bytes each, as many as it takes         |
 *     |          deltas, 1 or 2 bytes per packet received, 250 us     |
 *     |          zeros up to the next multiple of 4 bytes             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 *     run of equal statuses   |0| S |        run length       |
 *     14 statuses of 1 bit    |1|0|        statuses           |
 *     7 statuses of 2 bits    |1|1|        statuses           |
 *
 * The reference time and each delta lead to the arrival of the next packet received.
 */
export const TRANSPORT_FEEDBACK_HEADER_LENGTH = FEEDBACK_HEADER_LENGTH + 8;

/** Unit of deltas, µs. */
export const DELTA_TICK_US = 250;
/** Unit of the reference time, µs. */
export const BASE_TICK_US = 64_000;
/** After which the reference time is the same again, µs. */
export const REFERENCE_TIME_PERIOD_US = 2 ** 24 * BASE_TICK_US;

/** A packet's status in a chunk; 3 is reserved and means nothing received. */
export const PacketStatus = { notReceived: 0, smallDelta: 1, largeDelta: 2 } as const;

export const MAX_RUN_LENGTH = 0x1fff;
export const VECTOR_OF_1_BIT = 14;
export const VECTOR_OF_2_BITS = 7;
