import { Device, type types } from 'mediasoup-client';
import { Signalling } from './signalling.js';
import { type Stage, type Tile } from './stage.js';

export type Source = 'microphone' | 'camera' | 'screen';

type TransportInfo = Pick<
  types.TransportOptions,
  'id' | 'iceParameters' | 'iceCandidates' | 'dtlsParameters' | 'sctpParameters'
>;

interface NewConsumer {
  id: string;
  producerId: string;
  kind: types.MediaKind;
  rtpParameters: types.RtpParameters;
  person: string;
  source: Source;
  producerPaused: boolean;
}

interface NewDataConsumer {
  id: string;
  dataProducerId: string;
  sctpStreamParameters: types.SctpStreamParameters;
  label: string;
  person: string;
}

interface Received {
  consumer: types.Consumer;
  person: string;
  source: Source;
}

/** One person's part in one room: what is sent, what is received, and the tiles that show it. */
export class Call {
  onState: (text: string) => void = () => {};
  onProblem: (text: string) => void = () => {};
  onEnded: (reason: string) => void = () => {};
  onChat: (author: string, text: string, options?: { own: boolean }) => void = () => {};

  readonly #signalling: Signalling;
  readonly #stage: Stage;
  readonly #device: Device;
  readonly #names = new Map<string, string>();
  readonly #received = new Map<string, Received>();
  readonly #producers = new Map<Source, types.Producer>();
  readonly #dataConsumers = new Map<string, types.DataConsumer>();
  /** What we write goes into this one. */
  #chat: types.DataProducer | undefined;
  #ownId = '';
  #sending!: types.Transport;
  #receiving!: types.Transport;
  /** Events are handled one after another: each may need an answer of the server. */
  #events: Promise<void> = Promise.resolve();

  static async join(room: string, name: string, stage: Stage): Promise<Call> {
    const device = await Device.factory();
    const call = new Call(new Signalling(room, name), device, stage);
    await call.#welcome(name);
    return call;
  }

  constructor(signalling: Signalling, device: Device, stage: Stage) {
    this.#signalling = signalling;
    this.#device = device;
    this.#stage = stage;
  }

  /** Starts to send a track. Sending the same source again replaces the track. */
  async send(source: Source, track: MediaStreamTrack): Promise<void> {
    const producer = await this.#sending.produce({
      track,
      stopTracks: true,
      appData: { source },
      codecOptions: { opusStereo: false, opusDtx: true, videoGoogleStartBitrate: 1000 },
    });
    this.#producers.set(source, producer);
    const tile = this.#ownTile(source);
    if (source !== 'microphone') tile.showVideo(track);
    producer.on('trackended', () => this.stop(source));
  }

  /** Stops sending a source for good. */
  stop(source: Source): void {
    const producer = this.#producers.get(source);
    if (!producer) return;
    this.#producers.delete(source);
    producer.close();
    void this.#signalling.request('closeProducer', { producerId: producer.id });
    if (source === 'screen') this.#stage.remove(`${this.#ownId}/screen`);
    else if (source === 'camera') this.#ownTile(source).showVideo(undefined);
  }

  isSending(source: Source): boolean {
    const producer = this.#producers.get(source);
    return producer !== undefined && !producer.paused;
  }

  has(source: Source): boolean {
    return this.#producers.has(source);
  }

  async setPaused(source: Source, paused: boolean): Promise<void> {
    const producer = this.#producers.get(source);
    if (!producer) return;
    if (paused) producer.pause();
    else producer.resume();
    this.#showPaused(this.#ownTile(source), source, paused);
    await this.#signalling.request('pauseProducer', { producerId: producer.id, paused });
  }

  /** Sends a text to everybody. @throws if there is no way to them yet, or not any longer */
  sendChat(text: string): void {
    if (this.#chat?.readyState !== 'open') throw new Error('The chat is not connected.');
    this.#chat.send(text);
    this.onChat(this.#nameOf(this.#ownId), text, { own: true });
  }

  leave(): void {
    this.#signalling.close();
    this.#sending.close();
    this.#receiving.close();
    this.#stage.clear();
  }

  serverStatistics<T>(): Promise<T> {
    return this.#signalling.request<T>('stats');
  }

  /** Statistics of every stream, each with a label. */
  async browserStatistics(): Promise<[string, RTCStatsReport][]> {
    const result: [string, RTCStatsReport][] = [];
    for (const [source, producer] of this.#producers) result.push([`you, ${source}`, await producer.getStats()]);
    for (const { consumer, person, source } of this.#received.values()) {
      result.push([`${this.#nameOf(person)}, ${source}`, await consumer.getStats()]);
    }
    return result;
  }

  async #welcome(name: string): Promise<void> {
    const first = new Promise<{ id: string; rtpCapabilities: types.RtpCapabilities }>((resolve, reject) => {
      this.#signalling.onEvent = (_event, data) => resolve(data);
      this.#signalling.onClosed = reason => reject(new Error(reason || 'The server cannot be reached.'));
    });
    const { id, rtpCapabilities } = await first;
    this.#ownId = id;
    this.#names.set(id, name);
    this.#signalling.onClosed = reason => this.onEnded(reason || 'The connection to the server was lost.');
    this.#signalling.onEvent = (event, data) => {
      this.#events = this.#events
        .then(() => this.#onEvent(event, data))
        .catch((error: unknown) => this.onProblem(error instanceof Error ? error.message : String(error)));
    };

    await this.#device.load({ routerRtpCapabilities: rtpCapabilities });
    const { sending, receiving } = await this.#signalling.request<{ sending: TransportInfo; receiving: TransportInfo }>(
      'createTransports',
      { rtpCapabilities: this.#device.recvRtpCapabilities },
    );
    this.#sending = this.#watch(this.#device.createSendTransport(sending));
    this.#receiving = this.#watch(this.#device.createRecvTransport(receiving));
    this.#sending.on('produce', ({ kind, rtpParameters, appData }, callback, errback) => {
      this.#signalling
        .request<{ id: string }>('produce', { kind, rtpParameters, source: appData.source })
        .then(callback, errback);
    });
    this.#sending.on('producedata', ({ sctpStreamParameters, label }, callback, errback) => {
      this.#signalling.request<{ id: string }>('produceData', { sctpStreamParameters, label }).then(callback, errback);
    });
    await this.#signalling.request('ready');
    this.#chat = await this.#sending.produceData({ label: 'chat' });
  }

  #watch(transport: types.Transport): types.Transport {
    transport.on('connect', ({ dtlsParameters }, callback, errback) => {
      this.#signalling
        .request('connectTransport', { transportId: transport.id, dtlsParameters })
        .then(() => callback(), errback);
    });
    transport.on('connectionstatechange', state => {
      this.onState(
        state === 'connected' ? '' : `${transport.direction === 'send' ? 'Sending' : 'Receiving'}: ${state}`,
      );
      if (state === 'failed') {
        this.onProblem(
          'No media path to the server. UDP is probably blocked between this browser and the server, or the server ' +
            'announces an address that cannot be reached from here (see --listen-ip and --announced-address).',
        );
      }
      if (state === 'disconnected') void this.#restartIce(transport);
    });
    return transport;
  }

  async #restartIce(transport: types.Transport): Promise<void> {
    const iceParameters = await this.#signalling.request<types.IceParameters>('restartIce', {
      transportId: transport.id,
    });
    await transport.restartIce({ iceParameters });
  }

  async #onEvent(event: string, data: never): Promise<void> {
    switch (event) {
      case 'personJoined':
        this.#onPersonJoined(data);
        break;
      case 'personLeft':
        this.#onPersonLeft(data);
        break;
      case 'newConsumer':
        await this.#onNewConsumer(data);
        break;
      case 'newDataConsumer':
        await this.#onNewDataConsumer(data);
        break;
      case 'dataConsumerClosed':
        this.#onDataConsumerClosed(data);
        break;
      case 'consumerClosed':
        this.#onConsumerClosed(data);
        break;
      case 'consumerPaused':
        this.#onConsumerPaused(data);
        break;
      case 'audioLevels':
        this.#onAudioLevels(data);
        break;
    }
  }

  #onPersonJoined({ id, name }: { id: string; name: string }): void {
    this.#names.set(id, name);
    this.#stage.tile(id, name);
  }

  #onPersonLeft({ id }: { id: string }): void {
    this.#names.delete(id);
    this.#stage.remove(id);
    this.#stage.remove(`${id}/screen`);
  }

  async #onNewConsumer(info: NewConsumer): Promise<void> {
    const consumer = await this.#receiving.consume({ ...info, streamId: `${info.person}-${info.source}` });
    this.#received.set(consumer.id, { consumer, person: info.person, source: info.source });
    const tile = this.#tileFor(info.person, info.source);
    if (consumer.kind === 'audio') tile.playAudio(consumer.track);
    else tile.showVideo(consumer.track);
    this.#showPaused(tile, info.source, info.producerPaused);
    await this.#signalling.request('resumeConsumer', { consumerId: consumer.id });
  }

  async #onNewDataConsumer({ person, ...options }: NewDataConsumer): Promise<void> {
    const dataConsumer = await this.#receiving.consumeData(options);
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    dataConsumer.on('message', message => {
      if (typeof message === 'string') this.onChat(this.#nameOf(person), message);
    });
    await this.#signalling.request('resumeDataConsumer', { dataConsumerId: dataConsumer.id });
  }

  #onDataConsumerClosed({ id }: { id: string }): void {
    this.#dataConsumers.get(id)?.close();
    this.#dataConsumers.delete(id);
  }

  #onConsumerClosed({ id }: { id: string }): void {
    const received = this.#received.get(id);
    if (!received) return;
    this.#received.delete(id);
    received.consumer.close();
    const key = this.#tileKey(received.person, received.source);
    if (received.source === 'screen' || received.person === this.#ownId) this.#stage.remove(key);
    else if (received.source === 'camera') this.#stage.find(key)?.showVideo(undefined);
    else this.#stage.find(key)?.playAudio(undefined);
  }

  #onConsumerPaused({ id, paused }: { id: string; paused: boolean }): void {
    const received = this.#received.get(id);
    if (received) this.#showPaused(this.#tileFor(received.person, received.source), received.source, paused);
  }

  #onAudioLevels(levels: { person: string; volume: number }[]): void {
    this.#stage.showLevels(new Map(levels.map(({ person, volume }) => [person, volume])));
  }

  #showPaused(tile: Tile, source: Source, paused: boolean): void {
    if (source === 'microphone') tile.showMuted(paused);
    else tile.hideVideo(paused);
  }

  #ownTile(source: Source): Tile {
    return source === 'screen'
      ? this.#stage.tile(`${this.#ownId}/screen`, 'Your screen', { screen: true })
      : this.#stage.tile(this.#ownId, `${this.#nameOf(this.#ownId)} (you)`, { mirrored: true });
  }

  /** Your own stream, when the SFU returns it, gets a tile of its own. */
  #tileKey(person: string, source: Source): string {
    const key = person === this.#ownId ? `${person}/returned` : person;
    return source === 'screen' ? `${key}/screen` : key;
  }

  #tileFor(person: string, source: Source): Tile {
    const name = person === this.#ownId ? 'You, returned by the SFU' : this.#nameOf(person);
    const label = source === 'screen' ? `${name}: screen` : name;
    return this.#stage.tile(this.#tileKey(person, source), label, { screen: source === 'screen' });
  }

  #nameOf(person: string): string {
    return this.#names.get(person) ?? 'Guest';
  }
}
