import { encodeTlv, tlvValue } from '../tlv.js';
import { ParameterType } from './parameter-type.js';

/**
 * Heartbeat Info (RFC 9260 §3.3.5).
 *
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |            Type = 1           |             Length            |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Heartbeat Information                                     ....
 */
export interface HeartbeatInfo {
  readonly kind: 'heartbeatInfo';
  /** Only its sender knows what it means. */
  readonly info: Uint8Array;
}

export function parseHeartbeatInfo(bytes: Uint8Array, offset: number, length: number): HeartbeatInfo {
  return { kind: 'heartbeatInfo', info: tlvValue(bytes, offset, length) };
}

export function encodeHeartbeatInfo({ info }: HeartbeatInfo): Uint8Array {
  return encodeTlv(ParameterType.heartbeatInfo, info);
}
