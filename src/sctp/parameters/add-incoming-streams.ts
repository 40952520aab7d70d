import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Add Incoming Streams Request (RFC 6525 §4.6).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 18           |          Length = 12          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Re-configuration Request Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |     Number of new streams     |            Reserved           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface AddIncomingStreams {
  readonly kind: 'addIncomingStreams';
  readonly requestSequenceNumber: number;
  readonly newStreams: number;
}

const LENGTH = 12;

export function parseAddIncomingStreams(
  bytes: Uint8Array,
  offset: number,
  length: number,
): AddIncomingStreams | undefined {
  if (length !== LENGTH) return undefined;
  return {
    kind: 'addIncomingStreams',
    requestSequenceNumber: readUint32(bytes, offset + 4),
    newStreams: readUint16(bytes, offset + 8),
  };
}

export function encodeAddIncomingStreams({ requestSequenceNumber, newStreams }: AddIncomingStreams): Uint8Array {
  const tlv = newTlv(ParameterType.addIncomingStreams, LENGTH - TLV_HEADER_LENGTH);
  writeUint32(tlv, 4, requestSequenceNumber);
  writeUint16(tlv, 8, newStreams);
  return tlv;
}
