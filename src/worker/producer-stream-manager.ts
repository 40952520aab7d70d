import { DropReason } from '../common/drop-reason.js';
import { NO_REWRITE } from '../rtp/codecs/encoding-context.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type RtpStreamRecv } from '../rtp/rtp-stream-recv.js';

/** What becomes of a packet. */
export const PacketAction = {
  /** Sent, as the manager's fields say. */
  forward: 0,
  /** Left out, without a gap in the sequence numbers. */
  drop: 1,
  /** Ignored: it belongs to none of the streams that make up the output at present. */
  ignore: 2,
  /** Kept: the key frame that it needs may come late. */
  buffer: 3,
} as const;
export type PacketAction = (typeof PacketAction)[keyof typeof PacketAction];

/** What the network is like while bitrate is given away. */
export interface NetworkConditions {
  /** Whether the loss that receivers report tells something beyond the bitrate. */
  readonly considersLoss: boolean;
  /** Whether more is being sent than gets through. */
  readonly isCongested: boolean;
}

/** What a manager needs of its Consumer. */
export interface ProducerStreamManagerOwner {
  /** See `Consumer.active`. */
  readonly active: boolean;
  /** Whether the Transport's congestion control decides about layers. */
  readonly externallyManagedBitrate: boolean;
  onKeyFrameRequested(mappedSsrc: number, now: number): void;
  onNeedBitrateChange(now: number): void;
  /** The current layers changed. */
  onLayersChanged(): void;
  /** The score of the Producer's current stream, or which one that is, changed. */
  onScoreChanged(): void;
  /** Kept packets are of no use any more. */
  onClearBuffer(): void;
}

/**
 * How a Consumer makes one stream (or several, for pipes) of the Producer's streams: decides on each packet, and on
 * which layers to send. There is one implementation for each type of Consumer.
 */
export abstract class ProducerStreamManager {
  // What `process` answers besides `forward`. These are valid until the next call.

  /** To be subtracted from the timestamp. */
  tsOffset = 0;
  marker = false;
  /** See `EncodingContext.rewrite`. */
  rewrite: number = NO_REWRITE;
  /** The output continues at this packet: sequence numbers are to be synced to `syncSeq`. */
  isSync = false;
  syncSeq = 0;
  spatialLayerSwitched = false;
  temporalLayerChanged = false;
  /** What was buffered may be sent now. */
  sendBuffered = false;
  /** Why, when the answer is `drop` or `ignore`. */
  dropReason: DropReason = DropReason.none;

  // -1: none. Simple and pipe Consumers have none to choose from.

  preferredSpatialLayer = -1;
  preferredTemporalLayer = -1;
  abstract readonly targetSpatialLayer: number;
  abstract readonly targetTemporalLayer: number;
  abstract readonly currentSpatialLayer: number;
  abstract readonly currentTemporalLayer: number;

  protected readonly owner: ProducerStreamManagerOwner;

  constructor(owner: ProducerStreamManagerOwner) {
    this.owner = owner;
  }

  /**
   * Decides on a packet. The Consumer is active.
   *
   * @param lastSentMarker whether the last packet sent ended a frame
   * @param maxPacketTs highest timestamp sent
   */
  abstract process(
    packet: RtpPacket,
    lastSentMarker: boolean,
    clockRate: number,
    maxPacketTs: number,
    now: number,
  ): PacketAction;

  /** Whether a packet belongs to what is being sent, so that leaving it out must not make a gap. */
  abstract isForCurrentStream(packet: RtpPacket): boolean;

  /** The Producer's stream that is being sent; undefined if there is none (or for pipes, no single one). */
  abstract readonly currentProducerStream: RtpStreamRecv | undefined;

  /** A stream that was there before the Consumer. */
  abstract addProducerStream(stream: RtpStreamRecv, mappedSsrc: number): void;
  abstract onProducerNewRtpStream(stream: RtpStreamRecv, mappedSsrc: number, now: number): void;
  abstract onProducerRtpStreamScore(stream: RtpStreamRecv, score: number, previousScore: number, now: number): void;
  /** From the next packet on the stream has other sequence numbers; nothing refers to what was before. */
  abstract onProducerRtpStreamRestart(mappedSsrc: number): void;
  onProducerSpatialLayerActivityChanged(_now: number): void {}
  onProducerSenderReport(_first: boolean, _now: number): void {}

  abstract onTransportConnected(now: number): void;
  abstract onTransportDisconnected(now: number): void;
  abstract onPaused(now: number): void;
  abstract onResumed(now: number): void;

  /** The application wants a key frame. */
  abstract requestKeyFrame(now: number): void;
  /** The receiver wants a key frame. */
  abstract requestKeyFrameForCurrentStream(now: number): void;

  /** Chooses target layers anew. `force`: even if only the temporal one changes. */
  mayChangeLayers(_force: boolean, _now: number): void {}

  /** Provisionally takes one more layer if `bitrate` (bps) suffices; how much it takes. */
  abstract increaseLayer(bitrate: number, network: NetworkConditions, lossPercentage: number, now: number): number;
  /** bps of what `increaseLayer` took. */
  abstract readonly provisionalBitrate: number;
  abstract readonly takesKeyFrame: boolean;
  /**
   * Makes what `increaseLayer` took the target.
   *
   * @param streamActiveTime of the Consumer's own stream, ms
   */
  abstract applyLayers(streamActiveTime: number, now: number): void;
  abstract discardLayers(): void;
  /** bps of the target layers. */
  abstract targetBitrate(now: number): number;
  /** bps */
  abstract desiredBitrate(now: number): number;

  /** Sets what `process` answers for a packet that passes unchanged. */
  protected forwardUnchanged(packet: RtpPacket): void {
    this.tsOffset = 0;
    this.marker = packet.marker;
    this.rewrite = NO_REWRITE;
    this.isSync = false;
    this.spatialLayerSwitched = false;
    this.temporalLayerChanged = false;
    this.sendBuffered = false;
  }

  protected drop(reason: DropReason): PacketAction {
    this.dropReason = reason;
    return PacketAction.drop;
  }

  protected ignore(reason: DropReason): PacketAction {
    this.dropReason = reason;
    return PacketAction.ignore;
  }
}

/** Whether something can be expected of the stream. Without inactivity check a score of 0 only means bad quality. */
export function isAlive(stream: RtpStreamRecv | undefined): boolean {
  return stream !== undefined && (stream.score > 0 || !stream.hasInactivityCheck);
}
