import {
  type ConsumerDumpT,
  type ConsumerLayersT,
  type ConsumerScoreT,
  type GetStatsResponseT,
  type TraceEventType,
} from '../channel/fbs/consumer.js';
import { MediaKind, type Type } from '../channel/fbs/rtp-parameters.js';
import { type ConsumeRequestT } from '../channel/fbs/transport.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import { type EgressPacket } from './egress.js';
import { type MediaContext } from './media-context.js';

/** What a Transport does for its Consumers. `now` is the worker's monotonic time in ms. */
export interface ConsumerListener {
  /**
   * Sends a packet: the Transport writes abs-send-time and the transport-wide sequence number into `packet`, tells its
   * congestion control, counts it, and commits it to the Egress (or delivers it at once, as a DirectTransport does).
   */
  onConsumerSendRtp(consumer: Consumer, packet: EgressPacket, now: number): void;

  /** The same for an answer to a NACK: RTX, or the original packet again if RTX was not negotiated. */
  onConsumerRetransmitRtp(consumer: Consumer, packet: EgressPacket, now: number): void;

  /** For the Producer, by way of the Router. Ignored while the Transport is not connected. */
  onConsumerKeyFrameRequested(consumer: Consumer, mappedSsrc: number, now: number): void;

  /** Layers may have to change: distribute the available bitrate anew, compute the desired one. */
  onConsumerNeedBitrateChange(consumer: Consumer, now: number): void;

  /** The Consumer needs nothing any more: as before, and the desired bitrate takes effect at once. */
  onConsumerNeedZeroBitrate(consumer: Consumer, now: number): void;

  /** The Producer is gone (the application has been told): the Transport closes the Consumer. */
  onConsumerProducerClosed(consumer: Consumer, now: number): void;
}

/** A sink of audio or video in a Router: what a Transport sends of one Producer. */
export class Consumer {
  readonly id: string = '';
  readonly producerId: string = '';
  readonly kind: MediaKind = MediaKind.AUDIO;
  readonly type!: Type;
  /** SSRCs it sends with. */
  readonly mediaSsrcs: readonly number[] = [];
  readonly rtxSsrcs: readonly number[] = [];

  /** @throws TypeError if the parameters are wrong */
  constructor(_request: ConsumeRequestT, _listener: ConsumerListener, _media: MediaContext, _now: number) {}

  /** Whether it sends at all: connected, not paused, and the Producer neither paused nor closed. */
  get active(): boolean {
    throw new Error();
  }

  get paused(): boolean {
    throw new Error();
  }

  get producerPaused(): boolean {
    throw new Error();
  }

  /** Undefined unless it has layers to choose from. */
  get preferredLayers(): ConsumerLayersT | undefined {
    throw new Error();
  }

  get score(): ConsumerScoreT {
    throw new Error();
  }

  /** ms, 0 if unknown. */
  get rtt(): number {
    throw new Error();
  }

  // From the Router

  /** Right after construction. The array is the Producer's own and changes. */
  setProducerScores(_scores: readonly number[]): void {}

  /** A stream that the Producer had when the Consumer was made. */
  addProducerRtpStream(_stream: RtpStreamRecv, _mappedSsrc: number): void {}

  onProducerNewRtpStream(_stream: RtpStreamRecv, _mappedSsrc: number, _now: number): void {}

  onProducerRtpStreamScore(_stream: RtpStreamRecv, _score: number, _previousScore: number, _now: number): void {}

  onProducerSpatialLayerActivityChanged(_stream: RtpStreamRecv, _now: number): void {}

  onProducerRtcpSenderReport(_stream: RtpStreamRecv, _first: boolean, _now: number): void {}

  onProducerPaused(_now: number): void {}

  onProducerResumed(_now: number): void {}

  onProducerClosed(_now: number): void {}

  /** The hot path: a mangled packet of the Producer. */
  sendRtpPacket(_packet: RtpPacket, _now: number): void {}

  /** What receivers of the stream lose, 0..255. 0 while inactive. */
  worstFractionLost(_mappedSsrc: number): number {
    throw new Error();
  }

  // From the Transport

  onTransportConnected(_now: number): void {}

  onTransportDisconnected(_now: number): void {}

  /** From now on the Transport's congestion control decides about layers. */
  setExternallyManagedBitrate(): void {}

  /** 0: takes no part in the distribution of bitrate. */
  get bitratePriority(): number {
    throw new Error();
  }

  /** Takes one more layer if `bitrate` (bps) suffices. Returns how much of it is taken. */
  increaseLayer(_bitrate: number, _considerLoss: boolean, _now: number): number {
    throw new Error();
  }

  /** Makes the layers taken by `increaseLayer` the target. */
  applyLayers(_now: number): void {}

  /** bps */
  desiredBitrate(_now: number): number {
    throw new Error();
  }

  /** A NACK for one of `mediaSsrcs` begins; its items follow. */
  receiveNack(_now: number): void {}

  receiveNackItem(_ssrc: number, _packetId: number, _lostPacketsBitmask: number, _now: number): void {}

  receiveKeyFrameRequest(_ssrc: number, _type: 'pli' | 'fir', _now: number): void {}

  receiveReceiverReport(
    _ssrc: number,
    _fractionLost: number,
    _totalLost: number,
    _jitter: number,
    _lastSenderReport: number,
    _delaySinceLastSenderReport: number,
    _now: number,
  ): void {}

  /** An RRT block (RFC 3611 §4.4) from the receiver. */
  receiveReceiverReferenceTime(_ntpSeconds: number, _ntpFraction: number, _now: number): void {}

  // Requests

  pause(_now: number): void {}

  resume(_now: number): void {}

  requestKeyFrame(_now: number): void {}

  /**
   * @param respond called with the layers as they will be in effect, undefined if there are none to choose from, before
   *   anything changes
   */
  setPreferredLayers(
    _layers: ConsumerLayersT,
    _respond: (effective: ConsumerLayersT | undefined) => void,
    _now: number,
  ): void {}

  /** @throws TypeError */
  setPriority(_priority: number): void {}

  enableTraceEvents(_types: readonly TraceEventType[]): void {}

  dump(): ConsumerDumpT {
    throw new Error();
  }

  getStats(_now: number): GetStatsResponseT {
    throw new Error();
  }

  /** Gives back all packets it keeps. */
  close(): void {}
}
