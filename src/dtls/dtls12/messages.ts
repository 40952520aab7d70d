import { AlertDescription, FatalAlert } from '../alert.js';
import { ByteReader } from '../byte-reader.js';
import { ByteWriter } from '../byte-writer.js';

/** Certificate (RFC 5246 §7.4.2) with one certificate, given in DER. */
export const encodeCertificate = (certificate: Uint8Array): Uint8Array =>
  new ByteWriter().vector24(new ByteWriter().vector24(certificate).finish()).finish();

/**
 * @returns the peer's own certificate, the first of the list; undefined if the list is empty
 * @throws FatalAlert if the message is malformed
 */
export function decodeCertificate(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  const list = new ByteReader(reader.vector24());
  reader.end();
  const own = list.remaining > 0 ? list.vector24() : undefined;
  while (list.remaining > 0) list.vector24();
  return own;
}

/** ServerKeyExchange of ECDHE (RFC 8422 §5.4). */
export interface ServerKeyExchange {
  group: number;
  publicKey: Uint8Array;
  /** What is signed, behind both randoms: curve type, group and public key as they are in the message. */
  parameters: Uint8Array;
  signature: DigitallySigned;
}

/** RFC 5246 §4.7. */
export interface DigitallySigned {
  scheme: number;
  signature: Uint8Array;
}

const NAMED_CURVE = 3;

export const encodeKeyExchangeParameters = (group: number, publicKey: Uint8Array): Uint8Array =>
  new ByteWriter().u8(NAMED_CURVE).u16(group).vector8(publicKey).finish();

export const encodeServerKeyExchange = (parameters: Uint8Array, { scheme, signature }: DigitallySigned): Uint8Array =>
  new ByteWriter().bytes(parameters).u16(scheme).vector16(signature).finish();

/** @throws FatalAlert if the message is malformed, or speaks of anything but a named curve */
export function decodeServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  const reader = new ByteReader(body);
  if (reader.u8() !== NAMED_CURVE) throw new FatalAlert(AlertDescription.illegalParameter, 'not a named curve');
  const group = reader.u16();
  const publicKey = reader.vector8();
  const parameters = body.subarray(0, body.length - reader.remaining);
  const signature = readDigitallySigned(reader);
  return { group, publicKey, parameters, signature };
}

/** CertificateRequest (RFC 5246 §7.4.4): any issuer, keys for ECDSA or RSA signatures. */
export const encodeCertificateRequest = (schemes: readonly number[]): Uint8Array =>
  new ByteWriter().vector8(Uint8Array.of(ECDSA_SIGN, RSA_SIGN)).list16(schemes).u16(0).finish();

const RSA_SIGN = 1;
const ECDSA_SIGN = 64;

/**
 * @returns the signature schemes that the server accepts
 * @throws FatalAlert if the message is malformed
 */
export function decodeCertificateRequest(body: Uint8Array): number[] {
  const reader = new ByteReader(body);
  reader.vector8();
  const schemes = reader.list16();
  reader.vector16();
  reader.end();
  return schemes;
}

/** CertificateVerify (RFC 5246 §7.4.8). */
export const encodeCertificateVerify = ({ scheme, signature }: DigitallySigned): Uint8Array =>
  new ByteWriter().u16(scheme).vector16(signature).finish();

/** @throws FatalAlert if the message is malformed */
export const decodeCertificateVerify = (body: Uint8Array): DigitallySigned => readDigitallySigned(new ByteReader(body));

/** ClientKeyExchange of ECDHE (RFC 8422 §5.7). */
export const encodeClientKeyExchange = (publicKey: Uint8Array): Uint8Array =>
  new ByteWriter().vector8(publicKey).finish();

/**
 * @returns the client's public key
 * @throws FatalAlert if the message is malformed
 */
export function decodeClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  const publicKey = reader.vector8();
  reader.end();
  return publicKey;
}

function readDigitallySigned(reader: ByteReader): DigitallySigned {
  const scheme = reader.u16();
  const signature = reader.vector16();
  reader.end();
  return { scheme, signature };
}
