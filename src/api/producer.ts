import { Event } from '../channel/fbs/notification.js';
import { type ScoreNotification, TraceEventType, type TraceNotification } from '../channel/fbs/producer.js';
import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { Pausable } from './pausable.js';
import { type AppData } from './types/app-data.js';
import {
  type Producer,
  type ProducerDump,
  type ProducerEvents,
  type ProducerObserver,
  type ProducerScore,
  type ProducerStat,
  type ProducerTraceEventData,
  type ProducerTraceEventType,
  type ProducerType,
  type ProducerVideoOrientation,
} from './types/producer.js';
import { type MediaKind, type RtpParameters } from './types/rtp-parameters.js';
import { type RtpStreamRecvStats } from './types/rtp-stream.js';
import { clone } from './utils.js';
import { EnumNames, plain } from './wire/convert.js';
import { mediaKinds, rtpMappingFromFbs, rtpParametersFromFbs, rtpTypes } from './wire/rtp-parameters.js';
import { rtpStreamStatsFromFbs } from './wire/rtp-stream.js';
import { traceDirections, traceEventTypesToFbs, traceInfoFromFbs } from './wire/trace.js';

const traceEventTypes = new EnumNames<ProducerTraceEventType, TraceEventType>('Producer.TraceEventType', {
  keyframe: TraceEventType.KEYFRAME,
  fir: TraceEventType.FIR,
  nack: TraceEventType.NACK,
  pli: TraceEventType.PLI,
  rtp: TraceEventType.RTP,
  sr: TraceEventType.SR,
});

interface ProducerInit<TAppData> {
  id: string;
  transportId: string;
  channel: Channel;
  appData?: TAppData;
  kind: MediaKind;
  type: ProducerType;
  rtpParameters: RtpParameters;
  consumableRtpParameters: RtpParameters;
  paused: boolean;
}

export class ProducerImpl<TAppData extends AppData = AppData>
  extends Pausable<TAppData, ProducerEvents, ProducerObserver>
  implements Producer<TAppData>
{
  readonly #transportId: string;
  readonly #kind: MediaKind;
  readonly #type: ProducerType;
  readonly #rtpParameters: RtpParameters;
  readonly #consumableRtpParameters: RtpParameters;
  #score: ProducerScore[];

  constructor(init: ProducerInit<TAppData>) {
    super('Producer', init);
    this.#transportId = init.transportId;
    this.#kind = init.kind;
    this.#type = init.type;
    this.#rtpParameters = init.rtpParameters;
    this.#consumableRtpParameters = init.consumableRtpParameters;
    this.#score = [];

    this.handleNotifications({
      [Event.PRODUCER_SCORE]: body => {
        this.#score = scoreFromFbs(body);
        this.emitWithObserver('score', this.#score);
      },
      [Event.PRODUCER_VIDEO_ORIENTATION_CHANGE]: body =>
        this.emitWithObserver('videoorientationchange', plain<ProducerVideoOrientation>(body)),
      [Event.PRODUCER_TRACE]: body => this.emitWithObserver('trace', traceFromFbs(body)),
    });
  }

  get kind(): MediaKind {
    return this.#kind;
  }

  get type(): ProducerType {
    return this.#type;
  }

  get rtpParameters(): RtpParameters {
    return clone(this.#rtpParameters);
  }

  get consumableRtpParameters(): RtpParameters {
    return clone(this.#consumableRtpParameters);
  }

  get score(): ProducerScore[] {
    return clone(this.#score);
  }

  close(): void {
    this.end(['@close'], () =>
      this.tellClosed(Method.TRANSPORT_CLOSE_PRODUCER, this.#transportId, { producerId: this.id }),
    );
  }

  transportClosed(): void {
    this.end(['transportclose']);
  }

  async dump(): Promise<ProducerDump> {
    const dump = await this.request(Method.PRODUCER_DUMP);
    return {
      id: dump.id,
      kind: mediaKinds.toName(dump.kind),
      type: producerTypeFromFbs(dump.type),
      rtpParameters: rtpParametersFromFbs(dump.rtpParameters),
      rtpMapping: rtpMappingFromFbs(dump.rtpMapping),
      rtpStreams: dump.rtpStreams.length > 0 ? dump.rtpStreams : undefined,
      traceEventTypes: dump.traceEventTypes.map(type => traceEventTypes.toName(type)),
      paused: dump.paused,
    };
  }

  async getStats(): Promise<ProducerStat[]> {
    const { stats } = await this.request(Method.PRODUCER_GET_STATS);
    return stats.map(stat => rtpStreamStatsFromFbs(stat) as RtpStreamRecvStats);
  }

  pause(): Promise<void> {
    return this.setPaused(true, Method.PRODUCER_PAUSE);
  }

  resume(): Promise<void> {
    return this.setPaused(false, Method.PRODUCER_RESUME);
  }

  async enableTraceEvent(types: ProducerTraceEventType[] = []): Promise<void> {
    const events = traceEventTypesToFbs(types, traceEventTypes, type =>
      this.logger.warn(`enableTraceEvent() | ignoring unknown type "${type}"`),
    );
    await this.request(Method.PRODUCER_ENABLE_TRACE_EVENT, { events });
  }

  send(rtpPacket: Buffer): void {
    if (!Buffer.isBuffer(rtpPacket)) throw new TypeError('rtpPacket must be a Buffer');
    this.channel.notify(Event.PRODUCER_SEND, this.id, { data: rtpPacket });
  }
}

/** @throws TypeError - not a type that a producer can have. */
export function producerTypeFromFbs(type: number): ProducerType {
  const name = rtpTypes.toName(type);
  if (name === 'pipe') throw new TypeError(`invalid FbsRtpParameters.Type: ${type}`);
  return name;
}

const scoreFromFbs = ({ scores }: ScoreNotification): ProducerScore[] => scores.map(score => plain(score));

function traceFromFbs({ type, timestamp, direction, info }: TraceNotification): ProducerTraceEventData {
  return {
    type: traceEventTypes.toName(type),
    timestamp: Number(timestamp),
    direction: traceDirections.toName(direction),
    info: traceInfoFromFbs(info),
  };
}
