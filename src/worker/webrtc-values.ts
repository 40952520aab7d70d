import * as FbsWebRtcTransport from '../channel/fbs/web-rtc-transport.js';
import { type DtlsRole, type DtlsState } from '../dtls/dtls-transport.js';
import { type Fingerprint, type FingerprintAlgorithm, fingerprintAlgorithms } from '../dtls/fingerprint.js';
import { type IceCandidate } from '../ice/candidate.js';
import { type IceState } from '../ice/ice-server.js';
import { protocolNumber } from './tuple.js';

/** What ICE and DTLS say, in the words of the channel. */

export function candidateDump(candidate: IceCandidate): FbsWebRtcTransport.IceCandidate {
  return {
    foundation: candidate.foundation,
    priority: candidate.priority,
    address: candidate.address,
    protocol: protocolNumber(candidate.protocol),
    port: candidate.port,
    type: FbsWebRtcTransport.IceCandidateType.HOST,
    tcpType: candidate.tcpType ? FbsWebRtcTransport.IceCandidateTcpType.PASSIVE : undefined,
  };
}

/** @throws TypeError if the algorithm is unknown */
export function readFingerprint({ algorithm, value }: FbsWebRtcTransport.Fingerprint): Fingerprint {
  const name: FingerprintAlgorithm | undefined = fingerprintAlgorithms[algorithm];
  if (name === undefined) throw new TypeError('invalid fingerprint algorithm');
  return { algorithm: name, value };
}

export function iceStateNumber(state: IceState): FbsWebRtcTransport.IceState {
  const { NEW, CONNECTED, COMPLETED, DISCONNECTED } = FbsWebRtcTransport.IceState;
  return { new: NEW, connected: CONNECTED, completed: COMPLETED, disconnected: DISCONNECTED }[state];
}

export function dtlsStateNumber(state: DtlsState): FbsWebRtcTransport.DtlsState {
  const { NEW, CONNECTING, CONNECTED, FAILED, CLOSED } = FbsWebRtcTransport.DtlsState;
  return { new: NEW, connecting: CONNECTING, connected: CONNECTED, failed: FAILED, closed: CLOSED }[state];
}

export function roleNumber(role: DtlsRole | 'auto'): FbsWebRtcTransport.DtlsRole {
  const { AUTO, CLIENT, SERVER } = FbsWebRtcTransport.DtlsRole;
  return { auto: AUTO, client: CLIENT, server: SERVER }[role];
}

export function fingerprintDump({ algorithm, value }: Fingerprint): FbsWebRtcTransport.Fingerprint {
  return { algorithm: fingerprintAlgorithms.indexOf(algorithm) as FbsWebRtcTransport.FingerprintAlgorithm, value };
}
