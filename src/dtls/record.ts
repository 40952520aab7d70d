/** RFC 5246 §6.2.1. */
export const ContentType = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export type ContentType = (typeof ContentType)[keyof typeof ContentType];

/** Versions count downwards on the wire: one's complement of the TLS version. */
export const ProtocolVersion = { dtls10: 0xfeff, dtls12: 0xfefd, dtls13: 0xfefc } as const;

export const RECORD_HEADER_LENGTH = 13;

/** Bytes of a record's content before protection (RFC 5246 §6.2.1). */
export const MAX_PLAINTEXT_LENGTH = 16_384;

/** Bytes of a record's content on the wire (RFC 5246 §6.2.3). */
export const MAX_CIPHERTEXT_LENGTH = MAX_PLAINTEXT_LENGTH + 2048;

/** Record sequence numbers have 48 bits. */
export const MAX_SEQUENCE_NUMBER = 2 ** 48 - 1;

/**
 * The header of a DTLS 1.2 record (RFC 6347 §4.1):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | content type  |            version            |     epoch     :
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     :     epoch     |            sequence number (48 bits)          :
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     :                               |            length             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | content ...
 */
export interface RecordHeader {
  type: number;
  version: number;
  epoch: number;
  sequence: number;
  /** Bytes of content behind the header. */
  length: number;
}

/** Reads the 13 bytes at `offset`; the caller has checked that they are there. */
export function readRecordHeader(bytes: Uint8Array, offset: number): RecordHeader {
  const u16 = (at: number): number => (bytes[offset + at] << 8) | bytes[offset + at + 1];
  return {
    type: bytes[offset],
    version: u16(1),
    epoch: u16(3),
    sequence: u16(5) * 2 ** 32 + u16(7) * 2 ** 16 + u16(9),
    length: u16(11),
  };
}

/** Writes 13 bytes at `offset`. */
export function writeRecordHeader(header: RecordHeader, bytes: Uint8Array, offset: number): void {
  const u16 = (at: number, value: number): void => {
    bytes[offset + at] = value >>> 8;
    bytes[offset + at + 1] = value;
  };
  bytes[offset] = header.type;
  u16(1, header.version);
  u16(3, header.epoch);
  u16(5, Math.floor(header.sequence / 2 ** 32));
  u16(7, Math.floor(header.sequence / 2 ** 16) % 2 ** 16);
  u16(9, header.sequence % 2 ** 16);
  u16(11, header.length);
}
