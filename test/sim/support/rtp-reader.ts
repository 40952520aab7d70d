import { createPayloadParser, type PayloadParser } from '../../../src/rtp/codecs/registry.js';
import { type RtpParameters } from '../../../src/api/types/rtp-parameters.js';
import {
  createHeaderExtensionIds,
  HEADER_EXTENSION_URIS,
  type HeaderExtensionIds,
  ROUTER_EXTENSION_IDS,
} from '../../../src/rtp/header-extension.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';

/** Room in front of a packet for a header that grows. */
const HEADROOM = 64;

/** A view of a copy of an RTP packet. */
export function parseRtp(bytes: Uint8Array, extensionIds: HeaderExtensionIds = ROUTER_EXTENSION_IDS): RtpPacket {
  const room = new Uint8Array(HEADROOM + bytes.length);
  room.set(bytes, HEADROOM);
  const packet = new RtpPacket();
  const view = new DataView(room.buffer);
  if (!packet.parse(room, view, HEADROOM, bytes.length, 0)) throw new Error('malformed RTP packet');
  packet.extensionIds = extensionIds;
  return packet;
}

/** By which ids a publisher sends header extensions. */
export function extensionIdsOf({ headerExtensions = [] }: RtpParameters): HeaderExtensionIds {
  const ids = createHeaderExtensionIds();
  for (const { uri, id } of headerExtensions) {
    const extension = HEADER_EXTENSION_URIS.indexOf(uri) + 1;
    if (extension > 0) ids[extension] = id;
  }
  return ids;
}

/** Reads layers, key frames and picture ids of streams with one codec. */
export class PayloadReader {
  readonly #mimeType: string;
  readonly #parsers = new Map<number, PayloadParser | undefined>();

  constructor(mimeType: string) {
    this.#mimeType = mimeType;
  }

  read(packet: RtpPacket): void {
    if (!this.#parsers.has(packet.ssrc)) this.#parsers.set(packet.ssrc, createPayloadParser(this.#mimeType));
    this.#parsers.get(packet.ssrc)?.(packet);
  }

  /** The payload without what an SFU rewrites, as text that tells packets apart. */
  fingerprint({ bytes, payloadOffset, payloadLength }: RtpPacket): string {
    const rewritten = this.#mimeType === 'video/VP8' ? vp8DescriptorLength(bytes, payloadOffset) : 0;
    const end = payloadOffset + payloadLength;
    return `${payloadLength - rewritten} ${Buffer.from(bytes.subarray(payloadOffset + rewritten, end))
      .toString('latin1')
      .replace(/\0+$/, '')}`;
  }
}

/** RFC 7741 §4.2 */
function vp8DescriptorLength(bytes: Uint8Array, offset: number): number {
  if ((bytes[offset] & 0x80) === 0) return 1;
  const extension = bytes[offset + 1];
  const hasPictureId = (extension & 0x80) !== 0;
  const pictureIdLength = hasPictureId ? ((bytes[offset + 2] & 0x80) !== 0 ? 2 : 1) : 0;
  return 2 + pictureIdLength + (extension & 0x40 ? 1 : 0) + (extension & 0x30 ? 1 : 0);
}

/** Numbers that wrap around, made to go on. */
export class Unwrapper {
  readonly #range: number;
  #last: number | undefined;

  constructor(bits: number) {
    this.#range = 2 ** bits;
  }

  unwrap(value: number): number {
    if (this.#last === undefined) return (this.#last = value);
    const distance = (value - this.#last) % this.#range;
    const half = this.#range / 2;
    const nearest = distance > half ? distance - this.#range : distance < -half ? distance + this.#range : distance;
    return (this.#last = this.#last + nearest);
  }
}
