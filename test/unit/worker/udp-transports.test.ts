import { describe, expect, it } from 'vitest';
import { Event } from '../../../src/channel/fbs/notification.js';
import type * as FbsDirectTransport from '../../../src/channel/fbs/direct-transport.js';
import type * as FbsPlainTransport from '../../../src/channel/fbs/plain-transport.js';
import { Method } from '../../../src/channel/fbs/request.js';
import * as FbsRtpParameters from '../../../src/channel/fbs/rtp-parameters.js';
import * as FbsSrtpParameters from '../../../src/channel/fbs/srtp-parameters.js';
import * as FbsTransport from '../../../src/channel/fbs/transport.js';
import { DropReason } from '../../../src/common/drop-reason.js';
import { SrtpReceiver, SrtpSender } from '../../../src/srtp/srtp-session.js';
import {
  consumeRequest,
  createDirectTransport,
  createPipeTransport,
  createPlainTransport,
  createRouter,
  listenInfo,
  opusPacket,
  produceRequest,
  transportOptions,
} from '../../support/requests.js';
import { TestWorker, WORKER_IP } from '../../support/test-worker.js';
import { type UdpSocket } from '../../../src/worker/runtime.js';

interface Peer {
  socket: UdpSocket;
  port: number;
  /** RTP, then RTCP that arrived. */
  rtp: Uint8Array[];
  rtcp: Uint8Array[];
  send(bytes: Uint8Array, port: number): void;
}

function createPeer(worker: TestWorker, ip: string): Peer {
  const rtp: Uint8Array[] = [];
  const rtcp: Uint8Array[] = [];
  const socket = worker.createPeer(ip).udp.bind(
    { ip, port: 0 },
    {
      onDatagram: datagram => {
        const isRtcp = datagram[1] >= 192 && datagram[1] <= 223;
        (isRtcp ? rtcp : rtp).push(datagram.slice());
      },
    },
  );
  const send = (bytes: Uint8Array, port: number): void => {
    socket.send(bytes, 0, bytes.length, socket.remoteAddress(WORKER_IP, port));
  };
  return { socket, port: socket.port, rtp, rtcp, send };
}

const sequenceNumbers = (packets: Uint8Array[]): number[] => {
  const all = packets.map(packet => (packet[2] << 8) | packet[3]);
  return all.map(seq => seq - all[0]);
};

const stats = async (worker: TestWorker, id: string): Promise<FbsTransport.Stats> =>
  (await worker.request<{ base: FbsTransport.Stats }>(Method.TRANSPORT_GET_STATS, id)).base;

const connectPlain = (worker: TestWorker, id: string, ip: string, port: number, rtcpPort?: number) =>
  worker.request<FbsPlainTransport.ConnectResponse>(Method.PLAINTRANSPORT_CONNECT, id, { ip, port, rtcpPort });

/** The same as those of audio, but of VP8. */
function videoProduceRequest(...parameters: Parameters<typeof produceRequest>): FbsTransport.ProduceRequest {
  const request = produceRequest(...parameters);
  request.kind = FbsRtpParameters.MediaKind.VIDEO;
  makeVideo(request.rtpParameters);
  return request;
}

function videoConsumeRequest(...parameters: Parameters<typeof consumeRequest>): FbsTransport.ConsumeRequest {
  const request = consumeRequest(...parameters);
  request.kind = FbsRtpParameters.MediaKind.VIDEO;
  makeVideo(request.rtpParameters);
  return request;
}

function makeVideo({ codecs: [codec] }: FbsRtpParameters.RtpParameters): void {
  codec.mimeType = 'video/VP8';
  codec.clockRate = 90000;
  delete codec.channels;
  codec.rtcpFeedback = [{ type: 'nack', parameter: 'pli' }];
}

function videoPacket(ssrc: number, sequenceNumber: number, isKeyFrame: boolean): Uint8Array {
  const packet = opusPacket(ssrc, sequenceNumber);
  packet.set([0x10, isKeyFrame ? 0 : 1], 20);
  return packet;
}

/** A sender that is learnt from its packets, and a receiver that was connected to. */
async function senderAndReceiver() {
  const worker = new TestWorker();
  await createRouter(worker);
  const sender = createPeer(worker, '10.0.0.2');
  const receiver = createPeer(worker, '10.0.0.3');
  const inbound = await createPlainTransport(worker, 'in', { comedia: true });
  await createPlainTransport(worker, 'out');
  await connectPlain(worker, 'out', '10.0.0.3', receiver.port);
  await worker.request(Method.TRANSPORT_PRODUCE, 'in', produceRequest('producer', 1000));
  await worker.request(Method.TRANSPORT_CONSUME, 'out', consumeRequest('consumer', 'producer', 1000, 5000));
  worker.notifications.length = 0;
  return { worker, sender, receiver, port: inbound.tuple.localPort };
}

/** A PlainTransport with SRTP and a Producer, and the port it is at. `protect` encrypts what it is to receive. */
async function createSrtpPublisher(worker: TestWorker) {
  await createRouter(worker);
  const masterKey = new Uint8Array(30).fill(7);
  const { tuple } = await createPlainTransport(worker, 'in', { srtp: true, comedia: true });
  await worker.request(Method.PLAINTRANSPORT_CONNECT, 'in', {
    srtpParameters: {
      cryptoSuite: FbsSrtpParameters.SrtpCryptoSuite.AES_CM_128_HMAC_SHA1_80,
      keyBase64: Buffer.from(masterKey).toString('base64'),
    },
  });
  await worker.request(Method.TRANSPORT_PRODUCE, 'in', produceRequest('producer', 1000));
  const sender = new SrtpSender({ suite: 'AES_CM_128_HMAC_SHA1_80', masterKey });
  const protect = (packet: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(100);
    bytes.set(packet);
    return bytes.slice(0, sender.protectRtp(bytes, 0, packet.length));
  };
  return { port: tuple.localPort, protect };
}

describe('PlainTransport', () => {
  it('forwards from a peer it learns to a peer it was connected to', async () => {
    const { worker, sender, receiver, port } = await senderAndReceiver();
    for (let seq = 0; seq < 5; seq++) sender.send(opusPacket(1000, seq), port);
    await worker.advance(10);
    expect(sequenceNumbers(receiver.rtp)).toEqual([0, 1, 2, 3, 4]);
    const packet = receiver.rtp[0];
    expect([packet[1] & 0x7f, new DataView(packet.buffer).getUint32(8)]).toEqual([100, 5000]);
    // The MID of the Consumer, then the audio level.
    expect(Buffer.from(packet.subarray(12, 18)).toString('hex')).toBe('bede00031037');
    expect(worker.take('in')).toEqual([
      {
        handlerId: 'in',
        event: 'PLAINTRANSPORT_TUPLE',
        body: {
          tuple: {
            localAddress: WORKER_IP,
            localPort: port,
            remoteIp: '10.0.0.2',
            remotePort: sender.port,
            protocol: FbsTransport.Protocol.UDP,
          },
        },
      },
    ]);
  });

  it('has one id for each extension: that of the last Producer that has one', async () => {
    const { worker, sender, port } = await senderAndReceiver();
    const produce = async (id: string, extensionId?: number): Promise<void> => {
      const request = produceRequest(id, 0);
      request.rtpParameters.mid = id;
      request.rtpParameters.headerExtensions =
        extensionId === undefined
          ? []
          : [{ uri: FbsRtpParameters.RtpHeaderExtensionUri.Mid, id: extensionId, encrypt: false, parameters: [] }];
      request.rtpParameters.encodings = [{ dtx: false }];
      request.rtpMapping.encodings = [{ mappedSsrc: 7000 + (extensionId ?? 0) }];
      await worker.request(Method.TRANSPORT_PRODUCE, 'in', request);
    };
    /** An Opus packet whose MID, of one letter, has this id. */
    const packet = (ssrc: number, extensionId: number, mid: string): Uint8Array => {
      const bytes = opusPacket(ssrc, 1);
      bytes.set([extensionId << 4, mid.charCodeAt(0)], 16);
      return bytes;
    };
    await produce('a', 1);
    sender.send(packet(100, 1, 'a'), port);
    await worker.advance(1);
    expect(worker.core.drops.toJSON()).toEqual({});
    await produce('b', 2);
    sender.send(packet(200, 2, 'b'), port);
    // Another stream of the first Producer.
    sender.send(packet(101, 1, 'a'), port);
    await worker.advance(1);
    expect(worker.core.drops.toJSON()).toEqual({ rtpNoProducer: 1 });
    await produce('c');
    await worker.request(Method.TRANSPORT_CLOSE_PRODUCER, 'in', { producerId: 'b' });
    expect(
      (await worker.request<FbsPlainTransport.DumpResponse>(Method.TRANSPORT_DUMP, 'in')).base.recvRtpHeaderExtensions
        .mid,
    ).toBe(2);
  });

  it('counts every datagram and every packet', async () => {
    const { worker, sender, port } = await senderAndReceiver();
    sender.send(opusPacket(1000, 1), port);
    sender.send(Uint8Array.of(1, 2, 3), port);
    sender.send(opusPacket(77, 1), port);
    await worker.advance(10);
    const inbound = await stats(worker, 'in');
    expect([inbound.bytesReceived, inbound.rtpBytesReceived]).toEqual([83n, 48n]);
    expect(worker.core.drops.toJSON()).toEqual({ unknownProtocol: 1, rtpNoProducer: 1 });
    expect((await stats(worker, 'out')).bytesSent).toBe(48n);
    expect(worker.core.memory.slotsInUse).toBe(0);
  });

  it('counts as RTP what a Consumer sends, although its peer is not known yet', async () => {
    const { worker, sender, port } = await senderAndReceiver();
    await createPlainTransport(worker, 'late', { comedia: true });
    await worker.request(Method.TRANSPORT_CONSUME, 'late', consumeRequest('waiting', 'producer', 1000, 6000));
    await worker.request(Method.PLAINTRANSPORT_CONNECT, 'late', {});
    sender.send(opusPacket(1000, 1), port);
    await worker.advance(10);
    expect(await stats(worker, 'late')).toMatchObject({ rtpBytesSent: 48n, bytesSent: 0n });
    expect(worker.core.drops.toJSON()).toEqual({ notConnected: 1 });
  });

  it('ignores everybody but its peer', async () => {
    const { worker, sender, receiver, port } = await senderAndReceiver();
    const stranger = createPeer(worker, '10.0.0.9');
    sender.send(opusPacket(1000, 1), port);
    await worker.advance(1);
    stranger.send(opusPacket(1000, 2), port);
    await worker.advance(1);
    sender.send(opusPacket(1000, 3), port);
    await worker.advance(10);
    expect(sequenceNumbers(receiver.rtp)).toEqual([0, 2]);
    expect(worker.core.drops.get(DropReason.unknownTuple)).toBe(1);
  });

  it('sends reports while it is connected', async () => {
    const { worker, sender, receiver, port } = await senderAndReceiver();
    for (let seq = 0; seq < 5; seq++) {
      sender.send(opusPacket(1000, seq), port);
      await worker.advance(20);
    }
    await worker.advance(5000);
    // A sender report for the Consumer, a receiver report for the Producer.
    expect(new Set(receiver.rtcp.map(packet => packet[1]))).toEqual(new Set([200]));
    expect(new Set(sender.rtcp.map(packet => packet[1]))).toEqual(new Set([201]));
    expect(sender.rtcp.length).toBeGreaterThanOrEqual(3);
    expect(sender.rtcp.length).toBeLessThanOrEqual(6);
  });

  it('keeps RTCP apart without mux, and learns where it comes from', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const peer = createPeer(worker, '10.0.0.2');
    const { tuple, rtcpTuple } = await createPlainTransport(worker, 'in', { comedia: true, rtcpMux: false });
    const receiverReport = Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 9);
    peer.send(receiverReport, rtcpTuple!.localPort);
    await worker.advance(1);
    expect(worker.take('in').map(({ event }) => event)).toEqual(['PLAINTRANSPORT_RTCP_TUPLE']);
    await worker.request(Method.TRANSPORT_PRODUCE, 'in', produceRequest('producer', 1000));
    peer.send(opusPacket(1000, 1), tuple.localPort);
    await worker.advance(1);
    expect(worker.take('in').map(({ event }) => event)).toEqual(['PLAINTRANSPORT_TUPLE']);
  });

  it('encrypts and decrypts with the keys of both sides', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const sender = createPeer(worker, '10.0.0.2');
    const receiver = createPeer(worker, '10.0.0.3');
    const masterKey = new Uint8Array(44).fill(7);
    const keys: FbsSrtpParameters.SrtpParameters = {
      cryptoSuite: FbsSrtpParameters.SrtpCryptoSuite.AEAD_AES_256_GCM,
      keyBase64: Buffer.from(masterKey).toString('base64'),
    };
    const inbound = await createPlainTransport(worker, 'in', { srtp: true, comedia: true });
    await createPlainTransport(worker, 'out', { srtp: true });
    await worker.request(Method.PLAINTRANSPORT_CONNECT, 'in', { srtpParameters: keys });
    const { srtpParameters } = await worker.request<FbsPlainTransport.ConnectResponse>(
      Method.PLAINTRANSPORT_CONNECT,
      'out',
      { ip: '10.0.0.3', port: receiver.port, srtpParameters: keys },
    );
    // The suite of the peer is ours from now on, with a key that fits.
    expect(srtpParameters!.cryptoSuite).toBe(FbsSrtpParameters.SrtpCryptoSuite.AEAD_AES_256_GCM);
    const localKey = new Uint8Array(Buffer.from(srtpParameters!.keyBase64, 'base64'));
    await worker.request(Method.TRANSPORT_PRODUCE, 'in', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 'out', consumeRequest('consumer', 'producer', 1000, 5000));

    const srtpSender = new SrtpSender({ suite: 'AEAD_AES_256_GCM', masterKey });
    const bytes = new Uint8Array(100);
    const plain = opusPacket(1000, 1);
    bytes.set(plain);
    const length = srtpSender.protectRtp(bytes, 0, plain.length);
    sender.send(plain, inbound.tuple.localPort);
    sender.send(bytes.subarray(0, length), inbound.tuple.localPort);
    await worker.advance(10);

    expect(receiver.rtp).toHaveLength(1);
    const [received] = receiver.rtp;
    const srtpReceiver = new SrtpReceiver({ suite: 'AEAD_AES_256_GCM', masterKey: localKey });
    expect(srtpReceiver.unprotectRtp(received, 0, received.length)).toBe(received.length - 16);
    expect([...received.subarray(28, 48)]).toEqual(new Array(20).fill(0xab));
  });

  it.each([false, true])('may be closed while its packets wait for the end of the tick (SRTP: %s)', async srtp => {
    const { worker, sender, receiver, port } = await senderAndReceiver();
    const leaving = createPeer(worker, '10.0.0.4');
    await createPlainTransport(worker, 'leaving', { srtp });
    const srtpParameters = srtp
      ? {
          cryptoSuite: FbsSrtpParameters.SrtpCryptoSuite.AES_CM_128_HMAC_SHA1_80,
          keyBase64: Buffer.alloc(30, 7).toString('base64'),
        }
      : undefined;
    await worker.request(Method.PLAINTRANSPORT_CONNECT, 'leaving', {
      ip: '10.0.0.4',
      port: leaving.port,
      srtpParameters,
    });
    await worker.request(Method.TRANSPORT_CONSUME, 'leaving', consumeRequest('other', 'producer', 1000, 6000));
    sender.send(opusPacket(1000, 0), port);
    await worker.advance(10);
    expect([receiver.rtp.length, leaving.rtp.length]).toEqual([1, 1]);
    // The tick goes on until we say so.
    let endOfTick = (): void => {};
    Object.assign(worker.runtime, { atEndOfTick: (callback: () => void) => (endOfTick = callback) });
    const { slotsInUse } = worker.core.memory;
    for (let seq = 1; seq < 4; seq++) sender.send(opusPacket(1000, seq), port);
    await worker.advance(10);
    expect([receiver.rtp.length, leaving.rtp.length]).toEqual([1, 1]);
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'leaving' });
    endOfTick();
    await worker.advance(10);
    // The one gets all its packets, the other what was on its way, and nothing afterwards.
    expect(sequenceNumbers(receiver.rtp)).toEqual([0, 1, 2, 3]);
    expect(leaving.rtp.length).toBe(4);
    sender.send(opusPacket(1000, 4), port);
    await worker.advance(10);
    endOfTick();
    await worker.advance(10);
    expect(sequenceNumbers(receiver.rtp)).toEqual([0, 1, 2, 3, 4]);
    expect(leaving.rtp.length).toBe(4);
    expect(worker.core.memory.slotsInUse).toBeLessThanOrEqual(slotsInUse);
  });

  it('loses no state of SRTP to whoever sends what the peer sent', async () => {
    const worker = new TestWorker();
    const [peer, thief] = [createPeer(worker, '10.0.0.2'), createPeer(worker, '10.0.0.3')];
    const publisher = await createSrtpPublisher(worker);
    const protect = (sequenceNumber: number): Uint8Array => publisher.protect(opusPacket(1000, sequenceNumber));
    const sendAll = async (from: Peer, ...packets: Uint8Array[]): Promise<void> => {
      for (const packet of packets) from.send(packet, publisher.port);
      await worker.advance(1);
    };
    // The sequence number wraps: the rollover counter is 1 now.
    const [first, second, third, caught] = [65534, 65535, 0, 1].map(protect);
    await sendAll(peer, first, second, third);
    await sendAll(thief, caught);
    expect(worker.core.drops.toJSON()).toEqual({ unknownTuple: 1 });
    await sendAll(peer, first, third, protect(2), protect(3));
    expect(worker.core.drops.toJSON()).toEqual({ unknownTuple: 1, srtpReplay: 2 });
  });

  it('keeps the state of SRTP of a stream in which a packet is of no use', async () => {
    const worker = new TestWorker();
    const peer = createPeer(worker, '10.0.0.2');
    const publisher = await createSrtpPublisher(worker);
    const send = async (sequenceNumber: number, payloadType = 111): Promise<void> => {
      const packet = opusPacket(1000, sequenceNumber);
      packet[1] = payloadType;
      peer.send(publisher.protect(packet), publisher.port);
      await worker.advance(1);
    };
    // The sequence number wraps; then there is comfort noise, which was not negotiated.
    for (const sequenceNumber of [65534, 65535, 0]) await send(sequenceNumber);
    await send(1, 13);
    for (const sequenceNumber of [2, 3]) await send(sequenceNumber);
    expect(worker.core.drops.toJSON()).toEqual({ rtpUnmappedPayloadType: 1 });
    expect((await stats(worker, 'in')).rtpBytesReceived).toBe(5n * 48n);
  });

  it('asks for key frames once it has learnt where its Consumers send to', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const [sender, receiver] = [createPeer(worker, '10.0.0.2'), createPeer(worker, '10.0.0.3')];
    const inbound = await createPlainTransport(worker, 'in', { comedia: true });
    const outbound = await createPlainTransport(worker, 'out', { comedia: true });
    await worker.request(Method.TRANSPORT_PRODUCE, 'in', videoProduceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 'out', videoConsumeRequest('consumer', 'producer', 1000, 5000));
    const pictureLossIndications = (): number => sender.rtcp.splice(0).filter(packet => packet[1] === 206).length;
    // A key frame: nothing has to be asked for.
    sender.send(videoPacket(1000, 1, true), inbound.tuple.localPort);
    await worker.request(Method.PLAINTRANSPORT_CONNECT, 'out', {});
    await worker.advance(1);
    expect(pictureLossIndications()).toBe(0);
    receiver.send(Uint8Array.of(0x80, 201, 0, 1, 0, 0, 0, 9), outbound.tuple.localPort);
    await worker.advance(1);
    expect(pictureLossIndications()).toBe(1);
    sender.send(videoPacket(1000, 2, true), inbound.tuple.localPort);
    await worker.advance(1);
    expect(receiver.rtp).toHaveLength(1);
  });

  it('takes no SCTP for a peer that it cannot check', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const peer = createPeer(worker, '10.0.0.2');
    const plain = await createPlainTransport(worker, 'plain', { comedia: true });
    peer.send(new Uint8Array(12), plain.tuple.localPort);
    await worker.advance(1);
    expect(worker.take('plain')).toEqual([]);
    const sctp = await createPlainTransport(worker, 'sctp', { comedia: true }, transportOptions({ enableSctp: true }));
    peer.send(new Uint8Array(12), sctp.tuple.localPort);
    await worker.advance(1);
    expect(worker.take('sctp').map(({ event }) => event)).toEqual([
      'PLAINTRANSPORT_TUPLE',
      'TRANSPORT_SCTP_STATE_CHANGE',
    ]);
  });

  it('says the announced address instead of its own', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const { tuple } = await createPlainTransport(worker, 'plain', {
      listen: listenInfo({ announcedAddress: 'sfu.example', port: 3000 }),
    });
    expect(tuple).toEqual({
      localAddress: 'sfu.example',
      localPort: 3000,
      remotePort: 0,
      protocol: FbsTransport.Protocol.UDP,
    });
  });

  it('gives its port back, also when it could not be made', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const listen = listenInfo({ port: 3000 });
    await expect(createPlainTransport(worker, 'a', { listen, rtcpMux: false })).rejects.toThrow('uv_udp_bind() failed');
    await createPlainTransport(worker, 'a', { listen });
    await expect(createPlainTransport(worker, 'b', { listen })).rejects.toThrow('address already in use');
    await worker.request(Method.ROUTER_CLOSE_TRANSPORT, 'router', { transportId: 'a' });
    await createPlainTransport(worker, 'b', { listen });
  });
});

describe('PipeTransport', () => {
  it('ignores all packets until it is connected, then those of its peer only', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    const peer = createPeer(worker, '10.0.0.2');
    const stranger = createPeer(worker, '10.0.0.3');
    const { tuple } = await createPipeTransport(worker, 'pipe');
    await worker.request(Method.TRANSPORT_PRODUCE, 'pipe', produceRequest('producer', 1000));
    peer.send(opusPacket(1000, 1), tuple.localPort);
    await worker.advance(1);
    await worker.request(Method.PIPETRANSPORT_CONNECT, 'pipe', { ip: '10.0.0.2', port: peer.port });
    stranger.send(opusPacket(1000, 2), tuple.localPort);
    peer.send(opusPacket(1000, 3), tuple.localPort);
    await worker.advance(1);
    expect((await stats(worker, 'pipe')).rtpBytesReceived).toBe(48n);
    await expect(worker.request(Method.PIPETRANSPORT_CONNECT, 'pipe', { ip: '10.0.0.2', port: 1 })).rejects.toThrow(
      'connect() already called',
    );
  });

  it('answers who asks for a key frame of audio', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createPipeTransport(worker, 'pipe');
    await worker.request(Method.PIPETRANSPORT_CONNECT, 'pipe', { ip: '10.0.0.2', port: 1 });
    await worker.request(Method.TRANSPORT_PRODUCE, 'pipe', produceRequest('producer', 1000));
    const request = consumeRequest('consumer', 'producer', 1000, 5000);
    request.type = FbsRtpParameters.Type.PIPE;
    await worker.request(Method.TRANSPORT_CONSUME, 'pipe', request);
    expect(await worker.request(Method.CONSUMER_REQUEST_KEY_FRAME, 'consumer')).toBeUndefined();
  });
});

describe('DirectTransport', () => {
  it('makes no reports', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE, 'direct', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 'direct', consumeRequest('consumer', 'producer', 1000, 5000));
    for (let sequenceNumber = 0; sequenceNumber < 50; sequenceNumber++) {
      worker.notify(Event.PRODUCER_SEND, 'producer', { data: opusPacket(1000, sequenceNumber) });
      await worker.advance(100);
    }
    expect(worker.take('direct')).toEqual([]);
  });

  it('serves the Consumers of a Producer in the order in which they were made', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE, 'direct', produceRequest('producer', 1000));
    const consume = (id: string, ssrc: number) =>
      worker.request(Method.TRANSPORT_CONSUME, 'direct', consumeRequest(id, 'producer', 1000, ssrc));
    for (const [index, id] of ['z', 'a', 'm'].entries()) await consume(id, 5000 - index);
    await worker.request(Method.TRANSPORT_CLOSE_CONSUMER, 'direct', { consumerId: 'a' });
    await consume('b', 6000);
    worker.notifications.length = 0;
    for (let seq = 1; seq <= 2; seq++) worker.notify(Event.PRODUCER_SEND, 'producer', { data: opusPacket(1000, seq) });
    await worker.advance(0);
    const served = worker.notifications.filter(({ event }) => event === 'CONSUMER_RTP');
    expect(served.map(({ handlerId }) => handlerId)).toEqual(['z', 'm', 'b', 'z', 'm', 'b']);
  });

  it('takes RTCP of the application, and hands RTCP to it', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE, 'direct', videoProduceRequest('producer', 1000));
    worker.notify(Event.PRODUCER_SEND, 'producer', { data: [...opusPacket(1000, 1)] });
    await worker.advance(0);

    // A new stream is asked for a key frame: PLI, RFC 4585 §6.3.1.
    const rtcp = worker.take('direct').filter(({ event }) => event === 'DIRECTTRANSPORT_RTCP');
    expect(rtcp).toHaveLength(1);
    expect((rtcp[0].body as FbsDirectTransport.RtcpNotification).data.slice(0, 2)).toEqual(Uint8Array.of(0x81, 206));

    // A sender report without report blocks, RFC 3550 §6.4.1; and one that is too long.
    const report = [0x80, 200, 0, 6, 0, 0, 1000 >> 8, 1000 & 255, ...new Array<number>(20).fill(1)];
    const before = await stats(worker, 'direct');
    worker.notify(Event.TRANSPORT_SEND_RTCP, 'direct', { data: Uint8Array.from(report) });
    worker.notify(Event.TRANSPORT_SEND_RTCP, 'direct', { data: new Uint8Array(1600) });
    worker.notify(Event.TRANSPORT_SEND_RTCP, 'direct', { data: new Uint8Array(1601) });
    await worker.advance(0);
    expect((await stats(worker, 'direct')).bytesReceived - before.bytesReceived).toBe(28n + 1600n);
    expect(worker.core.drops.toJSON()).toEqual({ rtcpMalformed: 1 });
    // The PLI once more, but no reports.
    await worker.advance(5000);
    const later = worker.take('direct').filter(({ event }) => event === 'DIRECTTRANSPORT_RTCP');
    expect(later.map(({ body }) => (body as FbsDirectTransport.RtcpNotification).data[1])).toEqual([206]);
  });

  it('takes packets of the application, and hands packets to it', async () => {
    const worker = new TestWorker();
    await createRouter(worker);
    await createDirectTransport(worker, 'direct');
    await worker.request(Method.TRANSPORT_PRODUCE, 'direct', produceRequest('producer', 1000));
    await worker.request(Method.TRANSPORT_CONSUME, 'direct', consumeRequest('consumer', 'producer', 1000, 5000));
    worker.notify(Event.PRODUCER_SEND, 'producer', { data: [...opusPacket(1000, 1)] });
    worker.notify(Event.PRODUCER_SEND, 'producer', { data: new Array<number>(65537).fill(0) });
    await worker.advance(0);
    const rtp = worker.take('consumer').filter(({ event }) => event === 'CONSUMER_RTP');
    expect(rtp).toHaveLength(1);
    const { bytesReceived, bytesSent } = await stats(worker, 'direct');
    expect([bytesReceived, bytesSent]).toEqual([40n, 48n]);
    expect(worker.core.drops.toJSON()).toEqual({ datagramTooLarge: 1 });
  });
});
