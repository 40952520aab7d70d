import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type JsonObject } from './recording.js';

/** STUN as the player writes and reads it (RFC 8489), apart from the implementation under test. */

const MAGIC_COOKIE = 0x2112a442;
const Attribute = {
  MAPPED_ADDRESS: 0x0001,
  USERNAME: 0x0006,
  MESSAGE_INTEGRITY: 0x0008,
  ERROR_CODE: 0x0009,
  XOR_MAPPED_ADDRESS: 0x0020,
  PRIORITY: 0x0024,
  USE_CANDIDATE: 0x0025,
  NOMINATION: 0x0030,
  SOFTWARE: 0x8022,
  FINGERPRINT: 0x8028,
  ICE_CONTROLLED: 0x8029,
  ICE_CONTROLLING: 0x802a,
  OLD_NOMINATION: 0xc001,
} as const;

/** Of a Binding request. See `options` of a `stun` step for what may be strange about it. */
export interface StunRequest {
  readonly transaction: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly priority: number | null;
  readonly options: StunOptions;
}

type ExtraAttribute = [type: number, hex: string, length?: number];

export interface StunOptions {
  readonly type?: number;
  readonly software?: string;
  readonly unknown?: number;
  readonly controlling?: number | null;
  readonly controlled?: number | null;
  readonly useCandidate?: boolean;
  readonly nomination?: number;
  readonly oldNomination?: number;
  readonly priority?: number | null;
  readonly extra?: ExtraAttribute[];
  readonly extraAfter?: ExtraAttribute[];
  readonly trailing?: ExtraAttribute[];
  readonly badIntegrity?: boolean;
  readonly badFingerprint?: boolean;
  readonly fingerprint?: boolean;
}

export function writeStunRequest({ transaction, username, password, priority, options }: StunRequest): Buffer {
  const attributes: Buffer[] = [];
  const add = (type: number, value: Buffer | string, length?: number): void => {
    attributes.push(attribute(type, Buffer.from(value), length));
  };
  const addAll = (list: ExtraAttribute[] = []): void => {
    for (const [type, hex, length] of list) add(type, Buffer.from(hex, 'hex'), length);
  };
  /** The message so far, its length field counting an attribute of `following` bytes that is not there yet. */
  const message = (following: number): Buffer => {
    const body = Buffer.concat(attributes);
    const header = Buffer.alloc(8);
    header.writeUInt16BE(options.type ?? 0x0001);
    header.writeUInt16BE(body.length + following, 2);
    header.writeUInt32BE(MAGIC_COOKIE, 4);
    return Buffer.concat([header, Buffer.from(transaction, 'latin1'), body]);
  };

  if (username !== null) add(Attribute.USERNAME, username);
  if (options.software !== undefined) add(Attribute.SOFTWARE, options.software);
  if (options.unknown !== undefined) add(options.unknown, 'abcd');
  if (priority !== null) add(Attribute.PRIORITY, uint32(priority));
  const controlling = options.controlling === undefined ? 7 : options.controlling;
  if (controlling !== null) add(Attribute.ICE_CONTROLLING, uint64(controlling));
  if (options.controlled !== undefined && options.controlled !== null) {
    add(Attribute.ICE_CONTROLLED, uint64(options.controlled));
  }
  if (options.useCandidate) add(Attribute.USE_CANDIDATE, '');
  if (options.nomination !== undefined) add(Attribute.NOMINATION, uint32(options.nomination));
  if (options.oldNomination !== undefined) add(Attribute.OLD_NOMINATION, uint32(options.oldNomination));
  addAll(options.extra);
  if (password !== null) {
    const integrity = messageIntegrity(message(24), password);
    if (options.badIntegrity) integrity[0] ^= 0xff;
    add(Attribute.MESSAGE_INTEGRITY, integrity);
  }
  addAll(options.extraAfter);
  if (options.fingerprint !== false) {
    const value = fingerprint(message(8));
    if (options.badFingerprint) value[3] ^= 1;
    add(Attribute.FINGERPRINT, value);
  }
  addAll(options.trailing);
  return message(0);
}

/** A STUN answer by its facts. Integrity is checked with `password`. */
export function describeStun(bytes: Buffer, password: string): JsonObject {
  const attributes: JsonObject[] = [];
  let at = 20;
  while (at + 4 <= bytes.length) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const value = bytes.subarray(at + 4, at + 4 + length);
    /** The message up to this attribute, its length field ending with it. */
    const before = Buffer.from(bytes.subarray(0, at));
    before.writeUInt16BE(at - 20 + 4 + length, 2);
    attributes.push(describeAttribute(type, value, before, password));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return {
    type: `0x${bytes.toString('hex', 0, 2)}`,
    transaction: bytes.toString('latin1', 8, 20),
    attributes,
  };
}

function describeAttribute(type: number, value: Buffer, before: Buffer, password: string): JsonObject {
  switch (type) {
    case Attribute.XOR_MAPPED_ADDRESS: {
      const address = Buffer.from(value.subarray(4));
      // The cookie and the transaction id are what addresses are masked with.
      for (let index = 0; index < address.length; index++) address[index] ^= before[4 + index];
      return {
        xorMappedAddress: {
          family: value[1],
          ip: value[1] === 1 ? address.join('.') : address.toString('hex'),
          port: value.readUInt16BE(2) ^ (MAGIC_COOKIE >>> 16),
        },
      };
    }
    case Attribute.ERROR_CODE:
      return { errorCode: value[2] * 100 + value[3], reason: value.toString('utf8', 4) };
    case Attribute.MESSAGE_INTEGRITY:
      return { messageIntegrity: messageIntegrity(before, password).equals(value) ? 'valid' : 'invalid' };
    case Attribute.FINGERPRINT:
      return { fingerprint: fingerprint(before).equals(value) ? 'valid' : 'invalid' };
    case Attribute.USERNAME:
      return { username: value.toString() };
    case Attribute.SOFTWARE:
      return { software: value.toString() };
    default:
      return { [`0x${type.toString(16).padStart(4, '0')}`]: value.toString('hex') };
  }
}

function attribute(type: number, value: Buffer, length = value.length): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type);
  bytes.writeUInt16BE(length, 2);
  value.copy(bytes, 4);
  return bytes;
}

const messageIntegrity = (message: Buffer, password: string): Buffer =>
  createHmac('sha1', password).update(message).digest();

const fingerprint = (message: Buffer): Buffer => uint32((crc32(message) ^ 0x5354554e) >>> 0);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
