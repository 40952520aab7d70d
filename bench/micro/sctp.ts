/**
 * What SCTP costs, ours and werift's, both sides in this process and packets handed over in memory: megabits per second
 * of one association, and µs per message of 100 bytes that is sent to 100 peers, for the sending side and for all. Then
 * what the parts cost that are done for every packet. Compare numbers of one run only.
 *
 *     npx esbuild bench/micro/sctp.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/bench/sctp.mjs
 *     node dist/bench/sctp.mjs
 */
import { randomFillSync } from 'node:crypto';
import { SCTP } from 'werift-sctp';
import { DataChunk } from '../../src/sctp/chunks/data-chunk.js';
import { SctpAssociation } from '../../src/sctp/association.js';
import { packetChecksum } from '../../src/sctp/crc32c.js';
import { DataReceiver } from '../../src/sctp/data-receiver.js';

const ROUNDS = 5;
const CONSUMERS = 100;

/** What both implementations can do for the measurements. */
interface Pair {
  /** Lets packets pass until there are none. */
  settle(): Promise<void>;
  send(payload: Uint8Array): void;
  /** Bytes that the other side got. */
  readonly receivedBytes: number;
}

const now = (): number => performance.now();

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

const random = {
  fill: (bytes: Uint8Array): void => {
    randomFillSync(bytes);
  },
  uint32: (): number => new DataView(randomFillSync(new Uint8Array(4)).buffer).getUint32(0),
};

/** ms spent in the sending side. */
let sendingTime = 0;

class OurSide {
  readonly association: SctpAssociation;
  readonly packets: Uint8Array[] = [];
  receivedBytes = 0;

  constructor(zeroChecksum: boolean) {
    this.association = new SctpAssociation(
      { random, sendBufferSize: 1e9, perStreamSendQueueLimit: 1e9, zeroChecksumMethod: zeroChecksum ? 1 : 0 },
      {
        onSctpSend: (bytes, offset, length) => this.packets.push(bytes.slice(offset, offset + length)),
        onSctpMessage: (_streamId, _ppid, payload) => (this.receivedBytes += payload.length),
        onSctpStateChange: () => {},
        onSctpNegotiated: () => {},
        onSctpStreamReset: () => {},
        onSctpBufferedAmountLow: () => {},
      },
    );
  }
}

class OurPair implements Pair {
  readonly #a: OurSide;
  readonly #z: OurSide;

  constructor(zeroChecksum: boolean) {
    this.#a = new OurSide(zeroChecksum);
    this.#z = new OurSide(zeroChecksum);
    this.#a.association.connect(now());
  }

  get receivedBytes(): number {
    return this.#z.receivedBytes;
  }

  send(payload: Uint8Array): void {
    const start = now();
    this.#a.association.send(1, 53, payload, {}, start);
    sendingTime += now() - start;
  }

  settle(): Promise<void> {
    while (this.#a.packets.length > 0 || this.#z.packets.length > 0) {
      for (const packet of this.#a.packets.splice(0)) this.#z.association.onPacket(packet, 0, packet.length, now());
      const start = now();
      for (const packet of this.#z.packets.splice(0)) this.#a.association.onPacket(packet, 0, packet.length, now());
      sendingTime += now() - start;
    }
    return Promise.resolve();
  }
}

class WeriftPair implements Pair {
  receivedBytes = 0;
  readonly #there: Buffer[] = [];
  readonly #back: Buffer[] = [];
  readonly #a: SCTP;
  readonly #deliver: { a: (packet: Buffer) => void; z: (packet: Buffer) => void };

  constructor() {
    const transport = (queue: Buffer[]) => ({
      onData: undefined as ((packet: Buffer) => void) | undefined,
      send: (packet: Buffer) => {
        queue.push(packet);
        return Promise.resolve();
      },
      close: () => {},
    });
    const [a, z] = [transport(this.#there), transport(this.#back)];
    this.#a = SCTP.client(a);
    const server = SCTP.server(z);
    server.onReceive.subscribe((_streamId, _ppid, payload) => {
      this.receivedBytes += payload.length;
    });
    this.#deliver = { a: packet => a.onData?.(packet), z: packet => z.onData?.(packet) };
    void server.start(5000);
    void this.#a.start(5000);
  }

  send(payload: Uint8Array): void {
    const start = now();
    void this.#a.send(1, 53, payload as Buffer);
    sendingTime += now() - start;
  }

  async settle(): Promise<void> {
    for (let idle = 0; idle < 3;) {
      idle++;
      for (const packet of this.#there.splice(0)) {
        idle = 0;
        this.#deliver.z(packet);
      }
      await new Promise(resolve => setImmediate(resolve));
      const start = now();
      for (const packet of this.#back.splice(0)) {
        idle = 0;
        this.#deliver.a(packet);
      }
      await new Promise(resolve => setImmediate(resolve));
      sendingTime += now() - start;
    }
  }
}

const ways: Record<string, () => Pair> = {
  tsfu: () => new OurPair(false),
  'tsfu without checksums': () => new OurPair(true),
  werift: () => new WeriftPair(),
};

/** Mbps of messages of 16 kB. */
async function goodput(create: () => Pair, messages: number): Promise<number> {
  const pair = create();
  await pair.settle();
  const payload = Buffer.alloc(16_384);
  const start = now();
  for (let i = 0; i < messages; i += 16) {
    for (let j = 0; j < 16; j++) pair.send(payload);
    while (pair.receivedBytes < (i + 16) * payload.length) await pair.settle();
  }
  return (messages * payload.length * 8) / (now() - start) / 1000;
}

/** µs per message and consumer: of the sending side, and of both sides. */
async function fanOut(create: () => Pair, messages: number): Promise<[sending: number, all: number]> {
  const pairs = Array.from({ length: CONSUMERS }, create);
  for (const pair of pairs) await pair.settle();
  const payload = Buffer.alloc(100);
  sendingTime = 0;
  const start = now();
  for (let i = 0; i < messages; i++) {
    for (const pair of pairs) pair.send(payload);
    if (i % 4 === 3) for (const pair of pairs) await pair.settle();
  }
  const count = messages * CONSUMERS;
  return [(sendingTime * 1000) / count, ((now() - start) * 1000) / count];
}

const results = new Map<string, { goodput: number[]; sending: number[]; all: number[] }>();
for (let round = -1; round < ROUNDS; round++) {
  for (const [way, create] of Object.entries(ways)) {
    // werift is so much slower that it gets less to do.
    const share = way === 'werift' ? 16 : 1;
    const mbps = await goodput(create, 2048 / share);
    const [sending, all] = await fanOut(create, 320 / share);
    if (round < 0) continue;
    const result = results.get(way) ?? { goodput: [], sending: [], all: [] };
    result.goodput.push(mbps);
    result.sending.push(sending);
    result.all.push(all);
    results.set(way, result);
  }
}
console.log('                         goodput     sending side    both sides');
for (const [way, result] of results) {
  const columns = [
    `${median(result.goodput).toPrecision(3)} Mbps`,
    `${median(result.sending).toPrecision(3)} µs/message`,
    `${median(result.all).toPrecision(3)} µs/message`,
  ];
  console.log(way.padEnd(22), columns.map(column => column.padStart(16)).join(''));
}

/** Median µs of one call. */
function micro(call: () => void, calls: number): number {
  const times: number[] = [];
  for (let round = -1; round < ROUNDS; round++) {
    const start = now();
    for (let i = 0; i < calls; i++) call();
    if (round >= 0) times.push(((now() - start) * 1000) / calls);
  }
  return median(times);
}

const packet = new Uint8Array(1188);
const receiver = (): DataReceiver =>
  new DataReceiver(
    0,
    { interleaving: false, windowSize: 5e6, maxMessageSize: 1e6 },
    { onMessage: () => {}, onOversizedMessage: () => {} },
  );
const chunk = new DataChunk();
chunk.bytes = packet;
let incoming = receiver();
const restart = (): void => {
  incoming = receiver();
  chunk.tsn = 0;
  chunk.messageId = 0;
};

console.log('CRC32c of 1188 bytes', micro(() => packetChecksum(packet, 0, 1188), 20_000).toPrecision(3), 'µs');
chunk.beginning = chunk.ending = true;
chunk.payloadLength = 100;
restart();
console.log(
  'a message of 100 bytes, received',
  micro(() => {
    incoming.onData(chunk);
    chunk.tsn = (chunk.tsn + 1) >>> 0;
    chunk.messageId = (chunk.messageId + 1) & 0xffff;
  }, 100_000).toPrecision(3),
  'µs',
);
chunk.payloadLength = 1160;
restart();
console.log(
  'a fragment of 1160 bytes, received and put together with 13 others',
  micro(() => {
    const position = chunk.tsn % 14;
    chunk.beginning = position === 0;
    chunk.ending = position === 13;
    incoming.onData(chunk);
    chunk.tsn = (chunk.tsn + 1) >>> 0;
    if (chunk.ending) chunk.messageId = (chunk.messageId + 1) & 0xffff;
  }, 50_000).toPrecision(3),
  'µs',
);
process.exit();
