/**
 * Bytes that the JavaScript heap grows by, and CPU time, per packet and Consumer, for what the worker does between the
 * sockets: Producer, Consumers, egress, SRTP. Fails if a packet takes more than MAX_BYTES.
 *
 *     npm run bench:micro -- allocation
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DropReason } from '../../src/common/drop-reason.js';
import { SrtpKernel } from '../../src/srtp/kernel/srtp-kernel.js';
import { SrtpReceiver, SrtpSender } from '../../src/srtp/srtp-session.js';
import { masterLength, SRTP_SUITES, type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';
import { type Consumer } from '../../src/worker/consumer.js';
import { type EgressPacket, type EgressRoute, type RtpProtector } from '../../src/worker/egress.js';
import { DATAGRAM_OFFSET, parseSlot, slotSize } from '../../src/rtp/packet-slot.js';
import { RtpPacket } from '../../src/rtp/rtp-packet.js';
import { type Producer } from '../../src/worker/producer.js';
import { buildPacket } from '../../test/unit/rtp/support.js';
import { consumeRequest, MediaHarness, produceRequest } from '../../test/unit/worker/media-support.js';

const MAX_BYTES = 8;
const CONSUMERS = 20;
const WARM_UP = 6000;
const PACKETS = 6000;
/** Packets received per tick. */
const PER_TICK = 3;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

class Route implements EgressRoute {
  sent = 0;
  readonly rtpProtector: RtpProtector | undefined;

  constructor(rtpProtector: RtpProtector | undefined) {
    this.rtpProtector = rtpProtector;
  }

  sendRtp(): DropReason {
    this.sent++;
    return DropReason.none;
  }
}

/** A Producer and Consumers whose packets go nowhere, each to a transport of its own. */
class Room extends MediaHarness {
  readonly kernel = SrtpKernel.create(this.memory);
  readonly routes = new Map<Consumer, Route>();
  readonly receivedPacket = new RtpPacket();

  override onConsumerSendRtp(consumer: Consumer, packet: EgressPacket): void {
    packet.writeAbsSendTime(0x123456);
    this.media.egress.commit(this.routes.get(consumer)!);
  }

  /** What a transport does with a datagram. */
  receiveDatagram(producer: Producer, datagram: Uint8Array, srtpReceiver: SrtpReceiver | undefined): void {
    const { memory, receivedPacket } = this;
    const handle = memory.allocate(slotSize(datagram.length));
    memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
    const length =
      srtpReceiver?.unprotectRtp(memory.bytes, handle + DATAGRAM_OFFSET, datagram.length) ?? datagram.length;
    if (length < 0 || !parseSlot(receivedPacket, memory, handle, length)) throw new Error('not received');
    receivedPacket.extensionIds = producer.extensionIds;
    receivedPacket.receivedAt = this.now;
    producer.receiveRtpPacket(receivedPacket, this.now);
    memory.release(handle);
  }
}

/** A kind of Producer with the packets it receives. */
interface Kind {
  encodings: { ssrc: number; mode: string }[];
  mimeType: string;
  packet(index: number): Uint8Array;
}

const body = (descriptor: number[]): number[] => [...descriptor, ...new Array<number>(1100).fill(0x5a)];

/** VP8 with a picture id, TL0PICIDX, one temporal layer; a key frame now and then. */
const vp8 = (ssrc: number, index: number): Uint8Array =>
  buildPacket({
    ssrc,
    payloadType: 100,
    sequenceNumber: index & 0xffff,
    timestamp: (index * 3000) >>> 0,
    marker: true,
    extensions: [
      [1, [48]],
      [3, [1, 2, 3]],
    ],
    payload: body([
      0x90,
      0xe0,
      0x80 | ((index >> 8) & 0x7f),
      index & 0xff,
      index & 0xff,
      0x20,
      index % 500 === 0 ? 0 : 1,
    ]),
  });

/** VP9 with three spatial layers, one packet each. */
const vp9 = (index: number): Uint8Array => {
  const picture = Math.floor(index / 3);
  const spatial = index % 3;
  const isKey = picture % 500 === 0;
  return buildPacket({
    ssrc: 1111,
    payloadType: 100,
    sequenceNumber: index & 0xffff,
    timestamp: (picture * 3000) >>> 0,
    marker: spatial === 2,
    extensions: [
      [1, [48]],
      [3, [1, 2, 3]],
    ],
    payload: body([
      0xac | (isKey ? 0 : 0x40),
      0x80 | ((picture >> 8) & 0x7f),
      picture & 0xff,
      (spatial << 1) | (spatial > 0 ? 1 : 0),
      picture & 0xff,
    ]),
  });
};

const kinds: Record<string, Kind> = {
  simple: {
    encodings: [{ ssrc: 1111, mode: 'L1T1' }],
    mimeType: 'video/VP8',
    packet: index => vp8(1111, index),
  },
  simulcast: {
    encodings: [1111, 1112, 1113].map(ssrc => ({ ssrc, mode: 'L1T1' })),
    mimeType: 'video/VP8',
    packet: index => vp8(1111 + (index % 3), Math.floor(index / 3)),
  },
  SVC: { encodings: [{ ssrc: 1111, mode: 'L3T1' }], mimeType: 'video/VP9', packet: vp9 },
};

const suites: Record<string, SrtpSuiteName | undefined> = {
  plain: undefined,
  CM: 'AES_CM_128_HMAC_SHA1_80',
  GCM: 'AEAD_AES_128_GCM',
};

function measure(kind: Kind, suite: SrtpSuiteName | undefined): { bytes: number; microseconds: number; sent: number } {
  const room = new Room();
  const { encodings, mimeType } = kind;
  const extensions: ['Mid' | 'AbsSendTime', number][] = [
    ['Mid', 1],
    ['AbsSendTime', 3],
  ];
  const producer = room.produce(produceRequest({ encodings, codec: { mimeType }, extensions }));
  const masterKey = suite && new Uint8Array(masterLength(SRTP_SUITES[suite])).fill(7);
  const session = suite && { suite, masterKey: masterKey!, kernel: room.kernel };
  for (let i = 0; i < CONSUMERS; i++) {
    const mode = encodings.length > 1 ? `L${encodings.length}T1`.replace('L', 'S') : encodings[0].mode;
    const consumer = room.consume(
      consumeRequest({
        id: `c${i}`,
        mid: `${i}`,
        codec: { mimeType },
        extensions,
        encodings: [{ ssrc: 5000 + i, rtx: 6000 + i, mode }],
        consumable: encodings.map(one => one.mode),
      }),
    );
    room.routes.set(consumer, new Route(session && new SrtpSender(session)));
  }
  const publisher = session && new SrtpSender(session);
  const datagrams = Array.from({ length: WARM_UP + PACKETS }, (_, index) => {
    const packet = kind.packet(index);
    if (publisher === undefined) return packet;
    const room = new Uint8Array(packet.length + 32);
    room.set(packet);
    return room.slice(0, publisher.protectRtp(room, 0, packet.length));
  });
  const receiver = session && new SrtpReceiver(session);
  const run = (first: number, end: number): void => {
    for (let index = first; index < end; index++) {
      room.receiveDatagram(producer, datagrams[index], receiver);
      if (index % PER_TICK === PER_TICK - 1) {
        room.now += 2;
        room.flush();
      }
    }
  };
  const sent = (): number => [...room.routes.values()].reduce((sum, route) => sum + route.sent, 0);
  run(0, WARM_UP);
  collectGarbage();
  const before = getHeapStatistics().used_heap_size;
  const sentBefore = sent();
  const start = process.cpuUsage();
  run(WARM_UP, WARM_UP + PACKETS);
  const { user, system } = process.cpuUsage(start);
  const bytes = getHeapStatistics().used_heap_size - before;
  const count = sent() - sentBefore;
  room.close();
  return { bytes: bytes / count, microseconds: (user + system) / count, sent: count };
}

let failed = false;
console.log('Consumer    protection   bytes/packet   µs/packet');
for (const [name, kind] of Object.entries(kinds)) {
  for (const [protection, suite] of Object.entries(suites)) {
    const { bytes, microseconds, sent } = measure(kind, suite);
    failed ||= bytes > MAX_BYTES || sent < PACKETS;
    console.log(
      `${name.padEnd(12)}${protection.padEnd(12)} ${bytes.toFixed(1).padStart(12)} ${microseconds.toFixed(2).padStart(11)}` +
        (sent < PACKETS ? `   only ${sent} packets sent` : ''),
    );
  }
}
if (failed) {
  console.error(`more than ${MAX_BYTES} bytes per packet`);
  process.exit(1);
}
