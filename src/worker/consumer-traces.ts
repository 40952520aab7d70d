import { TraceDirection } from '../channel/fbs/common.js';
import * as FbsConsumer from '../channel/fbs/consumer.js';
import { Event } from '../channel/fbs/notification.js';
import { type Dump as RtpPacketDump } from '../channel/fbs/rtp-packet.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type EgressPacket } from './egress.js';
import { type Notifier } from './media-context.js';

const { TraceEventType, TraceInfo } = FbsConsumer;
const { DIRECTION_IN, DIRECTION_OUT } = TraceDirection;

/** The trace events of a Consumer that are switched on. */
export class ConsumerTraces {
  readonly #id: string;
  readonly #mid: string;
  readonly #notifier: Notifier;
  #types: ReadonlySet<FbsConsumer.TraceEventType> = new Set();

  /** @param mid that the Consumer sends with, empty if none */
  constructor(id: string, mid: string, notifier: Notifier) {
    this.#id = id;
    this.#mid = mid;
    this.#notifier = notifier;
  }

  /** Replaces what is switched on. */
  enable(types: readonly FbsConsumer.TraceEventType[]): void {
    this.#types = new Set(types);
  }

  /** For dumps. */
  get types(): FbsConsumer.TraceEventType[] {
    const { RTP, KEYFRAME, NACK, PLI, FIR } = TraceEventType;
    return [RTP, KEYFRAME, NACK, PLI, FIR].filter(type => this.#types.has(type));
  }

  /**
   * A packet that was sent: `keyframe` if it is one and that is on, else `rtp`.
   *
   * @param source the stored packet that `sent` was made of
   */
  packet(sent: EgressPacket, source: RtpPacket, isRtx: boolean, now: number): void {
    if (this.#types.size === 0) return;
    if (source.isKeyFrame && this.#types.has(TraceEventType.KEYFRAME)) {
      const info: FbsConsumer.KeyFrameTraceInfo = { rtpPacket: this.#dump(sent, source), isRtx };
      this.#notify(TraceEventType.KEYFRAME, DIRECTION_OUT, TraceInfo.KeyFrameTraceInfo, info, now);
    } else if (this.#types.has(TraceEventType.RTP)) {
      const info: FbsConsumer.RtpTraceInfo = { rtpPacket: this.#dump(sent, source), isRtx };
      this.#notify(TraceEventType.RTP, DIRECTION_OUT, TraceInfo.RtpTraceInfo, info, now);
    }
  }

  nack(now: number): void {
    if (this.#types.has(TraceEventType.NACK)) {
      this.#notify(TraceEventType.NACK, DIRECTION_IN, TraceInfo.NONE, undefined, now);
    }
  }

  pli(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.PLI)) {
      const info: FbsConsumer.PliTraceInfo = { ssrc };
      this.#notify(TraceEventType.PLI, DIRECTION_IN, TraceInfo.PliTraceInfo, info, now);
    }
  }

  fir(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.FIR)) {
      const info: FbsConsumer.FirTraceInfo = { ssrc };
      this.#notify(TraceEventType.FIR, DIRECTION_IN, TraceInfo.FirTraceInfo, info, now);
    }
  }

  #dump(sent: EgressPacket, source: RtpPacket): RtpPacketDump {
    const { transportWideSequenceNumber } = sent;
    return {
      payloadType: sent.payloadType,
      sequenceNumber: sent.sequenceNumber,
      timestamp: sent.timestamp,
      marker: sent.marker,
      ssrc: sent.ssrc,
      isKeyFrame: source.isKeyFrame,
      size: BigInt(sent.length),
      payloadSize: BigInt(sent.payloadLength),
      spatialLayer: source.spatialLayer,
      temporalLayer: source.temporalLayer,
      mid: this.#mid || undefined,
      wideSequenceNumber: transportWideSequenceNumber < 0 ? undefined : transportWideSequenceNumber,
    };
  }

  #notify(
    type: FbsConsumer.TraceEventType,
    direction: TraceDirection,
    infoType: FbsConsumer.TraceInfo,
    info: FbsConsumer.TraceNotification['info'],
    now: number,
  ): void {
    this.#notifier.notify(this.#id, Event.CONSUMER_TRACE, {
      type,
      timestamp: BigInt(Math.floor(now)),
      direction,
      infoType,
      info,
    });
  }
}
