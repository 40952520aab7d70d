import { readUint16, writeUint16 } from '../../common/bytes.js';

/** The 16 bit numbers in bytes[start, end). An odd byte at the end is ignored. */
export function readUint16List(bytes: Uint8Array, start: number, end: number): number[] {
  const list: number[] = [];
  for (let at = start; at + 2 <= end; at += 2) list.push(readUint16(bytes, at));
  return list;
}

export function writeUint16List(bytes: Uint8Array, offset: number, list: readonly number[]): void {
  list.forEach((value, i) => writeUint16(bytes, offset + 2 * i, value));
}
