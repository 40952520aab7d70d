/** RTP as the player reads it: on its own, so that the parser under test is not its own judge. */
export interface WirePacket {
  readonly marker: boolean;
  readonly payloadType: number;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly csrcs: readonly number[];
  /** Header with CSRCs and extension block. */
  readonly headerSize: number;
  /** Of the header extension block. */
  readonly profile: number | undefined;
  readonly extensionBlock: Buffer | undefined;
  readonly extensions: readonly { id: number; value: Buffer }[];
  readonly paddingSize: number;
  /** Without padding. */
  readonly payload: Buffer;
}

/** Which protocol a datagram belongs to (RFC 7983, RFC 5761 §4). */
export function datagramKind(bytes: Buffer): 'rtp' | 'rtcp' | 'stun' | 'other' {
  if (bytes.length >= 20 && bytes[0] < 4) return 'stun';
  if (bytes.length < 4 || bytes[0] >> 6 !== 2) return 'other';
  if (bytes[1] >= 192 && bytes[1] <= 223) return 'rtcp';
  return bytes.length >= 12 ? 'rtp' : 'other';
}

export function parseRtp(bytes: Buffer): WirePacket {
  const csrcCount = bytes[0] & 0x0f;
  const csrcs = Array.from({ length: csrcCount }, (_, index) => bytes.readUInt32BE(12 + 4 * index));
  let headerSize = 12 + 4 * csrcCount;
  let profile: number | undefined;
  let extensionBlock: Buffer | undefined;
  if (bytes[0] & 0x10) {
    profile = bytes.readUInt16BE(headerSize);
    const size = 4 * bytes.readUInt16BE(headerSize + 2);
    extensionBlock = bytes.subarray(headerSize + 4, headerSize + 4 + size);
    headerSize += 4 + size;
  }
  const paddingSize = bytes[0] & 0x20 ? bytes[bytes.length - 1] : 0;
  return {
    marker: (bytes[1] & 0x80) !== 0,
    payloadType: bytes[1] & 0x7f,
    sequenceNumber: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    csrcs,
    headerSize,
    profile,
    extensionBlock,
    extensions: readExtensions(profile, extensionBlock),
    paddingSize,
    payload: bytes.subarray(headerSize, Math.max(headerSize, bytes.length - paddingSize)),
  };
}

export const ONE_BYTE_PROFILE = 0xbede;
export const isTwoByteProfile = (profile: number): boolean => profile >> 4 === 0x100;

/** RFC 8285 §4.2 and §4.3. */
function readExtensions(profile: number | undefined, block: Buffer | undefined): { id: number; value: Buffer }[] {
  if (profile === undefined || block === undefined) return [];
  const oneByte = profile === ONE_BYTE_PROFILE;
  if (!oneByte && !isTwoByteProfile(profile)) return [];
  const extensions: { id: number; value: Buffer }[] = [];
  let at = 0;
  while (at < block.length) {
    const id = oneByte ? block[at] >> 4 : block[at];
    if (id === 0) {
      at++;
      continue;
    }
    if (oneByte && id === 15) break;
    const size = oneByte ? (block[at] & 0x0f) + 1 : block[at + 1];
    at += oneByte ? 1 : 2;
    extensions.push({ id, value: block.subarray(at, at + size) });
    at += size;
  }
  return extensions;
}
