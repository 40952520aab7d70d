import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { readUint16, readUint32, writeUint16, writeUint32 } from '../common/bytes.js';
import { DropReason } from '../common/drop-reason.js';
import { type IpFamily, writeIp } from '../common/ip-address.js';

/**
 * STUN messages (RFC 8489) as ICE uses them (RFC 8445 §7): a view that reads a received one without copying it, and a
 * writer.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |0 0|     STUN Message Type     |         Message Length        |   length: of the attributes
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                     Magic Cookie (2112A442)                   |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                                                               |
 *   |                     Transaction ID (96 bits)                  |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Attribute Type               |  Attribute Length             |   length: of the value without padding
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Value, padded to a multiple of four bytes                  ....
 */

export const STUN_HEADER_LENGTH = 20;
const MAGIC_COOKIE = 0x2112a442;
const FINGERPRINT_XOR = 0x5354554e;
const MESSAGE_INTEGRITY_LENGTH = 20;

export const StunClass = { request: 0, indication: 1, success: 2, error: 3 } as const;
export type StunClass = (typeof StunClass)[keyof typeof StunClass];

/** The only method ICE knows. */
export const BINDING_METHOD = 0x001;

export const StunAttribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  /** draft-thatcher-ice-renomination; libwebrtc uses `oldNomination` from before the registration. */
  nomination: 0x0030,
  software: 0x8022,
  alternateServer: 0x8023,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
  oldNomination: 0xc001,
} as const;

interface AttributeRule {
  readonly type: number;
  readonly isLengthLegal: (length: number) => boolean;
}

const anyLength = (): boolean => true;
const exactly =
  (...lengths: number[]) =>
  (length: number): boolean =>
    lengths.includes(length);
const atMost =
  (limit: number) =>
  (length: number): boolean =>
    length <= limit;

/** The attributes that may occur only once, and their legal lengths. All others are skipped, whatever they contain. */
const knownAttributes: readonly AttributeRule[] = [
  { type: StunAttribute.username, isLengthLegal: atMost(513) },
  { type: StunAttribute.messageIntegrity, isLengthLegal: exactly(MESSAGE_INTEGRITY_LENGTH) },
  { type: StunAttribute.errorCode, isLengthLegal: length => length >= 4 },
  { type: StunAttribute.unknownAttributes, isLengthLegal: anyLength },
  { type: StunAttribute.realm, isLengthLegal: anyLength },
  { type: StunAttribute.nonce, isLengthLegal: anyLength },
  { type: StunAttribute.xorMappedAddress, isLengthLegal: exactly(8, 20) },
  { type: StunAttribute.priority, isLengthLegal: exactly(4) },
  { type: StunAttribute.useCandidate, isLengthLegal: exactly(0) },
  { type: StunAttribute.nomination, isLengthLegal: exactly(4) },
  { type: StunAttribute.software, isLengthLegal: atMost(763) },
  { type: StunAttribute.alternateServer, isLengthLegal: anyLength },
  { type: StunAttribute.fingerprint, isLengthLegal: exactly(4) },
  { type: StunAttribute.iceControlled, isLengthLegal: exactly(8) },
  { type: StunAttribute.iceControlling, isLengthLegal: exactly(8) },
  { type: StunAttribute.oldNomination, isLengthLegal: exactly(4) },
];

/** Index in `knownAttributes` by type, +1; 0: unknown. */
const knownIndex = new Uint8Array(0x10000);
knownAttributes.forEach(({ type }, index) => (knownIndex[type] = index + 1));

/** Whether a datagram is STUN and nothing else (RFC 7983 §7, RFC 8489 §5). Every length is allowed. */
export function isStun(bytes: Uint8Array, offset: number, length: number): boolean {
  return length >= STUN_HEADER_LENGTH && bytes[offset] < 3 && readUint32(bytes, offset + 4) === MAGIC_COOKIE;
}

export const StunAuthentication = { ok: 0, unauthorized: 1, badMessage: 2 } as const;
export type StunAuthentication = (typeof StunAuthentication)[keyof typeof StunAuthentication];

/** ICE credentials of one side, with the key of MESSAGE-INTEGRITY made once. */
export interface StunCredentials {
  readonly usernameFragment: string;
  readonly key: KeyObject;
}

/**
 * A received message: a reusable view over bytes of somebody else, valid as long as those are left alone. Parsing
 * allocates nothing but what the checksum needs.
 */
export class StunMessage {
  bytes: Uint8Array = new Uint8Array(0);
  offset = 0;
  length = 0;
  class: StunClass = StunClass.request;
  method = 0;

  /** Absolute offset of the value and its length, by index in `knownAttributes` + 1; offset 0: absent. */
  readonly #valueOffset = new Int32Array(knownAttributes.length + 1);
  readonly #valueLength = new Int32Array(knownAttributes.length + 1);

  /**
   * Looks at bytes[offset, offset + length), for which `isStun` said yes.
   * @returns `none`, `stunMalformed` or `stunFingerprint`
   */
  parse(bytes: Uint8Array, offset: number, length: number): DropReason {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.#valueOffset.fill(0);
    if (!isStun(bytes, offset, length)) return DropReason.stunMalformed;
    const attributesLength = readUint16(bytes, offset + 2);
    if (attributesLength !== length - STUN_HEADER_LENGTH || attributesLength % 4 !== 0) return DropReason.stunMalformed;

    const type = readUint16(bytes, offset);
    this.class = (((type & 0x100) >> 7) | ((type & 0x10) >> 4)) as StunClass;
    this.method = (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2);

    if (!this.#parseAttributes()) return DropReason.stunMalformed;
    return this.#isFingerprintRight() ? DropReason.none : DropReason.stunFingerprint;
  }

  has(type: number): boolean {
    return this.#valueOffset[knownIndex[type]] !== 0;
  }

  /** PRIORITY, 0 without. */
  get priority(): number {
    return this.#uint32(StunAttribute.priority);
  }

  get hasNomination(): boolean {
    return this.has(StunAttribute.nomination) || this.has(StunAttribute.oldNomination);
  }

  /** The value of NOMINATION (the registered one wins), 0 without. */
  get nomination(): number {
    return this.#uint32(this.has(StunAttribute.nomination) ? StunAttribute.nomination : StunAttribute.oldNomination);
  }

  /** Whether ICE-CONTROLLED is there with a value other than 0. */
  get isControlled(): boolean {
    const value = this.#valueOffset[knownIndex[StunAttribute.iceControlled]];
    return value !== 0 && (readUint32(this.bytes, value) !== 0 || readUint32(this.bytes, value + 4) !== 0);
  }

  /** For whom a request is: USERNAME up to the first colon, all of it without one, empty without USERNAME. */
  get localUsernameFragment(): string {
    const username = this.text(StunAttribute.username) ?? '';
    const colon = username.indexOf(':');
    return colon < 0 ? username : username.slice(0, colon);
  }

  /** The value of a known attribute as UTF-8, undefined if it is absent. */
  text(type: number): string | undefined {
    return this.value(type)?.toString();
  }

  /** The value of a known attribute (a view), undefined if it is absent. */
  value(type: number): Buffer | undefined {
    const index = knownIndex[type];
    const start = this.#valueOffset[index];
    if (start === 0) return undefined;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, this.#valueLength[index]);
  }

  /** Is the message addressed to the owner of these credentials, and made with them? (RFC 8489 §9.1.3) */
  authenticate(credentials: StunCredentials): StunAuthentication {
    if (!this.has(StunAttribute.username) || !this.has(StunAttribute.messageIntegrity)) {
      return StunAuthentication.badMessage;
    }
    if (!this.#usernameStartsWith(credentials.usernameFragment)) return StunAuthentication.unauthorized;
    return this.isIntegrityRight(credentials.key) ? StunAuthentication.ok : StunAuthentication.unauthorized;
  }

  /** Whether MESSAGE-INTEGRITY is there and was made with `key`. Takes the same time wherever it is wrong. */
  isIntegrityRight(key: KeyObject): boolean {
    const received = this.value(StunAttribute.messageIntegrity);
    if (received === undefined) return false;
    const end = this.#valueOffset[knownIndex[StunAttribute.messageIntegrity]] - 4;
    const expected = messageIntegrity(this.bytes, this.offset, end - this.offset, key);
    return timingSafeEqual(expected, received);
  }

  #parseAttributes(): boolean {
    const { bytes } = this;
    const end = this.offset + this.length;
    let position = this.offset + STUN_HEADER_LENGTH;
    while (position + 4 <= end) {
      const index = knownIndex[readUint16(bytes, position)];
      const valueLength = readUint16(bytes, position + 2);
      const next = position + 4 + ((valueLength + 3) & ~3);
      if (next > end) return false;
      if (this.has(StunAttribute.fingerprint)) return false;
      const isFingerprint = knownIndex[StunAttribute.fingerprint] === index;
      if (this.has(StunAttribute.messageIntegrity) && !isFingerprint) return false;
      if (index !== 0) {
        if (this.#valueOffset[index] !== 0 || !knownAttributes[index - 1].isLengthLegal(valueLength)) return false;
        this.#valueOffset[index] = position + 4;
        this.#valueLength[index] = valueLength;
      }
      position = next;
    }
    return position === end;
  }

  #isFingerprintRight(): boolean {
    const value = this.#valueOffset[knownIndex[StunAttribute.fingerprint]];
    return (
      value === 0 || readUint32(this.bytes, value) === fingerprint(this.bytes, this.offset, value - 4 - this.offset)
    );
  }

  #usernameStartsWith(usernameFragment: string): boolean {
    const start = this.#valueOffset[knownIndex[StunAttribute.username]];
    const length = this.#valueLength[knownIndex[StunAttribute.username]];
    const expected = `${usernameFragment}:`;
    if (usernameFragment === '' || length < expected.length) return false;
    for (let i = 0; i < expected.length; i++) if (this.bytes[start + i] !== expected.charCodeAt(i)) return false;
    return true;
  }

  #uint32(type: number): number {
    const value = this.#valueOffset[knownIndex[type]];
    return value === 0 ? 0 : readUint32(this.bytes, value);
  }
}

/** An address as it goes into XOR-MAPPED-ADDRESS. */
export interface StunAddress {
  readonly ip: string;
  readonly port: number;
  readonly family: IpFamily;
}

/**
 * Writes one message after the other into its own buffer: `begin`, attributes, at last `messageIntegrity` and
 * `fingerprint`. What was written is bytes[0, length), until the next `begin`.
 */
export class StunWriter {
  readonly bytes: Uint8Array;
  length = 0;

  constructor(capacity = 2048) {
    this.bytes = new Uint8Array(capacity);
  }

  /** @param transactionId where the 12 bytes of the transaction id lie in `from` */
  begin(stunClass: StunClass, method: number, from: Uint8Array, transactionId: number): this {
    const methodBits = (method & 0x000f) | ((method & 0x0070) << 1) | ((method & 0x0f80) << 2);
    writeUint16(this.bytes, 0, methodBits | ((stunClass & 2) << 7) | ((stunClass & 1) << 4));
    writeUint32(this.bytes, 4, MAGIC_COOKIE);
    for (let i = 0; i < 12; i++) this.bytes[8 + i] = from[transactionId + i];
    this.length = STUN_HEADER_LENGTH;
    this.#writeLength();
    return this;
  }

  /** An attribute of any type. @throws RangeError if the buffer is too small */
  attribute(type: number, value: Uint8Array): this {
    const paddedLength = (value.length + 3) & ~3;
    if (this.length + 4 + paddedLength > this.bytes.length) throw new RangeError('STUN message too long');
    writeUint16(this.bytes, this.length, type);
    writeUint16(this.bytes, this.length + 2, value.length);
    this.bytes.fill(0, this.length + 4, this.length + 4 + paddedLength);
    this.bytes.set(value, this.length + 4);
    this.length += 4 + paddedLength;
    this.#writeLength();
    return this;
  }

  text(type: number, text: string): this {
    return this.attribute(type, Buffer.from(text));
  }

  uint32(type: number, value: number): this {
    const bytes = new Uint8Array(4);
    writeUint32(bytes, 0, value);
    return this.attribute(type, bytes);
  }

  uint64(type: number, value: bigint): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(value);
    return this.attribute(type, bytes);
  }

  flag(type: number): this {
    return this.attribute(type, new Uint8Array(0));
  }

  /** ERROR-CODE (RFC 8489 §14.8). */
  errorCode(code: number, reason: string): this {
    return this.attribute(
      StunAttribute.errorCode,
      Buffer.concat([Uint8Array.of(0, 0, Math.floor(code / 100), code % 100), Buffer.from(reason)]),
    );
  }

  /** XOR-MAPPED-ADDRESS (RFC 8489 §14.2): the address is masked with the cookie and the transaction id. */
  xorMappedAddress(address: StunAddress): this {
    const value = new Uint8Array(address.family === 4 ? 8 : 20);
    value[1] = address.family === 4 ? 1 : 2;
    writeUint16(value, 2, address.port);
    writeIp(address.ip, value, 4);
    for (let i = 2; i < value.length; i++) value[i] ^= this.bytes[i < 4 ? i + 2 : i];
    return this.attribute(StunAttribute.xorMappedAddress, value);
  }

  messageIntegrity(key: KeyObject): this {
    return this.attribute(StunAttribute.messageIntegrity, messageIntegrity(this.bytes, 0, this.length, key));
  }

  fingerprint(): this {
    // The length field counts this attribute already while the checksum is made.
    writeUint16(this.bytes, 2, this.length + 8 - STUN_HEADER_LENGTH);
    return this.uint32(StunAttribute.fingerprint, fingerprint(this.bytes, 0, this.length));
  }

  #writeLength(): void {
    writeUint16(this.bytes, 2, this.length - STUN_HEADER_LENGTH);
  }
}

/**
 * HMAC-SHA1 over the first `length` bytes of a message, which end before MESSAGE-INTEGRITY, with a length field that
 * says that the message ends after it (RFC 8489 §14.5).
 */
function messageIntegrity(bytes: Uint8Array, offset: number, length: number, key: KeyObject): Buffer {
  for (let i = 0; i < STUN_HEADER_LENGTH; i++) patchedHeader[i] = bytes[offset + i];
  writeUint16(patchedHeader, 2, length + 4 + MESSAGE_INTEGRITY_LENGTH - STUN_HEADER_LENGTH);
  return createHmac('sha1', key)
    .update(patchedHeader)
    .update(bytes.subarray(offset + STUN_HEADER_LENGTH, offset + length))
    .digest();
}

const patchedHeader = new Uint8Array(STUN_HEADER_LENGTH);

/** FINGERPRINT over the first `length` bytes of a message (RFC 8489 §14.7). */
function fingerprint(bytes: Uint8Array, offset: number, length: number): number {
  return (crc32(bytes.subarray(offset, offset + length)) ^ FINGERPRINT_XOR) >>> 0;
}
