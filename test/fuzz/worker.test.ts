import { describe, expect, it } from 'vitest';
import { MessageEncoder } from '../../src/channel/codec.js';
import { Event } from '../../src/channel/fbs/notification.js';
import { Method } from '../../src/channel/fbs/request.js';
import { DropReason } from '../../src/common/drop-reason.js';
import { SeededRandom } from '../../src/testing/seeded-random.js';
import {
  consumeDataRequest,
  consumeRequest,
  createDirectTransport,
  createPlainTransport,
  createRouter,
  createWebRtcTransport,
  opusPacket,
  produceDataRequest,
  produceRequest,
  transportOptions,
  webRtcTransportRequest,
} from '../support/requests.js';
import { TestWorker, WORKER_IP } from '../support/test-worker.js';
import { connect, createPeer, WebRtcPeer } from '../support/webrtc-peer.js';

const seed = Number(process.env.FUZZ_SEED ?? 1);

/** A copy with some bytes changed, perhaps cut or lengthened. */
function mutated(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const length = random.uint32() % 4 === 0 ? random.uint32() % (bytes.length + 20) : bytes.length;
  const copy = new Uint8Array(length);
  copy.set(bytes.subarray(0, length));
  const changes = random.uint32() % 6;
  for (let i = 0; i < changes && length > 0; i++) copy[random.uint32() % length] = random.uint32() & 0xff;
  return copy;
}

async function forwardingWorker() {
  const worker = new TestWorker({ seed });
  await createRouter(worker);
  const { tuple } = await createPlainTransport(worker, 'plain', { comedia: true });
  await createPlainTransport(worker, 'sctp', { comedia: true }, transportOptions({ enableSctp: true }));
  await createDirectTransport(worker, 'direct');
  const webRtc = await createWebRtcTransport(worker, 'webrtc');
  const peer = new WebRtcPeer(worker.createPeer('10.0.0.2'), '10.0.0.2', webRtc);
  await worker.request(Method.WEBRTCTRANSPORT_CONNECT, 'webrtc', {
    dtlsParameters: { fingerprints: [peer.fingerprint], role: 0 /*DtlsRole.AUTO*/ },
  });
  peer.startDtls('server');
  await worker.advance(1000);
  await worker.request(Method.TRANSPORT_PRODUCE, 'plain', produceRequest('producer', 1000));
  await worker.request(Method.TRANSPORT_CONSUME, 'webrtc', consumeRequest('consumer', 'producer', 1000, 5000));
  await worker.request(Method.TRANSPORT_CONSUME, 'direct', consumeRequest('direct-consumer', 'producer', 1000, 6000));
  // Others, which have nothing to do with what is attacked: one sends to the other.
  const forwarding: WebRtcPeer[] = [];
  for (const [id, ip] of [
    ['t0', '10.0.0.4'],
    ['t1', '10.0.0.5'],
  ]) {
    await createWebRtcTransport(worker, id);
    const other = await createPeer(worker, id, ip);
    await connect(worker, id, other);
    other.startDtls('server');
    forwarding.push(other);
  }
  await worker.advance(1000);
  await worker.request(Method.TRANSPORT_PRODUCE, 't0', produceRequest('forwarded', 2000));
  await worker.request(Method.TRANSPORT_CONSUME, 't1', consumeRequest('forwarded-consumer', 'forwarded', 2000, 8000));
  return { worker, peer, port: tuple.localPort, forwarding };
}

async function expectForwarding(worker: TestWorker, [sender, receiver]: WebRtcPeer[]): Promise<void> {
  for (let seq = 0; seq < 20; seq++) {
    sender.sendRtp(opusPacket(2000, seq));
    await worker.advance(20);
  }
  expect(receiver.rtp).toHaveLength(20);
}

const rtcp = (...words: number[]): Uint8Array => {
  const bytes = new Uint8Array(words.length * 4);
  words.forEach((word, index) => new DataView(bytes.buffer).setUint32(index * 4, word));
  return bytes;
};

describe(`a worker (FUZZ_SEED=${seed})`, () => {
  it('outlives whatever datagrams come, and goes on forwarding', async () => {
    const { worker, peer, port, forwarding } = await forwardingWorker();
    const random = new SeededRandom(seed).fork('datagrams');
    const socket = worker.createPeer('10.0.0.3').udp.bind({ ip: '10.0.0.3', port: 0 }, { onDatagram: () => {} });
    const plain = (bytes: Uint8Array): void => {
      socket.send(bytes, 0, bytes.length, socket.remoteAddress(WORKER_IP, port));
    };
    plain(opusPacket(1000, 0));
    await worker.advance(1);
    const seeds = [
      opusPacket(1000, 1),
      rtcp(0x80c80006, 1000, 1, 2, 3, 4, 5),
      rtcp(0x81c90007, 9, 5000, 0, 0, 0, 0, 0),
      rtcp(0x81cd0003, 9, 5000, 0x00010001),
      rtcp(0x81ce0002, 9, 5000),
      rtcp(0x8fcd0005, 9, 5000, 0x00010001, 0x00000100, 0x20010400),
      rtcp(0x80cf0005, 9, 0x05000003, 1000, 1, 2),
      Uint8Array.of(22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 4, 1, 2, 3, 4),
      rtcp(0x00010008, 0x2112a442, 1, 2, 3, 0x00060004, 0x61626364),
    ];
    for (let i = 0; i < 6000; i++) {
      const bytes = mutated(seeds[random.uint32() % seeds.length], random);
      if (i % 2 === 0) plain(bytes);
      else peer.sendPlain(bytes);
      if (i % 50 === 0) await worker.advance(1);
    }
    await worker.advance(100);
    await expectForwarding(worker, forwarding);
    expect(worker.core.drops.get(DropReason.internalError)).toBe(0);
    expect(worker.logs.filter(line => line.includes('reportException'))).toEqual([]);
    await worker.request(Method.WORKER_CLOSE_ROUTER, '', { routerId: 'router' });
    await worker.advance(10);
    expect(worker.core.memory.slotsInUse).toBe(0);
  });

  it('answers or reports whatever comes through the channel', async () => {
    const { worker, forwarding } = await forwardingWorker();
    const random = new SeededRandom(seed).fork('channel');
    const encoder = new MessageEncoder();
    const templates = [
      encoder.encodeRequest(1, Method.TRANSPORT_PRODUCE, 'plain', produceRequest('other', 3000)).slice(),
      encoder.encodeRequest(2, Method.TRANSPORT_CONSUME, 'plain', consumeRequest('o', 'producer', 1000, 7000)).slice(),
      encoder.encodeRequest(3, Method.TRANSPORT_PRODUCE_DATA, 'direct', produceDataRequest('d')).slice(),
      encoder.encodeRequest(4, Method.TRANSPORT_CONSUME_DATA, 'direct', consumeDataRequest('e', 'd')).slice(),
      encoder.encodeRequest(5, Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', webRtcTransportRequest('x')).slice(),
      encoder.encodeRequest(6, Method.CONSUMER_DUMP, 'consumer').slice(),
      encoder.encodeNotification(Event.PRODUCER_SEND, 'producer', { data: [...opusPacket(1000, 9)] }).slice(),
    ];
    for (let i = 0; i < 2000; i++) {
      worker.sendRaw(mutated(templates[random.uint32() % templates.length], random));
      if (i % 20 === 0) await worker.advance(0);
    }
    await worker.advance(10);
    await worker.request(Method.WORKER_DUMP, '');
    await expectForwarding(worker, forwarding);
    expect(worker.closedReason).toBeUndefined();
  });
});
