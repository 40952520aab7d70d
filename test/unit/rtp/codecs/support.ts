import { createHeaderExtensionIds, HeaderExtension } from '../../../../src/rtp/header-extension.js';
import { createPayloadParser, type PayloadParser } from '../../../../src/rtp/codecs/registry.js';
import { type RtpPacket } from '../../../../src/rtp/rtp-packet.js';
import { buildPacket, hex, parse } from '../support.js';

/** Id of the dependency descriptor in packets made here. */
const DESCRIPTOR_ID = 13;
const extensionIds = createHeaderExtensionIds();
extensionIds[HeaderExtension.dependencyDescriptor] = DESCRIPTOR_ID;

/** A packet with this payload, as it is after the codec's parser has seen it. */
export function received(
  codec: string | PayloadParser,
  payload: number[],
  dependencyDescriptor?: string,
  marker = false,
): RtpPacket {
  const descriptor = dependencyDescriptor === undefined ? undefined : hex(dependencyDescriptor);
  const packet = parse(
    buildPacket({ payload, marker, profile: 0x1000, extensions: descriptor && [[DESCRIPTOR_ID, descriptor]] }),
    64,
  )!;
  packet.extensionIds = extensionIds;
  const parser = typeof codec === 'string' ? createPayloadParser(codec)! : codec;
  parser(packet);
  return packet;
}

/**
 * A dependency descriptor in hex with a template structure of these layers, written after the AV1 RTP specification
 * §A.8.2, without frame differences.
 */
export function structure(layers: [number, number][], options: { decodeTargets?: number; chains?: number; offset?: number } = {}): string {
  const { decodeTargets = 1, chains = 0, offset = 0 } = options;
  let bits = '11' + offset.toString(2).padStart(6, '0') + '0000000000000001' + '10000';
  bits += offset.toString(2).padStart(6, '0') + (decodeTargets - 1).toString(2).padStart(5, '0');
  layers.forEach(([s], i) => {
    const next = layers[i + 1];
    if (next === undefined) bits += '11';
    else if (next[0] !== s) bits += '10';
    else bits += next[1] === layers[i][1] ? '00' : '01';
  });
  bits += '10'.repeat(layers.length * decodeTargets);
  bits += '0'.repeat(layers.length);
  bits += nonSymmetric(chains, decodeTargets + 1);
  if (chains > 0) bits += nonSymmetric(0, chains).repeat(decodeTargets) + '0000'.repeat(layers.length * chains);
  bits += '0'.repeat((8 - (bits.length % 8)) % 8);
  return bits.match(/.{8}/g)!.map(byte => parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
} // prettier-ignore

/** AV1 bitstream specification §4.10.7. */
function nonSymmetric(value: number, n: number): string {
  const width = n.toString(2).length;
  const threshold = 2 ** width - n;
  if (value < threshold) return width > 1 ? value.toString(2).padStart(width - 1, '0') : '';
  return (value + threshold).toString(2).padStart(width, '0');
}

/** A descriptor without structure: template and position in the frame. */
export const frame = (template: number, flags: 'S' | 'E' | 'SE' | ''): string =>
  ((flags.includes('S') ? 0x80 : 0) | (flags.includes('E') ? 0x40 : 0) | template).toString(16).padStart(2, '0') +
  '0002';
