import { beforeEach, describe, expect, it } from 'vitest';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response.js';
import { Method } from '../../../src/channel/fbs/request.js';
import * as FbsConsumer from '../../../src/channel/fbs/consumer.js';
import * as FbsProducer from '../../../src/channel/fbs/producer.js';
import * as FbsRtp from '../../../src/channel/fbs/rtp-parameters.js';
import type * as FbsPacket from '../../../src/channel/fbs/rtp-packet.js';
import * as FbsStream from '../../../src/channel/fbs/rtp-stream.js';
import * as FbsSctp from '../../../src/channel/fbs/sctp-association.js';
import * as FbsTransport from '../../../src/channel/fbs/transport.js';
import * as FbsWebRtc from '../../../src/channel/fbs/web-rtc-transport.js';
import { NotFoundError, UnsupportedError } from '../../../src/errors.js';
import type { Router, Worker } from '../../../src/types.js';
import { FakeWorker, settled, transportDump, tuple } from './support/fake-worker.js';
import { audioParameters, createRouter, record } from './support/scene.js';

let fake: FakeWorker;
let worker: Worker;
let router: Router;

beforeEach(async () => {
  ({ fake, worker } = await FakeWorker.start());
  router = await createRouter(worker);
});

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;

describe('Router', () => {
  it.each<[object, string]>([
    [{}, 'missing webRtcServer, listenInfos and listenIps (one of them is mandatory)'],
    [{ listenInfos: 'x' }, 'missing webRtcServer, listenInfos and listenIps (one of them is mandatory)'],
    [
      { webRtcServer: {}, listenInfos: [], listenIps: [] },
      'only one of webRtcServer, listenInfos and listenIps must be given',
    ],
    [{ listenInfos: [], appData: 1 }, 'if given, appData must be an object'],
  ])('createWebRtcTransport(%j) rejects', async (options, message) => {
    await expect(router.createWebRtcTransport(options as never)).rejects.toThrow(new TypeError(message));
  });

  it.each<[object, string]>([
    [{}, 'missing listenInfo and listenIp (one of them is mandatory)'],
    [{ listenInfo, listenIp: '1.1.1.1' }, 'only one of listenInfo and listenIp must be given'],
    [{ listenInfo, appData: 'x' }, 'if given, appData must be an object'],
  ])('createPlainTransport(%j) and createPipeTransport reject', async (options, message) => {
    await expect(router.createPlainTransport(options as never)).rejects.toThrow(new TypeError(message));
    await expect(router.createPipeTransport(options as never)).rejects.toThrow(new TypeError(message));
  });

  it('rejects unknown SRTP suites', async () => {
    await expect(router.createPlainTransport({ listenInfo, srtpCryptoSuite: 'FOO' as never })).rejects.toThrow(
      new TypeError('invalid SrtpCryptoSuite: FOO'),
    );
  });

  it.each<[object, string]>([
    [{ maxEntries: 0 }, 'if given, maxEntries must be a positive number'],
    [{ threshold: 1 }, 'if given, threshole must be a negative number greater than -127'],
    [{ threshold: -128 }, 'if given, threshole must be a negative number greater than -127'],
    [{ interval: '1' }, 'if given, interval must be an number'],
  ])('createAudioLevelObserver(%j) rejects', async (options, message) => {
    await expect(router.createAudioLevelObserver(options as never)).rejects.toThrow(new TypeError(message));
  });

  it('sends defaults of WebRtcTransports', async () => {
    const webRtcServer = await worker.createWebRtcServer({ listenInfos: [listenInfo] });
    const seen: string[] = [];
    router.observer.on('newtransport', () => seen.push('newtransport'));
    webRtcServer.observer.on('webrtctransporthandled', () => seen.push('webrtctransporthandled'));
    await router.createWebRtcTransport({ webRtcServer });
    expect(seen).toEqual(['newtransport', 'webrtctransporthandled']);
    expect(fake.last('ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER').body).toMatchObject({
      options: {
        base: {
          direct: false,
          initialAvailableOutgoingBitrate: 600000n,
          enableSctp: false,
          maxSendMessageSize: 262144,
          maxReceiveMessageSize: 262144,
          sctpSendBufferSize: 2000000,
          sctpPerStreamSendQueueLimit: 2000000,
          sctpMaxReceiverWindowBufferSize: 5242880,
          sctpDefaultStreamBufferedAmountLowThreshold: 1024,
          isDataChannel: true,
        },
        listen: { webRtcServerId: webRtcServer.id },
        enableUdp: true,
        enableTcp: true,
        preferUdp: false,
        preferTcp: false,
        iceConsentTimeout: 30,
      },
    });
  });

  it.each<[object, string[]]>([
    [{}, ['1']],
    [{ enableTcp: true }, ['1', '2']],
    [{ enableTcp: true, preferTcp: true }, ['2', '1']],
    [{ enableTcp: true, preferTcp: true, preferUdp: true }, ['1', '2']],
    [{ enableUdp: false, enableTcp: true }, ['2']],
    [{ enableUdp: false }, []],
  ])('listens on listenIps with %j by protocols %j', async (options, expected) => {
    await router.createWebRtcTransport({
      listenIps: ['1.1.1.1', { ip: '2.2.2.2', announcedIp: 'a' }],
      port: 9,
      ...options,
    });
    const { options: sent } = fake.last('ROUTER_CREATE_WEBRTCTRANSPORT').body as {
      options: FbsWebRtc.WebRtcTransportOptions;
    } & object;
    const { listenInfos } = sent.listen as FbsWebRtc.ListenIndividual;
    expect(
      listenInfos.map(({ protocol, ip, announcedAddress, port }) => [String(protocol), ip, announcedAddress, port]),
    ).toEqual([
      ...expected.map(protocol => [protocol, '1.1.1.1', undefined, 9]),
      ...expected.map(protocol => [protocol, '2.2.2.2', 'a', 9]),
    ]);
  });

  it('an rtcpListenInfo switches rtcpMux off', async () => {
    const transport = await router.createPlainTransport({ listenInfo, rtcpListenInfo: listenInfo });
    expect(fake.last('ROUTER_CREATE_PLAINTRANSPORT').body).toMatchObject({ options: { rtcpMux: false } });
    expect(transport.tuple).toEqual({
      localIp: '127.0.0.1',
      localAddress: '127.0.0.1',
      localPort: 1234,
      remoteIp: undefined,
      remotePort: 0,
      protocol: 'udp',
    });
    expect(transport.rtcpTuple!.localPort).toBe(1235);
  });

  it('canConsume() never throws', async () => {
    const transport = await router.createDirectTransport();
    const { id: producerId } = await transport.produce(audioParameters());
    expect(router.canConsume({ producerId, rtpCapabilities: router.rtpCapabilities })).toBe(true);
    expect(router.canConsume({ producerId, rtpCapabilities: {} })).toBe(false);
    expect(router.canConsume({ producerId, rtpCapabilities: undefined as never })).toBe(false);
    expect(router.canConsume({ producerId: 'x', rtpCapabilities: router.rtpCapabilities })).toBe(false);
  });

  it('updates its codecs for what is created later', async () => {
    const transport = await router.createDirectTransport();
    router.updateMediaCodecs([{ kind: 'video', mimeType: 'video/VP9', clockRate: 90000 }]);
    expect(router.rtpCapabilities.codecs!.map(({ mimeType }) => mimeType)).toEqual(['video/VP9', 'video/rtx']);
    await expect(transport.produce(audioParameters())).rejects.toThrow(UnsupportedError);
    expect(() => router.updateMediaCodecs({} as never)).toThrow(new TypeError('mediaCodecs must be an Array'));
  });
});

describe('pipeToRouter()', () => {
  it.each<[() => object, Error]>([
    [
      () => ({ producerId: 'x', listenInfo, listenIp: 'y' }),
      new TypeError('only one of listenInfo and listenIp must be given'),
    ],
    [() => ({}), new TypeError('missing producerId or dataProducerId')],
    [() => ({ producerId: 'x', dataProducerId: 'x' }), new TypeError('just producerId or dataProducerId can be given')],
    [() => ({ producerId: 'x' }), new TypeError('missing router')],
    [() => ({ producerId: 'x', router }), new TypeError('cannot use this Router as destination')],
    [() => ({ producerId: 'x', router: {} }), new NotFoundError('Producer not found')],
    [() => ({ dataProducerId: 'x', router: {} }), new NotFoundError('DataProducer not found')],
  ])('rejects', async (options, error) => {
    await expect(router.pipeToRouter(options() as never)).rejects.toThrow(error);
  });

  async function twoRouters() {
    const other = await FakeWorker.start();
    const far = await createRouter(other.worker);
    const near = await router.createDirectTransport();
    const [one, two] = [
      await near.produce({ ...audioParameters(1), appData: { a: 1 } }),
      await near.produce(audioParameters(2)),
    ];
    const created = (workers: FakeWorker[]): number =>
      workers.flatMap(({ requests }) => requests).filter(({ method }) => method === Method.ROUTER_CREATE_PIPETRANSPORT)
        .length;
    return { far, farFake: other.fake, near, one, two, created: () => created([fake, other.fake]) };
  }

  it('shares one pair, in both directions and at the same time', async () => {
    const { far, one, two, created } = await twoRouters();
    const back = await (await far.createDirectTransport()).produce(audioParameters(3));
    const results = await Promise.all([
      router.pipeToRouter({ producerId: one.id, router: far }),
      router.pipeToRouter({ producerId: two.id, router: far }),
      far.pipeToRouter({ producerId: back.id, router }),
    ]);
    expect(created()).toBe(2);
    expect(results.map(({ pipeProducer }) => pipeProducer!.id)).toEqual([one.id, two.id, back.id]);
    expect(results[0].pipeProducer!.appData).toBe(one.appData);
    expect(results[0].pipeConsumer!.type).toBe('pipe');
    expect(results[0].pipeConsumer!.rtpParameters.mid).toBeUndefined();
    expect(fake.last('ROUTER_CREATE_PIPETRANSPORT').body).toMatchObject({
      options: { base: { enableSctp: true }, listenInfo: { ip: '127.0.0.1' }, enableRtx: false, enableSrtp: false },
    });
  });

  it('pauses, resumes and closes there as here', async () => {
    const { far, farFake, one } = await twoRouters();
    const { pipeConsumer, pipeProducer } = await router.pipeToRouter({
      producerId: one.id,
      router: far,
      keepId: false,
    });
    expect(pipeProducer!.id).not.toBe(one.id);
    fake.notify(Event.CONSUMER_PRODUCER_PAUSE, pipeConsumer!.id);
    await settled();
    expect(farFake.last('PRODUCER_PAUSE').handlerId).toBe(pipeProducer!.id);
    expect(pipeProducer!.paused).toBe(true);
    fake.notify(Event.CONSUMER_PRODUCER_RESUME, pipeConsumer!.id);
    await settled();
    expect(pipeProducer!.paused).toBe(false);
    pipeConsumer!.close();
    expect(pipeProducer!.closed).toBe(true);
  });

  it('pipes data', async () => {
    const { far, near } = await twoRouters();
    const dataProducer = await near.produceData({ label: 'l', protocol: 'p' });
    const { pipeDataConsumer, pipeDataProducer } = await router.pipeToRouter({
      dataProducerId: dataProducer.id,
      router: far,
    });
    expect(pipeDataProducer).toMatchObject({ id: dataProducer.id, label: 'l', protocol: 'p', type: 'sctp' });
    pipeDataProducer!.close();
    expect(pipeDataConsumer!.closed).toBe(true);
  });

  it('closing one end closes the other, and the next call makes new ones', async () => {
    const { far, one, created } = await twoRouters();
    const transports: { close(): void; closed: boolean }[] = [];
    router.observer.on('newtransport', transport => transports.push(transport));
    far.observer.on('newtransport', transport => transports.push(transport));
    await router.pipeToRouter({ producerId: one.id, router: far });
    transports[0].close();
    expect(transports.map(({ closed }) => closed)).toEqual([true, true]);
    await router.pipeToRouter({ producerId: one.id, router: far });
    expect(created()).toBe(4);
  });

  it('leaves nothing behind if a pair cannot be created, and can be tried again', async () => {
    const { far, farFake, one } = await twoRouters();
    const near: { closed: boolean }[] = [];
    router.observer.on('newtransport', transport => near.push(transport));
    farFake.script = { ROUTER_CREATE_PIPETRANSPORT: () => ({ error: 'Error', reason: 'no port' }) };
    await expect(router.pipeToRouter({ producerId: one.id, router: far })).rejects.toThrow('no port');
    expect(near.map(({ closed }) => closed)).toEqual([true]);
    farFake.script = {};
    await router.pipeToRouter({ producerId: one.id, router: far });
    await far.pipeToRouter({ dataProducerId: (await (await far.createDirectTransport()).produceData()).id, router });
  });

  it('finds that the producer was closed meanwhile', async () => {
    const { far, farFake, one } = await twoRouters();
    farFake.script = {
      TRANSPORT_PRODUCE: () => {
        one.close();
        return { type: ResponseBody.Transport_ProduceResponse, body: { type: 0 /*Type.SIMPLE*/ } };
      },
    };
    await expect(router.pipeToRouter({ producerId: one.id, router: far })).rejects.toThrow(
      new NotFoundError('original Producer closed'),
    );
  });
});

describe('Transport', () => {
  const webRtc = () => router.createWebRtcTransport({ listenInfos: [listenInfo], enableSctp: true });

  it('produce() checks its arguments', async () => {
    const transport = await webRtc();
    const { id } = await transport.produce(audioParameters());
    await expect(transport.produce({ ...audioParameters(2), id })).rejects.toThrow(
      new TypeError(`a Producer with same id "${id}" already exists`),
    );
    await expect(transport.produce({ ...audioParameters(2), kind: 'x' as never })).rejects.toThrow(
      new TypeError('invalid kind "x"'),
    );
  });

  it('produce() leaves the arguments alone and tells the router', async () => {
    const transport = await webRtc();
    const events = record({ transport });
    const options = audioParameters();
    const copy = structuredClone(options);
    const producer = await transport.produce(options);
    expect(options).toEqual(copy);
    expect(events).toEqual(['transport.observer newproducer']);
    expect(producer).toMatchObject({ kind: 'audio', type: 'simple', paused: false, score: [], closed: false });
    expect(producer.rtpParameters.codecs[0]).toMatchObject({ payloadType: 111, parameters: {}, rtcpFeedback: [] });
    expect(producer.consumableRtpParameters.codecs[0].payloadType).toBe(100);
    expect(() => Object.assign(producer, { kind: 'video' })).toThrow(TypeError);
  });

  it('gives all producers the CNAME of the first, even if that failed', async () => {
    const transport = await webRtc();
    const withCname = (ssrc: number, cname: string) => {
      const options = audioParameters(ssrc);
      options.rtpParameters.rtcp = { cname };
      return options;
    };
    fake.script = { TRANSPORT_PRODUCE: () => ({ error: 'TypeError', reason: 'x' }) };
    await expect(transport.produce(withCname(1, 'first'))).rejects.toThrow('x');
    fake.script = {};
    expect((await transport.produce(withCname(2, 'second'))).rtpParameters.rtcp!.cname).toBe('first');
    const pipe = await router.createPipeTransport({ listenInfo });
    expect((await pipe.produce(withCname(3, 'a'))).rtpParameters.rtcp!.cname).toBe('a');
    expect((await pipe.produce(withCname(4, 'b'))).rtpParameters.rtcp!.cname).toBe('b');
    expect((await pipe.produce(audioParameters(5))).rtpParameters.rtcp!.cname).toMatch(/^[0-9a-f]{8}$/);
  });

  it('sends video without channels as the reference does', async () => {
    const transport = await webRtc();
    await transport.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [{ mimeType: 'video/VP8', payloadType: 0, clockRate: 90000, parameters: { a: 1.5, b: 2, c: 'x' } }],
      },
      keyFrameRequestDelay: 100,
    });
    const { rtpParameters, keyFrameRequestDelay } = fake.last('TRANSPORT_PRODUCE').body as FbsTransport.ProduceRequest;
    expect(keyFrameRequestDelay).toBe(100);
    expect(rtpParameters.codecs[0].channels).toBe(0);
    expect(rtpParameters.codecs[0].parameters.map(({ valueType }) => valueType)).toEqual([
      FbsRtp.Value.Double,
      FbsRtp.Value.Integer32,
      FbsRtp.Value.String,
    ]);
    expect(rtpParameters.encodings).toHaveLength(1);
  });

  it('rejects what cannot be sent', async () => {
    const transport = await webRtc();
    const options = audioParameters();
    options.rtpParameters.headerExtensions = [{ uri: 'foo' as never, id: 1 }];
    await expect(transport.produce(options)).rejects.toThrow(new TypeError('invalid RtpHeaderExtensionUri: foo'));
    await expect(transport.setMaxIncomingBitrate(1.5)).rejects.toThrow(RangeError);
  });

  it('consume() checks its arguments, and counts MIDs', async () => {
    const transport = await webRtc();
    const { id: producerId } = await transport.produce(audioParameters());
    const { rtpCapabilities } = router;
    const consume = (options: object) => transport.consume({ producerId, rtpCapabilities, ...options });
    await expect(consume({ producerId: '' })).rejects.toThrow(new TypeError('missing producerId'));
    await expect(consume({ producerId: 'x' })).rejects.toThrow(new NotFoundError('Producer with id "x" not found'));
    await expect(consume({ mid: 3 })).rejects.toThrow(new TypeError('if given, mid must be non empty string'));
    await expect(consume({ rtpCapabilities: undefined })).rejects.toThrow(new TypeError('caps is not an object'));
    await expect(consume({ rtpCapabilities: { headerExtensions: [] } })).rejects.toThrow(UnsupportedError);
    const mids = [];
    for (const options of [{}, { mid: 'foo' }, { pipe: true }, { mid: '' }]) {
      mids.push((await consume(options)).rtpParameters.mid);
    }
    expect(mids).toEqual(['0', 'foo', undefined, '1']);
    const { body } = fake.last('TRANSPORT_CONSUME');
    expect(body).toMatchObject({ paused: false, ignoreDtx: false });
    expect(body).not.toHaveProperty('preferredLayers');
  });

  it('data streams of consumers are as those of producers unless told otherwise', async () => {
    const transport = await webRtc();
    const { id: dataProducerId } = await transport.produceData({
      sctpStreamParameters: { streamId: 5, ordered: false, maxRetransmits: 3 },
    });
    const consume = async (options: object) =>
      (await transport.consumeData({ dataProducerId, ...options })).sctpStreamParameters;
    expect(await consume({})).toEqual({ streamId: 0, ordered: false, maxRetransmits: 3 });
    expect(await consume({ ordered: true })).toEqual({ streamId: 1, ordered: true });
    expect(await consume({ maxRetransmits: 9 })).toEqual({ streamId: 2, ordered: false, maxRetransmits: 9 });
    await expect(transport.consumeData({ dataProducerId: 'x' })).rejects.toThrow(
      new NotFoundError('DataProducer with id "x" not found'),
    );
    await expect(transport.produceData()).rejects.toThrow(new TypeError('params is not an object'));
    await expect(transport.produceData({ id: dataProducerId })).rejects.toThrow(
      new TypeError(`a DataProducer with same id "${dataProducerId}" already exists`),
    );
  });

  it('enables trace events that exist', async () => {
    const transport = await webRtc();
    await transport.enableTraceEvent(['bwe', 'foo' as never]);
    expect(fake.last('TRANSPORT_ENABLE_TRACE_EVENT').body).toMatchObject({ events: [FbsTransport.TraceEventType.BWE] });
    await transport.enableTraceEvent();
    expect(fake.last('TRANSPORT_ENABLE_TRACE_EVENT').body).toMatchObject({ events: [] });
    await expect(transport.enableTraceEvent('bwe' as never)).rejects.toThrow(new TypeError('types must be an array'));
    await expect(transport.enableTraceEvent([3] as never)).rejects.toThrow(
      new TypeError('every type must be a string'),
    );
  });

  it('WebRtcTransport follows its ICE, DTLS and SCTP', async () => {
    const transport = await webRtc();
    const events = record({ transport });
    expect(transport).toMatchObject({ type: 'webrtc', iceRole: 'controlled', iceState: 'new', dtlsState: 'new' });
    expect(transport.iceCandidates.map(({ ip, protocol, tcpType }) => [ip, protocol, tcpType])).toEqual([
      ['10.0.0.1', 'udp', undefined],
      ['10.0.0.1', 'tcp', 'passive'],
    ]);
    expect(transport.sctpParameters).toEqual({
      port: 5000,
      maxSendMessageSize: 1,
      maxReceiveMessageSize: 2,
      sendBufferSize: 3,
      perStreamSendQueueLimit: 4,
      maxReceiverWindowBufferSize: 5,
      isDataChannel: true,
      OS: 65535,
      MIS: 65535,
      maxMessageSize: 2,
    });
    const { id } = transport;
    fake.notify(Event.WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE, id, { tuple: tuple(1, '9.9.9.9', 2) });
    fake.notify(Event.WEBRTCTRANSPORT_ICE_STATE_CHANGE, id, { iceState: FbsWebRtc.IceState.COMPLETED });
    fake.notify(Event.WEBRTCTRANSPORT_DTLS_STATE_CHANGE, id, {
      dtlsState: FbsWebRtc.DtlsState.CONNECTED,
      remoteCert: 'PEM',
    });
    fake.notify(Event.TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES, id, {
      negotiatedCapabilities: { negotiatedMaxOutboundStreams: 7, negotiatedMaxInboundStreams: 8 },
    });
    fake.notify(Event.TRANSPORT_SCTP_STATE_CHANGE, id, { sctpState: FbsSctp.SctpState.CONNECTED });
    await settled();
    expect(events.filter(event => !event.includes('observer'))).toEqual([
      'transport iceselectedtuplechange',
      'transport icestatechange',
      'transport dtlsstatechange',
      'transport sctpstatechange',
    ]);
    expect(events).toHaveLength(8);
    expect(transport).toMatchObject({
      iceState: 'completed',
      dtlsState: 'connected',
      dtlsRemoteCert: 'PEM',
      sctpState: 'connected',
      sctpNegotiatedCapabilities: { negotiatedMaxOutboundStreams: 7, negotiatedMaxInboundStreams: 8 },
      iceSelectedTuple: { remoteIp: '9.9.9.9', remotePort: 2 },
    });
  });

  it('WebRtcTransport connects', async () => {
    const transport = await webRtc();
    const fingerprints = [{ algorithm: 'sha-256', value: 'AA' } as const];
    await expect(transport.connect({ dtlsParameters: { fingerprints, role: 'x' as never } })).rejects.toThrow(
      new TypeError('invalid DtlsRole: x'),
    );
    await expect(
      transport.connect({ dtlsParameters: { fingerprints: [{ algorithm: 'md5' as never, value: '' }] } }),
    ).rejects.toThrow(new TypeError('invalid FingerprintAlgorithm: md5'));
    expect(transport.dtlsParameters.role).toBe('auto');
    await transport.connect({ dtlsParameters: { fingerprints } });
    expect(transport.dtlsParameters.role).toBe('server');
    fake.script = {
      TRANSPORT_RESTART_ICE: () => ({
        type: ResponseBody.Transport_RestartIceResponse,
        body: { usernameFragment: 'u2', password: 'p2', iceLite: true },
      }),
    };
    const parameters = await transport.restartIce();
    expect(parameters).toEqual({ usernameFragment: 'u2', password: 'p2', iceLite: true });
    expect(transport.iceParameters).toBe(parameters);
  });

  it('PlainTransport learns its tuples', async () => {
    const transport = await router.createPlainTransport({ listenInfo, comedia: true, rtcpMux: false });
    const events = record({ transport });
    fake.notify(Event.PLAINTRANSPORT_TUPLE, transport.id, { tuple: tuple(1, '1.1.1.1', 5) });
    fake.notify(Event.PLAINTRANSPORT_RTCP_TUPLE, transport.id, { tuple: tuple(2, '1.1.1.1', 6) });
    await settled();
    expect([transport.tuple.remotePort, transport.rtcpTuple!.remotePort]).toEqual([5, 6]);
    expect(events).toEqual([
      'transport tuple',
      'transport.observer tuple',
      'transport rtcptuple',
      'transport.observer rtcptuple',
    ]);
    await expect((transport.connect as (options?: object) => Promise<void>)()).rejects.toThrow(TypeError);
  });

  it('DirectTransport hands RTCP both ways', async () => {
    const transport = await router.createDirectTransport();
    const received: Buffer[] = [];
    transport.on('rtcp', packet => received.push(packet));
    fake.notify(Event.DIRECTTRANSPORT_RTCP, transport.id, { data: Uint8Array.of(1, 2, 3) });
    transport.sendRtcp(Buffer.from([4, 5]));
    await settled();
    expect(received).toEqual([Buffer.from([1, 2, 3])]);
    expect(fake.notifications.at(-1)).toMatchObject({
      event: Event.TRANSPORT_SEND_RTCP,
      handlerId: transport.id,
      body: { data: Uint8Array.of(4, 5) },
    });
    expect(() => transport.sendRtcp('x' as never)).toThrow(new TypeError('rtcpPacket must be a Buffer'));
    await transport.connect();
  });

  it.each(['setMaxIncomingBitrate', 'setMaxOutgoingBitrate', 'setMinOutgoingBitrate'] as const)(
    'DirectTransport has no %s()',
    async method => {
      const transport = await router.createDirectTransport();
      await expect(transport[method](1)).rejects.toThrow(
        new UnsupportedError(`${method}() not implemented in DirectTransport`),
      );
    },
  );

  it('dumps and counts', async () => {
    const transport = await router.createDirectTransport();
    const dump = transportDump(transport.id, {
      direct: true,
      enableSctp: false,
      maxSendMessageSize: 0,
      maxReceiveMessageSize: 0,
      sctpSendBufferSize: 0,
      sctpPerStreamSendQueueLimit: 0,
      sctpMaxReceiverWindowBufferSize: 0,
      sctpDefaultStreamBufferedAmountLowThreshold: 0,
      isDataChannel: false,
    });
    dump.mapSsrcConsumerId = [];
    dump.traceEventTypes = [FbsTransport.TraceEventType.PROBATION, FbsTransport.TraceEventType.BWE];
    const stats: FbsTransport.Stats = {
      transportId: transport.id,
      timestamp: 12n,
      bytesReceived: 0n,
      recvBitrate: 0n,
      bytesSent: 0n,
      sendBitrate: 0n,
      rtpBytesReceived: 0n,
      rtpRecvBitrate: 0n,
      rtpBytesSent: 0n,
      rtpSendBitrate: 0n,
      rtxBytesReceived: 0n,
      rtxRecvBitrate: 0n,
      rtxBytesSent: 0n,
      rtxSendBitrate: 0n,
      probationBytesSent: 0n,
      probationSendBitrate: 0n,
    };
    fake.script = {
      TRANSPORT_DUMP: () => ({
        type: ResponseBody.DirectTransport_DumpResponse,
        body: { base: dump },
      }),
      TRANSPORT_GET_STATS: () => ({
        type: ResponseBody.DirectTransport_GetStatsResponse,
        body: { base: stats },
      }),
    };
    expect(await transport.dump()).toEqual({
      id: transport.id,
      producerIds: [],
      consumerIds: [],
      mapSsrcConsumerId: [],
      mapRtxSsrcConsumerId: [],
      dataProducerIds: [],
      dataConsumerIds: [],
      recvRtpHeaderExtensions: { mid: 1 },
      rtpListener: { ssrcTable: [], midTable: [], ridTable: [] },
      maxSendMessageSize: 0,
      maxReceiveMessageSize: 0,
      traceEventTypes: ['probation', 'bwe'],
    });
    const [stat] = await transport.getStats();
    expect(stat).toMatchObject({
      type: 'direct-transport',
      timestamp: 12,
      transportId: transport.id,
      bytesReceived: 0,
    });
    expect(stat.availableOutgoingBitrate).toBeUndefined();
  });
});

describe('Producer and Consumer', () => {
  async function pair() {
    const transport = await router.createDirectTransport();
    const producer = await transport.produce(audioParameters());
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
    return { producer, consumer, events: record({ producer, consumer }) };
  }

  it('producers tell score, orientation and traces', async () => {
    const { producer, events } = await pair();
    const { id } = producer;
    fake.notify(Event.PRODUCER_SCORE, id, { scores: [{ encodingIdx: 0, ssrc: 11, score: 7 }] });
    fake.notify(Event.PRODUCER_VIDEO_ORIENTATION_CHANGE, id, { camera: true, flip: false, rotation: 90 });
    const traces: unknown[] = [];
    producer.on('trace', trace => traces.push(trace));
    const packet: FbsPacket.Dump = {
      payloadType: 96,
      sequenceNumber: 1,
      timestamp: 2,
      marker: true,
      ssrc: 3,
      isKeyFrame: false,
      size: 4n,
      payloadSize: 5n,
      spatialLayer: 0,
      temporalLayer: 0,
    };
    fake.notify(Event.PRODUCER_TRACE, id, {
      type: FbsProducer.TraceEventType.RTP,
      timestamp: 9n,
      direction: 0,
      infoType: FbsProducer.TraceInfo.RtpTraceInfo,
      info: { rtpPacket: packet, isRtx: true },
    });
    fake.notify(Event.PRODUCER_TRACE, id, {
      type: FbsProducer.TraceEventType.NACK,
      timestamp: 9n,
      direction: 1,
      infoType: 0 /*TraceInfo.NONE*/,
    });
    await settled();
    expect(producer.score).toEqual([{ encodingIdx: 0, ssrc: 11, rid: undefined, score: 7 }]);
    expect(events.slice(0, 4)).toEqual([
      'producer score',
      'producer.observer score',
      'producer videoorientationchange',
      'producer.observer videoorientationchange',
    ]);
    expect(traces).toMatchObject([
      { type: 'rtp', timestamp: 9, direction: 'in', info: { isRtx: true, rtpPacket: { size: 4n, mid: null } } },
      { type: 'nack', direction: 'out', info: undefined },
    ]);
  });

  it('are paused and resumed once, however often that is asked', async () => {
    const { producer, consumer, events } = await pair();
    await Promise.all([producer.pause(), producer.pause()]);
    fake.notify(Event.CONSUMER_PRODUCER_PAUSE, consumer.id);
    expect(consumer.producerPaused).toBe(false);
    fake.notify(Event.CONSUMER_PRODUCER_PAUSE, consumer.id);
    await settled();
    await Promise.all([consumer.pause(), consumer.pause()]);
    await producer.resume();
    fake.notify(Event.CONSUMER_PRODUCER_RESUME, consumer.id);
    await settled();
    await consumer.resume();
    expect(events).toEqual([
      'producer.observer pause',
      'consumer producerpause',
      'consumer.observer pause',
      'producer.observer resume',
      'consumer producerresume',
      'consumer.observer resume',
    ]);
  });

  it('consumers tell score, layers, traces and packets', async () => {
    const { consumer, events } = await pair();
    const { id } = consumer;
    const packets: Buffer[] = [];
    consumer.on('rtp', packet => packets.push(packet));
    expect(consumer.score).toEqual({ score: 10, producerScore: 0, producerScores: [0] });
    fake.notify(Event.CONSUMER_SCORE, id, { score: { score: 9, producerScore: 8, producerScores: [8, 7] } });
    fake.notify(Event.CONSUMER_LAYERS_CHANGE, id, { layers: { spatialLayer: 2, temporalLayer: 1 } });
    fake.notify(Event.CONSUMER_TRACE, id, {
      type: FbsConsumer.TraceEventType.PLI,
      timestamp: 1n,
      direction: 0,
      infoType: FbsConsumer.TraceInfo.PliTraceInfo,
      info: { ssrc: 5 },
    });
    fake.notify(Event.CONSUMER_RTP, id, { data: Uint8Array.of(9, 8, 7) });
    await settled();
    expect(consumer.score).toEqual({ score: 9, producerScore: 8, producerScores: [8, 7] });
    expect(consumer.currentLayers).toEqual({ spatialLayer: 2, temporalLayer: 1 });
    expect(packets).toEqual([Buffer.from([9, 8, 7])]);
    expect(events.filter(event => event.endsWith('trace'))).toHaveLength(4);
    fake.notify(Event.CONSUMER_LAYERS_CHANGE, id, {});
    await settled();
    expect(consumer.currentLayers).toBeUndefined();
  });

  it('consumers check and store layers and priority', async () => {
    const { consumer } = await pair();
    await expect(consumer.setPreferredLayers({ spatialLayer: 'x' as never })).rejects.toThrow(
      new TypeError('spatialLayer must be a number'),
    );
    await expect(consumer.setPreferredLayers({ spatialLayer: 1, temporalLayer: 'x' as never })).rejects.toThrow(
      new TypeError('if given, temporalLayer must be a number'),
    );
    await expect(consumer.setPriority(-1)).rejects.toThrow(new TypeError('priority must be a positive number'));
    fake.script = {
      CONSUMER_SET_PREFERRED_LAYERS: () => ({
        type: ResponseBody.Consumer_SetPreferredLayersResponse,
        body: { preferredLayers: { spatialLayer: 1, temporalLayer: 0 } },
      }),
      CONSUMER_SET_PRIORITY: ({ body }) => ({
        type: ResponseBody.Consumer_SetPriorityResponse,
        body: { priority: (body as FbsConsumer.SetPriorityRequest).priority },
      }),
    };
    await consumer.setPreferredLayers({ spatialLayer: 5 });
    expect(consumer.preferredLayers).toEqual({ spatialLayer: 1, temporalLayer: 0 });
    expect(fake.last('CONSUMER_SET_PREFERRED_LAYERS').body).toMatchObject({
      preferredLayers: { spatialLayer: 5 },
    });
    await consumer.setPriority(3);
    expect(consumer.priority).toBe(3);
    await consumer.unsetPriority();
    expect(consumer.priority).toBe(1);
  });

  it('a priority of 256 is 0 in the message, so the worker refuses it', async () => {
    const { consumer } = await pair();
    fake.script = {
      CONSUMER_SET_PRIORITY: () => ({ error: 'TypeError', reason: 'wrong priority (must be higher than 0)' }),
    };
    await expect(consumer.setPriority(256)).rejects.toThrow(TypeError);
    expect(fake.last('CONSUMER_SET_PRIORITY').body).toMatchObject({ priority: 0 });
  });

  it('statistics tell both directions', async () => {
    const { consumer } = await pair();
    const base = (ssrc: number) => ({
      dataType: FbsStream.StatsData.BaseStats,
      data: Object.assign(
        {
          timestamp: 5n,
          ssrc,
          kind: 0,
          mimeType: 'audio/opus',
          packetsLost: 0,
          fractionLost: 0,
          jitter: 0,
          packetsDiscarded: 0n,
          packetsRetransmitted: 0n,
          packetsRepaired: 0n,
          nackCount: 0n,
          nackPacketCount: 0n,
          pliCount: 0n,
          firCount: 0n,
          rtxPacketsDiscarded: 0n,
          roundTripTime: 0.0,
          score: 0,
        },
        { rid: '' },
      ),
    });
    fake.script = {
      CONSUMER_GET_STATS: () => ({
        type: ResponseBody.Consumer_GetStatsResponse,
        body: {
          stats: [
            {
              dataType: FbsStream.StatsData.SendStats,
              data: { base: base(1), packetCount: 2n, byteCount: 3n, bitrate: 4n },
            },
            {
              dataType: FbsStream.StatsData.RecvStats,
              data: {
                base: base(9),
                packetCount: 2n,
                byteCount: 3n,
                bitrate: 4n,
                bitrateByLayer: [{ layer: '0.1', bitrate: 6n }],
              },
            },
          ],
        },
      }),
    };
    const [sent, received] = await consumer.getStats();
    expect(sent).toMatchObject({
      type: 'outbound-rtp',
      ssrc: 1,
      kind: 'audio',
      packetCount: 2,
      byteCount: 3,
      bitrate: 4,
    });
    expect(sent).not.toHaveProperty('bitrateByLayer');
    expect(sent.rid).toBeUndefined();
    expect(sent.rtxPacketsDiscarded).toBeUndefined();
    expect(received).toMatchObject({ type: 'inbound-rtp', ssrc: 9, bitrateByLayer: { '0.1': 6 } });
  });
});

describe('DataProducer and DataConsumer', () => {
  async function pair() {
    const transport = await router.createDirectTransport();
    const dataProducer = await transport.produceData({ label: 'l' });
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id, subchannels: [1, 2] });
    return { dataProducer, dataConsumer, events: record({ dataProducer, dataConsumer }) };
  }

  it('send and receive messages', async () => {
    const { dataProducer, dataConsumer } = await pair();
    expect(dataConsumer).toMatchObject({
      type: 'direct',
      label: 'l',
      sctpStreamParameters: undefined,
      subchannels: [1, 2],
    });
    const received: unknown[] = [];
    dataConsumer.on('message', (message, ppid) => received.push([message.toString(), ppid]));
    fake.notify(Event.DATACONSUMER_MESSAGE, dataConsumer.id, { ppid: 51, data: Uint8Array.of(104, 105) });
    dataProducer.send('hi', undefined, [1], 2, 3);
    dataProducer.send(Buffer.alloc(0));
    await settled();
    expect(received).toEqual([['hi', 51]]);
    expect(fake.notifications.slice(-2).map(({ body }) => body)).toMatchObject([
      { ppid: 51, data: Uint8Array.of(104, 105), subchannels: [1], requiredSubchannel: 2, ignoredSubchannel: 3 },
      { ppid: 57, data: Uint8Array.of(0), subchannels: [] },
    ]);
  });

  it('tell what happens', async () => {
    const { dataConsumer, events } = await pair();
    const { id } = dataConsumer;
    fake.notify(Event.DATACONSUMER_DATAPRODUCER_PAUSE, id);
    fake.notify(Event.DATACONSUMER_DATAPRODUCER_RESUME, id);
    fake.notify(Event.DATACONSUMER_SCTP_SENDBUFFER_FULL, id);
    fake.notify(Event.DATACONSUMER_BUFFERED_AMOUNT_LOW, id, { bufferedAmount: 5 });
    await settled();
    expect(events).toEqual([
      'dataConsumer dataproducerpause',
      'dataConsumer.observer pause',
      'dataConsumer dataproducerresume',
      'dataConsumer.observer resume',
      'dataConsumer sctpsendbufferfull',
      'dataConsumer bufferedamountlow',
    ]);
  });

  it('keep the subchannels that the worker tells', async () => {
    const { dataConsumer } = await pair();
    fake.script = {
      DATACONSUMER_ADD_SUBCHANNEL: () => ({
        type: ResponseBody.DataConsumer_AddSubchannelResponse,
        body: { subchannels: [7, 8] },
      }),
      DATACONSUMER_SEND: () => ({
        type: ResponseBody.DataConsumer_SendResponse,
        body: { bufferedAmount: 3 },
      }),
    };
    await dataConsumer.addSubchannel(8);
    expect(dataConsumer.subchannels).toEqual([7, 8]);
    expect(await dataConsumer.send('abc')).toBe(3);
  });
});

describe('RtpObserver', () => {
  it('knows its producers', async () => {
    const observer = await router.createActiveSpeakerObserver();
    const levels = await router.createAudioLevelObserver({ maxEntries: 3 });
    expect(fake.last('ROUTER_CREATE_AUDIOLEVELOBSERVER').body).toMatchObject({
      options: { maxEntries: 3, threshold: -80, interval: 1000 },
    });
    const producer = await (await router.createDirectTransport()).produce(audioParameters());
    const events = record({ observer, levels });
    await observer.addProducer({ producerId: producer.id });
    await expect(observer.addProducer({ producerId: 'x' })).rejects.toThrow(
      new NotFoundError('Producer with id "x" not found'),
    );
    const seen: unknown[] = [];
    observer.on('dominantspeaker', speaker => seen.push(speaker.producer));
    levels.on('volumes', volumes => seen.push(volumes));
    fake.notify(Event.ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER, observer.id, { producerId: producer.id });
    fake.notify(Event.ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER, observer.id, { producerId: 'gone' });
    const volumes = ['gone', producer.id].map(id => ({ producerId: id, volume: -20 }));
    fake.notify(Event.AUDIOLEVELOBSERVER_VOLUMES, levels.id, { volumes });
    fake.notify(Event.AUDIOLEVELOBSERVER_VOLUMES, levels.id, { volumes: volumes.slice(0, 1) });
    fake.notify(Event.AUDIOLEVELOBSERVER_SILENCE, levels.id);
    await settled();
    expect(seen).toEqual([producer, [{ producer, volume: -20 }]]);
    await observer.removeProducer({ producerId: producer.id });
    await observer.pause();
    await observer.pause();
    await observer.resume();
    expect(events).toEqual([
      'observer.observer addproducer',
      'observer dominantspeaker',
      'observer.observer dominantspeaker',
      'levels volumes',
      'levels.observer volumes',
      'levels silence',
      'levels.observer silence',
      'observer.observer removeproducer',
      'observer.observer pause',
      'observer.observer resume',
    ]);
  });
});
