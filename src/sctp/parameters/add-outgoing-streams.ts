import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Add Outgoing Streams Request (RFC 6525 §4.5).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 17           |          Length = 12          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Re-configuration Request Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Number of new streams     |            Reserved           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface AddOutgoingStreams {
  readonly kind: 'addOutgoingStreams';
  readonly requestSequenceNumber: number;
  readonly newStreams: number;
}

const LENGTH = 12;

export function parseAddOutgoingStreams(
  bytes: Uint8Array,
  offset: number,
  length: number,
): AddOutgoingStreams | undefined {
  if (length !== LENGTH) return undefined;
  return {
    kind: 'addOutgoingStreams',
    requestSequenceNumber: readUint32(bytes, offset + 4),
    newStreams: readUint16(bytes, offset + 8),
  };
}

export function encodeAddOutgoingStreams({ requestSequenceNumber, newStreams }: AddOutgoingStreams): Uint8Array {
  const tlv = newTlv(ParameterType.addOutgoingStreams, LENGTH - TLV_HEADER_LENGTH);
  writeUint32(tlv, 4, requestSequenceNumber);
  writeUint16(tlv, 8, newStreams);
  return tlv;
}
