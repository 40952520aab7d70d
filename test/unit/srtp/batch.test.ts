import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { NO_HANDLE, PacketMemory } from '../../../src/common/packet-memory.js';
import { SrtpKernel } from '../../../src/srtp/kernel/srtp-kernel.js';
import { SRTP_SUITES, masterLength } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import { TagBatch } from '../../../src/srtp/tag-batch.js';
import { plainProtectRtp } from '../../support/plain-srtp.js';
import { hex, rtpPacket, suiteNames } from './support.js';

const ROOM = 2048;

describe.each(suiteNames)('%s in packet memory', suite => {
  const { rtpTagLength } = SRTP_SUITES[suite];

  /** Everything that protects in one memory, and what it has to result in. */
  function setUp({ maximumBytes, kernel: useKernel = true }: { maximumBytes?: number; kernel?: boolean } = {}) {
    const memory = new PacketMemory(maximumBytes);
    const kernel = useKernel ? SrtpKernel.create(memory)! : undefined;
    const batch = new TagBatch(memory);
    const source = memory.allocate(ROOM);
    const waiting: { handle: number; length: number; expected: string }[] = [];
    const createSender = () => {
      const masterKey = randomBytes(masterLength(SRTP_SUITES[suite]));
      return { masterKey, sender: new SrtpSender({ suite, masterKey, kernel }) };
    };

    /** Begins a packet whose payload is in two parts: `inPlace` bytes of it lie behind the header already. */
    const begin = (
      { sender, masterKey }: { sender: SrtpSender; masterKey: Uint8Array },
      ssrc: number,
      index: number,
      payload = 100,
      inPlace = Math.min(payload, 7),
    ): number => {
      const packet = rtpPacket(ssrc, index & 0xffff, Buffer.alloc(payload, index));
      const handle = memory.allocate(ROOM);
      memory.bytes.set(packet.subarray(0, 12 + inPlace), handle);
      memory.bytes.set(packet.subarray(12 + inPlace), source + 3);
      const length = sender.beginRtp(handle, 12 + inPlace, source + 3, payload - inPlace, batch);
      if (length < 0) {
        memory.release(handle);
        return -length;
      }
      const expected = plainProtectRtp(suite, masterKey, packet, 12, Math.floor(index / 65536));
      waiting.push({ handle, length, expected: hex(expected) });
      return 0;
    };

    /** Completes the packets that were begun; checks them and nothing behind them was touched. */
    const finish = (): void => {
      batch.finish();
      for (const { handle, length, expected } of waiting.splice(0)) {
        expect(hex(memory.bytes.slice(handle, handle + length))).toBe(expected);
        memory.release(handle);
      }
    };
    return { memory, kernel, batch, createSender, begin, finish };
  }

  it.each([1, 2, 3, 4, 5, 8, 16, 70])('protects %i packets of as many sessions together', count => {
    const { createSender, begin, finish } = setUp();
    const sessions = Array.from({ length: count }, createSender);
    for (let index = 0; index < 40; index++) {
      for (const [i, session] of sessions.entries()) expect(begin(session, 7 + i, 1000 + index)).toBe(0);
      finish();
    }
  });

  it('protects packets of all lengths, mixed', () => {
    const { createSender, begin, finish } = setUp();
    const sessions = [createSender(), createSender(), createSender()];
    for (let index = 0; index < 300; index++) {
      const length = [index, 1200, (index * 37) % 1500][index % 3];
      expect(begin(sessions[index % 3], 1, index, length, Math.min(length, index % 20))).toBe(0);
      if (index % 11 === 10) finish();
    }
    finish();
  });

  it('protects what cannot be computed ahead: jumbo packets', () => {
    const { memory, createSender, batch } = setUp();
    const { sender, masterKey } = createSender();
    const [handle, source] = [memory.allocate(66_000), memory.allocate(66_000)];
    for (const payload of [3000, 40_000, 65_500]) {
      const packet = rtpPacket(1, 5, randomBytes(payload));
      memory.bytes.set(packet.subarray(0, 12), handle);
      memory.bytes.set(packet.subarray(12), source);
      sender.removeStream(1);
      const length = sender.beginRtp(handle, 12, source, payload, batch);
      batch.finish();
      const expected = plainProtectRtp(suite, masterKey, packet, 12, 0);
      expect(Buffer.compare(memory.bytes.slice(handle, handle + length), expected)).toBe(0);
    }
  });

  it('counts the rounds of the sequence number within a batch', () => {
    const { createSender, begin, finish } = setUp();
    const session = createSender();
    for (const round of [1, 2, 3]) {
      for (let index = round * 65536 - 30; index < round * 65536 + 30; index++) {
        expect(begin(session, 1, index)).toBe(0);
        if (index % 7 === 0) finish();
      }
      for (let index = round * 65536 + 100; index < (round + 1) * 65536 - 100; index += 9999) begin(session, 1, index);
      finish();
    }
  });

  it('protects packets again after others, out of order, and after gaps', () => {
    const { createSender, begin, finish } = setUp();
    const session = createSender();
    for (const index of [1000, 1001, 1002, 1050, 1049, 1000, 1003, 1200, 1199, 1001, 1201, 1500, 1202, 1000, 1501]) {
      expect(begin(session, 1, index)).toBe(0);
      if (index % 2 === 1) finish();
    }
    finish();
  });

  it('keeps streams of one session apart, and starts a removed one afresh', () => {
    const { createSender, begin, finish } = setUp();
    const session = createSender();
    for (let index = 65_530; index < 65_550; index++) {
      for (const ssrc of [1, 2, 3]) begin(session, ssrc, index);
      finish();
    }
    session.sender.removeStream(2);
    begin(session, 2, 9);
    begin(session, 1, 65_550);
    finish();
  });

  it('uses the new keys after a change, while packets under the old ones wait', () => {
    const { createSender, begin, finish } = setUp();
    const [before, after] = [createSender(), createSender()];
    for (let index = 0; index < 50; index++) {
      begin(before, 1, index);
      begin(after, 1, index);
      if (index % 3 === 0) finish();
    }
    finish();
  });

  it('refuses packets once it is closed, and gives all memory back', () => {
    const { memory, createSender, begin, finish } = setUp();
    const before = memory.slotsInUse;
    const [closed, open] = [createSender(), createSender()];
    for (const session of [closed, open]) begin(session, 1, 1, 1200);
    begin(closed, 2, 1, 50);
    finish();
    expect(memory.slotsInUse).toBeGreaterThan(before);
    closed.sender.close();
    closed.sender.close();
    expect(begin(closed, 1, 2)).toBe(DropReason.srtpNoSession);
    expect(begin(open, 1, 2)).toBe(0);
    finish();
    open.sender.close();
    expect(memory.slotsInUse).toBe(before);
  });

  it('works where there is no kernel, and where there is no memory for it', () => {
    const without = setUp({ kernel: false });
    const session = without.createSender();
    for (let index = 65_530; index < 65_540; index++) without.begin(session, 1, index, 300);
    without.finish();

    const poor = setUp({ maximumBytes: 1024 * 1024 });
    while (poor.memory.allocate(20_000) !== NO_HANDLE);
    while (poor.memory.allocate(8_000) !== NO_HANDLE);
    while (poor.memory.allocate(100) !== NO_HANDLE);
    const starved = poor.createSender();
    for (let index = 65_530; index < 65_540; index++) {
      poor.begin(starved, 1, index, 900);
      poor.finish();
    }
  });

  it('comes out again on the other side, in packet memory and elsewhere', () => {
    const { memory, kernel, createSender } = setUp();
    const { masterKey } = createSender();
    const receiver = new SrtpReceiver({ suite, masterKey, kernel });
    const handle = memory.allocate(ROOM);
    const indexes = [...Array.from({ length: 100 }, (_, i) => 65_490 + i), 65_700, 65_699, 65_600, 65_701];
    for (const index of indexes) {
      const packet = rtpPacket(1, index & 0xffff, randomBytes(index % 5 === 0 ? 1200 : index % 200));
      const srtp = plainProtectRtp(suite, masterKey, packet, 12, Math.floor(index / 65536));
      const inMemory = index % 10 !== 0;
      const bytes = inMemory ? memory.bytes : new Uint8Array(srtp);
      const offset = inMemory ? handle : 0;
      bytes.set(srtp, offset);
      expect(receiver.unprotectRtp(bytes, offset, srtp.length)).toBe(packet.length);
      expect(hex(bytes.slice(offset, offset + packet.length))).toBe(hex(packet));
      bytes.set(srtp, offset);
      expect(receiver.unprotectRtp(bytes, offset, srtp.length)).toBe(-DropReason.srtpReplay);
    }
    receiver.close();
    expect(receiver.unprotectRtp(memory.bytes, handle, 100)).toBe(-DropReason.srtpNoSession);
  });

  it('drops forgeries, which cost no memory', () => {
    const { memory, kernel, createSender } = setUp();
    const { masterKey } = createSender();
    const receiver = new SrtpReceiver({ suite, masterKey, kernel });
    const handle = memory.allocate(ROOM);
    const before = memory.slotsInUse;
    const srtp = plainProtectRtp(suite, masterKey, rtpPacket(1, 1, 40), 12, 0);
    for (let at = 12; at < srtp.length; at++) {
      memory.bytes.set(srtp, handle);
      memory.bytes[handle + at] ^= 0x10;
      expect(receiver.unprotectRtp(memory.bytes, handle, srtp.length)).toBe(-DropReason.srtpAuthentication);
    }
    expect(memory.slotsInUse).toBe(before);
    memory.bytes.set(srtp, handle);
    expect(receiver.unprotectRtp(memory.bytes, handle, srtp.length)).toBe(srtp.length - rtpTagLength);
  });
});
