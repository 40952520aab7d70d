import { readUint16, readUint32, writeUint16, writeUint32 } from '../../common/bytes.js';
import { newTlv } from '../tlv.js';
import { ErrorCauseCode } from './error-cause-code.js';

/**
 * Missing Mandatory Parameter (RFC 9260 §3.3.10.2).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 2           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                  Number of missing parameters                 |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Parameter Types, 16 bits each                             ....
 */
export interface MissingMandatoryParameter {
  readonly kind: 'missingMandatoryParameter';
  readonly parameterTypes: readonly number[];
}

const HEADER_LENGTH = 8;

export function parseMissingMandatoryParameter(
  bytes: Uint8Array,
  offset: number,
  length: number,
): MissingMandatoryParameter | undefined {
  if (length < HEADER_LENGTH) return undefined;
  const count = readUint32(bytes, offset + 4);
  if (length !== HEADER_LENGTH + 2 * count) return undefined;
  const parameterTypes: number[] = [];
  for (let i = 0; i < count; i++) parameterTypes.push(readUint16(bytes, offset + HEADER_LENGTH + 2 * i));
  return { kind: 'missingMandatoryParameter', parameterTypes };
}

export function encodeMissingMandatoryParameter({ parameterTypes }: MissingMandatoryParameter): Uint8Array {
  const tlv = newTlv(ErrorCauseCode.missingMandatoryParameter, 4 + 2 * parameterTypes.length);
  writeUint32(tlv, 4, parameterTypes.length);
  parameterTypes.forEach((type, i) => writeUint16(tlv, HEADER_LENGTH + 2 * i, type));
  return tlv;
}
