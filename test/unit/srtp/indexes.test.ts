import { createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { deriveSessionKeys } from '../../../src/srtp/key-derivation.js';
import { ReplayWindow } from '../../../src/srtp/replay-window.js';
import { RolloverCounter } from '../../../src/srtp/rollover-counter.js';
import { SRTP_SUITES } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver } from '../../../src/srtp/srtp-session.js';
import { rtcpPacket, unprotectRtcp } from './support.js';

describe('RolloverCounter', () => {
  const at = (count: number, sequenceNumber: number): RolloverCounter => {
    const counter = new RolloverCounter();
    counter.update(0, 0);
    counter.update(count, sequenceNumber);
    return counter;
  };

  it.each([
    // The counter and highest sequence number so far, the sequence number, the counter it belongs to.
    [5, 100, 101, 5],
    [5, 100, 99, 5],
    [5, 100, 100 + 0x8000, 5],
    [5, 100, 101 + 0x8000, 4],
    [5, 100, 65535, 4],
    [5, 65000, 65000 - 0x8000, 5],
    [5, 65000, 64999 - 0x8000, 6],
    [5, 65535, 0, 6],
    [0, 100, 65535, 0],
    [0xffffffff, 65535, 0, 2 ** 32],
  ])('%i:%i sees %i in round %i', (count, highest, sequenceNumber, expected) => {
    expect(at(count, highest).estimate(sequenceNumber)).toBe(expected);
  });

  it('starts in round 0 wherever the sequence number starts', () => {
    for (const first of [0, 1, 0x8000, 65535]) expect(new RolloverCounter().estimate(first)).toBe(0);
  });

  it('is not moved by late packets', () => {
    const counter = at(5, 100);
    counter.update(4, 65535);
    counter.update(5, 50);
    expect(counter.estimate(101)).toBe(5);
    expect(counter.estimate(65535)).toBe(4);
  });
});

describe('ReplayWindow', () => {
  it('works with indexes of 48 bits', () => {
    const window = new ReplayWindow(1024);
    const last = 2 ** 48 - 1;
    for (const index of [last - 5000, last - 1023, last]) {
      expect(window.check(index)).toBe(DropReason.none);
      window.add(index);
      expect(window.check(index)).toBe(DropReason.srtpReplay);
    }
    expect(window.check(last - 1024)).toBe(DropReason.srtpTooOld);
    expect(window.check(last - 1023)).toBe(DropReason.srtpReplay);
    expect(window.check(last - 1022)).toBe(DropReason.none);
  });

  it('agrees with a set of all indexes', () => {
    const window = new ReplayWindow(128);
    const seen = new Set<number>();
    let highest = -1;
    let state = 1;
    for (let i = 0; i < 20_000; i++) {
      state = (state * 48271) % 0x7fffffff;
      const index = Math.max(0, highest + (state % 300) - 260);
      const expected =
        highest - index >= 128 ? DropReason.srtpTooOld : seen.has(index) ? DropReason.srtpReplay : DropReason.none;
      expect(window.check(index)).toBe(expected);
      if (expected !== DropReason.none) continue;
      window.add(index);
      seen.add(index);
      highest = Math.max(highest, index);
    }
    expect(seen.size).toBeGreaterThan(1000);
  });
});

describe('SRTCP written by someone else', () => {
  const suite = SRTP_SUITES.AES_CM_128_HMAC_SHA1_80;
  const masterKey = new Uint8Array(30).fill(3);
  const { rtcp } = deriveSessionKeys(suite, masterKey);
  const receiver = (): SrtpReceiver => new SrtpReceiver({ suite: suite.name, masterKey });

  const write = (packet: Uint8Array, index: number, encrypted: boolean): Uint8Array => {
    const iv = Buffer.alloc(16);
    iv.set(rtcp.salt);
    for (let i = 0; i < 4; i++) {
      iv[4 + i] ^= packet[4 + i];
      iv[10 + i] ^= index >>> (24 - 8 * i);
    }
    const body = encrypted
      ? createCipheriv('aes-128-ctr', rtcp.encryptionKey, iv).update(packet.subarray(8))
      : packet.subarray(8);
    const word = Buffer.alloc(4);
    word.writeUInt32BE(index + (encrypted ? 0x80000000 : 0));
    const covered = Buffer.concat([packet.subarray(0, 8), body, word]);
    const tag = createHmac('sha1', rtcp.authenticationKey).update(covered).digest().subarray(0, 10);
    return Buffer.concat([covered, tag]);
  };

  it('may start with any index', () => {
    for (const index of [0, 1, 0x10000, 0x7fffffff]) {
      expect(unprotectRtcp(receiver(), write(rtcpPacket(9, 3), index, true))).toEqual(rtcpPacket(9, 3));
    }
  });

  it('may be unencrypted', () => {
    const one = receiver();
    expect(unprotectRtcp(one, write(rtcpPacket(9, 3), 5, false))).toEqual(rtcpPacket(9, 3));
    expect(unprotectRtcp(one, write(rtcpPacket(9, 3), 5, true))).toBe(DropReason.srtpReplay);
  });
});
