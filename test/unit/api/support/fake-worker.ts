import type { Carrier } from '../../../../src/channel/carrier.js';
import { type Body, decodeMessage, MessageEncoder } from '../../../../src/channel/codec.js';
import * as FbsConsumer from '../../../../src/channel/fbs/consumer.js';
import * as FbsDataConsumer from '../../../../src/channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../../../../src/channel/fbs/data-producer.js';
import * as FbsDirect from '../../../../src/channel/fbs/direct-transport.js';
import { Event } from '../../../../src/channel/fbs/notification/event.js';
import { type NotificationT, Notification } from '../../../../src/channel/fbs/notification/notification.js';
import * as FbsPipe from '../../../../src/channel/fbs/pipe-transport.js';
import * as FbsPlain from '../../../../src/channel/fbs/plain-transport.js';
import { Method } from '../../../../src/channel/fbs/request/method.js';
import { Request, type RequestT } from '../../../../src/channel/fbs/request/request.js';
import { Body as ResponseBody } from '../../../../src/channel/fbs/response/body.js';
import type * as FbsRouter from '../../../../src/channel/fbs/router.js';
import { Type } from '../../../../src/channel/fbs/rtp-parameters.js';
import { SctpState } from '../../../../src/channel/fbs/sctp-association.js';
import { SctpParametersT } from '../../../../src/channel/fbs/sctp-parameters.js';
import * as FbsTransport from '../../../../src/channel/fbs/transport.js';
import * as FbsWebRtc from '../../../../src/channel/fbs/web-rtc-transport.js';
import { createLoopback } from '../../../../src/channel/loopback.js';
import { startWorker } from '../../../../src/api/create-worker.js';
import type { WorkerBackend } from '../../../../src/api/worker-backend.js';
import type { Worker } from '../../../../src/types.js';

/** What a script answers to a request: a body, nothing, or an error. */
export type Answer =
  { type: ResponseBody; body: Body } | { error: 'Error' | 'TypeError' | 'NotFoundError'; reason: string };
export type Script = Partial<Record<keyof typeof Method, (request: RequestT) => Answer | 'silence' | void>>;

/**
 * A worker that answers every request with the least that makes the API happy, unless a script says otherwise. It
 * remembers all it was told.
 */
export class FakeWorker implements WorkerBackend {
  readonly pid: number | undefined = 4242;
  readonly carrier: Carrier;
  readonly stdout = undefined;
  readonly stderr = undefined;
  onError: WorkerBackend['onError'] = () => {};
  onExit: WorkerBackend['onExit'] = () => {};
  onClose: WorkerBackend['onClose'] = () => {};
  readonly requests: RequestT[] = [];
  readonly notifications: NotificationT[] = [];
  script: Script;
  ended = false;
  readonly #carrier: Carrier;
  readonly #encoder = new MessageEncoder();

  constructor(script: Script = {}) {
    this.script = script;
    [this.carrier, this.#carrier] = createLoopback();
    this.#carrier.onMessage = bytes => {
      const message = decodeMessage(bytes.slice());
      if (message instanceof Request) this.#answer(message.unpack());
      else if (message instanceof Notification) this.notifications.push(message.unpack());
    };
  }

  /** The API's object for this worker, running. */
  static async start(script?: Script): Promise<{ fake: FakeWorker; worker: Worker }> {
    const fake = new FakeWorker(script);
    const starting = startWorker(fake);
    fake.notify(Event.WORKER_RUNNING, String(fake.pid));
    return { fake, worker: await starting };
  }

  ensureEnd(): void {
    this.ended = true;
  }

  notify(event: Event, handlerId: string, body?: Body): void {
    this.#carrier.send(this.#encoder.encodeNotification(event, handlerId, body));
  }

  log(line: string): void {
    this.#carrier.send(this.#encoder.encodeLog(line));
  }

  sendRaw(bytes: Uint8Array): void {
    this.#carrier.send(bytes);
  }

  respond(id: number, answer: Answer | void): void {
    this.#carrier.send(
      answer === undefined
        ? this.#encoder.encodeResponse(id)
        : 'error' in answer
          ? this.#encoder.encodeErrorResponse(id, answer.error, answer.reason)
          : this.#encoder.encodeResponse(id, answer.type, answer.body),
    );
  }

  /** The last request of a kind. */
  last(method: keyof typeof Method): RequestT {
    return this.requests.findLast(request => Method[request.method] === method)!;
  }

  #answer(request: RequestT): void {
    this.requests.push(request);
    const method = Method[request.method] as keyof typeof Method;
    const answer = (this.script[method] ?? defaults[method])?.(request);
    if (answer !== 'silence') this.respond(request.id, answer);
  }
}

/** Resolves when all that is on its way between API and worker has arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise(resolve => setImmediate(resolve));
}

export const tuple = (localPort = 1234, remoteIp: string | null = null, remotePort = 0): FbsTransport.TupleT =>
  new FbsTransport.TupleT('127.0.0.1', localPort, remoteIp, remotePort);

export function transportDump(id: string, { enableSctp, direct }: FbsTransport.OptionsT): FbsTransport.DumpT {
  const dump = new FbsTransport.DumpT(id, direct);
  dump.recvRtpHeaderExtensions = new FbsTransport.RecvRtpHeaderExtensionsT(1);
  dump.rtpListener = new FbsTransport.RtpListenerT();
  if (enableSctp) {
    dump.sctpParameters = new SctpParametersT(5000, 1, 2, 3, 4, 5, true);
    dump.sctpState = SctpState.NEW;
    dump.sctpListener = new FbsTransport.SctpListenerT();
  }
  return dump;
}

export function webRtcDump(base: FbsTransport.DumpT): FbsWebRtc.DumpResponseT {
  return new FbsWebRtc.DumpResponseT(
    base,
    FbsWebRtc.IceRole.CONTROLLED,
    new FbsWebRtc.IceParametersT('ufrag', 'password', true),
    [
      new FbsWebRtc.IceCandidateT('udpcandidate', 1, '10.0.0.1', FbsTransport.Protocol.UDP, 1234),
      new FbsWebRtc.IceCandidateT(
        'tcpcandidate',
        2,
        '10.0.0.1',
        FbsTransport.Protocol.TCP,
        1234,
        FbsWebRtc.IceCandidateType.HOST,
        FbsWebRtc.IceCandidateTcpType.PASSIVE,
      ),
    ],
    FbsWebRtc.IceState.NEW,
    null,
    new FbsWebRtc.DtlsParametersT([new FbsWebRtc.FingerprintT(FbsWebRtc.FingerprintAlgorithm.SHA256, 'AA:BB')]),
  );
}

const createWebRtcTransport = ({ body }: RequestT): Answer => {
  const { transportId, options } = body as FbsRouter.CreateWebRtcTransportRequestT;
  return {
    type: ResponseBody.WebRtcTransport_DumpResponse,
    body: webRtcDump(transportDump(transportId as string, options!.base!)),
  };
};

const defaults: Script = {
  ROUTER_CREATE_WEBRTCTRANSPORT: createWebRtcTransport,
  ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER: createWebRtcTransport,
  ROUTER_CREATE_PLAINTRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreatePlainTransportRequestT;
    const base = transportDump(transportId as string, options!.base!);
    const rtcpTuple = options!.rtcpMux ? null : tuple(1235);
    return {
      type: ResponseBody.PlainTransport_DumpResponse,
      body: new FbsPlain.DumpResponseT(base, options!.rtcpMux, options!.comedia, tuple(), rtcpTuple),
    };
  },
  ROUTER_CREATE_PIPETRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreatePipeTransportRequestT;
    const base = transportDump(transportId as string, options!.base!);
    return {
      type: ResponseBody.PipeTransport_DumpResponse,
      body: new FbsPipe.DumpResponseT(base, tuple(), options!.enableRtx),
    };
  },
  ROUTER_CREATE_DIRECTTRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreateDirectTransportRequestT;
    return {
      type: ResponseBody.DirectTransport_DumpResponse,
      body: new FbsDirect.DumpResponseT(transportDump(transportId as string, options!.base!)),
    };
  },
  PIPETRANSPORT_CONNECT: ({ body }) => {
    const { ip, port } = body as FbsPipe.ConnectRequestT;
    return {
      type: ResponseBody.PipeTransport_ConnectResponse,
      body: new FbsPipe.ConnectResponseT(tuple(1234, ip as string, port!)),
    };
  },
  WEBRTCTRANSPORT_CONNECT: () => ({
    type: ResponseBody.WebRtcTransport_ConnectResponse,
    body: new FbsWebRtc.ConnectResponseT(FbsWebRtc.DtlsRole.SERVER),
  }),
  TRANSPORT_PRODUCE: () => ({
    type: ResponseBody.Transport_ProduceResponse,
    body: new FbsTransport.ProduceResponseT(Type.SIMPLE),
  }),
  TRANSPORT_CONSUME: ({ body }) => {
    const { paused, preferredLayers } = body as FbsTransport.ConsumeRequestT;
    const score = new FbsConsumer.ConsumerScoreT(10, 0, [0]);
    return {
      type: ResponseBody.Transport_ConsumeResponse,
      body: new FbsTransport.ConsumeResponseT(paused, false, score, preferredLayers),
    };
  },
  TRANSPORT_PRODUCE_DATA: ({ body }) => {
    const request = body as FbsTransport.ProduceDataRequestT;
    return {
      type: ResponseBody.DataProducer_DumpResponse,
      body: new FbsDataProducer.DumpResponseT(
        request.dataProducerId,
        request.type,
        request.sctpStreamParameters,
        request.label,
        request.protocol,
        request.paused,
      ),
    };
  },
  TRANSPORT_CONSUME_DATA: ({ body }) => {
    const request = body as FbsTransport.ConsumeDataRequestT;
    const dump = new FbsDataConsumer.DumpResponseT(request.dataConsumerId, request.dataProducerId, request.type);
    return {
      type: ResponseBody.DataConsumer_DumpResponse,
      body: Object.assign(dump, {
        sctpStreamParameters: request.sctpStreamParameters,
        label: request.label,
        protocol: request.protocol,
        paused: request.paused,
        subchannels: request.subchannels,
      }),
    };
  },
};
