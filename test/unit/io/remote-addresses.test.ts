import { describe, expect, it } from 'vitest';
import { RemoteAddresses } from '../../../src/io/remote-addresses.js';

describe('remote addresses', () => {
  it('are one object per address', () => {
    const addresses = new RemoteAddresses(4);
    const one = addresses.fromSystem('192.0.2.1', 1000);
    expect(one).toMatchObject({ ip: '192.0.2.1', port: 1000, family: 4, systemIp: '192.0.2.1' });
    expect(addresses.fromSystem('192.0.2.1', 1001)).not.toBe(one);
    expect(addresses.fromSystem('192.0.2.2', 1000)).not.toBe(one);
    expect(addresses.fromSystem('192.0.2.1', 1000)).toBe(one);
    expect(addresses.get('192.0.2.1', 1000)).toBe(one);
    expect(addresses.get('::ffff:192.0.2.1', 1000)).toBe(one);
  });

  it('normalise what the caller gives, and refuse what is no address', () => {
    const addresses = new RemoteAddresses(6);
    expect(addresses.get('2001:DB8:0::1', 5)).toBe(addresses.fromSystem('2001:db8::1', 5));
    expect(() => addresses.get('example.org', 5)).toThrow(new TypeError("invalid IP 'example.org'"));
  });

  it('hide how an IPv6 socket calls IPv4, and zones', () => {
    const addresses = new RemoteAddresses(6);
    const mapped = addresses.get('192.0.2.1', 5);
    expect(mapped).toMatchObject({ ip: '192.0.2.1', port: 5, family: 4, systemIp: '::ffff:192.0.2.1' });
    expect(addresses.fromSystem('::ffff:192.0.2.1', 5)).toBe(mapped);
    expect(addresses.fromSystem('fe80::1%eth0', 5)).toMatchObject({
      ip: 'fe80::1',
      port: 5,
      family: 6,
      systemIp: 'fe80::1%eth0',
    });
  });

  it('stay the same object while somebody keeps it, and are forgotten otherwise, when many others come', () => {
    const addresses = new RemoteAddresses(4, 8);
    const flood = (): void => {
      for (let i = 0; i < 1000; i++) addresses.fromSystem(`10.0.${i >> 8}.${i & 255}`, 7);
    };
    const kept = Array.from({ length: 20 }, (_, i) => addresses.fromSystem('192.0.2.1', 1 + i));
    kept.forEach((address, i) => expect(addresses.fromSystem('192.0.2.1', 1 + i)).not.toBe(address));
    kept.forEach((_, i) => addresses.keep((kept[i] = addresses.fromSystem('192.0.2.1', 1 + i))));
    addresses.keep(kept[0]);
    flood();
    kept.forEach((address, i) => expect(addresses.fromSystem('192.0.2.1', 1 + i)).toBe(address));
    for (const address of kept) addresses.release(address);
    flood();
    expect(addresses.fromSystem('192.0.2.1', 1)).toBe(kept[0]);
    expect(addresses.fromSystem('192.0.2.1', 2)).not.toBe(kept[1]);
  });

  it('are the same object again if they are kept soon after they were released', () => {
    const addresses = new RemoteAddresses(4, 2);
    const one = addresses.fromSystem('192.0.2.1', 1);
    addresses.keep(one);
    for (let port = 2; port < 9; port++) addresses.fromSystem('192.0.2.1', port);
    addresses.release(one);
    expect(addresses.fromSystem('192.0.2.1', 1)).toBe(one);
    addresses.keep(one);
    for (let port = 2; port < 9; port++) addresses.fromSystem('192.0.2.1', port);
    expect(addresses.fromSystem('192.0.2.1', 1)).toBe(one);
  });
});
