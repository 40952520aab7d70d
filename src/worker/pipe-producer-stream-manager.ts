import { DropReason } from '../common/drop-reason.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { PacketAction, ProducerStreamManager, type ProducerStreamManagerOwner } from './producer-stream-manager.js';

/** For all streams of a Producer at once, each passed on from a key frame on, with all layers. */
export class PipeProducerStreamManager extends ProducerStreamManager {
  readonly targetSpatialLayer = -1;
  readonly targetTemporalLayer = -1;
  readonly currentSpatialLayer = -1;
  readonly currentTemporalLayer = -1;
  readonly currentProducerStream = undefined;

  readonly #mappedSsrcs: readonly number[];
  readonly #isVideo: boolean;
  readonly #keyFrameSupported: boolean;
  /** Mapped SSRCs of the streams that have not started yet. */
  readonly #syncRequired = new Set<number>();

  constructor(
    owner: ProducerStreamManagerOwner,
    mappedSsrcs: readonly number[],
    isVideo: boolean,
    keyFrameSupported: boolean,
  ) {
    super(owner);
    this.#mappedSsrcs = mappedSsrcs;
    this.#isVideo = isVideo;
    this.#keyFrameSupported = keyFrameSupported;
  }

  isForCurrentStream(): boolean {
    return true;
  }

  process(packet: RtpPacket): PacketAction {
    const syncRequired = this.#syncRequired.has(packet.ssrc);
    if (syncRequired && this.#keyFrameSupported && !packet.isKeyFrame) return PacketAction.buffer;
    if (packet.payloadLength === 0) return this.drop(DropReason.consumerLayer);
    this.forwardUnchanged(packet);
    if (syncRequired) {
      this.#syncRequired.delete(packet.ssrc);
      this.isSync = true;
      this.syncSeq = (packet.sequenceNumber - 1) & 0xffff;
      this.sendBuffered = packet.isKeyFrame;
    }
    return PacketAction.forward;
  }

  addProducerStream(): void {}

  onProducerNewRtpStream(): void {}

  onProducerRtpStreamScore(): void {}

  onProducerRtpStreamRestart(mappedSsrc: number): void {
    if (this.owner.active) this.#syncRequired.add(mappedSsrc);
  }

  onTransportConnected(now: number): void {
    for (const ssrc of this.#mappedSsrcs) this.#syncRequired.add(ssrc);
    if (this.owner.active) this.requestKeyFrame(now);
  }

  onTransportDisconnected(): void {
    this.#syncRequired.clear();
  }

  onPaused(): void {
    this.#syncRequired.clear();
  }

  onResumed(now: number): void {
    this.onTransportConnected(now);
  }

  requestKeyFrame(now: number): void {
    if (!this.#isVideo) return;
    for (const ssrc of this.#mappedSsrcs) this.owner.onKeyFrameRequested(ssrc, now);
  }

  requestKeyFrameForCurrentStream(now: number): void {
    this.requestKeyFrame(now);
  }

  increaseLayer(): number {
    return 0;
  }

  readonly provisionalBitrate = 0;
  readonly takesKeyFrame = false;

  applyLayers(): void {}

  discardLayers(): void {}

  targetBitrate(): number {
    return 0;
  }

  desiredBitrate(): number {
    return 0;
  }
}
