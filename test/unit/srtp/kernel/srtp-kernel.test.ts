import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NO_HANDLE, PacketMemory } from '../../../../src/common/packet-memory.js';
import { SrtpKernel } from '../../../../src/srtp/kernel/srtp-kernel.js';
import { kernelSourceHash } from '../../../../src/srtp/kernel/wasm.js';
import { bytes, hex } from '../support.js';

const memory = new PacketMemory();
const kernel = SrtpKernel.create(memory)!;
/** Room to place things in, at any alignment. */
const place = memory.allocate(1024 * 66);
const other = memory.allocate(1024 * 66);
const put = (data: Uint8Array, at: number): number => {
  memory.bytes.set(data, at);
  return at;
};
const get = (at: number, length: number): Uint8Array => memory.bytes.slice(at, at + length);

/** All short lengths, around each boundary of blocks, and a few long ones. */
const LENGTHS = [...Array.from({ length: 140 }, (_, i) => i), 1199, 1200, 1201, 1215, 1216, 1217, 65_535];

it('was compiled from its sources', () => {
  const folder = fileURLToPath(new URL('../../../../src/srtp/kernel/assembly', import.meta.url));
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(`${name}\n${readFileSync(`${folder}/${name}`, 'utf8')}`);
  expect(kernelSourceHash, 'run `npm run generate:kernel`').toBe(hash.digest('hex'));
});

describe('xor', () => {
  it.each([0, 1, 3, 8])('is that of each byte, and touches no other (offset %i)', shift => {
    for (const length of LENGTHS) {
      const [source, keystream] = [randomBytes(length), randomBytes(length)];
      memory.bytes.fill(0xee, place, place + length + 64);
      put(source, other + shift);
      put(keystream, other + 32 * 1024 * (length < 2000 ? 1 : 0) + (length < 2000 ? 0 : shift));
      if (length > 2000) continue;
      kernel.xor(place + shift, other + shift, other + 32 * 1024, length);
      expect(get(place + shift, length)).toEqual(new Uint8Array(source.map((byte, i) => byte ^ keystream[i])));
      expect([...get(place, shift), ...get(place + shift + length, 32)].every(byte => byte === 0xee)).toBe(true);
    }
  });
});

describe('HMAC-SHA1 in lanes', () => {
  /** The digests of up to four messages of the same or different keys. */
  const hmac = (messages: { key: Uint8Array; packet: Uint8Array; word: number }[]): Uint8Array[] => {
    const handles = messages.map(({ key }) => kernel.createHmacKey(key));
    let at = place;
    messages.forEach(({ packet, word }, lane) => {
      kernel.setLane(lane, put(packet, at), packet.length, handles[lane], word);
      at += packet.length + 1;
    });
    kernel.hashLanes();
    handles.forEach(handle => kernel.releaseSecret(handle));
    return messages.map((_, lane) => get(kernel.digestOf(lane), 20));
  };
  const expected = ({ key, packet, word }: { key: Uint8Array; packet: Uint8Array; word: number }): Uint8Array => {
    const last = Buffer.alloc(4);
    last.writeUInt32BE(word);
    return new Uint8Array(createHmac('sha1', key).update(packet).update(last).digest());
  };

  // The last four bytes of the data are the word.
  it.each([
    ['1', '0b'.repeat(20), Buffer.from('Hi There').toString('hex'), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [
      '2',
      Buffer.from('Jefe').toString('hex'),
      Buffer.from('what do ya want for nothing?').toString('hex'),
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    ],
    ['3', 'aa'.repeat(20), 'dd'.repeat(50), '125d7342b9ac11cd91a39af48aa17b4f63f175d3'],
    [
      '4',
      '0102030405060708090a0b0c0d0e0f10111213141516171819',
      'cd'.repeat(50),
      '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
    ],
  ])('makes the digest of RFC 2202 §3, case %s', (_case, key, data, digest) => {
    const message = bytes(data);
    const packet = message.subarray(0, -4);
    const word = new DataView(message.buffer).getUint32(packet.length);
    const lanes = Array.from({ length: 4 }, () => ({ key: bytes(key), packet, word }));
    expect(hmac(lanes).map(hex)).toEqual(Array<string>(4).fill(digest));
  });

  it('makes the digests of node:crypto for lanes of all lengths and keys', () => {
    for (const length of LENGTHS.filter(each => each < 16_000)) {
      const lanes = [length, 1300, (length * 7) % 333, length].map(each => ({
        key: randomBytes(20),
        packet: randomBytes(each),
        word: randomBytes(4).readUInt32BE(),
      }));
      expect(hmac(lanes)).toEqual(lanes.map(expected));
    }
  });

  it('makes the digest of the longest packet beside the shortest', () => {
    const lanes = [65_535, 0, 12, 64].map(each => ({ key: randomBytes(20), packet: randomBytes(each), word: 1 }));
    expect(hmac(lanes)).toEqual(lanes.map(expected));
  });
});

describe('GHASH', () => {
  it('makes the tags of node:crypto for headers and payloads of all lengths', () => {
    const key = randomBytes(16);
    const aes = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    const table = kernel.createGhashTable(aes.update(new Uint8Array(16)));
    for (const length of LENGTHS) {
      const headerLength = (length * 3) % 90;
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-128-gcm', key, iv);
      const header = randomBytes(headerLength);
      cipher.setAAD(header);
      const encrypted = cipher.update(randomBytes(Math.min(length, 65_000)));
      cipher.final();
      const packet = Buffer.concat([header, encrypted]);
      put(packet, place + (length & 15));
      put(aes.update(Buffer.concat([iv, Uint8Array.of(0, 0, 0, 1)])), other);
      const tag = kernel.gcmTag(table, place + (length & 15), headerLength, packet.length, other);
      expect(hex(get(tag, 16))).toBe(cipher.getAuthTag().toString('hex'));
    }
    kernel.releaseSecret(table);
  });
});

describe('keystream', () => {
  it('is that of RFC 3711 B.2', () => {
    const aes = createCipheriv('aes-128-ecb', bytes('2b7e151628aed2a6abf7158809cf4f3c'), null).setAutoPadding(false);
    const iv = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfd0000');
    const at = kernel.fillOnce(aes, 'counterModeBlocks', iv, 0, 0, 0xff0);
    expect(hex(get(at, 48))).toBe(
      'e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0',
    );
  });

  it.each([0, 1, 0xfffe, 0xffff, 0xffffffff])('goes on over the end of a round (%i)', rolloverCounter => {
    const key = randomBytes(16);
    const aes = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    // The place of the block counter is empty.
    const iv = randomBytes(16).fill(0, 12);
    for (const mode of ['counterModeBlocks', 'gcmBlocks'] as const) {
      kernel.fillKeystream(aes, mode, iv, rolloverCounter, 0xfffd, 3, 5, place);
      for (let packet = 0; packet < 3; packet++) {
        const index = BigInt(rolloverCounter) * 65536n + 0xfffdn + BigInt(packet);
        const first = mode === 'gcmBlocks' ? (index << 32n) | 1n : index << 16n;
        const block = BigInt(`0x${iv.toString('hex')}`) ^ first;
        const counter = Buffer.from(block.toString(16).padStart(32, '0'), 'hex');
        const cipher = createCipheriv('aes-128-ctr', key, counter);
        expect(hex(get(place + packet * 80, 80))).toBe(cipher.update(new Uint8Array(80)).toString('hex'));
      }
    }
  });
});

describe('without memory', () => {
  it('makes no keys', () => {
    const small = new PacketMemory(512 * 1024);
    const full = SrtpKernel.create(small)!;
    while (small.allocate(100) !== NO_HANDLE);
    while (small.allocate(8000) !== NO_HANDLE);
    expect(full.createHmacKey(new Uint8Array(20))).toBe(NO_HANDLE);
    expect(full.createGhashTable(new Uint8Array(16))).toBe(NO_HANDLE);
  });
});
