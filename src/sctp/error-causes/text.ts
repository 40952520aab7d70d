import { tlvValue } from '../tlv.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The value of an error cause as text, whatever its bytes are. */
export function textOf(bytes: Uint8Array, offset: number, length: number): string {
  return decoder.decode(tlvValue(bytes, offset, length));
}

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
