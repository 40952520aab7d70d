import { DropReason } from '../common/drop-reason.js';
import { type EncodingContext } from '../rtp/codecs/encoding-context.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';
import {
  isAlive,
  type NetworkConditions,
  PacketAction,
  ProducerStreamManager,
  type ProducerStreamManagerOwner,
} from './producer-stream-manager.js';

/** For a Producer's only stream, without layers: it is passed on from a key frame on. */
export class SimpleProducerStreamManager extends ProducerStreamManager {
  readonly targetSpatialLayer = -1;
  readonly targetTemporalLayer = -1;
  readonly currentSpatialLayer = 0;
  readonly currentTemporalLayer = 0;
  provisionalBitrate = 0;
  readonly takesKeyFrame = false;

  readonly #mappedSsrc: number;
  readonly #isVideo: boolean;
  readonly #keyFrameSupported: boolean;
  readonly #context: EncodingContext | undefined;
  #stream: RtpStreamRecv | undefined = undefined;
  #syncRequired = false;

  /**
   * @param keyFrameSupported whether key frames can be told from others
   * @param context of Opus
   */
  constructor(
    owner: ProducerStreamManagerOwner,
    mappedSsrc: number,
    isVideo: boolean,
    keyFrameSupported: boolean,
    context: EncodingContext | undefined,
  ) {
    super(owner);
    this.#mappedSsrc = mappedSsrc;
    this.#isVideo = isVideo;
    this.#keyFrameSupported = keyFrameSupported;
    this.#context = context;
  }

  get #active(): boolean {
    return this.owner.active && isAlive(this.#stream);
  }

  get currentProducerStream(): RtpStreamRecv | undefined {
    return this.#stream;
  }

  isForCurrentStream(): boolean {
    return true;
  }

  process(packet: RtpPacket): PacketAction {
    if (this.#syncRequired && this.#keyFrameSupported && !packet.isKeyFrame) return PacketAction.buffer;
    if (packet.payloadLength === 0) return this.drop(DropReason.consumerLayer);
    if (this.#context !== undefined && !this.#context.process(packet)) return this.drop(DropReason.consumerDtx);
    this.forwardUnchanged(packet);
    if (this.#syncRequired) {
      this.#syncRequired = false;
      this.isSync = true;
      this.syncSeq = (packet.sequenceNumber - 1) & 0xffff;
      this.sendBuffered = packet.isKeyFrame;
    }
    return PacketAction.forward;
  }

  addProducerStream(stream: RtpStreamRecv): void {
    this.#stream = stream;
  }

  onProducerNewRtpStream(stream: RtpStreamRecv): void {
    this.#stream = stream;
    this.owner.onScoreChanged();
  }

  onProducerRtpStreamScore(): void {}

  onProducerRtpStreamRestart(): void {
    this.#syncRequired = true;
  }

  onTransportConnected(now: number): void {
    this.#syncRequired = true;
    if (this.#active) this.requestKeyFrame(now);
  }

  onTransportDisconnected(): void {}

  onPaused(): void {}

  onResumed(now: number): void {
    this.onTransportConnected(now);
  }

  requestKeyFrame(now: number): void {
    if (this.#isVideo) this.owner.onKeyFrameRequested(this.#mappedSsrc, now);
  }

  requestKeyFrameForCurrentStream(now: number): void {
    this.requestKeyFrame(now);
  }

  increaseLayer(bitrate: number, _network: NetworkConditions, _lossPercentage: number, now: number): number {
    const stream = this.#stream;
    if (this.provisionalBitrate > 0 || stream === undefined || !isAlive(stream)) return 0;
    this.provisionalBitrate = stream.bitrate(now);
    return Math.min(this.provisionalBitrate, bitrate);
  }

  applyLayers(): void {
    this.provisionalBitrate = 0;
  }

  discardLayers(): void {
    this.provisionalBitrate = 0;
  }

  targetBitrate(now: number): number {
    return isAlive(this.#stream) ? this.#stream!.bitrate(now) : 0;
  }

  desiredBitrate(now: number): number {
    return this.#active ? this.#stream!.bitrate(now) : 0;
  }
}
