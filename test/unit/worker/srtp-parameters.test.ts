import { describe, expect, it } from 'vitest';
import { decodeMasterKey } from '../../../src/worker/srtp-parameters.js';

const suite = 'AES_CM_128_HMAC_SHA1_80';
const masterKey = Uint8Array.from({ length: 30 }, (_, index) => 250 - index);
const keyBase64 = Buffer.from(masterKey).toString('base64');

describe('decodeMasterKey', () => {
  it('decodes Base64', () => {
    expect(decodeMasterKey(suite, keyBase64)).toEqual(masterKey);
  });

  it('skips what is not Base64', () => {
    expect(decodeMasterKey(suite, ` ${keyBase64.slice(0, 7)}-_\n${keyBase64.slice(7)}?`)).toEqual(masterKey);
  });

  it.each([
    ['', 'invalid data'],
    ['???', 'invalid data'],
    [keyBase64.slice(1), 'invalid data'],
    ['AAAA', 'invalid decoded SRTP key length'],
    [`${keyBase64}AAAA`, 'invalid decoded SRTP key length'],
  ])('refuses %j', (key, message) => {
    expect(() => decodeMasterKey(suite, key)).toThrow(new TypeError(message));
  });
});
