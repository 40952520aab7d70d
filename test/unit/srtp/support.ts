import { SRTP_SUITES, masterLength, type SrtpSuiteName } from '../../../src/srtp/srtp-suite.js';
import { SrtpReceiver, type SrtpReceiverOptions, SrtpSender } from '../../../src/srtp/srtp-session.js';

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
export const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');

/** Room behind a packet, for what protecting appends. */
export const TRAILER_ROOM = 32;

/** A packet with room behind it. */
export const inRoom = (packet: string | Uint8Array): Uint8Array => {
  const source = typeof packet === 'string' ? bytes(packet) : packet;
  const result = new Uint8Array(source.length + TRAILER_ROOM);
  result.set(source);
  return result;
};

export const suiteNames = Object.keys(SRTP_SUITES) as SrtpSuiteName[];

/** A sender and the receiver of what it sends. */
export const createPair = (
  suite: SrtpSuiteName,
  options: Partial<SrtpReceiverOptions> = {},
): { sender: SrtpSender; receiver: SrtpReceiver } => {
  const masterKey = Uint8Array.from({ length: masterLength(SRTP_SUITES[suite]) }, (_, i) => (i * 37 + 11) & 0xff);
  return { sender: new SrtpSender({ suite, masterKey }), receiver: new SrtpReceiver({ suite, masterKey, ...options }) };
};

export const rtpPacket = (ssrc: number, sequenceNumber: number, payload: Uint8Array | number = 20): Uint8Array => {
  const body = typeof payload === 'number' ? new Uint8Array(payload).fill(sequenceNumber) : payload;
  const packet = Buffer.alloc(12 + body.length);
  packet[0] = 0x80;
  packet[1] = 96;
  packet.writeUInt16BE(sequenceNumber & 0xffff, 2);
  packet.writeUInt32BE(sequenceNumber * 100, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet.set(body, 12);
  return new Uint8Array(packet);
};

/** An empty receiver report, followed by `extra` words. */
export const rtcpPacket = (ssrc: number, extra = 0): Uint8Array => {
  const packet = Buffer.alloc(8 + 4 * extra, 0x5a);
  packet[0] = 0x80;
  packet[1] = 201;
  packet.writeUInt16BE(1 + extra, 2);
  packet.writeUInt32BE(ssrc, 4);
  return new Uint8Array(packet);
};

/** What `method` makes of a packet: the bytes, or the DropReason. */
const apply = (
  packet: Uint8Array,
  method: (bytes: Uint8Array, offset: number, length: number) => number,
): Uint8Array | number => {
  const offset = 4;
  const memory = new Uint8Array(offset + packet.length + TRAILER_ROOM);
  memory.set(packet, offset);
  const length = method(memory, offset, packet.length);
  return length < 0 ? -length : memory.slice(offset, offset + length);
};

export const protectRtp = (sender: SrtpSender, packet: Uint8Array): Uint8Array | number =>
  apply(packet, (...args) => sender.protectRtp(...args));
export const protectRtcp = (sender: SrtpSender, packet: Uint8Array): Uint8Array | number =>
  apply(packet, (...args) => sender.protectRtcp(...args));
export const unprotectRtp = (receiver: SrtpReceiver, packet: Uint8Array): Uint8Array | number =>
  apply(packet, (...args) => receiver.unprotectRtp(...args));
export const unprotectRtcp = (receiver: SrtpReceiver, packet: Uint8Array): Uint8Array | number =>
  apply(packet, (...args) => receiver.unprotectRtcp(...args));
