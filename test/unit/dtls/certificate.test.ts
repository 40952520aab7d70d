import { createHash, randomFillSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Certificate } from '../../../src/dtls/certificate.js';
import { derInteger, derObjectIdentifier, derSequence, derTime } from '../../../src/dtls/der.js';
import { fingerprintOf, matchesFingerprint } from '../../../src/dtls/fingerprint.js';

const random = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };
const fixture = (name: string): string => readFileSync(new URL(`../../fixtures/dtls/${name}`, import.meta.url), 'utf8');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('DER', () => {
  it('writes integers as positive numbers of minimal length', () => {
    expect(hex(derInteger(Uint8Array.of(0)))).toBe('020100');
    expect(hex(derInteger(Uint8Array.of(0, 0, 5)))).toBe('020105');
    expect(hex(derInteger(Uint8Array.of(0x80)))).toBe('02020080');
  });

  it('writes object identifiers', () => {
    expect(hex(derObjectIdentifier('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
  });

  it('writes lengths in short and long form', () => {
    expect(hex(derSequence(new Uint8Array(127))).slice(0, 4)).toBe('307f');
    expect(hex(derSequence(new Uint8Array(128))).slice(0, 6)).toBe('308180');
    expect(hex(derSequence(new Uint8Array(256))).slice(0, 8)).toBe('30820100');
  });

  it.each([
    ['1970-01-01T00:00:00Z', '170d3730303130313030303030305a'],
    ['2024-02-29T23:59:59Z', '170d3234303232393233353935395a'],
    ['2049-12-31T23:59:59Z', '170d3439313233313233353935395a'],
    ['2050-01-01T00:00:00Z', '180f32303530303130313030303030305a'],
    ['2100-03-01T12:34:56Z', '180f32313030303330313132333435365a'],
  ])('writes %s', (iso, expected) => {
    expect(hex(derTime(Date.parse(iso) / 1000))).toBe(expected);
  });
});

describe('Certificate', () => {
  it('generates a certificate that other software reads', () => {
    const unixTime = Date.parse('2026-03-01T10:20:30.900Z');
    const x509 = new X509Certificate(Certificate.generate(unixTime, random).der);
    expect(x509.verify(x509.publicKey)).toBe(true);
    expect(x509.subject).toMatch(/^O=tsfu-[0-9a-f]{8}\nCN=tsfu-[0-9a-f]{8}$/);
    expect(x509.issuer).toBe(x509.subject);
    expect(Date.parse(x509.validFrom)).toBe(Date.parse('2016-03-03T10:20:30Z'));
    expect(Date.parse(x509.validTo)).toBe(Date.parse('2036-02-27T10:20:30Z'));
    expect(x509.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(x509.serialNumber).toMatch(/^[4-7][0-9A-F]{15}$/);
  });

  it('gives each certificate its own key, serial number and name', () => {
    const [one, other] = [Certificate.generate(0, random), Certificate.generate(0, random)].map(
      certificate => new X509Certificate(certificate.der),
    );
    expect(one.serialNumber).not.toBe(other.serialNumber);
    expect(one.subject).not.toBe(other.subject);
    expect(one.publicKey.equals(other.publicKey)).toBe(false);
  });

  it('has five fingerprints', () => {
    const certificate = Certificate.generate(0, random);
    expect(certificate.fingerprints.map(one => one.algorithm)).toEqual([
      'sha-1',
      'sha-224',
      'sha-256',
      'sha-384',
      'sha-512',
    ]);
    const x509 = new X509Certificate(certificate.pem);
    expect(certificate.fingerprints[0].value).toBe(x509.fingerprint);
    expect(certificate.fingerprints[2].value).toBe(x509.fingerprint256);
    expect(certificate.fingerprints[4].value).toBe(x509.fingerprint512);
    expect(certificate.fingerprints[1].value.replaceAll(':', '').toLowerCase()).toBe(
      createHash('sha224').update(certificate.der).digest('hex'),
    );
  });

  it.each([
    ['rsa', 'rsa'],
    ['p384', 'ec'],
  ])('reads an %s certificate from PEM', (name, keyType) => {
    const certificate = Certificate.fromPem(fixture(`${name}.cert.pem`), fixture(`${name}.key.pem`));
    expect(certificate.privateKey.asymmetricKeyType).toBe(keyType);
    expect(certificate.pem).toBe(fixture(`${name}.cert.pem`));
  });

  it('takes the first certificate of a chain', () => {
    const chain = fixture('rsa.cert.pem') + fixture('p384.cert.pem');
    expect(Certificate.fromPem(chain, fixture('rsa.key.pem')).pem).toBe(fixture('rsa.cert.pem'));
  });

  it('refuses a key of another certificate, and garbage', () => {
    expect(() => Certificate.fromPem(fixture('rsa.cert.pem'), fixture('p384.key.pem'))).toThrow('does not belong');
    expect(() => Certificate.fromPem('nonsense', fixture('rsa.key.pem'))).toThrow();
    expect(() => Certificate.fromPem(fixture('rsa.cert.pem'), 'nonsense')).toThrow();
  });
});

describe('fingerprints', () => {
  it('match in either case, and not otherwise', () => {
    const der = Certificate.generate(0, random).der;
    const { algorithm, value } = fingerprintOf(der, 'sha-256');
    expect(matchesFingerprint(der, { algorithm, value })).toBe(true);
    expect(matchesFingerprint(der, { algorithm, value: value.toLowerCase() })).toBe(true);
    expect(matchesFingerprint(der, { algorithm, value: value.slice(0, -3) })).toBe(false);
    expect(matchesFingerprint(der, { algorithm: 'sha-1', value })).toBe(false);
  });
});
