import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { FatalAlert } from '../../../src/dtls/alert.js';
import { ByteReader } from '../../../src/dtls/byte-reader.js';
import { ByteWriter } from '../../../src/dtls/byte-writer.js';
import { cipherSuites } from '../../../src/dtls/dtls12/cipher-suite.js';
import { extendedMasterSecret, KeySchedule, plainMasterSecret, prf } from '../../../src/dtls/dtls12/key-schedule.js';
import { AeadProtection } from '../../../src/dtls/dtls12/record-protection.js';
import { makeHandshakeMessage, readFragmentHeader } from '../../../src/dtls/handshake-message.js';
import { HandshakeReassembler } from '../../../src/dtls/handshake-reassembler.js';
import { decodeClientHello, encodeClientHello } from '../../../src/dtls/hello.js';
import { namedGroups } from '../../../src/dtls/named-group.js';
import { readRecordHeader, writeRecordHeader } from '../../../src/dtls/record.js';
import { RecordLayer } from '../../../src/dtls/record-layer.js';
import { ReplayWindow } from '../../../src/dtls/replay-window.js';
import { Transcript } from '../../../src/dtls/transcript.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

describe('the PRF', () => {
  it.each([
    // From the mailing list of the TLS working group, March 2009.
    [
      'sha256',
      '9bbe436ba940f017b17652849a71db35',
      'a0ba9f936cda311827a6f796ffd5198c',
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
    ],
    // Computed by OpenSSL's TLS1-PRF.
    [
      'sha384',
      'b80b733d6ceefcdc71566ea48e5567df',
      'cd665cf6a8447dd6ff8b27555edb7465',
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd',
    ],
  ] as const)('with %s', (hash, secret, seed, output) => {
    expect(hex(prf(hash, bytes(secret), 'test label', bytes(seed), 100))).toBe(output);
    expect(hex(prf(hash, bytes(secret), 'test label', bytes(seed), 33))).toBe(output.slice(0, 66));
  });
});

describe('the key schedule', () => {
  it.each(cipherSuites)('gives each side its own keys of the right length: $name', suite => {
    const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
    const schedule = new KeySchedule(suite, new Uint8Array(48).fill(3), randoms);
    const { client, server } = schedule.trafficKeys();
    expect([client.key.length, server.key.length]).toEqual([suite.keyLength, suite.keyLength]);
    expect([client.fixedIv.length, server.fixedIv.length]).toEqual([suite.fixedIvLength, suite.fixedIvLength]);
    const block = prf(
      suite.hash,
      new Uint8Array(48).fill(3),
      'key expansion',
      Buffer.concat([randoms.server, randoms.client]),
      120,
    );
    const order = Buffer.concat([client.key, server.key, client.fixedIv, server.fixedIv]);
    expect(hex(block)).toMatch(new RegExp(`^${hex(order)}`));
    expect(schedule.verifyData('client', randoms.client)).toHaveLength(12);
    expect(schedule.verifyData('client', randoms.client)).not.toEqual(schedule.verifyData('server', randoms.client));
  });
});

describe('what is derived', () => {
  // Expected values computed by OpenSSL's TLS1-PRF from the labels of RFC 5246, RFC 7627 and RFC 5764.
  const suite = cipherSuites[0];
  const premasterSecret = new Uint8Array(32).fill(0x0b);
  const hash = new Uint8Array(32).fill(0x22);
  const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
  const schedule = new KeySchedule(suite, new Uint8Array(48).fill(3), randoms);

  it.each([
    [
      'extended master secret',
      extendedMasterSecret(suite, premasterSecret, hash),
      '76a0a234a0b2ceacc2d0f6f264081da9e7a4ad48172bb4a842913d206a571853740bf36458ed301f88751ee5bfdb8e48',
    ],
    [
      'master secret',
      plainMasterSecret(suite, premasterSecret, randoms),
      'e8c70d7bf6ac9006beb5b9dff2e8a9fb075b60a0854dffd0f6082716bc9cceecab9e99483174a8b448ca8f5317efd3ce',
    ],
    [
      'SRTP keys',
      schedule.exportKeyingMaterial('EXTRACTOR-dtls_srtp', 60),
      'f5393a81b6a8fc2aec579d9512cc0c0d6751546bb27e9a1e125f33bd2438ed12251ddbf2c698b26580019ec78d9164199bb5fdab67d6c2a72e41703f',
    ],
    ['Finished of the client', schedule.verifyData('client', hash), 'bc0973a136bd3bc8435cda5c'],
    ['Finished of the server', schedule.verifyData('server', hash), 'b5cdb934fc1fbf3a9647dfc6'],
  ])('%s', (_what, derived, expected) => {
    expect(hex(derived)).toBe(expected);
  });
});

describe('record protection', () => {
  const header = { type: 23, version: 0xfefd, epoch: 1, sequence: 0x123456789abc, length: 0 };

  it.each(cipherSuites)('opens what it closes, and nothing else: $name', suite => {
    const keys = { key: new Uint8Array(suite.keyLength).fill(7), fixedIv: new Uint8Array(suite.fixedIvLength).fill(9) };
    const protection = new AeadProtection(suite, keys);
    for (const length of [0, 1, 1200]) {
      const plaintext = new Uint8Array(length).fill(0x5a);
      const content = protection.protect(header, plaintext);
      expect(content.length).toBe(length + protection.overhead);
      expect(hex(protection.unprotect(header, content)!)).toBe(hex(plaintext));
      expect(protection.unprotect({ ...header, type: 22 }, content)).toBeUndefined();
      expect(protection.unprotect({ ...header, sequence: header.sequence + 1 }, content)).toBeUndefined();
      expect(protection.unprotect({ ...header, epoch: 2 }, content)).toBeUndefined();
      expect(protection.unprotect(header, content.subarray(0, -1))).toBeUndefined();
      expect(protection.unprotect(header, content.subarray(0, 15))).toBeUndefined();
    }
  });

  it('sends the nonce of AES-GCM along, and not that of ChaCha20-Poly1305', () => {
    const [gcm, , chacha] = cipherSuites;
    const content = (suite: typeof gcm): Uint8Array =>
      new AeadProtection(suite, {
        key: new Uint8Array(suite.keyLength),
        fixedIv: new Uint8Array(suite.fixedIvLength),
      }).protect(header, new Uint8Array(0));
    expect(hex(content(gcm)).slice(0, 16)).toBe('0001123456789abc');
    expect([content(gcm).length, content(chacha).length]).toEqual([24, 16]);
  });
});

describe('record headers', () => {
  it('are read as they are written', () => {
    const header = { type: 22, version: 0xfefd, epoch: 0xabcd, sequence: 2 ** 48 - 2, length: 0x1234 };
    const out = new Uint8Array(20);
    writeRecordHeader(header, out, 3);
    expect(hex(out)).toBe('000000' + '16fefdabcdfffffffffffe1234' + '00000000');
    expect(readRecordHeader(out, 3)).toEqual(header);
  });
});

describe('the record layer', () => {
  it('counts records in each epoch, also those that repeat content', () => {
    const layer = new RecordLayer();
    const out = new Uint8Array(64);
    const numbers = [0, 1, 2].map(() => {
      layer.write(0, 22, Uint8Array.of(1), out, 0);
      return readRecordHeader(out, 0).sequence;
    });
    expect(numbers).toEqual([0, 1, 2]);
  });

  it('takes a record once, and old ones of epoch 0 too', () => {
    const layer = new RecordLayer();
    const record = (sequence: number): Uint8Array => {
      const out = new Uint8Array(14);
      writeRecordHeader({ type: 22, version: 0xfefd, epoch: 0, sequence, length: 1 }, out, 0);
      return out;
    };
    expect(layer.read(record(100), 0)).toBe(DropReason.none);
    expect(layer.read(record(100), 0)).toBe(DropReason.dtlsReplay);
    expect(layer.read(record(99), 0)).toBe(DropReason.none);
    expect(layer.read(record(3), 0)).toBe(DropReason.none);
  });
});

describe('the replay window', () => {
  it('agrees with a list of everything that was ever seen', () => {
    const window = new ReplayWindow();
    const seen = new Set<number>();
    let highest = -1;
    let state = 12345;
    for (let i = 0; i < 20_000; i++) {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      const jump = i % 97 === 0 ? 200 : 90;
      const sequence = Math.max(0, highest + 20 - (state % jump));
      const expected = sequence <= highest - 64 ? 'old' : seen.has(sequence) ? 'seen' : 'new';
      expect(window.look(sequence)).toBe(expected);
      if (expected !== 'new') continue;
      window.add(sequence);
      seen.add(sequence);
      highest = Math.max(highest, sequence);
    }
  });

  it.each([1, 31, 32, 33, 63, 64, 65, 2 ** 40])('moves on by %d', distance => {
    const window = new ReplayWindow();
    window.add(5);
    window.add(5 + distance);
    expect(window.look(5)).toBe(distance < 64 ? 'seen' : 'old');
    expect(window.look(5 + distance)).toBe('seen');
    expect(window.look(6 + distance)).toBe('new');
    if (distance > 1) expect(window.look(4 + distance)).toBe('new');
  });
});

describe('reading and writing', () => {
  it('numbers and vectors', () => {
    const written = new ByteWriter()
      .u8(1)
      .u16(0x0203)
      .u24(0x040506)
      .vector8(Uint8Array.of(7))
      .vector16(Uint8Array.of(8, 9))
      .vector24(new Uint8Array(0))
      .list16([0x0a0b, 0x0c0d])
      .finish();
    expect(hex(written)).toBe('010203040506' + '0107' + '00020809' + '000000' + '00040a0b0c0d');
    const reader = new ByteReader(written);
    expect([reader.u8(), reader.u16(), reader.u24()]).toEqual([1, 0x0203, 0x040506]);
    expect([hex(reader.vector8()), hex(reader.vector16()), hex(reader.vector24())]).toEqual(['07', '0809', '']);
    expect(reader.list16()).toEqual([0x0a0b, 0x0c0d]);
    reader.end();
  });

  it.each([
    ['a number', (reader: ByteReader) => reader.u24()],
    ['a vector', (reader: ByteReader) => reader.vector8()],
    ['a list', (reader: ByteReader) => reader.list16()],
    ['the end', (reader: ByteReader) => reader.end()],
  ])('refuses what does not fit: %s', (_what, read) => {
    expect(() => read(new ByteReader(Uint8Array.of(9, 9)))).toThrow(FatalAlert);
  });
});

describe('a ClientHello', () => {
  it('is read as it is written', () => {
    const hello = {
      version: 0xfefd,
      random: new Uint8Array(32).fill(1),
      sessionId: Uint8Array.of(2),
      cookie: Uint8Array.of(3, 4),
      cipherSuites: [0xc02b],
      compressionMethods: Uint8Array.of(0),
      extensions: new Map([[10, Uint8Array.of(5)]]),
    };
    const encoded = encodeClientHello(hello);
    expect(hex(encoded)).toBe(
      `fefd${'01'.repeat(32)}` + '0102' + '020304' + '0002c02b' + '0100' + '0005' + '000a000105',
    );
    expect(decodeClientHello(new Uint8Array(encoded))).toEqual(hello);
  });
});

describe('handshake messages', () => {
  it('have a header of 12 bytes', () => {
    const message = makeHandshakeMessage(11, 0x0102, Uint8Array.of(9, 8, 7));
    expect(hex(message.bytes)).toBe('0b000003' + '0102' + '000000' + '000003' + '090807');
    expect(hex(message.body)).toBe('090807');
  });

  it('count as unfragmented in the transcript, with numbers that go on after it was cleared', () => {
    const transcript = new Transcript();
    transcript.addSent(3, new Uint8Array(0));
    transcript.clear();
    transcript.addReceived(makeHandshakeMessage(1, 1, Uint8Array.of(1)));
    transcript.addSent(2, Uint8Array.of(2));
    expect(hex(transcript.bytes())).toBe(
      '01000001' + '0001' + '000000000001' + '01' + '02000001' + '0001' + '000000000001' + '02',
    );
  });
});

describe('the reassembler', () => {
  const body = Uint8Array.from({ length: 10 }, (_, i) => i);
  const whole = makeHandshakeMessage(11, 0, body);
  const add = (reassembler: HandshakeReassembler, from: number, to: number, sequence = 0): DropReason =>
    reassembler.add(
      { type: 11, length: 10, sequence, fragmentOffset: from, fragmentLength: to - from },
      body.subarray(from, to),
    );

  it.each([
    [[[0, 10]]],
    [
      [
        [0, 5],
        [5, 10],
      ],
    ],
    [
      [
        [5, 10],
        [0, 5],
      ],
    ],
    [
      [
        [0, 6],
        [4, 10],
      ],
    ],
    [
      [
        [3, 4],
        [0, 10],
      ],
    ],
    [
      [
        [8, 10],
        [0, 2],
        [0, 2],
        [1, 9],
      ],
    ],
    [
      [
        [0, 0],
        [0, 10],
      ],
    ],
  ])('puts %j together', fragments => {
    const reassembler = new HandshakeReassembler();
    fragments.forEach(([from, to], index) => {
      expect(add(reassembler, from, to)).toBe(DropReason.none);
      const message = reassembler.take();
      if (index < fragments.length - 1) expect(message).toBeUndefined();
      else expect(hex(message!.bytes)).toBe(hex(whole.bytes));
    });
    expect(reassembler.nextSequence).toBe(1);
  });

  it('keeps order', () => {
    const reassembler = new HandshakeReassembler();
    for (const sequence of [2, 1]) add(reassembler, 0, 10, sequence);
    expect(reassembler.take()).toBeUndefined();
    add(reassembler, 0, 10, 0);
    expect([0, 1, 2].map(() => reassembler.take()!.sequence)).toEqual([0, 1, 2]);
    expect(add(reassembler, 0, 10, 1)).toBe(DropReason.dtlsReplay);
  });

  it('takes empty messages', () => {
    const reassembler = new HandshakeReassembler();
    reassembler.add({ type: 14, length: 0, sequence: 0, fragmentOffset: 0, fragmentLength: 0 }, new Uint8Array(0));
    expect(reassembler.take()!.body).toHaveLength(0);
  });

  it('lets the first of two different fragments count', () => {
    const reassembler = new HandshakeReassembler();
    add(reassembler, 0, 5);
    const header = { type: 11, length: 10, sequence: 0, fragmentOffset: 0, fragmentLength: 10 };
    reassembler.add(
      header,
      Uint8Array.from(body, value => value + 100),
    );
    expect([...reassembler.take()!.body]).toEqual([0, 1, 2, 3, 4, 105, 106, 107, 108, 109]);
  });

  it('drops fragments that disagree about the message', () => {
    const reassembler = new HandshakeReassembler();
    add(reassembler, 0, 5);
    const header = { type: 11, length: 10, sequence: 0, fragmentOffset: 5, fragmentLength: 5 };
    expect(reassembler.add({ ...header, type: 12 }, body.subarray(5))).toBe(DropReason.dtlsFragmentMalformed);
    expect(reassembler.add({ ...header, length: 11 }, body.subarray(5))).toBe(DropReason.dtlsFragmentMalformed);
  });

  it('reads back the header of a fragment', () => {
    expect(readFragmentHeader(bytes('0b0102030405060708' + '090a0b'), 0)).toEqual({
      type: 11,
      length: 0x010203,
      sequence: 0x0405,
      fragmentOffset: 0x060708,
      fragmentLength: 0x090a0b,
    });
  });
});

describe('groups', () => {
  it.each(namedGroups)('$name: both sides compute the same secret', group => {
    const [one, other] = [group.generate(), group.generate()];
    expect(hex(one.computeSecret(other.publicKey))).toBe(hex(other.computeSecret(one.publicKey)));
    expect(hex(one.computeSecret(other.publicKey))).not.toBe(hex(one.computeSecret(one.publicKey)));
  });
});
