import type { EventEmitter } from 'node:events';
import type {
  Consumer,
  DataConsumer,
  DataProducer,
  Producer,
  ProducerOptions,
  Router,
  Worker,
} from '../../../../src/types.js';

export const opus = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 } as const;
export const vp8 = { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 } as const;

export const audioParameters = (ssrc = 1111): ProducerOptions => ({
  kind: 'audio',
  rtpParameters: {
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
    encodings: [{ ssrc }],
  },
});

export const createRouter = (worker: Worker): Promise<Router> => worker.createRouter({ mediaCodecs: [opus, vp8] });

/** A router in which a WebRtcTransport has one of each, and another one consumes what it produces. */
export async function createScene(worker: Worker) {
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const router = await createRouter(worker);
  const near = await router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  const far = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, enableSctp: true });
  const producer: Producer = await near.produce(audioParameters());
  const consumer: Consumer = await far.consume({ producerId: producer.id, rtpCapabilities: router.rtpCapabilities });
  const dataProducer: DataProducer = await near.produceData({ sctpStreamParameters: { streamId: 7 } });
  const dataConsumer: DataConsumer = await far.consumeData({ dataProducerId: dataProducer.id });
  const rtpObserver = await router.createAudioLevelObserver();
  return { webRtcServer, router, near, far, producer, consumer, dataProducer, dataConsumer, rtpObserver };
}

/** Records all events of some emitters and of their observers, in order. */
export function record(emitters: Record<string, EventEmitter & { observer?: EventEmitter }>): string[] {
  const events: string[] = [];
  const spy = (emitter: EventEmitter, name: string): void => {
    for (const event of everyEvent) emitter.prependListener(event, () => events.push(`${name} ${event}`));
  };
  for (const [name, emitter] of Object.entries(emitters)) {
    spy(emitter, name);
    if (emitter.observer) spy(emitter.observer, `${name}.observer`);
  }
  return events;
}

const everyEvent = [
  ...['close', '@close', '@producerclose', '@dataproducerclose', '@listenserverclose', 'listenserverclose'],
  ...['workerclose', 'routerclose', 'transportclose', 'producerclose', 'dataproducerclose', 'died', 'subprocessclose'],
  ...['webrtctransporthandled', 'webrtctransportunhandled', 'pause', 'resume', 'producerpause', 'producerresume'],
  ...['dataproducerpause', 'dataproducerresume', 'score', 'layerschange', 'trace', 'videoorientationchange'],
  ...['newtransport', 'newrouter', 'newproducer', 'newconsumer', 'newdataproducer', 'newdataconsumer'],
  ...['newrtpobserver', 'addproducer', 'removeproducer', 'volumes', 'silence', 'dominantspeaker'],
  ...['icestatechange', 'iceselectedtuplechange', 'dtlsstatechange', 'sctpstatechange', 'tuple', 'rtcptuple'],
  ...['rtp', 'rtcp', 'message', 'sctpsendbufferfull', 'bufferedamountlow'],
];
