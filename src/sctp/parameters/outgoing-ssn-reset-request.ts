import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';
import { readUint16List, writeUint16List } from './uint16-list.js';

/**
 * Outgoing SSN Reset Request (RFC 6525 §4.1): the sender starts its streams from the beginning.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 13           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Re-configuration Request Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Re-configuration Response Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                   Sender's Last Assigned TSN                  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Stream Identifiers, 16 bits each                          ....
 */
export interface OutgoingSsnResetRequest {
  readonly kind: 'outgoingSsnResetRequest';
  readonly requestSequenceNumber: number;
  /** The request sequence number that this answers, if it answers one; else the one before the next expected. */
  readonly responseSequenceNumber: number;
  readonly lastAssignedTsn: number;
  /** Empty: all streams. */
  readonly streamIds: readonly number[];
}

const HEADER_LENGTH = 16;

export function parseOutgoingSsnResetRequest(
  bytes: Uint8Array,
  offset: number,
  length: number,
): OutgoingSsnResetRequest | undefined {
  if (length < HEADER_LENGTH) return undefined;
  return {
    kind: 'outgoingSsnResetRequest',
    requestSequenceNumber: readUint32(bytes, offset + 4),
    responseSequenceNumber: readUint32(bytes, offset + 8),
    lastAssignedTsn: readUint32(bytes, offset + 12),
    streamIds: readUint16List(bytes, offset + HEADER_LENGTH, offset + length),
  };
}

export function encodeOutgoingSsnResetRequest(request: OutgoingSsnResetRequest): Uint8Array {
  const tlv = newTlv(
    ParameterType.outgoingSsnResetRequest,
    HEADER_LENGTH - TLV_HEADER_LENGTH + 2 * request.streamIds.length,
  );
  writeUint32(tlv, 4, request.requestSequenceNumber);
  writeUint32(tlv, 8, request.responseSequenceNumber);
  writeUint32(tlv, 12, request.lastAssignedTsn);
  writeUint16List(tlv, HEADER_LENGTH, request.streamIds);
  return tlv;
}
