import { describe, expect, it } from 'vitest';
import { dtlsParametersFromFbs, dtlsParametersToFbs } from '../../../src/api/wire/dtls-parameters.js';
import { type DtlsParameters } from '../../../src/api/types/web-rtc-transport.js';

const fingerprint = { algorithm: 'sha-256', value: 'AB:CD' } as const;

describe('dtlsParametersToFbs', () => {
  it.each(['auto', 'client', 'server'] as const)('keeps fingerprints and the role %s', role => {
    const parameters: DtlsParameters = { fingerprints: [fingerprint], role };
    expect(dtlsParametersFromFbs(dtlsParametersToFbs(parameters))).toEqual(parameters);
  });

  it('takes the role as auto if there is none', () => {
    expect(dtlsParametersFromFbs(dtlsParametersToFbs({ fingerprints: [fingerprint] })).role).toBe('auto');
  });

  // An application's tests may compare the words of these errors with those of mediasoup.
  it.each<[unknown, string]>([
    [undefined, "Cannot read properties of undefined (reading 'fingerprints')"],
    [{}, 'dtlsParameters.fingerprints is not iterable'],
  ])('refuses %j', (parameters, message) => {
    expect(() => dtlsParametersToFbs(parameters as DtlsParameters)).toThrow(new TypeError(message));
  });
});
