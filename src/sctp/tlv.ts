import { copyBytes, readUint16, writeUint16 } from '../common/bytes.js';

/**
 * What parameters (RFC 9260 §3.2.1) and error causes (§3.3.10) have in common. They come in lists; each is padded to a
 * multiple of four bytes.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |             Type              |            Length             |   length: with these four bytes, without padding
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Value                                                      ....
 */

export const TLV_HEADER_LENGTH = 4;

/** The next multiple of four. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

/** Reads one item: its header is at `offset`, `length` is checked to be ≥ 4 and inside. Undefined if it is malformed. */
export type TlvParser<Item> = (bytes: Uint8Array, offset: number, length: number) => Item | undefined;

/**
 * Reads the list in bytes[start, end). Undefined if one item is malformed. The end may leave the padding of the last
 * item out or not: both are seen.
 */
export function parseTlvs<Item>(
  bytes: Uint8Array,
  start: number,
  end: number,
  parse: TlvParser<Item>,
): Item[] | undefined {
  const items: Item[] = [];
  for (let offset = start; offset < end;) {
    if (offset + TLV_HEADER_LENGTH > end) return undefined;
    const length = readUint16(bytes, offset + 2);
    if (length < TLV_HEADER_LENGTH || offset + length > end) return undefined;
    const item = parse(bytes, offset, length);
    if (item === undefined) return undefined;
    items.push(item);
    offset += padded(length);
  }
  return items;
}

/** One after another, each but the last one padded with zeros: that padding belongs to the chunk (RFC 9260 §3.2). */
export function concatTlvs(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length = padded(length) + item.length;
  const list = new Uint8Array(length);
  let offset = 0;
  for (const item of items) {
    list.set(item, offset);
    offset += padded(item.length);
  }
  return list;
}

/** An item whose value is `valueLength` zeros, to be filled in behind the header. */
export function newTlv(type: number, valueLength: number): Uint8Array {
  const tlv = new Uint8Array(TLV_HEADER_LENGTH + valueLength);
  writeUint16(tlv, 0, type);
  writeUint16(tlv, 2, tlv.length);
  return tlv;
}

/** An item with this value. */
export function encodeTlv(type: number, value: Uint8Array): Uint8Array {
  const tlv = newTlv(type, value.length);
  tlv.set(value, TLV_HEADER_LENGTH);
  return tlv;
}

/** A copy of the value of an item. */
export function tlvValue(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  return copyBytes(bytes, offset + TLV_HEADER_LENGTH, offset + length);
}
