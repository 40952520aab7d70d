import { TraceDirection } from '../channel/fbs/common.js';
import { Event } from '../channel/fbs/notification.js';
import * as FbsProducer from '../channel/fbs/producer.js';
import { type Dump as RtpPacketDump } from '../channel/fbs/rtp-packet.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type Notifier } from './media-context.js';

const { TraceEventType, TraceInfo } = FbsProducer;
const { DIRECTION_IN, DIRECTION_OUT } = TraceDirection;

/** The trace events of a Producer that are switched on. */
export class ProducerTraces {
  readonly #id: string;
  readonly #notifier: Notifier;
  #types: ReadonlySet<FbsProducer.TraceEventType> = new Set();

  constructor(id: string, notifier: Notifier) {
    this.#id = id;
    this.#notifier = notifier;
  }

  /** Replaces what is switched on. */
  enable(types: readonly FbsProducer.TraceEventType[]): void {
    this.#types = new Set(types);
  }

  /** For dumps. Sender reports are not in the reference's dumps. */
  get types(): FbsProducer.TraceEventType[] {
    const { RTP, KEYFRAME, NACK, PLI, FIR } = TraceEventType;
    return [RTP, KEYFRAME, NACK, PLI, FIR].filter(type => this.#types.has(type));
  }

  /** A received packet: `keyframe` if it is one and that is on, else `rtp`. */
  packet(packet: RtpPacket, isRtx: boolean, now: number): void {
    if (this.#types.size === 0) return;
    if (packet.isKeyFrame && this.#types.has(TraceEventType.KEYFRAME)) {
      const info: FbsProducer.KeyFrameTraceInfo = { rtpPacket: dumpReceivedPacket(packet), isRtx };
      this.#notify(TraceEventType.KEYFRAME, DIRECTION_IN, TraceInfo.KeyFrameTraceInfo, info, now);
    } else if (this.#types.has(TraceEventType.RTP)) {
      const info: FbsProducer.RtpTraceInfo = { rtpPacket: dumpReceivedPacket(packet), isRtx };
      this.#notify(TraceEventType.RTP, DIRECTION_IN, TraceInfo.RtpTraceInfo, info, now);
    }
  }

  nack(now: number): void {
    if (this.#types.has(TraceEventType.NACK)) {
      this.#notify(TraceEventType.NACK, DIRECTION_OUT, TraceInfo.NONE, undefined, now);
    }
  }

  /** The reference reports a PLI as a NACK, too. */
  pli(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.PLI)) {
      const info: FbsProducer.PliTraceInfo = { ssrc };
      this.#notify(TraceEventType.PLI, DIRECTION_OUT, TraceInfo.PliTraceInfo, info, now);
    }
    this.nack(now);
  }

  fir(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.FIR)) {
      const info: FbsProducer.FirTraceInfo = { ssrc };
      this.#notify(TraceEventType.FIR, DIRECTION_OUT, TraceInfo.FirTraceInfo, info, now);
    }
  }

  senderReport(
    ssrc: number,
    ntpSeconds: number,
    ntpFraction: number,
    timestamp: number,
    packetCount: number,
    octetCount: number,
    now: number,
  ): void {
    if (this.#types.has(TraceEventType.SR)) {
      const info: FbsProducer.SrTraceInfo = {
        ssrc,
        ntpSec: ntpSeconds,
        ntpFrac: ntpFraction,
        rtpTs: timestamp,
        packetCount,
        octetCount,
      };
      this.#notify(TraceEventType.SR, DIRECTION_IN, TraceInfo.SrTraceInfo, info, now);
    }
  }

  #notify(
    type: FbsProducer.TraceEventType,
    direction: TraceDirection,
    infoType: FbsProducer.TraceInfo,
    info: FbsProducer.TraceNotification['info'],
    now: number,
  ): void {
    this.#notifier.notify(this.#id, Event.PRODUCER_TRACE, {
      type,
      timestamp: BigInt(Math.floor(now)),
      direction,
      infoType,
      info,
    });
  }
}

function dumpReceivedPacket(packet: RtpPacket): RtpPacketDump {
  const rid = packet.readRid();
  const wideSequenceNumber = packet.readTransportWideCc();
  return {
    payloadType: packet.payloadType,
    sequenceNumber: packet.sequenceNumber,
    timestamp: packet.timestamp,
    marker: packet.marker,
    ssrc: packet.ssrc,
    isKeyFrame: packet.isKeyFrame,
    size: BigInt(packet.length),
    payloadSize: BigInt(packet.payloadLength),
    spatialLayer: packet.spatialLayer,
    temporalLayer: packet.temporalLayer,
    mid: packet.readMid(),
    rid,
    rrid: rid,
    wideSequenceNumber: wideSequenceNumber < 0 ? undefined : wideSequenceNumber,
  };
}
