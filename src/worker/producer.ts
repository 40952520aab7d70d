import { type DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import { type DumpResponseT, type GetStatsResponseT, type TraceEventType } from '../channel/fbs/producer.js';
import { MediaKind, type Type } from '../channel/fbs/rtp-parameters.js';
import { type ProduceRequestT } from '../channel/fbs/transport.js';
import { type HeaderExtensionIds } from '../rtp/header-extension.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { type CaptureTimeEstimators } from './capture-time-estimators.js';
import { type MediaContext } from './media-context.js';
import { type RtpParameters } from './rtp-parameters.js';

/**
 * What a Transport does for its Producers. All but `onProducerSendRtcp` concern the Producer's Consumers and
 * observers, so the Transport hands them on to the Router. `now` is the worker's monotonic time in ms.
 */
export interface ProducerListener {
  onProducerPaused(producer: Producer, now: number): void;
  onProducerResumed(producer: Producer, now: number): void;

  /** The first packet of a stream arrived; its SSRC is known as `mappedSsrc` to Consumers. */
  onProducerNewRtpStream(producer: Producer, stream: RtpStreamRecv, mappedSsrc: number, now: number): void;

  onProducerRtpStreamScore(
    producer: Producer,
    stream: RtpStreamRecv,
    score: number,
    previousScore: number,
    now: number,
  ): void;

  /** Bytes began or ceased to flow in one of the stream's spatial layers (SVC). */
  onProducerSpatialLayerActivityChanged(producer: Producer, stream: RtpStreamRecv, now: number): void;

  /** @param first the first report from which `stream` can tell when a frame was captured */
  onProducerRtcpSenderReport(producer: Producer, stream: RtpStreamRecv, first: boolean, now: number): void;

  /**
   * A packet for the Producer's Consumers and observers, with mapped payload type and SSRC and the Router's header
   * extension ids. `packet` is only valid during the call; whoever keeps the packet retains `packet.handle`.
   */
  onProducerRtpPacketReceived(producer: Producer, packet: RtpPacket, now: number): void;

  /** An RTCP packet (NACK, PLI or FIR) to send now. The bytes are valid during the call only. */
  onProducerSendRtcp(producer: Producer, bytes: Uint8Array, offset: number, length: number): void;

  /** The worst loss (0..255, 1/256) that the receivers of the stream report; 0 if there are none. */
  onProducerNeedWorstRemoteFractionLost(producer: Producer, mappedSsrc: number): number;
}

/** What became of a packet, for the Transport's counters: discarded ones leave no trace (nor an SRTP stream). */
export const ReceivedAs = { discarded: 0, media: 1, retransmission: 2 } as const;
export type ReceivedAs = (typeof ReceivedAs)[keyof typeof ReceivedAs];

/** A source of audio or video in a Router: one or several RTP streams that a Transport receives. */
export class Producer implements Machine {
  readonly id: string = '';
  readonly kind: MediaKind = MediaKind.AUDIO;
  readonly type!: Type;
  readonly rtpParameters!: RtpParameters;
  /** The ids that the Transport has to find extensions by. */
  readonly extensionIds!: HeaderExtensionIds;
  nextDeadline = Infinity;

  /** @throws TypeError if the parameters are wrong. Whoever fails to put the Producer to use has to `close` it. */
  constructor(
    _request: ProduceRequestT,
    _listener: ProducerListener,
    _captureTimes: CaptureTimeEstimators,
    _media: MediaContext,
  ) {}

  get paused(): boolean {
    throw new Error();
  }

  /** By mapped SSRC: the streams that have started. */
  get streamsByMappedSsrc(): ReadonlyMap<number, RtpStreamRecv> {
    throw new Error();
  }

  /** Per encoding, 0 if it has not started. One array that changes. */
  get scores(): readonly number[] {
    throw new Error();
  }

  /** SSRCs, also of RTX, of the streams that have started. */
  get receivedSsrcs(): number[] {
    throw new Error();
  }

  /** Takes a packet that RtpListener found to be this Producer's. */
  receiveRtpPacket(_packet: RtpPacket, _now: number): ReceivedAs {
    throw new Error();
  }

  receiveRtcpSenderReport(
    _ssrc: number,
    _ntpSeconds: number,
    _ntpFraction: number,
    _timestamp: number,
    _packetCount: number,
    _octetCount: number,
    _now: number,
  ): DropReason {
    throw new Error();
  }

  /** A sub-block of a DLRR block (RFC 3611 §4.5). */
  receiveRtcpDelaySinceLastReceiverReport(
    _ssrc: number,
    _lastReport: number,
    _delay: number,
    _now: number,
  ): DropReason {
    throw new Error();
  }

  /** A Consumer needs a key frame. */
  requestKeyFrame(_mappedSsrc: number, _now: number): void {}

  pause(_now: number): void {}

  resume(_now: number): void {}

  /** Replaces the set of trace events. */
  enableTraceEvents(_types: readonly TraceEventType[]): void {}

  dump(): DumpResponseT {
    throw new Error();
  }

  getStats(_now: number): GetStatsResponseT {
    throw new Error();
  }

  /** Tells nobody: the Transport tells the Router. */
  close(): void {}

  onTimeout(_now: number): void {}
}
