import { describe, expect, it } from 'vitest';
import { AesCmCipher } from '../../../src/srtp/aes-cm-cipher.js';
import { AesGcmCipher } from '../../../src/srtp/aes-gcm-cipher.js';
import { deriveKey, deriveSessionKeys, type SessionKeys } from '../../../src/srtp/key-derivation.js';
import { type PacketCipher } from '../../../src/srtp/packet-cipher.js';
import { SRTP_SUITES, masterLength, type SrtpSuiteName } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import { bytes, hex, inRoom } from './support.js';

describe('key derivation', () => {
  it.each([
    {
      source: 'RFC 3711 B.3',
      key: 'e1f97a0d3e018be0d64fa32c06de4139',
      salt: '0ec675ad498afeebb6960b3aabe6',
      encryption: 'c61e7a93744f39ee10734afe3ff7a087',
      sessionSalt: '30cbbc08863d8c85d49db34a9ae1',
      authentication:
        'cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2',
    },
    {
      source: 'RFC 6188 §7.2',
      key: 'f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6',
      salt: '3b04803de51ee7c96423ab5b78d2',
      encryption: '5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4',
      sessionSalt: 'fa31791685ca444a9e07c6c64e93',
      authentication: 'fd9c32d39ed5fbb5a9dc96b30818454d1313dc05',
    },
    {
      source: 'libsrtp, AES-GCM key with a salt of 12 bytes',
      key: '000102030405060708090a0b0c0d0e0f',
      salt: 'a0a1a2a3a4a5a6a7a8a9aaab',
      encryption: '077c6143cb221bc355ff23d5f984a16e',
      sessionSalt: '9af3e95364ebac9c99c5a7c4',
      authentication: '',
    },
  ])('follows $source', ({ key, salt, encryption, sessionSalt, authentication }) => {
    const derive = (label: number, like: string): string =>
      hex(deriveKey(bytes(key), bytes(salt), label, like.length / 2));
    expect(derive(0, encryption)).toBe(encryption);
    expect(derive(1, authentication)).toBe(authentication);
    expect(derive(2, sessionSalt)).toBe(sessionSalt);
  });

  it('gives RTP and RTCP different keys', () => {
    const { rtp, rtcp } = deriveSessionKeys(SRTP_SUITES.AES_CM_128_HMAC_SHA1_80, new Uint8Array(30).fill(7));
    expect(hex(rtp.encryptionKey)).not.toBe(hex(rtcp.encryptionKey));
    expect(hex(rtp.authenticationKey)).not.toBe(hex(rtcp.authenticationKey));
    expect(hex(rtp.salt)).not.toBe(hex(rtcp.salt));
  });

  it.each(Object.values(SRTP_SUITES))('refuses a master key of another length: $name', suite => {
    expect(() => deriveSessionKeys(suite, new Uint8Array(masterLength(suite) + 1))).toThrow(TypeError);
    expect(() => deriveSessionKeys(suite, new Uint8Array(0))).toThrow(suite.name);
  });
});

describe('AES-CM', () => {
  it('makes the keystream of RFC 3711 B.2', () => {
    const keys: SessionKeys = {
      encryptionKey: bytes('2b7e151628aed2a6abf7158809cf4f3c'),
      salt: bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfd'),
      authenticationKey: new Uint8Array(20),
    };
    const cipher = new AesCmCipher(SRTP_SUITES.AES_CM_128_HMAC_SHA1_80, keys, keys);
    const packet = new Uint8Array(12 + 65000 + 10);
    cipher.protectRtp(packet, 0, 12, 12 + 65000, 0);
    expect(hex(packet.subarray(12, 60))).toBe(
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    );
  });

  const master = bytes('e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6');
  const suite = 'AES_CM_128_HMAC_SHA1_80';

  it('makes the SRTP packet that libsrtp makes', () => {
    const plain = '800f1234decafbadcafebabeabababababababababababababababab';
    const srtp = '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb';
    const sent = inRoom(plain);
    expect(new SrtpSender({ suite, masterKey: master }).protectRtp(sent, 0, plain.length / 2)).toBe(srtp.length / 2);
    expect(hex(sent.subarray(0, srtp.length / 2))).toBe(srtp);
    const received = bytes(srtp);
    const length = new SrtpReceiver({ suite, masterKey: master }).unprotectRtp(received, 0, received.length);
    expect(hex(received.subarray(0, length))).toBe(plain);
  });

  it('makes the SRTCP packet that libsrtp makes', () => {
    const plain = '81c8000bcafebabeabababababababababababababababab';
    const srtcp = '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798';
    const sent = inRoom(plain);
    expect(new SrtpSender({ suite, masterKey: master }).protectRtcp(sent, 0, plain.length / 2)).toBe(srtcp.length / 2);
    expect(hex(sent.subarray(0, srtcp.length / 2))).toBe(srtcp);
    const received = bytes(srtcp);
    const length = new SrtpReceiver({ suite, masterKey: master }).unprotectRtcp(received, 0, received.length);
    expect(hex(received.subarray(0, length))).toBe(plain);
  });
});

describe('AES-GCM, RFC 7714 §16 and §17', () => {
  const cipher = (name: SrtpSuiteName, key: string): PacketCipher => {
    const salt = bytes('517569642070726f2071756f');
    const keys: SessionKeys = { encryptionKey: bytes(key), authenticationKey: new Uint8Array(0), salt };
    return new AesGcmCipher(SRTP_SUITES[name], keys, keys);
  };
  const gcm128 = cipher('AEAD_AES_128_GCM', '000102030405060708090a0b0c0d0e0f');
  const gcm256 = cipher('AEAD_AES_256_GCM', '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');

  const rtp = '8040f17b8041f8d35501a0b247616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573';
  it.each([
    [
      '16.1',
      gcm128,
      '8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce',
    ],
    [
      '16.2',
      gcm256,
      '8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13',
    ],
  ])('RTP, §%s', (_section, gcm, srtp) => {
    const packet = inRoom(rtp);
    expect(gcm.protectRtp(packet, 0, 12, rtp.length / 2, 0)).toBe(srtp.length / 2);
    expect(hex(packet.subarray(0, srtp.length / 2))).toBe(srtp);
    expect(gcm.unprotectRtp(packet, 0, 12, srtp.length / 2, 0)).toBe(rtp.length / 2);
    expect(hex(packet.subarray(0, rtp.length / 2))).toBe(rtp);
  });

  const rtcp =
    '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef';
  it.each([
    [
      '17.1',
      gcm128,
      '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4',
    ],
    [
      '17.2',
      gcm256,
      '81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4',
    ],
  ])('RTCP, §%s', (_section, gcm, srtcp) => {
    const packet = inRoom(rtcp);
    expect(gcm.protectRtcp(packet, 0, rtcp.length / 2, 0x5d4)).toBe(srtcp.length / 2);
    expect(hex(packet.subarray(0, srtcp.length / 2))).toBe(srtcp);
    expect(gcm.unprotectRtcp(packet, 0, srtcp.length / 2)).toBe(rtcp.length / 2);
    expect(hex(packet.subarray(0, rtcp.length / 2))).toBe(rtcp);
  });

  it('RTCP in clear, §17.3', () => {
    const packet = bytes(`${rtcp}841dd9683dd78ec92ae58790125f62b3000005d4`);
    expect(gcm128.unprotectRtcp(packet, 0, packet.length)).toBe(rtcp.length / 2);
    expect(hex(packet.subarray(0, rtcp.length / 2))).toBe(rtcp);
  });
});
