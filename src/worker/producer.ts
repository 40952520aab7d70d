import { DropReason } from '../common/drop-reason.js';
import { type Machine, type WakeUp } from '../common/timer-queue.js';
import { Event } from '../channel/fbs/notification.js';
import type * as FbsProducer from '../channel/fbs/producer.js';
import { MediaKind, type Type } from '../channel/fbs/rtp-parameters.js';
import * as FbsRtpParameters from '../channel/fbs/rtp-parameters.js';
import { type ProduceRequest } from '../channel/fbs/transport.js';
import { HeaderExtension, type HeaderExtensionIds } from '../rtp/header-extension.js';
import { KeyFrameRequestManager } from '../rtp/key-frame-request-manager.js';
import { PacketMangler } from '../rtp/packet-mangler.js';
import { storeGeometry } from '../rtp/packet-slot.js';
import { type RemoteCaptureTimeEstimator } from '../rtp/remote-capture-time-estimator.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv, type RtpStreamRecvOwner } from '../rtp/rtp-stream-recv.js';
import { type CaptureTimeEstimators } from './capture-time-estimators.js';
import { type MediaContext } from './media-context.js';
import { ProducerRtcp, type ProducerRtcpOwner } from './producer-rtcp.js';
import { ProducerStreams } from './producer-streams.js';
import { ProducerTraces } from './producer-traces.js';
import { parseRtpMapping, type RtpMapping, serializeRtpMapping } from './rtp-mapping.js';
import {
  checkCodecForType,
  codecForEncoding,
  headerExtensionIds,
  parseMediaKind,
  parseRtpParameters,
  producerType,
  type RtpParameters,
  serializeRtpParameters,
} from './rtp-parameters.js';
import { dumpRecvStream, recvStreamStats } from './rtp-stream-stats.js';
import { type SendRtcp } from './send-rtcp.js';

/** What a Router does for its Producers, whose Consumers and observers it has. `now` is the worker's monotonic time in ms. */
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

  /** The sender of the stream began anew, with other sequence numbers; its timestamps are made to go on. */
  onProducerRtpStreamRestart(producer: Producer, mappedSsrc: number): void;

  /** @param first the first report from which `stream` can tell when a frame was captured */
  onProducerRtcpSenderReport(producer: Producer, stream: RtpStreamRecv, first: boolean, now: number): void;

  /**
   * A packet for the Producer's Consumers and observers, with mapped payload type and SSRC and the Router's header
   * extension ids. `packet` is only valid during the call; whoever keeps the packet retains `packet.handle`.
   */
  onProducerRtpPacketReceived(producer: Producer, packet: RtpPacket, now: number): void;

  /** The worst loss (0..255, 1/256) that the receivers of the stream report; 0 if there are none. */
  onProducerNeedWorstRemoteFractionLost(producer: Producer, mappedSsrc: number): number;
}

/**
 * What became of a packet, for the Transport's counters. Discarded ones are of no stream, and must leave no trace, no SRTP
 * stream either; unusable ones are of a stream that goes on.
 */
export const ReceivedAs = { discarded: 0, media: 1, retransmission: 2, unusable: 3 } as const;
export type ReceivedAs = (typeof ReceivedAs)[keyof typeof ReceivedAs];

/** A source of audio or video in a Router: one or several RTP streams that a Transport receives. */
export class Producer implements Machine, RtpStreamRecvOwner, ProducerRtcpOwner {
  readonly id: string;
  readonly kind: MediaKind;
  readonly type: Type;
  readonly rtpParameters: RtpParameters;
  /** The ids that the Transport has to find extensions by. */
  readonly extensionIds: HeaderExtensionIds;
  readonly rtcp: ProducerRtcp;
  nextDeadline = Infinity;

  readonly #listener: ProducerListener;
  readonly #media: MediaContext;
  readonly #mapping: RtpMapping;
  readonly #streams: ProducerStreams;
  readonly #scores: number[];
  readonly #mangler: PacketMangler;
  readonly #traces: ProducerTraces;
  readonly #captureTimes: CaptureTimeEstimators;
  readonly #captureTime: RemoteCaptureTimeEstimator;
  /** Only video has key frames. */
  readonly #keyFrameRequests: KeyFrameRequestManager | undefined;
  readonly #wakeUp: WakeUp;
  #paused: boolean;
  #closed = false;
  /** The packet that is being announced as the first one of its stream. */
  #currentPacket: RtpPacket | undefined = undefined;
  /** The last value of the video orientation extension, -1 before the first. */
  #videoOrientation = -1;

  /** @throws TypeError if the parameters are wrong. Whoever fails to put the Producer to use has to `close` it. */
  constructor(
    request: ProduceRequest,
    listener: ProducerListener,
    sendRtcp: SendRtcp,
    captureTimes: CaptureTimeEstimators,
    media: MediaContext,
  ) {
    this.id = request.producerId;
    this.kind = parseMediaKind(request.kind);
    this.rtpParameters = parseRtpParameters(request.rtpParameters);
    this.type = producerType(this.rtpParameters);
    const { encodings } = this.rtpParameters;
    checkCodecForType(codecForEncoding(this.rtpParameters, encodings[0]), this.type);
    this.#mapping = parseRtpMapping(request.rtpMapping, this.rtpParameters);
    this.extensionIds = headerExtensionIds(this.rtpParameters);

    this.#listener = listener;
    this.#media = media;
    this.#paused = request.paused;
    this.#scores = encodings.map(() => 0);
    const isSimulcast = this.type === FbsRtpParameters.Type.SIMULCAST && encodings.length > 1;
    this.#streams = new ProducerStreams(this.rtpParameters, this.#mapping, isSimulcast, media.ntpOffset, this);
    this.#mangler = new PacketMangler({
      kind: this.kind === MediaKind.AUDIO ? 'audio' : 'video',
      extensionIds: this.extensionIds,
      packetIds: request.enableMediasoupPacketIdHeaderExtension ? media.packetIds : undefined,
    });
    this.#traces = new ProducerTraces(this.id, media.notifier);
    this.#keyFrameRequests =
      this.kind === MediaKind.VIDEO
        ? new KeyFrameRequestManager(request.keyFrameRequestDelay, (ssrc, now) =>
            this.#streams.bySsrc(ssrc)?.requestKeyFrame(now),
          )
        : undefined;
    this.#captureTimes = captureTimes;
    const hasCaptureTime = this.extensionIds[HeaderExtension.absCaptureTime] !== 0;
    this.#captureTime = captureTimes.acquire(this.rtpParameters.rtcp.cname, hasCaptureTime);
    this.rtcp = new ProducerRtcp(this.#streams, this.#captureTime, this.#traces, media.ntpOffset, sendRtcp, this);
    this.#wakeUp = media.timers.register(this);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** By mapped SSRC: the streams that have started. */
  get streamsByMappedSsrc(): ReadonlyMap<number, RtpStreamRecv> {
    return this.#streams.byMappedSsrc;
  }

  /** Per encoding, 0 if it has not started. One array that changes. */
  get scores(): readonly number[] {
    return this.#scores;
  }

  /** SSRCs, also of RTX, of the streams that have started. */
  get receivedSsrcs(): number[] {
    return this.#streams.ssrcs;
  }

  /**
   * Takes a packet that RtpListener found to be this Producer's, and hands it on. The packet lies in a slot of packet
   * memory and has the Transport's extension ids; it is changed into what Consumers get.
   */
  receiveRtpPacket(packet: RtpPacket, now: number): ReceivedAs {
    const result = this.#receiveRtpPacket(packet, now);
    this.#bringDeadlineForward();
    return result;
  }

  #receiveRtpPacket(packet: RtpPacket, now: number): ReceivedAs {
    const startedBefore = this.#streams.started.length;
    const stream = this.#streams.find(packet, now);
    if (stream === undefined) return this.#drop(DropReason.rtpUnknownStream, ReceivedAs.discarded);
    const isNew = this.#streams.started.length > startedBefore;
    if (isNew) this.#announceStream(stream);

    const previousMaxPacketTs = stream.maxPacketTs;
    const isRtx = packet.ssrc !== stream.params.ssrc;
    const receivedAs = isRtx ? ReceivedAs.retransmission : ReceivedAs.media;
    if (isRtx) {
      if (!stream.receiveRtxPacket(packet, now)) return this.#drop(DropReason.rtpUselessRetransmission, receivedAs);
    } else if (!stream.receivePacket(packet, now)) {
      return this.#drop(DropReason.rtpBadSequence, receivedAs);
    }

    if (packet.isKeyFrame) this.#keyFrameRequests?.keyFrameReceived(packet.ssrc);
    if (isNew) this.#startStream(stream, packet, now);
    if (this.#paused) return this.#drop(DropReason.rtpProducerPaused, receivedAs);
    this.#traces.packet(packet, isRtx, now);

    const payloadType = this.#mapping.payloadTypes[packet.payloadType];
    if (payloadType < 0) return this.#drop(DropReason.rtpUnmappedPayloadType, ReceivedAs.unusable);
    const clockOffset = this.#captureTime.clockOffset + this.#media.ntpOffset;
    this.#mangler.senderClockOffsetUs = Number.isNaN(clockOffset) ? 0 : clockOffset;
    if (!this.#mangler.mangle(packet, payloadType, this.#streams.mappedSsrc(stream))) {
      return this.#drop(DropReason.rtpExtensions, ReceivedAs.unusable);
    }
    if (stream.maxPacketTs !== previousMaxPacketTs || isNew) this.#setCaptureTime(stream, packet);
    if (stream.timestampOffset !== 0) packet.setTimestamp((packet.timestamp + stream.timestampOffset) >>> 0);
    storeGeometry(packet);
    if (this.kind === MediaKind.VIDEO) this.#checkVideoOrientation(packet);
    this.#listener.onProducerRtpPacketReceived(this, packet, now);
    return receivedAs;
  }

  /** A Consumer needs a key frame. */
  requestKeyFrame(mappedSsrc: number, now: number): void {
    if (this.#keyFrameRequests === undefined || this.#paused) return;
    const stream = this.#streams.byMappedSsrc.get(mappedSsrc);
    if (stream === undefined) return;
    const { ssrc } = stream.params;
    // It is there already, the Consumer only has not seen it yet.
    if (this.#currentPacket?.ssrc === ssrc && this.#currentPacket.isKeyFrame) return;
    this.#keyFrameRequests.keyFrameNeeded(ssrc, now);
    this.#updateDeadline();
  }

  pause(now: number): void {
    if (this.#paused) return;
    this.#paused = true;
    for (const stream of this.#streams.started) stream.pause();
    this.#updateDeadline();
    this.#listener.onProducerPaused(this, now);
  }

  resume(now: number): void {
    if (!this.#paused) return;
    this.#paused = false;
    for (const stream of this.#streams.started) stream.resume(now);
    this.#listener.onProducerResumed(this, now);
    if (this.#keyFrameRequests !== undefined) {
      for (const stream of this.#streams.started) this.#keyFrameRequests.forceKeyFrameNeeded(stream.params.ssrc, now);
    }
    this.#updateDeadline();
  }

  /** Replaces the set of trace events. */
  enableTraceEvents(types: readonly FbsProducer.TraceEventType[]): void {
    this.#traces.enable(types);
  }

  dump(): FbsProducer.DumpResponse {
    return {
      id: this.id,
      kind: this.kind,
      type: this.type,
      rtpParameters: serializeRtpParameters(this.rtpParameters),
      rtpMapping: serializeRtpMapping(this.#mapping),
      rtpStreams: this.#streams.started.map(dumpRecvStream),
      traceEventTypes: this.#traces.types,
      paused: this.#paused,
    };
  }

  getStats(now: number): FbsProducer.GetStatsResponse {
    return { stats: this.#streams.started.map(stream => recvStreamStats(stream, now)) };
  }

  /** Tells nobody: the Transport tells the Router. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wakeUp.cancel();
    this.#captureTimes.release(this.rtpParameters.rtcp.cname);
  }

  onTimeout(now: number): void {
    const { started } = this.#streams;
    for (let i = 0; i < started.length; i++) if (started[i].nextDeadline <= now) started[i].onTimeout(now);
    const requests = this.#keyFrameRequests;
    if (requests !== undefined && requests.nextDeadline <= now) requests.onTimeout(now);
    this.#updateDeadline();
  }

  // Owner of the streams

  onRtpStreamScore(stream: RtpStreamRecv, score: number, previousScore: number, now: number): void {
    this.#scores[stream.params.encodingIdx] = score;
    this.#listener.onProducerRtpStreamScore(this, stream, score, previousScore, now);
    this.#emitScores();
  }

  onRtpStreamSpatialLayerActivityChanged(stream: RtpStreamRecv, now: number): void {
    this.#listener.onProducerSpatialLayerActivityChanged(this, stream, now);
  }

  onRtpStreamNack(stream: RtpStreamRecv, seqs: Uint16Array, count: number, now: number): void {
    this.rtcp.sendNack(stream, seqs, count, now);
  }

  onRtpStreamPli(stream: RtpStreamRecv, now: number): void {
    this.rtcp.sendPli(stream, now);
  }

  onRtpStreamFir(stream: RtpStreamRecv, commandSeq: number, now: number): void {
    this.rtcp.sendFir(stream, commandSeq, now);
  }

  onRtpStreamRestart(stream: RtpStreamRecv, now: number): void {
    // Its first packet was not believed, and is missing.
    if (!this.#paused) this.#keyFrameRequests?.forceKeyFrameNeeded(stream.params.ssrc, now);
    this.#listener.onProducerRtpStreamRestart(this, this.#streams.mappedSsrc(stream));
  }

  // Owner of the RTCP

  onSenderReport(stream: RtpStreamRecv, first: boolean, now: number): void {
    this.#listener.onProducerRtcpSenderReport(this, stream, first, now);
  }

  worstRemoteFractionLost(stream: RtpStreamRecv): number {
    return this.#listener.onProducerNeedWorstRemoteFractionLost(this, this.#streams.mappedSsrc(stream));
  }

  #drop(reason: DropReason, receivedAs: ReceivedAs): ReceivedAs {
    this.#media.drops.count(reason);
    return receivedAs;
  }

  /** The application learns of a new stream before anyone else. */
  #announceStream(stream: RtpStreamRecv): void {
    if (this.#paused) stream.pause();
    this.#scores[stream.params.encodingIdx] = stream.score;
    this.#emitScores();
  }

  /** Consumers learn of a new stream, and it is made sure that it starts with a key frame. */
  #startStream(stream: RtpStreamRecv, packet: RtpPacket, now: number): void {
    if (!this.#paused && !packet.isKeyFrame) this.#keyFrameRequests?.forceKeyFrameNeeded(packet.ssrc, now);
    this.#currentPacket = packet;
    this.#listener.onProducerNewRtpStream(this, stream, this.#streams.mappedSsrc(stream), now);
    this.#currentPacket = undefined;
  }

  /** Relates RTP time to local time at a packet with a new timestamp. */
  #setCaptureTime(stream: RtpStreamRecv, packet: RtpPacket): void {
    const captureAt = this.#captureTime.localCaptureTime(stream, packet.timestamp);
    if (Number.isNaN(captureAt)) return;
    packet.captureAtUs = captureAt;
    stream.captureMappingAt = captureAt;
    stream.captureMappingTimestamp = (packet.timestamp + stream.timestampOffset) >>> 0;
  }

  #checkVideoOrientation(packet: RtpPacket): void {
    const orientation = packet.readVideoOrientation() & 0x8000000f;
    if (orientation < 0 || orientation === this.#videoOrientation) return;
    this.#videoOrientation = orientation;
    this.#media.notifier.notify(this.id, Event.PRODUCER_VIDEO_ORIENTATION_CHANGE, {
      camera: (orientation & 0x08) !== 0,
      flip: (orientation & 0x04) !== 0,
      rotation: (orientation & 0x03) * 90,
    });
  }

  #emitScores(): void {
    const scores = this.#streams.started.map(({ params, score }) => ({
      encodingIdx: params.encodingIdx,
      ssrc: params.ssrc,
      rid: params.rid || undefined,
      score,
    }));
    this.#media.notifier.notify(this.id, Event.PRODUCER_SCORE, { scores });
  }

  /** After a packet. To compare numbers costs nothing; choosing one of them makes objects of all, for each packet. */
  #bringDeadlineForward(): void {
    const { started } = this.#streams;
    for (let i = 0; i < started.length; i++) {
      if (started[i].nextDeadline < this.nextDeadline) return this.#updateDeadline();
    }
    const requests = this.#keyFrameRequests;
    if (requests !== undefined && requests.nextDeadline < this.nextDeadline) this.#updateDeadline();
  }

  #updateDeadline(): void {
    const { started } = this.#streams;
    let deadline = this.#keyFrameRequests === undefined ? Infinity : this.#keyFrameRequests.nextDeadline;
    for (let i = 0; i < started.length; i++) {
      if (started[i].nextDeadline < deadline) deadline = started[i].nextDeadline;
    }
    if (deadline === this.nextDeadline) return;
    this.nextDeadline = deadline;
    this.#wakeUp.update();
  }
}
