import { AlertDescription, FatalAlert } from './alert.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** Hello extensions that mean something to us. */
export const ExtensionType = {
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  useSrtp: 14,
  extendedMasterSecret: 23,
  supportedVersions: 43,
  renegotiationInfo: 0xff01,
} as const;

/** Content by type, in the order of the message. */
export type Extensions = Map<number, Uint8Array>;

/** The extensions block at the end of a hello, which may be missing altogether (RFC 5246 §7.4.1.4). */
export function readExtensions(reader: ByteReader): Extensions {
  const extensions: Extensions = new Map();
  if (reader.remaining === 0) return extensions;
  const block = new ByteReader(reader.vector16());
  reader.end();
  while (block.remaining > 0) {
    const type = block.u16();
    if (extensions.has(type)) throw new FatalAlert(AlertDescription.decodeError, `extension ${type} comes twice`);
    extensions.set(type, block.vector16());
  }
  return extensions;
}

export function writeExtensions(writer: ByteWriter, extensions: Extensions): void {
  if (extensions.size === 0) return;
  const block = new ByteWriter();
  for (const [type, content] of extensions) block.u16(type).vector16(content);
  writer.vector16(block.finish());
}

/** supported_groups and signature_algorithms: nothing but a list of code points. */
export const encodeList16 = (values: readonly number[]): Uint8Array => new ByteWriter().list16(values).finish();

export function decodeList16(content: Uint8Array): number[] {
  const reader = new ByteReader(content);
  const values = reader.list16();
  reader.end();
  return values;
}

/** ec_point_formats (RFC 8422 §5.1.2): uncompressed, the only one there is. */
export const encodePointFormats = (): Uint8Array => Uint8Array.of(1, 0);

/** renegotiation_info of a first handshake (RFC 5746 §3.2): nothing to renegotiate. */
export const encodeRenegotiationInfo = (): Uint8Array => Uint8Array.of(0);

/** A first handshake says that there was none before (RFC 5746 §3.4, §3.6). */
export function checkRenegotiationInfo(content: Uint8Array): void {
  const reader = new ByteReader(content);
  const renegotiatedConnection = reader.vector8();
  reader.end();
  if (renegotiatedConnection.length > 0) {
    throw new FatalAlert(AlertDescription.handshakeFailure, 'renegotiation_info is not empty');
  }
}

/** supported_versions of a ClientHello (RFC 8446 §4.2.1). */
export function decodeSupportedVersions(content: Uint8Array): number[] {
  const reader = new ByteReader(content);
  const list = new ByteReader(reader.vector8());
  reader.end();
  const versions: number[] = [];
  while (list.remaining > 0) versions.push(list.u16());
  return versions;
}

/** use_srtp (RFC 5764 §4.1.1). */
export interface UseSrtp {
  /** Code points: in a ClientHello all that are offered, in a ServerHello the one that was chosen. */
  profiles: number[];
  /** Master key identifier. We never want one. */
  mki: Uint8Array;
}

export const encodeUseSrtp = (profiles: readonly number[]): Uint8Array =>
  new ByteWriter().list16(profiles).u8(0).finish();

export function decodeUseSrtp(content: Uint8Array): UseSrtp {
  const reader = new ByteReader(content);
  const profiles = reader.list16();
  const mki = reader.vector8();
  reader.end();
  return { profiles, mki };
}
