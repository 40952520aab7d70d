/** RFC 5246 §7.4, RFC 6347 §4.3.2. */
export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

export type HandshakeType = (typeof HandshakeType)[keyof typeof HandshakeType];

export const HANDSHAKE_HEADER_LENGTH = 12;

/**
 * A handshake message, whole. On the wire it is a sequence of fragments, each with this header (RFC 6347 §4.2.2):
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     type      |            length of the message              |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |       message sequence        |       fragment offset         :
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     :               |        fragment length        |  fragment ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  /** A view of `bytes` behind the header. */
  readonly body: Uint8Array;
  /** The message as if it were sent in one fragment: this is what the transcript hash covers. */
  readonly bytes: Uint8Array;
}

export interface FragmentHeader {
  type: number;
  length: number;
  sequence: number;
  fragmentOffset: number;
  fragmentLength: number;
}

export function readFragmentHeader(bytes: Uint8Array, offset: number): FragmentHeader {
  const u24 = (at: number): number =>
    (bytes[offset + at] << 16) | (bytes[offset + at + 1] << 8) | bytes[offset + at + 2];
  return {
    type: bytes[offset],
    length: u24(1),
    sequence: (bytes[offset + 4] << 8) | bytes[offset + 5],
    fragmentOffset: u24(6),
    fragmentLength: u24(9),
  };
}

export function writeFragmentHeader(header: FragmentHeader, bytes: Uint8Array, offset: number): void {
  const u24 = (at: number, value: number): void => {
    bytes[offset + at] = value >>> 16;
    bytes[offset + at + 1] = value >>> 8;
    bytes[offset + at + 2] = value;
  };
  bytes[offset] = header.type;
  u24(1, header.length);
  bytes[offset + 4] = header.sequence >>> 8;
  bytes[offset + 5] = header.sequence;
  u24(6, header.fragmentOffset);
  u24(9, header.fragmentLength);
}

export function makeHandshakeMessage(type: number, sequence: number, content: Uint8Array): HandshakeMessage {
  const bytes = new Uint8Array(HANDSHAKE_HEADER_LENGTH + content.length);
  const length = content.length;
  writeFragmentHeader({ type, length, sequence, fragmentOffset: 0, fragmentLength: length }, bytes, 0);
  bytes.set(content, HANDSHAKE_HEADER_LENGTH);
  return { type, sequence, bytes, body: bytes.subarray(HANDSHAKE_HEADER_LENGTH) };
}
