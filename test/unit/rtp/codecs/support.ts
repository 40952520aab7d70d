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
