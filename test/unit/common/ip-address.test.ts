import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { formatIp, ipFamily, normalizeIp, unmappedIp, writeIp } from '../../../src/common/ip-address.js';

const normalForms: [string, string][] = [
  ['127.0.0.1', '127.0.0.1'],
  ['255.255.255.255', '255.255.255.255'],
  ['0.0.0.0', '0.0.0.0'],
  ['::', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:0DB8:0000:0000:0000:8A2E:0370:7334', '2001:db8::8a2e:370:7334'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:0:0:1:1:0:0:1', '2001::1:1:0:0:1'],
  ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
  ['::ffff:c000:201', '::ffff:192.0.2.1'],
  ['::192.0.2.1', '::192.0.2.1'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
];

const notAddresses = [
  ...['', ' ', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1..2.3', '1.2.3.4 ', '1.2.3.-4', '1.2.3.'],
  ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', 'g::', '::1%lo', 'fe80::1%eth0', '[::1]'],
  ...['1.2.3.4::', '::1.2.3', '::1.2.3.4:5', '1:2:3:4:5:6:7:1.2.3.4', '1::2:3:4:5:6:7:8', ':1:2:3:4:5:6:7', '1:'],
];

describe('IP addresses', () => {
  it.each(normalForms)('%s has the normal form %s', (text, normal) => {
    expect(normalizeIp(text)).toBe(normal);
    expect(normalizeIp(normal)).toBe(normal);
    expect(ipFamily(text)).toBe(isIP(text));
    const bytes = new Uint8Array(20).fill(7);
    const family = writeIp(text, bytes, 3);
    expect(family).toBe(isIP(text));
    expect(formatIp(bytes, 3, family as 4 | 6)).toBe(normal);
    expect(bytes[2]).toBe(7);
    expect(bytes[family === 4 ? 7 : 19]).toBe(7);
  });

  it.each(notAddresses)('%j is not an address', text => {
    expect(ipFamily(text)).toBe(0);
    expect(() => normalizeIp(text)).toThrow(new TypeError(`invalid IP '${text}'`));
  });

  it('takes IPv4 out of its mapped form', () => {
    expect(unmappedIp('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(unmappedIp('::FFFF:C000:0201')).toBe('192.0.2.1');
    expect(unmappedIp('::192.0.2.1')).toBe('::192.0.2.1');
    expect(unmappedIp('::fffe:0:1')).toBe('::fffe:0:1');
    expect(unmappedIp('2001:DB8::1')).toBe('2001:db8::1');
  });
});
