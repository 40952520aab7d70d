/** What of a new object is part of the observation. */
export interface Watched {
  readonly kind: string;
  readonly properties: readonly string[];
  readonly events: readonly string[];
}

const transportEvents = ['routerclose', 'listenserverclose', 'trace'];

const producer: Watched = {
  kind: 'producer',
  properties: ['kind', 'type', 'paused', 'score'],
  events: ['transportclose', 'score', 'videoorientationchange', 'trace'],
};
const consumer: Watched = {
  kind: 'consumer',
  properties: [
    ...['kind', 'type', 'paused', 'producerPaused', 'priority', 'score', 'preferredLayers', 'currentLayers'],
  ],
  events: ['transportclose', 'producerclose', 'producerpause', 'producerresume', 'score', 'layerschange', 'trace'],
};
const dataProducer: Watched = {
  kind: 'dataProducer',
  properties: ['type', 'sctpStreamParameters', 'label', 'protocol', 'paused'],
  events: ['transportclose'],
};
const dataConsumer: Watched = {
  kind: 'dataConsumer',
  properties: ['type', 'sctpStreamParameters', 'label', 'protocol', 'paused', 'dataProducerPaused', 'subchannels'],
  events: [
    ...['transportclose', 'dataproducerclose', 'dataproducerpause', 'dataproducerresume'],
    ...['message', 'sctpsendbufferfull', 'bufferedamountlow'],
  ],
};

/** By the method that makes the object. */
export const watchedByMethod: Readonly<Record<string, Watched>> = {
  createRouter: { kind: 'router', properties: [], events: ['workerclose'] },
  createWebRtcServer: { kind: 'webRtcServer', properties: [], events: ['workerclose'] },
  createWebRtcTransport: {
    kind: 'webRtcTransport',
    properties: [
      ...['iceRole', 'iceParameters', 'iceCandidates', 'iceState', 'iceSelectedTuple', 'dtlsParameters', 'dtlsState'],
      ...['sctpParameters', 'sctpState', 'sctpNegotiatedCapabilities'],
    ],
    events: [...transportEvents, ...['icestatechange', 'iceselectedtuplechange', 'dtlsstatechange', 'sctpstatechange']],
  },
  createPlainTransport: {
    kind: 'plainTransport',
    properties: ['tuple', 'rtcpTuple', 'sctpParameters', 'sctpState', 'srtpParameters'],
    events: [...transportEvents, 'tuple', 'rtcptuple', 'sctpstatechange'],
  },
  createPipeTransport: {
    kind: 'pipeTransport',
    properties: ['tuple', 'sctpParameters', 'sctpState', 'srtpParameters'],
    events: [...transportEvents, 'sctpstatechange'],
  },
  createDirectTransport: { kind: 'directTransport', properties: [], events: transportEvents },
  produce: producer,
  consume: consumer,
  produceData: dataProducer,
  consumeData: dataConsumer,
  createActiveSpeakerObserver: {
    kind: 'activeSpeakerObserver',
    properties: ['type', 'paused'],
    events: ['routerclose', 'dominantspeaker'],
  },
  createAudioLevelObserver: {
    kind: 'audioLevelObserver',
    properties: ['type', 'paused'],
    events: ['routerclose', 'volumes', 'silence'],
  },
};

/** The members of what pipeToRouter() gives. */
export const watchedPipeParts: Readonly<Record<string, Watched>> = {
  pipeConsumer: consumer,
  pipeProducer: producer,
  pipeDataConsumer: dataConsumer,
  pipeDataProducer: dataProducer,
};
