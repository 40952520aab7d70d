import {
  type DtlsParameters as FbsDtlsParameters,
  DtlsRole as FbsDtlsRole,
  DtlsState as FbsDtlsState,
  FingerprintAlgorithm as FbsFingerprintAlgorithm,
  type Fingerprint,
} from '../../channel/fbs/web-rtc-transport.js';
import {
  type DtlsParameters,
  type DtlsRole,
  type DtlsState,
  type FingerprintAlgorithm,
} from '../types/web-rtc-transport.js';
import { EnumNames } from './convert.js';

export const dtlsRoles = new EnumNames<DtlsRole, FbsDtlsRole>('DtlsRole', {
  auto: FbsDtlsRole.AUTO,
  client: FbsDtlsRole.CLIENT,
  server: FbsDtlsRole.SERVER,
});

export const dtlsStates = new EnumNames<DtlsState, FbsDtlsState>('DtlsState', {
  new: FbsDtlsState.NEW,
  connecting: FbsDtlsState.CONNECTING,
  connected: FbsDtlsState.CONNECTED,
  failed: FbsDtlsState.FAILED,
  closed: FbsDtlsState.CLOSED,
});

const fingerprintAlgorithms = new EnumNames<FingerprintAlgorithm, FbsFingerprintAlgorithm>('FingerprintAlgorithm', {
  'sha-1': FbsFingerprintAlgorithm.SHA1,
  'sha-224': FbsFingerprintAlgorithm.SHA224,
  'sha-256': FbsFingerprintAlgorithm.SHA256,
  'sha-384': FbsFingerprintAlgorithm.SHA384,
  'sha-512': FbsFingerprintAlgorithm.SHA512,
});

/** @throws TypeError - unknown algorithm or role. */
export function dtlsParametersToFbs(dtlsParameters: DtlsParameters): FbsDtlsParameters {
  const fingerprints: Fingerprint[] = [];
  for (const { algorithm, value } of dtlsParameters.fingerprints) {
    fingerprints.push({ algorithm: fingerprintAlgorithms.toValue(algorithm), value });
  }
  return { fingerprints, role: dtlsRoles.toValue(dtlsParameters.role ?? 'auto') };
}

export const dtlsParametersFromFbs = ({ fingerprints, role }: FbsDtlsParameters): DtlsParameters => ({
  fingerprints: fingerprints.map(({ algorithm, value }) => ({
    algorithm: fingerprintAlgorithms.toName(algorithm),
    value: value,
  })),
  role: dtlsRoles.toName(role),
});
