import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type SrtpSuiteName } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import { bytes, hex, protectRtp, unprotectRtcp, unprotectRtp } from './support.js';

interface Session {
  client: string;
  suite: SrtpSuiteName;
  keys: Record<'up' | 'down', string>;
  packets: { dir: 'up' | 'down'; kind: 'rtp' | 'rtcp'; plain: string; hex: string }[];
}

const file = new URL('../../fixtures/srtp/browsers.json', import.meta.url);
const sessions = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Session>;

describe.each(Object.entries(sessions))('packets of %s', (_name, { suite, keys, packets }) => {
  const receivers = {
    up: new SrtpReceiver({ suite, masterKey: bytes(keys.up) }),
    down: new SrtpReceiver({ suite, masterKey: bytes(keys.down) }),
  };
  const sender = new SrtpSender({ suite, masterKey: bytes(keys.up) });

  it.each(packets)('$dir $kind $plain', ({ dir, kind, plain, hex: wire }) => {
    const unprotect = kind === 'rtp' ? unprotectRtp : unprotectRtcp;
    const result = unprotect(receivers[dir], bytes(wire));
    expect(result).toBeInstanceOf(Uint8Array);
    expect(hex(result as Uint8Array)).toBe(plain);
    // The index of RTP is in the packet, so protecting it again gives the packet of the browser.
    if (kind === 'rtp') expect(hex(protectRtp(sender, bytes(plain)) as Uint8Array)).toBe(wire);
  });
});
