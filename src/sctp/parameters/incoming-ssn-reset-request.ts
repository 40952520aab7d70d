import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';
import { readUint16List, writeUint16List } from './uint16-list.js';

/**
 * Incoming SSN Reset Request (RFC 6525 §4.2): the sender asks its peer to reset outgoing streams.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 14           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Re-configuration Request Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Stream Identifiers, 16 bits each                          ....
 */
export interface IncomingSsnResetRequest {
  readonly kind: 'incomingSsnResetRequest';
  readonly requestSequenceNumber: number;
  /** Empty: all streams. */
  readonly streamIds: readonly number[];
}

const HEADER_LENGTH = 8;

export function parseIncomingSsnResetRequest(
  bytes: Uint8Array,
  offset: number,
  length: number,
): IncomingSsnResetRequest | undefined {
  if (length < HEADER_LENGTH) return undefined;
  return {
    kind: 'incomingSsnResetRequest',
    requestSequenceNumber: readUint32(bytes, offset + 4),
    streamIds: readUint16List(bytes, offset + HEADER_LENGTH, offset + length),
  };
}

export function encodeIncomingSsnResetRequest(request: IncomingSsnResetRequest): Uint8Array {
  const tlv = newTlv(
    ParameterType.incomingSsnResetRequest,
    HEADER_LENGTH - TLV_HEADER_LENGTH + 2 * request.streamIds.length,
  );
  writeUint32(tlv, 4, request.requestSequenceNumber);
  writeUint16List(tlv, HEADER_LENGTH, request.streamIds);
  return tlv;
}
