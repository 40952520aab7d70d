import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, parseSettings, SettingsError } from '../../../src/worker/settings.js';

const parse = (...args: string[]) =>
  parseSettings(args, path => {
    if (path.startsWith('/no')) throw new Error(`'${path}' cannot be read`);
    return `content of ${path}`;
  });

describe('settings', () => {
  it('are the defaults without arguments', () => {
    expect(parse()).toEqual(DEFAULT_SETTINGS);
  });

  it('are read from the arguments of the API', () => {
    expect(
      parse(
        '--logLevel=warn',
        '--logTag=ice',
        '--logTag=dtls',
        '--rtcMinPort=2000',
        '--rtcMaxPort=2010',
        '--dtlsCertificateFile=/c.pem',
        '--dtlsPrivateKeyFile=/k.pem',
        '--srtpCryptoSuites=AEAD_AES_256_GCM,AEAD_AES_128_GCM',
        '--libwebrtcFieldTrials=WebRTC-Bwe-AlrLimitedBackoff/Disabled/',
      ),
    ).toEqual({
      logLevel: 'warn',
      logTags: ['ice', 'dtls'],
      rtcMinPort: 2000,
      rtcMaxPort: 2010,
      dtls: { certificatePem: 'content of /c.pem', privateKeyPem: 'content of /k.pem' },
      // The others are offered, too.
      srtpProfiles: ['AEAD_AES_256_GCM', 'AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'],
      libwebrtcFieldTrials: 'WebRTC-Bwe-AlrLimitedBackoff/Disabled/',
    });
  });

  it('understand values of their own, abbreviations, and levels in any case', () => {
    expect(parse('--logLevel', 'DEBUG', '--logTags', 'rtp')).toMatchObject({ logLevel: 'debug', logTags: ['rtp'] });
    expect(parse('--rtcMin=5', '--rtcMax=65535abc')).toMatchObject({ rtcMinPort: 5, rtcMaxPort: 65535 });
  });

  it('take unknown tags, which have no effect', () => {
    expect(parse('--logTag=foo').logTags).toEqual(['foo']);
  });

  const wrong: [string[], string][] = [
    [['--logLevel=chicken'], "invalid value 'chicken' for logLevel"],
    [['--rtcMinPort=1000', '--rtcMaxPort=999'], 'rtcMaxPort cannot be less than rtcMinPort'],
    // Cut to 16 bits it is 0.
    [['--rtcMaxPort=65536'], 'rtcMaxPort cannot be less than rtcMinPort'],
    [['--rtcMinPort=abc'], "invalid value 'abc' for rtcMinPort"],
    [['--dtlsCertificateFile=/c.pem'], 'missing dtlsPrivateKeyFile'],
    [['--dtlsPrivateKeyFile=/k.pem'], 'missing dtlsCertificateFile'],
    [['--dtlsCertificateFile=/no', '--dtlsPrivateKeyFile=/k'], "dtlsCertificateFile: '/no' cannot be read"],
    [['--dtlsCertificateFile=/c', '--dtlsPrivateKeyFile=/no'], "dtlsPrivateKeyFile: '/no' cannot be read"],
    [['--srtpCryptoSuites=AEAD_AES_128_GCM,toString'], "invalid value 'toString' for srtpCryptoSuites"],
    [['--chicken=1'], "missing value in command line argument in option '--chicken=1'"],
    [['chicken'], "missing value in command line argument in option 'chicken'"],
    [['--rtc=1'], "missing value in command line argument in option '--rtc=1'"],
    [['--logLevel'], "missing value in command line argument in option '--logLevel'"],
  ];
  it.each(wrong)('%j are wrong', (args, message) => {
    expect(() => parse(...args)).toThrow(new SettingsError(message));
  });
});
