import { describe, expect, it } from 'vitest';
import { capabilitiesOf, capabilityParameters, negotiate } from '../../../src/sctp/capabilities.js';
import { parseInit } from '../../../src/sctp/chunks/init.js';
import { defaultSctpOptions } from '../../../src/sctp/options.js';
import { PacketSender } from '../../../src/sctp/packet-sender.js';
import { encodeCookieAck } from '../../../src/sctp/chunks/cookie-ack.js';
import { implementationOf, type StateCookie, StateCookies } from '../../../src/sctp/state-cookie.js';
import { chunkBytes, SeededRandom } from './association-support.js';
import { recorded } from './support.js';

const cookie: StateCookie = {
  localTag: 0xdeadbeef,
  peerTag: 0x80000001,
  localInitialTsn: 0xffffffff,
  peerInitialTsn: 0,
  peerWindow: 5_000_000,
  tieTag: 0x0123456789abcdefn,
  peerCapabilities: {
    outboundStreams: 65535,
    inboundStreams: 1024,
    partialReliability: true,
    messageInterleaving: false,
    reconfiguration: true,
    zeroChecksumMethod: 1,
  },
  createdAt: 1234567.125,
};

describe('a state cookie (RFC 9260 §5.1.3)', () => {
  const cookies = new StateCookies(new SeededRandom(1));

  it('says what was put into it', () => {
    expect(cookies.read(cookies.write(cookie))).toEqual(cookie);
    const other = {
      ...cookie,
      peerCapabilities: {
        ...cookie.peerCapabilities,
        partialReliability: false,
        messageInterleaving: true,
        reconfiguration: false,
      },
    };
    expect(cookies.read(cookies.write(other))).toEqual(other);
  });

  it('is small', () => {
    expect(cookies.write(cookie)).toHaveLength(72);
  });

  it('is read in the middle of other memory', () => {
    const memory = new Uint8Array(100);
    memory.set(cookies.write(cookie), 7);
    expect(cookies.read(memory.subarray(7, 79))).toEqual(cookie);
  });

  it('is refused if one bit of it was changed', () => {
    const bytes = cookies.write(cookie);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] ^= 1 << (bit & 7);
      expect(cookies.read(changed)).toBeUndefined();
    }
  });

  it('is refused if it is too short or too long', () => {
    const bytes = cookies.write(cookie);
    for (const length of [0, 8, 71, 73]) {
      const changed = new Uint8Array(length);
      changed.set(bytes.subarray(0, length));
      expect(cookies.read(changed)).toBeUndefined();
    }
  });

  it('is refused by another association', () => {
    expect(new StateCookies(new SeededRandom(2)).read(cookies.write(cookie))).toBeUndefined();
  });

  it.each([
    ['tsfuSCTP', 'tsfu'],
    ['msworker', 'mediasoup'],
    ['dcSCTP00', 'dcsctp'],
    ['KAME-BSD', 'usrsctp'],
    ['whatever', 'unknown'],
    ['', 'unknown'],
  ])('that begins with "%s" was made by %s', (beginning, implementation) => {
    expect(implementationOf(new TextEncoder().encode(`${beginning} and more`))).toBe(implementation);
  });

  it('of our own shows it', () => {
    expect(implementationOf(cookies.write(cookie))).toBe('tsfu');
  });
});

describe('capabilities', () => {
  const init = { initiateTag: 1, advertisedReceiverWindow: 1, outboundStreams: 10, inboundStreams: 20, initialTsn: 1 };
  const options = { ...defaultSctpOptions, random: new SeededRandom(1) };
  const all = capabilitiesOf({ ...init, parameters: capabilityParameters({ ...options, zeroChecksumMethod: 1 }) });
  const none = capabilitiesOf({ ...init, parameters: [] });

  it('are read from what we say ourselves', () => {
    expect(all).toEqual({
      outboundStreams: 10,
      inboundStreams: 20,
      partialReliability: true,
      messageInterleaving: true,
      reconfiguration: true,
      zeroChecksumMethod: 1,
    });
  });

  it('are none if nothing is said', () => {
    expect(none).toMatchObject({
      partialReliability: false,
      messageInterleaving: false,
      reconfiguration: false,
      zeroChecksumMethod: 0,
    });
  });

  it('include partial reliability if either parameter says so', () => {
    const ofParameters = (...parameters: Parameters<typeof capabilitiesOf>[0]['parameters']) =>
      capabilitiesOf({ ...init, parameters }).partialReliability;
    expect(ofParameters({ kind: 'forwardTsnSupported' })).toBe(true);
    expect(ofParameters({ kind: 'supportedExtensions', chunkTypes: Uint8Array.of(192) })).toBe(true);
    expect(ofParameters({ kind: 'supportedExtensions', chunkTypes: Uint8Array.of(130) })).toBe(false);
  });

  it('include interleaving only with both of its chunks (RFC 8260 §2.2.1)', () => {
    const ofTypes = (...types: number[]) =>
      capabilitiesOf({ ...init, parameters: [{ kind: 'supportedExtensions', chunkTypes: Uint8Array.from(types) }] })
        .messageInterleaving;
    expect([ofTypes(64), ofTypes(194), ofTypes(64, 194)]).toEqual([false, false, true]);
  });

  it('are negotiated: what both sides can do', () => {
    expect(negotiate(options, all)).toEqual({
      maxOutboundStreams: 20,
      maxInboundStreams: 10,
      partialReliability: true,
      messageInterleaving: true,
      reconfiguration: true,
      zeroChecksum: false,
    });
    expect(negotiate({ ...options, zeroChecksumMethod: 1 }, all).zeroChecksum).toBe(true);
    expect(negotiate({ ...options, zeroChecksumMethod: 2 }, all).zeroChecksum).toBe(false);
    expect(negotiate({ ...options, partialReliability: false, messageInterleaving: false }, all)).toMatchObject({
      partialReliability: false,
      messageInterleaving: false,
    });
    expect(negotiate({ ...options, zeroChecksumMethod: 1 }, none)).toMatchObject({
      partialReliability: false,
      messageInterleaving: false,
      reconfiguration: false,
      zeroChecksum: false,
    });
  });

  it.each([
    ['chromium-publisher', false],
    ['firefox-publisher', true],
  ] as const)('of %s are understood', (session, messageInterleaving) => {
    const { packet } = recorded(session).find(
      ({ direction, packet: { 12: type } }) => direction === 'up' && type === 1,
    )!;
    const [chunk] = chunkBytes(packet);
    expect(capabilitiesOf(parseInit(chunk, 0, chunk.length)!)).toMatchObject({
      partialReliability: true,
      messageInterleaving,
      reconfiguration: true,
    });
  });
});

describe('the packet sender', () => {
  const setUp = () => {
    const sent: Uint8Array[] = [];
    const sender = new PacketSender({ mtu: 100, sourcePort: 1, destinationPort: 2 }, (bytes, offset, length) =>
      sent.push(bytes.slice(offset, offset + length)),
    );
    return { sender, sent };
  };
  const checksum = (packet: Uint8Array): number => new DataView(packet.buffer).getUint32(8);

  it('sends packets with or without a checksum', () => {
    const { sender, sent } = setUp();
    sender.sendChunk(encodeCookieAck(), 7);
    sender.sendChunk(encodeCookieAck(), 7, false);
    expect(sent.map(packet => [packet.length, checksum(packet) !== 0])).toEqual([
      [16, true],
      [16, false],
    ]);
    expect(sender.sentPackets).toBe(2);
  });

  it('does not send empty packets, or chunks that are too long', () => {
    const { sender, sent } = setUp();
    sender.start(7);
    expect(sender.finish(true)).toBe(false);
    sender.sendChunk(new Uint8Array(200), 7);
    expect([sent, sender.sentPackets]).toEqual([[], 0]);
  });
});
