import { type DropCounters } from '../../../../src/common/drop-reason.js';
import type { Carrier } from '../../../../src/channel/carrier.js';
import { decodeMessage, MessageEncoder } from '../../../../src/channel/codec.js';
import type * as FbsConsumer from '../../../../src/channel/fbs/consumer.js';
import type * as FbsDataConsumer from '../../../../src/channel/fbs/data-consumer.js';
import { Body } from '../../../../src/channel/fbs/message.js';
import { Event } from '../../../../src/channel/fbs/notification.js';
import { type Notification } from '../../../../src/channel/fbs/notification.js';
import type * as FbsPipe from '../../../../src/channel/fbs/pipe-transport.js';
import { type Method } from '../../../../src/channel/fbs/request.js';
import { type Request } from '../../../../src/channel/fbs/request.js';
import { Body as ResponseBody } from '../../../../src/channel/fbs/response.js';
import type * as FbsRouter from '../../../../src/channel/fbs/router.js';
import { Type } from '../../../../src/channel/fbs/rtp-parameters.js';
import { SctpState } from '../../../../src/channel/fbs/sctp-association.js';
import * as FbsTransport from '../../../../src/channel/fbs/transport.js';
import * as FbsWebRtc from '../../../../src/channel/fbs/web-rtc-transport.js';
import { methodInfo } from '../../../../src/channel/methods.js';
import { createLoopback } from '../../../../src/channel/loopback.js';
import { startWorker } from '../../../../src/api/create-worker.js';
import type { WorkerBackend } from '../../../../src/api/worker-backend.js';
import type { Worker } from '../../../../src/types.js';

/** What a script answers to a request: a body, nothing, or an error. */
export type Answer =
  { type: ResponseBody; body: object } | { error: 'Error' | 'TypeError' | 'NotFoundError'; reason: string };
export type Script = Partial<Record<keyof typeof Method, (request: Request) => Answer | 'silence' | void>>;

/**
 * A worker that answers every request with the least that makes the API happy, unless a script says otherwise. It
 * remembers all it was told.
 */
export class FakeWorker implements WorkerBackend {
  readonly pid: number | undefined = 4242;
  readonly carrier: Carrier;
  readonly stdout = undefined;
  readonly stderr = undefined;
  drops: DropCounters | undefined = undefined;
  onError: WorkerBackend['onError'] = () => {};
  onExit: WorkerBackend['onExit'] = () => {};
  onClose: WorkerBackend['onClose'] = () => {};
  readonly requests: Request[] = [];
  readonly notifications: Notification[] = [];
  script: Script;
  ended = false;
  readonly #carrier: Carrier;
  readonly #encoder = new MessageEncoder();

  constructor(script: Script = {}) {
    this.script = script;
    [this.carrier, this.#carrier] = createLoopback();
    this.#carrier.onMessage = bytes => {
      const { dataType, data } = decodeMessage(bytes.slice());
      if (dataType === Body.Request) this.#answer(data as Request);
      else if (dataType === Body.Notification) this.notifications.push(data as Notification);
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

  notify(event: Event, handlerId: string, body?: object): void {
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
  last(method: keyof typeof Method): Request {
    return this.requests.findLast(request => methodInfo(request.method)!.name === method)!;
  }

  #answer(request: Request): void {
    this.requests.push(request);
    const method = methodInfo(request.method)!.name;
    const answer = (this.script[method] ?? defaults[method])?.(request);
    if (answer !== 'silence') this.respond(request.id, answer);
  }
}

/** Resolves when all that is on its way between API and worker has arrived. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise(resolve => setImmediate(resolve));
}

export const tuple = (localPort = 1234, remoteIp?: string, remotePort = 0): FbsTransport.Tuple => ({
  localAddress: '127.0.0.1',
  localPort,
  remoteIp,
  remotePort,
  protocol: FbsTransport.Protocol.UDP,
});

export function transportDump(id: string, { enableSctp, direct }: FbsTransport.Options): FbsTransport.Dump {
  const dump: FbsTransport.Dump = {
    id,
    direct,
    producerIds: [],
    consumerIds: [],
    mapSsrcConsumerId: [],
    mapRtxSsrcConsumerId: [],
    dataProducerIds: [],
    dataConsumerIds: [],
    maxSendMessageSize: 0,
    maxReceiveMessageSize: 0,
    traceEventTypes: [],
    recvRtpHeaderExtensions: { mid: 1 },
    rtpListener: { ssrcTable: [], midTable: [], ridTable: [] },
  };
  if (enableSctp) {
    dump.sctpParameters = {
      port: 5000,
      maxSendMessageSize: 1,
      maxReceiveMessageSize: 2,
      sendBufferSize: 3,
      perStreamSendQueueLimit: 4,
      maxReceiverWindowBufferSize: 5,
      isDataChannel: true,
    };
    dump.sctpState = SctpState.NEW;
    dump.sctpListener = { streamIdTable: [] };
  }
  return dump;
}

export function webRtcDump(base: FbsTransport.Dump): FbsWebRtc.DumpResponse {
  return {
    base,
    iceRole: FbsWebRtc.IceRole.CONTROLLED,
    iceParameters: { usernameFragment: 'ufrag', password: 'password', iceLite: true },
    iceCandidates: [
      {
        foundation: 'udpcandidate',
        priority: 1,
        address: '10.0.0.1',
        protocol: FbsTransport.Protocol.UDP,
        port: 1234,
        type: FbsWebRtc.IceCandidateType.HOST,
      },
      {
        foundation: 'tcpcandidate',
        priority: 2,
        address: '10.0.0.1',
        protocol: FbsTransport.Protocol.TCP,
        port: 1234,
        type: FbsWebRtc.IceCandidateType.HOST,
        tcpType: FbsWebRtc.IceCandidateTcpType.PASSIVE,
      },
    ],
    iceState: FbsWebRtc.IceState.NEW,
    dtlsParameters: {
      fingerprints: [{ algorithm: FbsWebRtc.FingerprintAlgorithm.SHA256, value: 'AA:BB' }],
      role: FbsWebRtc.DtlsRole.AUTO,
    },
    dtlsState: FbsWebRtc.DtlsState.NEW,
  };
}

const createWebRtcTransport = ({ body }: Request): Answer => {
  const { transportId, options } = body as FbsRouter.CreateWebRtcTransportRequest;
  return {
    type: ResponseBody.WebRtcTransport_DumpResponse,
    body: webRtcDump(transportDump(transportId, options.base)),
  };
};

const defaults: Script = {
  ROUTER_CREATE_WEBRTCTRANSPORT: createWebRtcTransport,
  ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER: createWebRtcTransport,
  ROUTER_CREATE_PLAINTRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreatePlainTransportRequest;
    const base = transportDump(transportId, options.base);
    const rtcpTuple = options.rtcpMux ? undefined : tuple(1235);
    return {
      type: ResponseBody.PlainTransport_DumpResponse,
      body: { base, rtcpMux: options.rtcpMux, comedia: options.comedia, tuple: tuple(), rtcpTuple },
    };
  },
  ROUTER_CREATE_PIPETRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreatePipeTransportRequest;
    const base = transportDump(transportId, options.base);
    return {
      type: ResponseBody.PipeTransport_DumpResponse,
      body: { base, tuple: tuple(), rtx: options.enableRtx },
    };
  },
  ROUTER_CREATE_DIRECTTRANSPORT: ({ body }) => {
    const { transportId, options } = body as FbsRouter.CreateDirectTransportRequest;
    return {
      type: ResponseBody.DirectTransport_DumpResponse,
      body: { base: transportDump(transportId, options.base) },
    };
  },
  PIPETRANSPORT_CONNECT: ({ body }) => {
    const { ip, port } = body as FbsPipe.ConnectRequest;
    return {
      type: ResponseBody.PipeTransport_ConnectResponse,
      body: { tuple: tuple(1234, ip, port) },
    };
  },
  WEBRTCTRANSPORT_CONNECT: () => ({
    type: ResponseBody.WebRtcTransport_ConnectResponse,
    body: { dtlsLocalRole: FbsWebRtc.DtlsRole.SERVER },
  }),
  TRANSPORT_PRODUCE: () => ({
    type: ResponseBody.Transport_ProduceResponse,
    body: { type: Type.SIMPLE },
  }),
  TRANSPORT_CONSUME: ({ body }) => {
    const { paused, preferredLayers } = body as FbsTransport.ConsumeRequest;
    const score: FbsConsumer.ConsumerScore = { score: 10, producerScore: 0, producerScores: Uint8Array.of(0) };
    return {
      type: ResponseBody.Transport_ConsumeResponse,
      body: { paused, producerPaused: false, score, preferredLayers },
    };
  },
  TRANSPORT_PRODUCE_DATA: ({ body }) => {
    const request = body as FbsTransport.ProduceDataRequest;
    return {
      type: ResponseBody.DataProducer_DumpResponse,
      body: {
        id: request.dataProducerId,
        type: request.type,
        sctpStreamParameters: request.sctpStreamParameters,
        label: request.label,
        protocol: request.protocol,
        paused: request.paused,
      },
    };
  },
  TRANSPORT_CONSUME_DATA: ({ body }) => {
    const request = body as FbsTransport.ConsumeDataRequest;
    const dump: FbsDataConsumer.DumpResponse = {
      id: request.dataConsumerId,
      dataProducerId: request.dataProducerId,
      type: request.type,
      sctpStreamParameters: request.sctpStreamParameters,
      label: request.label ?? '',
      protocol: request.protocol ?? '',
      bufferedAmount: 0,
      bufferedAmountLowThreshold: 0,
      paused: request.paused,
      dataProducerPaused: false,
      subchannels: request.subchannels,
    };
    return { type: ResponseBody.DataConsumer_DumpResponse, body: dump };
  },
};
