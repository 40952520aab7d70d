import { readUint32, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * SSN/TSN Reset Request (RFC 6525 §4.3).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |           Type = 15           |           Length = 8          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Re-configuration Request Sequence Number           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface SsnTsnResetRequest {
  readonly kind: 'ssnTsnResetRequest';
  readonly requestSequenceNumber: number;
}

export function parseSsnTsnResetRequest(
  bytes: Uint8Array,
  offset: number,
  length: number,
): SsnTsnResetRequest | undefined {
  return length === 8
    ? { kind: 'ssnTsnResetRequest', requestSequenceNumber: readUint32(bytes, offset + 4) }
    : undefined;
}

export function encodeSsnTsnResetRequest({ requestSequenceNumber }: SsnTsnResetRequest): Uint8Array {
  const tlv = newTlv(ParameterType.ssnTsnResetRequest, 4);
  writeUint32(tlv, 4, requestSequenceNumber);
  return tlv;
}
