import { Method } from '../channel/fbs/request.js';
import {
  type CreatePipeTransportRequest,
  type CreatePlainTransportRequest,
  type CreateWebRtcTransportRequest,
} from '../channel/fbs/router.js';
import { Listen, type ListenIndividual } from '../channel/fbs/web-rtc-transport.js';
import { ActiveSpeakerObserverImpl } from './active-speaker-observer.js';
import { AudioLevelObserverImpl } from './audio-level-observer.js';
import { type Channel } from './channel.js';
import { DirectTransportImpl, directTransportDumpFromFbs } from './direct-transport.js';
import { Entity } from './entity.js';
import { NotFoundError } from './errors.js';
import { canConsume, generateRouterRtpCapabilities } from './ortc/ortc.js';
import { createPipeTransportPair, pipeDataProducer, pipeProducer, PipeTransportPairs } from './pipe-to-router.js';
import { PipeTransportImpl, pipeTransportDumpFromFbs } from './pipe-transport.js';
import { PlainTransportImpl, plainTransportDumpFromFbs } from './plain-transport.js';
import { type TransportRouter } from './transport.js';
import { type ActiveSpeakerObserver, type ActiveSpeakerObserverOptions } from './types/active-speaker-observer.js';
import { type AppData } from './types/app-data.js';
import { type AudioLevelObserver, type AudioLevelObserverOptions } from './types/audio-level-observer.js';
import { type DataProducer } from './types/data-producer.js';
import { type DirectTransport, type DirectTransportOptions } from './types/direct-transport.js';
import { type PipeTransport, type PipeTransportOptions } from './types/pipe-transport.js';
import { type PlainTransport, type PlainTransportOptions } from './types/plain-transport.js';
import { type Producer } from './types/producer.js';
import {
  type PipeToRouterOptions,
  type PipeToRouterResult,
  type PipeTransportPair,
  type Router,
  type RouterDump,
  type RouterEvents,
  type RouterObserver,
} from './types/router.js';
import { type RtpObserver } from './types/rtp-observer.js';
import {
  type RemoteRtpCapabilities,
  type RouterRtpCodecCapability,
  type RtpCapabilities,
} from './types/rtp-parameters.js';
import { type Transport, type TransportListenInfo, type TransportProtocol } from './types/transport.js';
import { type WebRtcTransport, type WebRtcTransportOptions } from './types/web-rtc-transport.js';
import { checkAppData, clone, generateUUIDv4 } from './utils.js';
import { WebRtcTransportImpl, webRtcTransportDumpFromFbs } from './web-rtc-transport.js';
import { plain } from './wire/convert.js';
import { srtpCryptoSuites } from './wire/srtp-parameters.js';
import { listenInfoToFbs, listenIpToListenInfo, transportOptionsToFbs } from './wire/transport.js';

export class RouterImpl<TAppData extends AppData = AppData>
  extends Entity<TAppData, RouterEvents, RouterObserver>
  implements Router<TAppData>
{
  #rtpCapabilities: RtpCapabilities;
  readonly #transports: Map<string, Transport>;
  readonly #producers: Map<string, Producer>;
  readonly #dataProducers: Map<string, DataProducer>;
  readonly #rtpObservers: Map<string, RtpObserver>;
  readonly #pipeTransportPairs: PipeTransportPairs;
  /** What transports and observers see of this router. */
  readonly #view: TransportRouter;

  constructor(init: { id: string; channel: Channel; appData?: TAppData; rtpCapabilities: RtpCapabilities }) {
    super('Router', init);
    this.#rtpCapabilities = init.rtpCapabilities;
    this.#transports = new Map();
    this.#producers = new Map();
    this.#dataProducers = new Map();
    this.#rtpObservers = new Map();
    this.#pipeTransportPairs = new PipeTransportPairs(init.id);
    this.#view = {
      id: init.id,
      getRtpCapabilities: () => this.#rtpCapabilities,
      getProducer: id => this.#producers.get(id),
      getDataProducer: id => this.#dataProducers.get(id),
    };
  }

  get rtpCapabilities(): RtpCapabilities {
    return clone(this.#rtpCapabilities);
  }

  /** Of use to tests only. */
  get transportsForTesting(): Map<string, Transport> {
    return this.#transports;
  }

  close(): void {
    this.end(['@close'], () => {
      this.tellClosed(Method.WORKER_CLOSE_ROUTER, '', { routerId: this.id });
      this.#closeChildren();
    });
  }

  workerClosed(): void {
    this.end(['workerclose'], () => this.#closeChildren());
  }

  async dump(): Promise<RouterDump> {
    return plain(await this.request(Method.ROUTER_DUMP));
  }

  async createWebRtcTransport<WebRtcTransportAppData extends AppData = AppData>(
    options: WebRtcTransportOptions<WebRtcTransportAppData>,
  ): Promise<WebRtcTransport<WebRtcTransportAppData>> {
    const { webRtcServer, listenInfos, listenIps, appData } = options;
    if (!webRtcServer && !Array.isArray(listenInfos) && !Array.isArray(listenIps)) {
      throw new TypeError('missing webRtcServer, listenInfos and listenIps (one of them is mandatory)');
    }
    if (webRtcServer && listenInfos && listenIps) {
      throw new TypeError('only one of webRtcServer, listenInfos and listenIps must be given');
    }
    checkAppData(appData);

    const enableUdp = options.enableUdp ?? true;
    const enableTcp = options.enableTcp ?? Boolean(webRtcServer);
    const { preferUdp = false, preferTcp = false, iceConsentTimeout = 30 } = options;
    const { initialAvailableOutgoingBitrate = 600000 } = options;
    const individual = (): ListenIndividual => ({
      listenInfos: (listenIps
        ? listenIps.flatMap(listenIp =>
            protocolsInOrder({ enableUdp, enableTcp, preferUdp, preferTcp }).map(protocol =>
              listenIpToListenInfo(listenIp, protocol, options.port),
            ),
          )
        : listenInfos!
      ).map(listenInfoToFbs),
    });

    const id = generateUUIDv4();
    const request: CreateWebRtcTransportRequest = {
      transportId: id,
      options: {
        base: transportOptionsToFbs(options, {
          initialAvailableOutgoingBitrate: BigInt(initialAvailableOutgoingBitrate),
          isDataChannel: true,
        }),
        listenType: webRtcServer ? Listen.ListenServer : Listen.ListenIndividual,
        listen: webRtcServer ? { webRtcServerId: webRtcServer.id } : individual(),
        enableUdp,
        enableTcp,
        preferUdp,
        preferTcp,
        iceConsentTimeout,
      },
    };
    const dump = webRtcTransportDumpFromFbs(
      await this.request(
        webRtcServer ? Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER : Method.ROUTER_CREATE_WEBRTCTRANSPORT,
        request,
      ),
    );

    const transport = new WebRtcTransportImpl<WebRtcTransportAppData>({
      ...this.#childOptions(id, appData),
      base: dump,
      dump,
    });
    this.#addTransport(transport);
    webRtcServer?.handleWebRtcTransport(transport);
    return transport;
  }

  async createPlainTransport<PlainTransportAppData extends AppData = AppData>(
    options: PlainTransportOptions<PlainTransportAppData>,
  ): Promise<PlainTransport<PlainTransportAppData>> {
    const { rtcpListenInfo, comedia = false, enableSrtp = false, appData } = options;
    const { srtpCryptoSuite = 'AES_CM_128_HMAC_SHA1_80' } = options;
    const listenInfo = oneListenInfo(options);
    checkAppData(appData);
    let { rtcpMux = true } = options;
    if (rtcpMux && rtcpListenInfo) {
      this.logger.warn('createPlainTransport() | ignoring rtcpMux since rtcpListenInfo is given');
      rtcpMux = false;
    }

    const id = generateUUIDv4();
    const request: CreatePlainTransportRequest = {
      transportId: id,
      options: {
        base: transportOptionsToFbs(options),
        listenInfo: listenInfoToFbs(listenInfo),
        rtcpListenInfo: rtcpListenInfo && listenInfoToFbs(rtcpListenInfo),
        rtcpMux,
        comedia,
        enableSrtp,
        srtpCryptoSuite: srtpCryptoSuites.toValue(srtpCryptoSuite),
      },
    };
    const dump = plainTransportDumpFromFbs(await this.request(Method.ROUTER_CREATE_PLAINTRANSPORT, request));

    const transport = new PlainTransportImpl<PlainTransportAppData>({
      ...this.#childOptions(id, appData),
      base: dump,
      dump,
    });
    this.#addTransport(transport);
    return transport;
  }

  async createPipeTransport<PipeTransportAppData extends AppData = AppData>(
    options: PipeTransportOptions<PipeTransportAppData>,
  ): Promise<PipeTransport<PipeTransportAppData>> {
    const { enableRtx = false, enableSrtp = false, appData } = options;
    const listenInfo = oneListenInfo(options);
    checkAppData(appData);

    const id = generateUUIDv4();
    const request: CreatePipeTransportRequest = {
      transportId: id,
      options: {
        base: transportOptionsToFbs(options),
        listenInfo: listenInfoToFbs(listenInfo),
        enableRtx,
        enableSrtp,
      },
    };
    const dump = pipeTransportDumpFromFbs(await this.request(Method.ROUTER_CREATE_PIPETRANSPORT, request));

    const transport = new PipeTransportImpl<PipeTransportAppData>({
      ...this.#childOptions(id, appData),
      base: dump,
      dump,
    });
    this.#addTransport(transport);
    return transport;
  }

  async createDirectTransport<DirectTransportAppData extends AppData = AppData>(
    options: DirectTransportOptions<DirectTransportAppData> = {},
  ): Promise<DirectTransport<DirectTransportAppData>> {
    const { maxSendMessageSize = 262144, maxReceiveMessageSize = 262144, appData } = options;
    checkAppData(appData);

    const id = generateUUIDv4();
    const base = { ...transportOptionsToFbs({ maxSendMessageSize, maxReceiveMessageSize }), direct: true };
    const response = await this.request(Method.ROUTER_CREATE_DIRECTTRANSPORT, {
      transportId: id,
      options: { base },
    });

    const transport = new DirectTransportImpl<DirectTransportAppData>({
      ...this.#childOptions(id, appData),
      base: directTransportDumpFromFbs(response),
    });
    this.#addTransport(transport);
    return transport;
  }

  async pipeToRouter(options: PipeToRouterOptions): Promise<PipeToRouterResult> {
    const { producerId, dataProducerId, router, keepId = true, listenInfo, listenIp } = options;
    if (listenInfo && listenIp) throw new TypeError('only one of listenInfo and listenIp must be given');
    if (!producerId && !dataProducerId) throw new TypeError('missing producerId or dataProducerId');
    if (producerId && dataProducerId) throw new TypeError('just producerId or dataProducerId can be given');
    if (!router) throw new TypeError('missing router');
    if (router === this) throw new TypeError('cannot use this Router as destination');

    const producer = producerId ? this.#producers.get(producerId) : undefined;
    if (producerId && !producer) throw new NotFoundError('Producer not found');
    const dataProducer = dataProducerId ? this.#dataProducers.get(dataProducerId) : undefined;
    if (dataProducerId && !dataProducer) throw new NotFoundError('DataProducer not found');

    const pair = await this.#pipeTransportPairTo(router as RouterImpl, {
      ...options,
      listenIp: undefined,
      listenInfo: listenIp ? listenIpToListenInfo(listenIp, 'udp') : (listenInfo ?? loopbackListenInfo),
      enableSctp: options.enableSctp ?? true,
    });
    const { [this.id]: local, [router.id]: remote } = pair;
    return producer
      ? pipeProducer(producer, local, remote, keepId)
      : pipeDataProducer(dataProducer!, local, remote, keepId);
  }

  /**
   * For the other router of a pair of PipeTransports: it is being created.
   * @throws Error - there is one already.
   */
  addPipeTransportPair(otherRouterId: string, pair: Promise<PipeTransportPair>): void {
    this.#pipeTransportPairs.add(otherRouterId, pair);
  }

  async createActiveSpeakerObserver<ActiveSpeakerObserverAppData extends AppData = AppData>({
    interval = 300,
    appData,
  }: ActiveSpeakerObserverOptions<ActiveSpeakerObserverAppData> = {}): Promise<
    ActiveSpeakerObserver<ActiveSpeakerObserverAppData>
  > {
    if (typeof interval !== 'number') throw new TypeError('if given, interval must be an number');
    checkAppData(appData);

    const id = generateUUIDv4();
    await this.request(Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER, { rtpObserverId: id, options: { interval } });
    const observer = new ActiveSpeakerObserverImpl<ActiveSpeakerObserverAppData>(this.#childOptions(id, appData));
    this.#addRtpObserver(observer);
    return observer;
  }

  async createAudioLevelObserver<AudioLevelObserverAppData extends AppData = AppData>({
    maxEntries = 1,
    threshold = -80,
    interval = 1000,
    appData,
  }: AudioLevelObserverOptions<AudioLevelObserverAppData> = {}): Promise<
    AudioLevelObserver<AudioLevelObserverAppData>
  > {
    if (typeof maxEntries !== 'number' || maxEntries <= 0) {
      throw new TypeError('if given, maxEntries must be a positive number');
    }
    if (typeof threshold !== 'number' || threshold < -127 || threshold > 0) {
      // The spelling is that of the reference.
      throw new TypeError('if given, threshole must be a negative number greater than -127');
    }
    if (typeof interval !== 'number') throw new TypeError('if given, interval must be an number');
    checkAppData(appData);

    const id = generateUUIDv4();
    await this.request(Method.ROUTER_CREATE_AUDIOLEVELOBSERVER, {
      rtpObserverId: id,
      options: { maxEntries, threshold, interval },
    });
    const observer = new AudioLevelObserverImpl<AudioLevelObserverAppData>(this.#childOptions(id, appData));
    this.#addRtpObserver(observer);
    return observer;
  }

  canConsume({ producerId, rtpCapabilities }: { producerId: string; rtpCapabilities: RemoteRtpCapabilities }): boolean {
    const producer = this.#producers.get(producerId);
    if (!producer) {
      this.logger.error(`canConsume() | Producer with id "${producerId}" not found`);
      return false;
    }
    try {
      return canConsume(producer.consumableRtpParameters, clone(rtpCapabilities));
    } catch (error) {
      this.logger.error(`canConsume() | unexpected error: ${String(error)}`);
      return false;
    }
  }

  updateMediaCodecs(mediaCodecs: RouterRtpCodecCapability[]): void {
    this.#rtpCapabilities = generateRouterRtpCapabilities(clone(mediaCodecs));
  }

  /** The pair for a router, created unless one of both has begun to do so. */
  #pipeTransportPairTo(router: RouterImpl, options: PipeTransportOptions): Promise<PipeTransportPair> {
    let pair = this.#pipeTransportPairs.get(router.id);
    if (!pair) {
      pair = createPipeTransportPair(this, router, options);
      this.addPipeTransportPair(router.id, pair);
      router.addPipeTransportPair(this.id, pair);
    }
    return pair;
  }

  #addTransport(transport: Transport): void {
    const { id } = transport;
    this.#transports.set(id, transport);
    transport.on('@close', () => this.#transports.delete(id));
    transport.on('@listenserverclose', () => this.#transports.delete(id));
    transport.on('@newproducer', producer => this.#producers.set(producer.id, producer));
    transport.on('@producerclose', producer => this.#producers.delete(producer.id));
    transport.on('@newdataproducer', dataProducer => this.#dataProducers.set(dataProducer.id, dataProducer));
    transport.on('@dataproducerclose', dataProducer => this.#dataProducers.delete(dataProducer.id));
    this.observer.safeEmit('newtransport', transport);
    this.#closeLatecomers();
  }

  #addRtpObserver(observer: RtpObserver): void {
    this.#rtpObservers.set(observer.id, observer);
    observer.on('@close', () => this.#rtpObservers.delete(observer.id));
    this.observer.safeEmit('newrtpobserver', observer);
    this.#closeLatecomers();
  }

  #childOptions<T>(id: string, appData: T): { id: string; channel: Channel; appData: T; router: TransportRouter } {
    return { id, channel: this.channel, appData, router: this.#view };
  }

  /** Closes what was being created while this router was closed. */
  #closeLatecomers(): void {
    if (this.closed) this.#closeChildren();
  }

  #closeChildren(): void {
    for (const transport of this.#transports.values()) transport.routerClosed();
    this.#transports.clear();
    this.#producers.clear();
    for (const observer of this.#rtpObservers.values()) observer.routerClosed();
    this.#rtpObservers.clear();
    this.#dataProducers.clear();
  }
}

/** Where a pipe between routers of one machine listens. */
const loopbackListenInfo: TransportListenInfo = { protocol: 'udp', ip: '127.0.0.1' };

/** Where a transport of one socket is to listen. */
function oneListenInfo({
  listenInfo,
  listenIp,
  port,
}: PlainTransportOptions | PipeTransportOptions): TransportListenInfo {
  if (!listenInfo && !listenIp) throw new TypeError('missing listenInfo and listenIp (one of them is mandatory)');
  if (listenInfo && listenIp) throw new TypeError('only one of listenInfo and listenIp must be given');
  return listenIp ? listenIpToListenInfo(listenIp, 'udp', port) : listenInfo!;
}

/** Protocols for listenIps, the preferred one first. */
function protocolsInOrder({
  enableUdp,
  enableTcp,
  preferUdp,
  preferTcp,
}: Record<'enableUdp' | 'enableTcp' | 'preferUdp' | 'preferTcp', boolean>): TransportProtocol[] {
  const order: TransportProtocol[] = preferTcp && !preferUdp ? ['tcp', 'udp'] : ['udp', 'tcp'];
  return order.filter(protocol => (protocol === 'udp' ? enableUdp : enableTcp));
}
