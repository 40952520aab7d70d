import {
  type BaseConsumerDump as FbsBaseConsumerDump,
  type ConsumerLayers as FbsConsumerLayers,
  type ConsumerScore as FbsConsumerScore,
  type DumpResponse,
  TraceEventType,
  type TraceNotification,
} from '../channel/fbs/consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { Pausable } from './pausable.js';
import { type AppData } from './types/app-data.js';
import {
  type BaseConsumerDump,
  type Consumer,
  type ConsumerDump,
  type ConsumerEvents,
  type ConsumerLayers,
  type ConsumerObserver,
  type ConsumerScore,
  type ConsumerStat,
  type ConsumerTraceEventData,
  type ConsumerTraceEventType,
  type ConsumerType,
} from './types/consumer.js';
import { type ProducerStat } from './types/producer.js';
import { type MediaKind, type RtpParameters } from './types/rtp-parameters.js';
import { clone } from './utils.js';
import { bufferOf, EnumNames, plain } from './wire/convert.js';
import { encodingsFromFbs, mediaKinds, rtpParametersFromFbs, rtpTypes } from './wire/rtp-parameters.js';
import { rtpStreamDumpFromFbs, rtpStreamStatsFromFbs } from './wire/rtp-stream.js';
import { traceDirections, traceEventTypesToFbs, traceInfoFromFbs } from './wire/trace.js';

const traceEventTypes = new EnumNames<ConsumerTraceEventType, TraceEventType>('Consumer.TraceEventType', {
  keyframe: TraceEventType.KEYFRAME,
  fir: TraceEventType.FIR,
  nack: TraceEventType.NACK,
  pli: TraceEventType.PLI,
  rtp: TraceEventType.RTP,
});

interface ConsumerInit<TAppData> {
  id: string;
  transportId: string;
  channel: Channel;
  appData?: TAppData;
  producerId: string;
  kind: MediaKind;
  type: ConsumerType;
  rtpParameters: RtpParameters;
  paused: boolean;
  producerPaused: boolean;
  score: ConsumerScore;
  preferredLayers?: ConsumerLayers;
}

export class ConsumerImpl<TAppData extends AppData = AppData>
  extends Pausable<TAppData, ConsumerEvents, ConsumerObserver>
  implements Consumer<TAppData>
{
  readonly #transportId: string;
  readonly #producerId: string;
  readonly #kind: MediaKind;
  readonly #type: ConsumerType;
  readonly #rtpParameters: RtpParameters;
  #priority: number;
  #score: ConsumerScore;
  #preferredLayers: ConsumerLayers | undefined;
  #currentLayers: ConsumerLayers | undefined;

  constructor(init: ConsumerInit<TAppData>) {
    super('Consumer', { ...init, sourcePaused: init.producerPaused });
    this.#transportId = init.transportId;
    this.#producerId = init.producerId;
    this.#kind = init.kind;
    this.#type = init.type;
    this.#rtpParameters = init.rtpParameters;
    this.#priority = 1;
    this.#score = init.score;
    this.#preferredLayers = init.preferredLayers;
    this.#currentLayers = undefined;

    this.handleNotifications({
      [Event.CONSUMER_PRODUCER_CLOSE]: () => this.end(['@producerclose', 'producerclose']),
      [Event.CONSUMER_PRODUCER_PAUSE]: () => this.setSourcePaused(true, 'producerpause'),
      [Event.CONSUMER_PRODUCER_RESUME]: () => this.setSourcePaused(false, 'producerresume'),
      [Event.CONSUMER_SCORE]: ({ score }) => {
        this.#score = consumerScoreFromFbs(score);
        this.emitWithObserver('score', this.#score);
      },
      [Event.CONSUMER_LAYERS_CHANGE]: ({ layers }) => {
        this.#currentLayers = consumerLayersFromFbs(layers);
        this.emitWithObserver('layerschange', this.#currentLayers);
      },
      [Event.CONSUMER_TRACE]: body => {
        const trace = traceFromFbs(body);
        // Twice, as applications that count them know it of the reference.
        this.emitWithObserver('trace', trace);
        this.emitWithObserver('trace', trace);
      },
      [Event.CONSUMER_RTP]: ({ data }) => {
        if (!this.closed) this.safeEmit('rtp', bufferOf(data));
      },
    });
  }

  get producerId(): string {
    return this.#producerId;
  }

  get kind(): MediaKind {
    return this.#kind;
  }

  get rtpParameters(): RtpParameters {
    return clone(this.#rtpParameters);
  }

  get type(): ConsumerType {
    return this.#type;
  }

  get producerPaused(): boolean {
    return this.sourcePaused;
  }

  get priority(): number {
    return this.#priority;
  }

  get score(): ConsumerScore {
    return clone(this.#score);
  }

  get preferredLayers(): ConsumerLayers | undefined {
    return clone(this.#preferredLayers);
  }

  get currentLayers(): ConsumerLayers | undefined {
    return clone(this.#currentLayers);
  }

  close(): void {
    this.end(['@close'], () =>
      this.tellClosed(Method.TRANSPORT_CLOSE_CONSUMER, this.#transportId, { consumerId: this.id }),
    );
  }

  transportClosed(): void {
    this.end(['transportclose']);
  }

  async dump(): Promise<ConsumerDump> {
    return dumpFromFbs(await this.request(Method.CONSUMER_DUMP));
  }

  async getStats(): Promise<(ConsumerStat | ProducerStat)[]> {
    const { stats } = await this.request(Method.CONSUMER_GET_STATS);
    return stats.map(rtpStreamStatsFromFbs);
  }

  pause(): Promise<void> {
    return this.setPaused(true, Method.CONSUMER_PAUSE);
  }

  resume(): Promise<void> {
    return this.setPaused(false, Method.CONSUMER_RESUME);
  }

  async setPreferredLayers({ spatialLayer, temporalLayer }: ConsumerLayers): Promise<void> {
    if (typeof spatialLayer !== 'number') throw new TypeError('spatialLayer must be a number');
    if (typeof (temporalLayer ?? 0) !== 'number') throw new TypeError('if given, temporalLayer must be a number');
    const { preferredLayers } = await this.request(Method.CONSUMER_SET_PREFERRED_LAYERS, {
      preferredLayers: consumerLayersToFbs({ spatialLayer, temporalLayer }),
    });
    this.#preferredLayers = consumerLayersFromFbs(preferredLayers);
  }

  async setPriority(priority: number): Promise<void> {
    if (typeof priority !== 'number' || priority < 0) throw new TypeError('priority must be a positive number');
    const response = await this.request(Method.CONSUMER_SET_PRIORITY, { priority });
    this.#priority = response.priority;
  }

  unsetPriority(): Promise<void> {
    return this.setPriority(1);
  }

  requestKeyFrame(): Promise<void> {
    return this.request(Method.CONSUMER_REQUEST_KEY_FRAME).then(() => {});
  }

  async enableTraceEvent(types: ConsumerTraceEventType[] = []): Promise<void> {
    const events = traceEventTypesToFbs(types, traceEventTypes, type =>
      this.logger.warn(`enableTraceEvent() | ignoring unknown type "${type}"`),
    );
    await this.request(Method.CONSUMER_ENABLE_TRACE_EVENT, { events });
  }
}

export const consumerScoreFromFbs = (score: FbsConsumerScore): ConsumerScore => plain(score);

export const consumerLayersToFbs = ({ spatialLayer, temporalLayer }: ConsumerLayers): FbsConsumerLayers => ({
  spatialLayer,
  temporalLayer,
});

/** Undefined if there are none. */
export const consumerLayersFromFbs = (layers?: FbsConsumerLayers): ConsumerLayers | undefined => plain(layers);

/** Its shape is that of the type that the worker found the consumer to be. */
function dumpFromFbs({ data }: DumpResponse): ConsumerDump {
  const { base, rtpStreams, ...layers } = data;
  const type = rtpTypes.toName(base.type);
  const common = { ...baseDumpFromFbs(base), type };
  const streams = rtpStreams.map(rtpStreamDumpFromFbs);
  switch (type) {
    case 'simple':
      return { ...common, rtpStream: streams[0] };
    case 'pipe':
      return { ...common, rtpStreams: streams };
    default:
      return {
        ...common,
        rtpStream: streams[0],
        preferredSpatialLayer: layers.preferredSpatialLayer!,
        targetSpatialLayer: layers.targetSpatialLayer!,
        currentSpatialLayer: layers.currentSpatialLayer!,
        preferredTemporalLayer: layers.preferredTemporalLayer!,
        targetTemporalLayer: layers.targetTemporalLayer!,
        currentTemporalLayer: layers.currentTemporalLayer!,
      };
  }
}

const baseDumpFromFbs = (base: FbsBaseConsumerDump): BaseConsumerDump => ({
  id: base.id,
  producerId: base.producerId,
  kind: mediaKinds.toName(base.kind),
  rtpParameters: rtpParametersFromFbs(base.rtpParameters),
  consumableRtpEncodings:
    base.consumableRtpEncodings.length > 0 ? encodingsFromFbs(base.consumableRtpEncodings) : undefined,
  supportedCodecPayloadTypes: [...base.supportedCodecPayloadTypes],
  traceEventTypes: base.traceEventTypes.map(type => traceEventTypes.toName(type)),
  paused: base.paused,
  producerPaused: base.producerPaused,
  priority: base.priority,
});

function traceFromFbs({ type, timestamp, direction, info }: TraceNotification): ConsumerTraceEventData {
  return {
    type: traceEventTypes.toName(type),
    timestamp: Number(timestamp),
    direction: traceDirections.toName(direction),
    info: traceInfoFromFbs(info),
  };
}
