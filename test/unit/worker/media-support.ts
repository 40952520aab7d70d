import { eventInfo } from '../../../src/channel/methods.js';
import { DropCounters, DropReason } from '../../../src/common/drop-reason.js';
import { PacketMemory } from '../../../src/common/packet-memory.js';
import { TimerQueue } from '../../../src/common/timer-queue.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import * as FbsRtpParameters from '../../../src/channel/fbs/rtp-parameters.js';
import { type ConsumeRequest, type ProduceRequest } from '../../../src/channel/fbs/transport.js';
import { DATAGRAM_OFFSET, parseSlot, slotSize } from '../../../src/rtp/packet-slot.js';
import { type HeaderExtensionIds, ROUTER_EXTENSION_IDS } from '../../../src/rtp/header-extension.js';
import { RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { CaptureTimeEstimators } from '../../../src/worker/capture-time-estimators.js';
import { Consumer, type ConsumerListener } from '../../../src/worker/consumer.js';
import { type EgressPacket, type EgressRoute } from '../../../src/worker/egress.js';
import { MediaContext } from '../../../src/worker/media-context.js';
import { Producer, type ProducerListener } from '../../../src/worker/producer.js';
import { type OutgoingDatagram, type Runtime } from '../../../src/worker/runtime.js';
import { type SendRtcp } from '../../../src/worker/send-rtcp.js';
import { buildPacket, type PacketParts } from '../rtp/support.js';

const { RtpHeaderExtensionUri, Type, MediaKind } = FbsRtpParameters;

/** The middle of a worker: Producers, a Router that knows nothing else, Consumers whose packets are collected. */
export class MediaHarness implements ProducerListener, ConsumerListener, EgressRoute {
  readonly memory = new PacketMemory();
  readonly drops = new DropCounters();
  readonly timers = new TimerQueue();
  readonly captureTimes = new CaptureTimeEstimators();
  /** `name` or `[name, ...]` of what happened, in order. */
  readonly events: unknown[] = [];
  /** Packets sent, as views of copies. */
  sent: RtpPacket[] = [];
  readonly rtcp: Uint8Array[] = [];
  readonly consumers: Consumer[] = [];
  readonly producers: Producer[] = [];
  readonly media: MediaContext;
  worstFractionLost = 0;
  keepSent = true;
  sentCount = 0;
  now = 1_000_000;
  rtpProtector = undefined;
  #endOfTick: (() => void)[] = [];
  readonly #packet = new RtpPacket();

  constructor() {
    let random = 1;
    const runtime = {
      clock: { now: () => this.now, wallClockOffset: 0 },
      random: { uint32: () => (random = (Math.imul(random, 1664525) + 1013904223) >>> 0), fill: () => {} },
      timers: this.timers,
      atEndOfTick: (callback: () => void) => this.#endOfTick.push(callback),
    } as unknown as Runtime;
    this.media = new MediaContext(
      runtime,
      this.memory,
      this.drops,
      {
        notify: (id, event, ...[body]) => void this.events.push(summary(id, event, body)),
      },
      error => {
        throw error;
      },
    );
  }

  produce(request: ProduceRequest): Producer {
    const producer = new Producer(request, this, this.#sendRtcp, this.captureTimes, this.media);
    this.producers.push(producer);
    return producer;
  }

  /** Connects the new Consumer at once unless told not to. */
  consume(request: ConsumeRequest, connected = true): Consumer {
    const consumer = new Consumer(request, this, this.media, this.now);
    const producer = this.producers.find(({ id }) => id === request.producerId);
    if (producer !== undefined) {
      consumer.setProducerScores(producer.scores);
      if (producer.paused) consumer.onProducerPaused(this.now);
      for (const [ssrc, stream] of producer.streamsByMappedSsrc) consumer.addProducerRtpStream(stream, ssrc);
    }
    this.consumers.push(consumer);
    if (connected) consumer.onTransportConnected(this.now);
    return consumer;
  }

  /** A datagram for the Producer. The result of `receiveRtpPacket`, undefined if the packet is malformed. */
  receive(producer: Producer, datagram: Uint8Array, extensionIds: HeaderExtensionIds = producer.extensionIds): unknown {
    const handle = this.memory.allocate(slotSize(datagram.length));
    this.memory.bytes.set(datagram, handle + DATAGRAM_OFFSET);
    const packet = this.#packet;
    let result: unknown;
    if (parseSlot(packet, this.memory, handle, datagram.length)) {
      packet.extensionIds = extensionIds;
      packet.receivedAt = this.now;
      result = producer.receiveRtpPacket(packet, this.now);
    }
    this.memory.release(handle);
    return result;
  }

  /** Ends the tick: what was committed is sent. */
  flush(): void {
    for (const callback of this.#endOfTick.splice(0)) callback();
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.now + ms;
    while (this.timers.nextDeadline <= end) {
      this.now = Math.max(this.now, this.timers.nextDeadline);
      this.timers.run(this.now);
    }
    this.now = end;
  }

  /** The events since the last call. */
  takeEvents(): unknown[] {
    return this.events.splice(0);
  }

  /** Sends what is pending, and returns all packets sent since the last call. */
  takeSent(): RtpPacket[] {
    this.flush();
    return this.sent.splice(0);
  }

  dropped(reason: DropReason): number {
    return this.drops.get(reason);
  }

  close(): void {
    for (const consumer of this.consumers) consumer.close();
    for (const producer of this.producers) producer.close();
    this.media.egress.close();
  }

  // EgressRoute

  sendRtp({ view }: OutgoingDatagram): DropReason {
    this.sentCount++;
    if (!this.keepSent) return DropReason.none;
    const copy = new Uint8Array(view);
    const packet = new RtpPacket();
    if (!packet.parse(copy, new DataView(copy.buffer), 0, copy.length)) throw new Error('a malformed packet was sent');
    packet.extensionIds = ROUTER_EXTENSION_IDS;
    this.sent.push(packet);
    return DropReason.none;
  }

  // ProducerListener

  onProducerPaused(_producer: Producer, now: number): void {
    for (const consumer of this.consumers) consumer.onProducerPaused(now);
  }

  onProducerResumed(_producer: Producer, now: number): void {
    for (const consumer of this.consumers) consumer.onProducerResumed(now);
  }

  onProducerNewRtpStream(...[, stream, mappedSsrc, now]: Parameters<ProducerListener['onProducerNewRtpStream']>): void {
    this.events.push(['newStream', mappedSsrc]);
    for (const consumer of this.consumers) consumer.onProducerNewRtpStream(stream, mappedSsrc, now);
  }

  onProducerRtpStreamScore(
    ...[, stream, score, previous, now]: Parameters<ProducerListener['onProducerRtpStreamScore']>
  ): void {
    for (const consumer of this.consumers) consumer.onProducerRtpStreamScore(stream, score, previous, now);
  }

  onProducerRtpStreamRestart(_producer: Producer, mappedSsrc: number): void {
    for (const consumer of this.consumers) consumer.onProducerRtpStreamRestart(mappedSsrc);
  }

  onProducerSpatialLayerActivityChanged(
    ...[, stream, now]: Parameters<ProducerListener['onProducerSpatialLayerActivityChanged']>
  ): void {
    for (const consumer of this.consumers) consumer.onProducerSpatialLayerActivityChanged(stream, now);
  }

  onProducerRtcpSenderReport(
    ...[, stream, first, now]: Parameters<ProducerListener['onProducerRtcpSenderReport']>
  ): void {
    for (const consumer of this.consumers) consumer.onProducerRtcpSenderReport(stream, first, now);
  }

  onProducerRtpPacketReceived(_producer: Producer, packet: RtpPacket, now: number): void {
    for (let i = 0; i < this.consumers.length; i++) this.consumers[i].sendRtpPacket(packet, now);
  }

  onProducerNeedWorstRemoteFractionLost(): number {
    return this.worstFractionLost;
  }

  // ConsumerListener

  onConsumerSendRtp(_consumer: Consumer, packet: EgressPacket): void {
    packet.writeTransportWideCc(77);
    packet.writeAbsSendTime(0x123456);
    this.media.egress.commit(this);
  }

  onConsumerRetransmitRtp(consumer: Consumer, packet: EgressPacket): void {
    this.onConsumerSendRtp(consumer, packet);
  }

  onConsumerSendPadding(consumer: Consumer, packet: EgressPacket): void {
    this.onConsumerSendRtp(consumer, packet);
  }

  onConsumerKeyFrameRequested(_consumer: Consumer, mappedSsrc: number, now: number): void {
    this.events.push(['keyFrame', mappedSsrc]);
    for (const producer of this.producers) producer.requestKeyFrame(mappedSsrc, now);
  }

  onConsumerNeedBitrateChange(): void {
    this.events.push('needBitrateChange');
  }

  onConsumerNeedZeroBitrate(): void {
    this.events.push('needZeroBitrate');
  }

  onConsumerProducerClosed(consumer: Consumer): void {
    this.events.push(['producerClosed', consumer.id]);
  }

  readonly #sendRtcp: SendRtcp = (bytes, offset, length) => {
    this.rtcp.push(bytes.slice(offset, offset + length));
    const name = { 0xcd: 'NACK', 0xce: (bytes[offset] & 0x1f) === 1 ? 'PLI' : 'FIR' }[bytes[offset + 1]];
    const ssrc = new DataView(bytes.buffer).getUint32(offset + 8);
    this.events.push([name, ssrc]);
  };
}

/** Notifications as short texts and numbers. */
function summary(id: string, event: Event, body: unknown): unknown {
  const name = eventInfo(event)!.name;
  if (event === Event.PRODUCER_SCORE) {
    const { scores } = body as { scores: { encodingIdx: number; score: number }[] };
    return [name, ...scores.map(({ encodingIdx, score }) => `${encodingIdx}:${score}`)];
  }
  if (event === Event.CONSUMER_SCORE) {
    const { score } = body as { score: { score: number; producerScore: number; producerScores: number[] } };
    return [name, id, score.score, score.producerScore, ...score.producerScores];
  }
  if (event === Event.CONSUMER_LAYERS_CHANGE) {
    const { layers } = body as { layers: { spatialLayer: number; temporalLayer: number } | null };
    return [name, id, layers && `${layers.spatialLayer}.${layers.temporalLayer}`];
  }
  return body === null || body === undefined ? [name, id] : [name, id, body];
}

export interface CodecOptions {
  mimeType?: string;
  payloadType?: number;
  clockRate?: number;
  parameters?: [string, number][];
  feedback?: [string, string][];
}

export interface EncodingOptions {
  ssrc?: number;
  rid?: string;
  rtx?: number;
  mode?: string;
  dtx?: boolean;
  maxBitrate?: bigint;
}

export interface ParametersOptions {
  mid?: string;
  codec?: CodecOptions;
  /** Payload type of RTX. */
  rtxPayloadType?: number;
  extensions?: [uri: keyof typeof RtpHeaderExtensionUri, id: number][];
  encodings?: EncodingOptions[];
}

const integer = (name: string, value: number) => ({
  name,
  valueType: FbsRtpParameters.Value.Integer32,
  value: { value },
});

export function rtpParameters(options: ParametersOptions): FbsRtpParameters.RtpParameters {
  const { codec = {}, rtxPayloadType, extensions = [], encodings = [{ ssrc: 1111 }] } = options;
  const mimeType = codec.mimeType ?? 'video/VP8';
  const payloadType = codec.payloadType ?? 100;
  const feedback =
    codec.feedback ??
    (mimeType.startsWith('video')
      ? [
          ['nack', ''],
          ['nack', 'pli'],
          ['ccm', 'fir'],
        ]
      : []);
  const codecs = [
    {
      mimeType,
      payloadType,
      clockRate: codec.clockRate ?? (mimeType.startsWith('video') ? 90_000 : 48_000),
      parameters: (codec.parameters ?? []).map(([name, value]) => integer(name, value)),
      rtcpFeedback: feedback.map(([type, parameter]) => ({ type, parameter })),
    },
  ];
  if (rtxPayloadType !== undefined) {
    codecs.push({
      mimeType: 'video/rtx',
      payloadType: rtxPayloadType,
      clockRate: 90_000,
      parameters: [integer('apt', payloadType)],
      rtcpFeedback: [],
    });
  }
  return {
    mid: options.mid,
    codecs,
    headerExtensions: extensions.map(([uri, id]) => ({
      uri: RtpHeaderExtensionUri[uri],
      id,
      encrypt: false,
      parameters: [],
    })),
    encodings: encodings.map(rtpEncoding),
    rtcp: { cname: 'cname', reducedSize: true },
  };
}

export function rtpEncoding(encoding: EncodingOptions): FbsRtpParameters.RtpEncodingParameters {
  return {
    ssrc: encoding.ssrc,
    rid: encoding.rid,
    rtx: encoding.rtx === undefined ? undefined : { ssrc: encoding.rtx },
    dtx: encoding.dtx ?? false,
    scalabilityMode: encoding.mode,
    maxBitrate: encoding.maxBitrate,
  };
}

export interface ProduceOptions extends ParametersOptions {
  id?: string;
  paused?: boolean;
  keyFrameRequestDelay?: number;
  packetIds?: boolean;
  /** Payload type in the Router. */
  mappedPayloadType?: number;
}

/** Mapped SSRCs are 9001, 9002 ... */
export function produceRequest(options: ProduceOptions = {}): ProduceRequest {
  const { codec = {}, encodings = [{ ssrc: 1111 }] } = options;
  const isVideo = (codec.mimeType ?? 'video/VP8').startsWith('video');
  return {
    producerId: options.id ?? 'p1',
    kind: isVideo ? MediaKind.VIDEO : MediaKind.AUDIO,
    rtpParameters: rtpParameters(options),
    rtpMapping: {
      codecs: [{ payloadType: codec.payloadType ?? 100, mappedPayloadType: options.mappedPayloadType ?? 101 }],
      encodings: encodings.map(({ ssrc, rid }, i) => ({ rid: rid, ssrc: ssrc, mappedSsrc: 9001 + i })),
    },
    paused: options.paused ?? false,
    keyFrameRequestDelay: options.keyFrameRequestDelay ?? 0,
    enableMediasoupPacketIdHeaderExtension: options.packetIds ?? false,
  };
}

export interface ConsumeOptions extends ParametersOptions {
  id?: string;
  pipe?: boolean;
  paused?: boolean;
  ignoreDtx?: boolean;
  /** Scalability modes of the Producer's encodings. */
  consumable?: string[];
  preferredLayers?: [number, number?];
}

/** Its own SSRC is 5001 (5002 ...), RTX 6001 with payload type 102, unless told. */
export function consumeRequest(options: ConsumeOptions = {}): ConsumeRequest {
  const consumable = options.consumable ?? ['S1T1'];
  const mimeType = options.codec?.mimeType ?? 'video/VP8';
  const isVideo = mimeType.startsWith('video');
  const mode = consumable.length > 1 ? `S${consumable.length}${consumable[0].slice(2)}` : consumable[0];
  const encodings =
    options.encodings ??
    (options.pipe ? consumable : [mode]).map((one, i) => ({
      ssrc: 5001 + i,
      mode: one,
      ...(isVideo ? { rtx: 6001 + i } : {}),
    }));
  const layers = options.preferredLayers;
  const parameters: ParametersOptions = {
    rtxPayloadType: isVideo ? 102 : undefined,
    ...options,
    codec: { ...options.codec, mimeType, payloadType: options.codec?.payloadType ?? 101 },
    encodings,
  };
  return {
    consumerId: options.id ?? 'c1',
    producerId: 'p1',
    kind: isVideo ? MediaKind.VIDEO : MediaKind.AUDIO,
    rtpParameters: rtpParameters(parameters),
    type: options.pipe ? Type.PIPE : Type.SIMPLE,
    consumableRtpEncodings: consumable.map((one, i) => rtpEncoding({ ssrc: 9001 + i, mode: one })),
    paused: options.paused ?? false,
    preferredLayers: layers === undefined ? undefined : { spatialLayer: layers[0], temporalLayer: layers[1] },
    ignoreDtx: options.ignoreDtx ?? false,
  };
}

/** VP8 payloads. */
export const KEY_FRAME = [0x10, 0x00, 1, 2];
export const DELTA_FRAME = [0x10, 0x01, 1, 2];

/** A packet of the Producer that `produceRequest()` asks for. */
export function vp8Packet(parts: PacketParts = {}): Uint8Array {
  return buildPacket({ ssrc: 1111, payloadType: 100, sequenceNumber: 1, payload: KEY_FRAME, ...parts });
}
