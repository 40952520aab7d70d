import { TraceDirection } from '../channel/fbs/common.js';
import { Event } from '../channel/fbs/notification.js';
import * as FbsProducer from '../channel/fbs/producer.js';
import { DumpT as RtpPacketDumpT } from '../channel/fbs/rtp-packet.js';
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
      const info = new FbsProducer.KeyFrameTraceInfoT(dumpReceivedPacket(packet), isRtx);
      this.#notify(TraceEventType.KEYFRAME, DIRECTION_IN, TraceInfo.KeyFrameTraceInfo, info, now);
    } else if (this.#types.has(TraceEventType.RTP)) {
      const info = new FbsProducer.RtpTraceInfoT(dumpReceivedPacket(packet), isRtx);
      this.#notify(TraceEventType.RTP, DIRECTION_IN, TraceInfo.RtpTraceInfo, info, now);
    }
  }

  nack(now: number): void {
    if (this.#types.has(TraceEventType.NACK)) {
      this.#notify(TraceEventType.NACK, DIRECTION_OUT, TraceInfo.NONE, null, now);
    }
  }

  /** The reference reports a PLI as a NACK, too. */
  pli(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.PLI)) {
      const info = new FbsProducer.PliTraceInfoT(ssrc);
      this.#notify(TraceEventType.PLI, DIRECTION_OUT, TraceInfo.PliTraceInfo, info, now);
    }
    this.nack(now);
  }

  fir(ssrc: number, now: number): void {
    if (this.#types.has(TraceEventType.FIR)) {
      const info = new FbsProducer.FirTraceInfoT(ssrc);
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
      const info = new FbsProducer.SrTraceInfoT(ssrc, ntpSeconds, ntpFraction, timestamp, packetCount, octetCount);
      this.#notify(TraceEventType.SR, DIRECTION_IN, TraceInfo.SrTraceInfo, info, now);
    }
  }

  #notify(
    type: FbsProducer.TraceEventType,
    direction: TraceDirection,
    infoType: FbsProducer.TraceInfo,
    info: FbsProducer.TraceNotificationT['info'],
    now: number,
  ): void {
    this.#notifier.notify(
      this.#id,
      Event.PRODUCER_TRACE,
      new FbsProducer.TraceNotificationT(type, BigInt(Math.floor(now)), direction, infoType, info),
    );
  }
}

function dumpReceivedPacket(packet: RtpPacket): RtpPacketDumpT {
  const rid = packet.readRid() ?? null;
  const wideSequenceNumber = packet.readTransportWideCc();
  return new RtpPacketDumpT(
    packet.payloadType,
    packet.sequenceNumber,
    packet.timestamp,
    packet.marker,
    packet.ssrc,
    packet.isKeyFrame,
    BigInt(packet.length),
    BigInt(packet.payloadLength),
    packet.spatialLayer,
    packet.temporalLayer,
    packet.readMid() ?? null,
    // The reference has one reader for both, RID and repaired RID.
    rid,
    rid,
    wideSequenceNumber < 0 ? null : wideSequenceNumber,
  );
}
