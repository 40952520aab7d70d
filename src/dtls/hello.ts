import { AlertDescription, FatalAlert } from './alert.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { readExtensions, writeExtensions, type Extensions } from './extension.js';
import { ProtocolVersion } from './record.js';

export const RANDOM_LENGTH = 32;

/** The signalling suite that stands for an empty renegotiation_info (RFC 5746 §3.3). */
export const RENEGOTIATION_INFO_SCSV = 0x00ff;

/** RFC 6347 §4.2.1, §4.3.2. */
export interface ClientHello {
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  cookie: Uint8Array;
  cipherSuites: number[];
  compressionMethods: Uint8Array;
  extensions: Extensions;
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new ByteWriter()
    .u16(hello.version)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .vector8(hello.cookie)
    .list16(hello.cipherSuites)
    .vector8(hello.compressionMethods);
  writeExtensions(writer, hello.extensions);
  return writer.finish();
}

/** @throws FatalAlert if the message is malformed */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.bytes(RANDOM_LENGTH);
  const sessionId = reader.vector8();
  if (sessionId.length > 32) throw new FatalAlert(AlertDescription.decodeError, 'session id is too long');
  const cookie = reader.vector8();
  const cipherSuites = reader.list16();
  const compressionMethods = reader.vector8();
  const extensions = readExtensions(reader);
  return { version, random, sessionId, cookie, cipherSuites, compressionMethods, extensions };
}

/** RFC 5246 §7.4.1.3. */
export interface ServerHello {
  version: number;
  random: Uint8Array;
  sessionId: Uint8Array;
  cipherSuite: number;
  compressionMethod: number;
  extensions: Extensions;
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new ByteWriter()
    .u16(hello.version)
    .bytes(hello.random)
    .vector8(hello.sessionId)
    .u16(hello.cipherSuite)
    .u8(hello.compressionMethod);
  writeExtensions(writer, hello.extensions);
  return writer.finish();
}

/** @throws FatalAlert if the message is malformed */
export function decodeServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.bytes(RANDOM_LENGTH);
  const sessionId = reader.vector8();
  if (sessionId.length > 32) throw new FatalAlert(AlertDescription.decodeError, 'session id is too long');
  const cipherSuite = reader.u16();
  const compressionMethod = reader.u8();
  const extensions = readExtensions(reader);
  return { version, random, sessionId, cipherSuite, compressionMethod, extensions };
}

/** RFC 6347 §4.2.1: the version says nothing about what will be negotiated. */
export const encodeHelloVerifyRequest = (cookie: Uint8Array): Uint8Array =>
  new ByteWriter().u16(ProtocolVersion.dtls10).vector8(cookie).finish();

/**
 * @returns the cookie
 * @throws FatalAlert if the message is malformed
 */
export function decodeHelloVerifyRequest(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  reader.u16();
  const cookie = reader.vector8();
  reader.end();
  return cookie;
}
