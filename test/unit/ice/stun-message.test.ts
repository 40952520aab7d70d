import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { IceCredentials } from '../../../src/ice/credentials.js';
import {
  BINDING_METHOD,
  isStun,
  StunAttribute,
  StunAuthentication,
  StunClass,
  StunMessage,
  StunWriter,
} from '../../../src/ice/stun-message.js';
import browserChecks from '../../fixtures/ice/browser-checks.json' with { type: 'json' };

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const transactionId = hex('b7e7a701bc34d686fa87dfae');
const credentials = new IceCredentials('evtj', 'VOkJxbRl1RmTxUk/WvJxBt');
const { key } = credentials;

/** RFC 5769 §2.1 to §2.3. */
const sampleRequest = hex(`
  00010058 2112a442 b7e7a701bc34d686fa87dfae
  80220010 5354554e207465737420636c69656e74
  00240004 6e0001ff
  80290008 932ff9b151263b36
  00060009 6576746a3a68367659202020
  00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2
  80280004 e57a3bcf`);
const sampleIpv4Response = hex(`
  0101003c 2112a442 b7e7a701bc34d686fa87dfae
  8022000b 7465737420766563746f7220
  00200008 0001a147e112a643
  00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
  80280004 c07d4c96`);
const sampleIpv6Response = hex(`
  01010048 2112a442 b7e7a701bc34d686fa87dfae
  8022000b 7465737420766563746f7220
  00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
  00080014 a382954e4be67bf11784c97c8292c275bfe3ed41
  80280004 c8fb0b4c`);

function parsed(bytes: Uint8Array): StunMessage {
  const message = new StunMessage();
  expect(message.parse(bytes, 0, bytes.length)).toBe(DropReason.none);
  return message;
}

const verdict = (bytes: Uint8Array): DropReason => new StunMessage().parse(bytes, 0, bytes.length);

const writer = (): StunWriter => new StunWriter(70_000).begin(StunClass.request, BINDING_METHOD, transactionId, 0);

/** The written message as bytes of its own. */
const written = ({ bytes, length }: StunWriter): Uint8Array => bytes.slice(0, length);

describe('isStun', () => {
  const header = hex('000100002112a442b7e7a701bc34d686fa87dfae');
  it.each([0, 1, 2, 3, 4, 19])('refuses %i bytes', length => {
    expect(isStun(header, 0, length)).toBe(false);
  });

  it('looks at the first two bits and the cookie', () => {
    expect(isStun(header, 0, 20)).toBe(true);
    for (let first = 0; first < 256; first++) expect(isStun(header.with(0, first), 0, 20)).toBe(first < 3);
    for (const at of [4, 5, 6, 7]) expect(isStun(header.with(at, header[at] ^ 1), 0, 20)).toBe(false);
  });
});

describe('parsing', () => {
  it('reads the sample request of RFC 5769 §2.1', () => {
    const message = parsed(sampleRequest);
    expect(message).toMatchObject({ class: StunClass.request, method: BINDING_METHOD, priority: 0x6e0001ff });
    expect(message.text(StunAttribute.software)).toBe('STUN test client');
    expect(message.text(StunAttribute.username)).toBe('evtj:h6vY');
    expect(message.localUsernameFragment).toBe('evtj');
    expect(message.isControlled).toBe(true);
    expect(message.hasNomination).toBe(false);
    expect(message.has(StunAttribute.useCandidate)).toBe(false);
    expect(message.authenticate(credentials)).toBe(StunAuthentication.ok);
  });

  it.each([
    ['IPv4, RFC 5769 §2.2', sampleIpv4Response],
    ['IPv6, RFC 5769 §2.3', sampleIpv6Response],
  ])('reads a sample response (%s)', (_, bytes) => {
    const message = parsed(bytes);
    expect(message).toMatchObject({ class: StunClass.success, method: BINDING_METHOD });
    expect(message.text(StunAttribute.software)).toBe('test vector');
    expect(message.isIntegrityRight(key)).toBe(true);
    expect(message.isIntegrityRight(createSecretKey(Buffer.from('wrong')))).toBe(false);
  });

  it('reads within bytes that hold more', () => {
    const around = new Uint8Array(sampleRequest.length + 50).fill(0xff);
    around.set(sampleRequest, 30);
    const message = new StunMessage();
    expect(message.parse(around, 30, sampleRequest.length)).toBe(DropReason.none);
    expect(message.localUsernameFragment).toBe('evtj');
    expect(message.authenticate(credentials)).toBe(StunAuthentication.ok);
  });

  it('reads shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(sampleRequest.length));
    shared.set(sampleRequest);
    expect(parsed(shared).authenticate(credentials)).toBe(StunAuthentication.ok);
  });

  it('forgets the previous message', () => {
    const message = parsed(sampleRequest);
    message.parse(hex('000100002112a442b7e7a701bc34d686fa87dfae'), 0, 20);
    expect(message.has(StunAttribute.username)).toBe(false);
    expect(message.priority).toBe(0);
    expect(message.localUsernameFragment).toBe('');
    expect(message.authenticate(credentials)).toBe(StunAuthentication.badMessage);
  });

  it.each([
    [0x0001, StunClass.request, 0x001],
    [0x0011, StunClass.indication, 0x001],
    [0x0101, StunClass.success, 0x001],
    [0x0111, StunClass.error, 0x001],
    [0x0003, StunClass.request, 0x003],
    [0x0200, StunClass.request, 0x080],
    [0x3eef, StunClass.request, 0xfff],
    [0x3fff, StunClass.error, 0xfff],
  ])('splits type %i into class %i and method %i, and back', (type, stunClass, method) => {
    const bytes = written(new StunWriter(20).begin(stunClass, method, transactionId, 0));
    expect((bytes[0] << 8) | bytes[1]).toBe(type);
    // Types whose first byte is above 2 do not count as STUN in the end, but they can be written.
    if (type < 0x0300) expect(parsed(bytes)).toMatchObject({ class: stunClass, method });
  });

  it.each([
    ['empty', ''],
    ['no colon', 'abcd'],
    ['only a colon', ':'],
    ['nothing behind the colon', 'abcd:'],
    ['two colons', 'abcd:x:y'],
  ])('takes the local fragment of a user name: %s', (_, username) => {
    const message = parsed(written(writer().text(StunAttribute.username, username)));
    expect(message.localUsernameFragment).toBe(username.split(':')[0]);
  });

  it('prefers the registered NOMINATION', () => {
    const old = writer().uint32(StunAttribute.oldNomination, 7);
    expect(parsed(written(old))).toMatchObject({ hasNomination: true, nomination: 7 });
    expect(parsed(written(old.uint32(StunAttribute.nomination, 0xfffffffe))).nomination).toBe(0xfffffffe);
  });

  it.each([
    [0n, false],
    [1n, true],
    [1n << 32n, true],
    [0xffffffffffffffffn, true],
  ])('tells by its value whether ICE-CONTROLLED counts: %s', (value, expected) => {
    expect(parsed(written(writer().uint64(StunAttribute.iceControlled, value))).isControlled).toBe(expected);
  });
});

describe('malformed messages', () => {
  const malformed: [string, () => Uint8Array][] = [
    ['length field too small', () => sampleRequest.with(3, 0x54)],
    ['length field too large', () => sampleRequest.with(3, 0x5c)],
    ['length field not a multiple of four', () => hex('000100022112a442b7e7a701bc34d686fa87dfae0001')],
    ['cut', () => sampleRequest.slice(0, -4)],
    ['bytes behind the end', () => Uint8Array.from([...sampleRequest, 0, 0, 0, 0])],
    ['value past the end', () => written(writer().uint32(0x7f01, 0)).with(23, 5)],
    ['value of 65535 bytes', () => written(writer().uint32(0x7f01, 0)).with(22, 0xff).with(23, 0xff)],
    ['attribute behind FINGERPRINT', () => written(writer().fingerprint().uint32(0x7f01, 0))],
    ['FINGERPRINT behind FINGERPRINT', () => written(writer().fingerprint().fingerprint())],
    ['unknown attribute behind MESSAGE-INTEGRITY', () => written(writer().messageIntegrity(key).uint32(0x7f01, 0))],
    [
      'MESSAGE-INTEGRITY-SHA256 behind MESSAGE-INTEGRITY',
      () => written(writer().messageIntegrity(key).attribute(0x001c, new Uint8Array(32))),
    ],
    ['two MESSAGE-INTEGRITY', () => written(writer().messageIntegrity(key).messageIntegrity(key))],
  ];

  it.each(malformed)('%s', (_, make) => {
    expect(verdict(make())).toBe(DropReason.stunMalformed);
  });

  it.each([sampleRequest.length - 1, 24, 35, 60, 80])('wrong FINGERPRINT (byte %i changed)', at => {
    expect(verdict(sampleRequest.with(at, sampleRequest[at] ^ 1))).toBe(DropReason.stunFingerprint);
  });

  const legalLengths: [keyof typeof StunAttribute, number[], number[]][] = [
    ['username', [0, 1, 513], [514]],
    ['messageIntegrity', [20], [0, 16, 19, 21, 32]],
    ['errorCode', [4, 5, 100], [0, 3]],
    ['unknownAttributes', [0, 1, 700], []],
    ['realm', [0, 1, 800], []],
    ['nonce', [0, 1, 800], []],
    ['xorMappedAddress', [8, 20], [0, 4, 7, 12, 19, 21]],
    ['priority', [4], [0, 3, 5, 8]],
    ['useCandidate', [0], [1, 4]],
    ['nomination', [4], [0, 3, 8]],
    ['oldNomination', [4], [0, 3, 8]],
    ['software', [0, 763], [764]],
    ['alternateServer', [0, 8, 20], []],
    ['iceControlled', [8], [0, 4, 7, 9]],
    ['iceControlling', [8], [0, 4, 7, 9]],
    ['fingerprint', [], [0, 3, 5, 8]],
  ];

  it.each(legalLengths)('%s: lengths %j are legal, %j are not', (name, legal, illegal) => {
    const message = (length: number): Uint8Array =>
      written(writer().attribute(StunAttribute[name], new Uint8Array(length)));
    for (const length of legal) expect(verdict(message(length))).toBe(DropReason.none);
    for (const length of illegal) expect(verdict(message(length))).toBe(DropReason.stunMalformed);
  });

  it('wants known attributes once, and does not care about unknown ones', () => {
    for (const [name, legal] of legalLengths) {
      if (legal.length === 0) continue;
      const value = new Uint8Array(legal[0]);
      const twice = writer().attribute(StunAttribute[name], value).attribute(StunAttribute[name], value);
      expect(verdict(written(twice))).toBe(DropReason.stunMalformed);
    }
    for (const type of [0x7f01, 0xff01, 0xc057, 0xc059, 0x001c, 0x0001]) {
      const twice = writer().attribute(type, Uint8Array.of(1)).attribute(type, new Uint8Array(40));
      expect(verdict(written(twice))).toBe(DropReason.none);
    }
  });

  it('takes thousands of attributes', () => {
    const many = writer();
    for (let i = 0; i < 16_000; i++) many.flag(0x7f01);
    expect(verdict(written(many))).toBe(DropReason.none);
    expect(verdict(written(many.fingerprint()))).toBe(DropReason.none);
  });
});

describe('authentication', () => {
  const request = (username: string, password = 'VOkJxbRl1RmTxUk/WvJxBt'): StunMessage => {
    const { key } = new IceCredentials('', password);
    return parsed(written(writer().text(StunAttribute.username, username).messageIntegrity(key)));
  };

  it.each(['evtj:', 'evtj:h6vY', 'evtj:x:y', 'evtj::'])('accepts user name %j', username => {
    expect(request(username).authenticate(credentials)).toBe(StunAuthentication.ok);
  });

  it.each(['', ':', 'evtj', 'evt', 'evtjx:', 'evt:j', 'EVTJ:', ' evtj:', 'h6vY:evtj', 'evtj\u0000:', 'évtj:'])(
    'refuses user name %j',
    username => {
      expect(request(username).authenticate(credentials)).toBe(StunAuthentication.unauthorized);
    },
  );

  it('refuses another password', () => {
    expect(request('evtj:x', 'VOkJxbRl1RmTxUk/WvJxB').authenticate(credentials)).toBe(StunAuthentication.unauthorized);
  });

  it('refuses everybody without an own fragment', () => {
    expect(request(':x', '').authenticate(new IceCredentials('', ''))).toBe(StunAuthentication.unauthorized);
  });

  it('needs both attributes', () => {
    const withoutIntegrity = written(writer().text(StunAttribute.username, 'evtj:x'));
    expect(parsed(withoutIntegrity).authenticate(credentials)).toBe(StunAuthentication.badMessage);
    expect(parsed(written(writer().messageIntegrity(key))).authenticate(credentials)).toBe(
      StunAuthentication.badMessage,
    );
  });

  it.each([0, 1, 10, 19])('refuses an integrity wrong in byte %i', at => {
    const bytes = sampleRequest.slice(0, -8).with(3, 0x50);
    expect(parsed(bytes).authenticate(credentials)).toBe(StunAuthentication.ok);
    bytes[bytes.length - 20 + at] ^= 0x80;
    expect(parsed(bytes).authenticate(credentials)).toBe(StunAuthentication.unauthorized);
  });

  const checks = browserChecks.flatMap(session =>
    session.checks.map((check, i) => ({ ...session, ...check, name: `${session.client}, ${i}` })),
  );
  it.each(checks)('accepts the check of $name, and the answer it got', session => {
    const { key, ...rest } = new IceCredentials(session.usernameFragment, session.password);
    const check = parsed(hex(session.request));
    expect(check.class).toBe(StunClass.request);
    expect(check.localUsernameFragment).toBe(session.usernameFragment);
    expect(check.has(StunAttribute.iceControlling)).toBe(true);
    expect(check.authenticate({ key, ...rest })).toBe(StunAuthentication.ok);
    expect(parsed(hex(session.response)).isIntegrityRight(key)).toBe(true);
  });
});

describe('writing', () => {
  it('gives back what RFC 5769 has, but for the content of padding', () => {
    const response = (ip: string, family: 4 | 6): string =>
      Buffer.from(
        written(
          new StunWriter()
            .begin(StunClass.success, BINDING_METHOD, sampleRequest, 8)
            .text(StunAttribute.software, 'test vector')
            .xorMappedAddress({ ip, port: 32853, family }),
        ).slice(20),
      ).toString('hex');
    const sample = (bytes: Uint8Array, end: number): string =>
      Buffer.from(bytes.with(35, 0).slice(20, end)).toString('hex');
    expect(response('192.0.2.1', 4)).toBe(sample(sampleIpv4Response, 48));
    expect(response('2001:db8:1234:5678:11:2233:4455:6677', 6)).toBe(sample(sampleIpv6Response, 60));
  });

  it('writes every attribute so that it can be read', () => {
    const message = parsed(
      written(
        writer()
          .text(StunAttribute.username, 'evtj:x')
          .uint32(StunAttribute.priority, 0xfedcba98)
          .uint64(StunAttribute.iceControlling, 0x0102030405060708n)
          .flag(StunAttribute.useCandidate)
          .uint32(StunAttribute.nomination, 3)
          .text(StunAttribute.software, 'tsfü')
          .errorCode(487, 'role conflict')
          .xorMappedAddress({ ip: '192.0.2.1', port: 1, family: 4 })
          .messageIntegrity(key)
          .fingerprint(),
      ),
    );
    expect(message.priority).toBe(0xfedcba98);
    expect(message.has(StunAttribute.useCandidate)).toBe(true);
    expect(message.nomination).toBe(3);
    expect(message.text(StunAttribute.software)).toBe('tsfü');
    expect(message.value(StunAttribute.errorCode)).toEqual(Buffer.from([0, 0, 4, 87, ...Buffer.from('role conflict')]));
    expect(message.value(StunAttribute.iceControlling)?.toString('hex')).toBe('0102030405060708');
    expect(message.authenticate(credentials)).toBe(StunAuthentication.ok);
  });

  it('does not write beyond its buffer', () => {
    expect(() => new StunWriter(40).begin(0, 1, transactionId, 0).attribute(0x7f01, new Uint8Array(17))).toThrow(
      RangeError,
    );
  });
});
