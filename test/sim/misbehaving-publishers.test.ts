import { describe, expect, it } from 'vitest';
import { type Consumer } from '../../src/api/types/consumer.js';
import { type RtpEncodingParameters, type RtpParameters } from '../../src/api/types/rtp-parameters.js';
import { type Transport } from '../../src/api/types/transport.js';
import { DropReason } from '../../src/common/drop-reason.js';
import { Simulation } from '../../src/testing/simulation.js';
import { type UdpSocket } from '../../src/worker/runtime.js';
import { capabilitiesWithoutCongestionControl } from './support/capabilities.js';
import { isRtcp, readRtcp } from './support/rtcp-listener.js';
import { parseRtp, Unwrapper } from './support/rtp-reader.js';
import { SimulatedWorker } from './support/simulated-worker.js';

/** Publishers whose numbers are not what one expects, and what a Router makes of them for Consumers of all types. */

const [WORKER, PUBLISHER, RECEIVER] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
const FRAME_INTERVAL = 20;
const PAYLOAD_TYPE = 96;
const [MID_ID, RID_ID] = [1, 2];
const HOUR = 3600 * 90_000;

interface Kind {
  mimeType: `video/${string}`;
  scalabilityMode: string;
  streams: number;
  type: string;
  /** What is in front of a picture's payload: all of a picture is in one packet. */
  descriptor: (pictureId: number, isKey: boolean) => number[];
}

/** RFC 7741 §4.2: picture id of 15 bits, TL0PICIDX, temporal layer 0 with Y; then the first byte of a frame. */
const vp8 = (pictureId: number, isKey: boolean): number[] => {
  const [high, low] = [0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff];
  return [0x90, 0xe0, high, low, low, 0x20, isKey ? 0 : 1];
};

/** RFC 9628 §4.2: I P L B E, picture id of 15 bits, layers, TL0PICIDX. */
const vp9 = (pictureId: number, isKey: boolean): number[] => {
  const [high, low] = [0x80 | ((pictureId >> 8) & 0x7f), pictureId & 0xff];
  return [isKey ? 0xac : 0xec, high, low, 0x10, low];
};

const kinds: Record<string, Kind> = {
  'a simple Producer': { mimeType: 'video/VP8', scalabilityMode: 'L1T1', streams: 1, type: 'simple', descriptor: vp8 },
  simulcast: { mimeType: 'video/VP8', scalabilityMode: 'L1T1', streams: 3, type: 'simulcast', descriptor: vp8 },
  SVC: { mimeType: 'video/VP9', scalabilityMode: 'L1T2', streams: 1, type: 'svc', descriptor: vp9 },
};

/** One encoder, with numbers of its own. */
class Stream {
  readonly index: number;
  ssrc: number;
  rid: string | undefined;
  keyFrameNeeded = true;
  sequenceNumber: number;
  pictureId = 0;
  /** RTP time minus the time since the start. */
  clockOffset: number;
  sent = 0;

  constructor(index: number, ssrc: number, sequenceNumber: number, clockOffset: number) {
    this.index = index;
    this.ssrc = ssrc;
    this.sequenceNumber = sequenceNumber;
    this.clockOffset = clockOffset;
  }

  timestamp(now: number): number {
    return (this.clockOffset + now * 90) >>> 0;
  }
}

class Publisher {
  readonly streams: Stream[];
  readonly askedFor: number[] = [];
  readonly #world: Simulation;
  readonly #socket: UdpSocket;
  readonly #port: number;
  readonly #kind: Kind;

  constructor(world: Simulation, kind: Kind, port: number) {
    this.#world = world;
    this.#kind = kind;
    this.#port = port;
    this.streams = Array.from({ length: kind.streams }, (_, i) => new Stream(i, 1111 + i, 1000 * i, i * 1_000_000));
    const onPli = (_: number, ssrc: number): void => {
      this.askedFor.push(ssrc);
      for (const stream of this.streams) if (stream.ssrc === ssrc) stream.keyFrameNeeded = true;
    };
    this.#socket = world.createRuntime('publisher', PUBLISHER).udp.bind(
      { ip: PUBLISHER, port: 0 },
      {
        onDatagram: bytes => {
          if (isRtcp(bytes)) readRtcp(bytes, { onPli });
        },
      },
    );
  }

  /** All streams, and sender reports now and then. */
  async run(ms: number, streams = this.streams): Promise<void> {
    for (let elapsed = 0; elapsed < ms; elapsed += FRAME_INTERVAL) {
      if (elapsed % 500 === 0) for (const stream of this.streams) this.#report(stream);
      for (const stream of streams) this.sendFrame(stream);
      await this.#world.time.advanceAsync(FRAME_INTERVAL);
    }
  }

  sendFrame(stream: Stream): void {
    const isKey = stream.keyFrameNeeded;
    stream.keyFrameNeeded = false;
    const extensions = [MID_ID << 4, 'v'.charCodeAt(0), 0, 0];
    if (stream.rid !== undefined) extensions.push(RID_ID << 4, stream.rid.charCodeAt(0), 0, 0);
    const payload = [...this.#kind.descriptor(stream.pictureId++, isKey), 7, 7, stream.index, isKey ? 1 : 0];
    const packet = new Uint8Array(16 + extensions.length + payload.length);
    const view = new DataView(packet.buffer);
    packet.set([0x90, PAYLOAD_TYPE | 0x80]);
    view.setUint16(2, stream.sequenceNumber++ & 0xffff);
    view.setUint32(4, stream.timestamp(this.#world.time.now()));
    view.setUint32(8, stream.ssrc);
    view.setUint32(12, 0xbede0000 + extensions.length / 4);
    packet.set([...extensions, ...payload], 16);
    stream.sent++;
    this.#send(packet);
  }

  /** RFC 3550 §6.4.1, without report blocks. */
  #report({ ssrc, clockOffset }: Stream): void {
    const now = this.#world.time.now();
    const view = new DataView(new ArrayBuffer(28));
    view.setUint32(0, 0x80c80006);
    view.setUint32(4, ssrc);
    view.setUint32(8, 0xe0000000 + Math.floor(now / 1000));
    view.setUint32(12, ((now % 1000) / 1000) * 2 ** 32);
    view.setUint32(16, (clockOffset + now * 90) >>> 0);
    this.#send(new Uint8Array(view.buffer));
  }

  #send(bytes: Uint8Array): void {
    this.#socket.send(bytes, 0, bytes.length, this.#socket.remoteAddress(WORKER, this.#port));
  }
}

interface Received {
  seq: number;
  timestamp: number;
  stream: number;
  isKey: boolean;
}

/** A publisher, and a Consumer that prefers the highest layers, at one worker; it has run for some seconds. */
async function start(kind: Kind, isFoundByRid = false) {
  const world = new Simulation({ seed: 5 });
  const worker = await SimulatedWorker.start(world, WORKER);
  const settle = <T>(promise: Promise<T>): Promise<T> => worker.settle(promise);
  const { mimeType, scalabilityMode } = kind;
  const router = await settle(
    worker.api.createRouter({ mediaCodecs: [{ kind: 'video', mimeType, clockRate: 90_000 }] }),
  );
  const listenInfo = { protocol: 'udp', ip: WORKER } as const;
  const publishing = await settle(router.createPlainTransport({ listenInfo, comedia: true }));
  const publisher = new Publisher(world, kind, publishing.tuple.localPort);
  const encodings = publisher.streams.map((stream): RtpEncodingParameters => {
    if (!isFoundByRid) return { ssrc: stream.ssrc, scalabilityMode };
    if (kind.streams === 1) return { scalabilityMode };
    stream.rid = 'abc'[stream.index];
    return { rid: stream.rid, scalabilityMode };
  });
  const rtpParameters: RtpParameters = {
    mid: 'v',
    codecs: [
      {
        mimeType,
        payloadType: PAYLOAD_TYPE,
        clockRate: 90_000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: MID_ID },
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: RID_ID },
    ],
    encodings,
  };
  const producer = await settle(publishing.produce({ kind: 'video', rtpParameters }));

  const received: Received[] = [];
  const [seqs, timestamps] = [new Unwrapper(16), new Unwrapper(32)];
  const onDatagram = (bytes: Uint8Array): void => {
    if (isRtcp(bytes)) return;
    const packet = parseRtp(bytes);
    const at = packet.payloadOffset + packet.payloadLength;
    const [stream, key] = packet.bytes.subarray(at - 2, at);
    const [seq, timestamp] = [seqs.unwrap(packet.sequenceNumber), timestamps.unwrap(packet.timestamp)];
    received.push({ seq, timestamp, stream, isKey: key === 1 });
  };
  const socket = world.createRuntime('receiver', RECEIVER).udp.bind({ ip: RECEIVER, port: 0 }, { onDatagram });
  const subscribing = await settle(router.createPlainTransport({ listenInfo }));
  await settle(subscribing.connect({ ip: RECEIVER, port: socket.port }));
  const rtpCapabilities = capabilitiesWithoutCongestionControl(router);
  const consumer: Consumer = await settle(subscribing.consume({ producerId: producer.id, rtpCapabilities }));
  expect(consumer.type).toBe(kind.type);
  await publisher.run(6000);
  const [current] = publisher.streams.slice(-1);
  expect(received.at(-1)!.stream).toBe(current.index);
  expect(discontinuities(received)).toEqual([]);
  received.length = 0;
  publisher.askedFor.length = 0;
  const produceAgain = (transport: Transport) => settle(transport.produce({ kind: 'video', rtpParameters }));
  return { worker, publisher, current, received, consumer, publishing, produceAgain };
}

/** Steps of sequence numbers that are not 1, and of timestamps that are not of one picture. */
function discontinuities(received: Received[]): string[] {
  return received.slice(1).flatMap((packet, index) => {
    const before = received[index];
    const [seq, time] = [packet.seq - before.seq, (packet.timestamp - before.timestamp) / 90];
    // A switch between streams shifts the time by a picture at most.
    const isSteady = packet.stream === before.stream ? time === FRAME_INTERVAL : time > 0 && time <= 53;
    return seq === 1 && isSteady ? [] : [`${index}: ${seq}, ${time} ms`];
  });
}

describe.each(Object.entries(kinds))('a publisher of %s', (_, kind) => {
  it('that begins anew with other numbers: what is sent goes on at its next key frame, which is asked for', async () => {
    const { worker, publisher, current, received } = await start(kind);
    await publisher.run(200);
    current.sequenceNumber += 30_000;
    current.pictureId += 9000;
    current.clockOffset += 17 * HOUR;
    const before = received.length;
    await publisher.run(2000);
    expect(publisher.askedFor).toContain(current.ssrc);
    expect(received[before].isKey).toBe(true);
    // Of a hundred pictures two are left out: the first is not believed, the second no key frame.
    expect(received.slice(before).length).toBeGreaterThanOrEqual(97);
    const seqSteps = received.slice(1).map(({ seq }, index) => seq - received[index].seq);
    expect(new Set(seqSteps)).toEqual(new Set([1]));
    const elapsed = (received.at(-1)!.timestamp - received[0].timestamp) / 90;
    expect(Math.abs(elapsed - (2200 - FRAME_INTERVAL))).toBeLessThanOrEqual(1);
    expect(received.slice(1).every(({ timestamp }, index) => timestamp > received[index].timestamp)).toBe(true);
    await worker.close();
  });

  it.each([
    ['that were announced', false],
    ['that were found by MID or RID', true],
  ])(
    'that changes its SSRCs, %s: those before are the stream, and go on if they come again',
    async (__, isFoundByRid) => {
      const { worker, publisher, current, received } = await start(kind, isFoundByRid);
      for (const stream of publisher.streams) stream.ssrc += 5000;
      const sequenceNumbers = publisher.streams.map(({ sequenceNumber }) => sequenceNumber);
      await publisher.run(1000);
      expect(received).toEqual([]);
      // The MID says whose they are, but no stream is free.
      expect(worker.core.drops.get(DropReason.rtpUnknownStream)).toBe(50 * kind.streams);
      publisher.streams.forEach((stream, index) => {
        stream.ssrc -= 5000;
        stream.sequenceNumber = sequenceNumbers[index];
        stream.keyFrameNeeded = true;
      });
      await publisher.run(3000);
      expect(received.length).toBeGreaterThan(100);
      expect(received.at(-1)!.stream).toBe(current.index);
      expect(discontinuities(received.slice(-100))).toEqual([]);
      await worker.close();
    },
  );

  it('that sends two streams with one SSRC: no number comes twice or goes back, and the stream goes on afterwards', async () => {
    const { worker, publisher, current, received } = await start(kind);
    const other = new Stream(9, current.ssrc, current.sequenceNumber + 20_000, current.clockOffset + 5 * HOUR);
    await publisher.run(1000, [...publisher.streams, other]);
    await publisher.run(1000);
    const seqs = received.map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
    expect([...seqs].sort((a, b) => a - b)).toEqual(seqs);
    expect(received.slice(1).every(({ timestamp }, index) => timestamp >= received[index].timestamp)).toBe(true);
    expect(discontinuities(received.slice(-40))).toEqual([]);
    expect(received.at(-1)!.stream).toBe(current.index);
    await worker.close();
  });

  it.each([
    ['ahead', 5 * HOUR],
    ['back', -5 * HOUR],
  ])('whose timestamps jump %s by hours: the jump is passed on, once, and no packet is lost', async (__, jump) => {
    const { worker, publisher, current, received, consumer } = await start(kind);
    await publisher.run(200);
    for (const stream of publisher.streams) stream.clockOffset += jump;
    await publisher.run(2000);
    expect(received.length).toBe(110);
    const steps = received.slice(1).map(({ seq, timestamp }, index) => {
      const before = received[index];
      return [seq - before.seq, timestamp - before.timestamp];
    });
    const jumps = steps.filter(([, time]) => time !== FRAME_INTERVAL * 90);
    expect(jumps).toEqual([[1, FRAME_INTERVAL * 90 + jump]]);
    expect(steps.every(([seq]) => seq === 1)).toBe(true);
    expect(publisher.askedFor).toEqual([]);
    // Layers can be left and taken again.
    await worker.settle(consumer.setPreferredLayers({ spatialLayer: 0, temporalLayer: 0 }));
    await publisher.run(2000);
    await worker.settle(consumer.setPreferredLayers({ spatialLayer: 2, temporalLayer: 1 }));
    await publisher.run(2000);
    expect(received.at(-1)!.stream).toBe(current.index);
    const end = received.slice(-150);
    expect(discontinuities(end)).toEqual([]);
    await worker.close();
  });

  it('that announces an SSRC for the second time is refused', async () => {
    const { worker, publisher, received, publishing, produceAgain } = await start(kind);
    await expect(produceAgain(publishing)).rejects.toThrow('ssrc already exists in RTP listener [ssrc:1111]');
    await publisher.run(200);
    expect(received.length).toBe(10);
    expect(discontinuities(received)).toEqual([]);
    await worker.close();
  });
});
