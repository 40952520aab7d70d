import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv, TLV_HEADER_LENGTH } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Re-configuration Response (RFC 6525 §4.4). The two TSNs are there only if it answers an SSN/TSN Reset Request.
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 16           |       Length = 12 or 20       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Re-configuration Response Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                             Result                            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                  Sender's Next TSN (optional)                 |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                 Receiver's Next TSN (optional)                |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ReconfigurationResponse {
  readonly kind: 'reconfigurationResponse';
  readonly responseSequenceNumber: number;
  /** A `ReconfigurationResult`, if the peer keeps to the RFC. */
  readonly result: number;
  readonly nextTsns?: { readonly sender: number; readonly receiver: number };
}

export const ReconfigurationResult = {
  successNothingToDo: 0,
  successPerformed: 1,
  denied: 2,
  wrongSsn: 3,
  requestAlreadyInProgress: 4,
  badSequenceNumber: 5,
  inProgress: 6,
} as const;

const LENGTH = 12;
const LENGTH_WITH_TSNS = 20;

export function parseReconfigurationResponse(
  bytes: Uint8Array,
  offset: number,
  length: number,
): ReconfigurationResponse | undefined {
  if (length !== LENGTH && length !== LENGTH_WITH_TSNS) return undefined;
  const response: ReconfigurationResponse = {
    kind: 'reconfigurationResponse',
    responseSequenceNumber: readUint32(bytes, offset + 4),
    result: readUint32(bytes, offset + 8),
  };
  if (length === LENGTH) return response;
  return {
    ...response,
    nextTsns: { sender: readUint32(bytes, offset + 12), receiver: readUint32(bytes, offset + 16) },
  };
}

export function encodeReconfigurationResponse(response: ReconfigurationResponse): Uint8Array {
  const { nextTsns } = response;
  const tlv = newTlv(ParameterType.reconfigurationResponse, (nextTsns ? LENGTH_WITH_TSNS : LENGTH) - TLV_HEADER_LENGTH);
  writeUint32(tlv, 4, response.responseSequenceNumber);
  writeUint32(tlv, 8, response.result);
  if (nextTsns) {
    writeUint32(tlv, 12, nextTsns.sender);
    writeUint32(tlv, 16, nextTsns.receiver);
  }
  return tlv;
}
