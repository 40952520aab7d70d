/** CRC32c (Castagnoli), the checksum of SCTP (RFC 9260 appendix A). */

/** The polynomial 0x1edc6f41 with its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/**
 * Slicing by 8: tables[256 * i + b] is the remainder of byte b with i zero bytes behind it, so eight bytes are
 * reduced by eight look-ups that do not wait for each other.
 */
const tables = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ POLYNOMIAL : remainder >>> 1;
  tables[byte] = remainder;
}
for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256] >>> 8) ^ tables[tables[i - 256] & 0xff];

/** CRC32c of bytes[offset, offset + length), unsigned. */
export function crc32c(bytes: Uint8Array, offset: number, length: number): number {
  return ~update(-1, bytes, offset, offset + length) >>> 0;
}

const CHECKSUM_OFFSET = 8;
const noChecksum = new Uint8Array(4);

/** CRC32c of an SCTP packet of at least 12 bytes, as if its checksum field was zero (RFC 9260 §6.8). */
export function packetChecksum(bytes: Uint8Array, offset: number, length: number): number {
  let crc = update(-1, bytes, offset, offset + CHECKSUM_OFFSET);
  crc = update(crc, noChecksum, 0, 4);
  return ~update(crc, bytes, offset + CHECKSUM_OFFSET + 4, offset + length) >>> 0;
}

function update(crc: number, bytes: Uint8Array, start: number, end: number): number {
  const endOfEights = end - 7;
  let i = start;
  for (; i < endOfEights; i += 8) {
    crc ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    crc =
      tables[0x700 | (crc & 0xff)] ^
      tables[0x600 | ((crc >>> 8) & 0xff)] ^
      tables[0x500 | ((crc >>> 16) & 0xff)] ^
      tables[0x400 | (crc >>> 24)] ^
      tables[0x300 | bytes[i + 4]] ^
      tables[0x200 | bytes[i + 5]] ^
      tables[0x100 | bytes[i + 6]] ^
      tables[bytes[i + 7]];
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]) & 0xff];
  return crc;
}
