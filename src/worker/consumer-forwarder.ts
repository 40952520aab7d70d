import { DropReason } from '../common/drop-reason.js';
import { isSeqHigher } from '../common/serial-number.js';
import { restoreSlot } from '../rtp/packet-slot.js';
import { RtpPacket } from '../rtp/rtp-packet.js';
import { type ConsumerOutput } from './consumer-output.js';
import { type ConsumerParameters } from './consumer-parameters.js';
import { type MediaContext } from './media-context.js';
import { PacketAction, type ProducerStreamManager } from './producer-stream-manager.js';

/** What a Consumer does for its packet path. */
export interface ConsumerForwarderOwner {
  /** Whether it sends at all. */
  readonly active: boolean;
  onLayersChanged(): void;
  onScoreChanged(): void;
}

/** A packet from the buffer: one at a time in the whole worker. */
const bufferedPacket = new RtpPacket();

/** The packet path of a Consumer: which output a packet of the Producer belongs to, and what becomes of it there. */
export class ConsumerForwarder {
  readonly #outputs: readonly ConsumerOutput[];
  /** For pipes, which have one output per encoding: by mapped SSRC. */
  readonly #outputsByMappedSsrc: ReadonlyMap<number, ConsumerOutput> | undefined;
  /** By payload type: 1 if packets with it are passed on. */
  readonly #supportedPayloadTypes: Uint8Array;
  readonly #manager: ProducerStreamManager;
  readonly #media: MediaContext;
  readonly #owner: ConsumerForwarderOwner;

  constructor(
    outputs: readonly ConsumerOutput[],
    isPipe: boolean,
    { consumableEncodings, supportedPayloadTypes }: ConsumerParameters,
    manager: ProducerStreamManager,
    media: MediaContext,
    owner: ConsumerForwarderOwner,
  ) {
    this.#outputs = outputs;
    this.#outputsByMappedSsrc = isPipe
      ? new Map(outputs.map((output, index) => [consumableEncodings[index].ssrc, output]))
      : undefined;
    this.#supportedPayloadTypes = supportedPayloadTypes;
    this.#manager = manager;
    this.#media = media;
    this.#owner = owner;
  }

  /** Takes a mangled packet of the Producer. */
  forward(packet: RtpPacket, now: number): void {
    const byMappedSsrc = this.#outputsByMappedSsrc;
    const output = byMappedSsrc === undefined ? this.#outputs[0] : byMappedSsrc.get(packet.ssrc);
    if (output === undefined) return this.#media.drops.count(DropReason.rtpUnknownStream);
    if (!this.#owner.active) return this.#refuse(packet, output, DropReason.consumerInactive);
    if (this.#supportedPayloadTypes[packet.payloadType] === 0) {
      return this.#refuse(packet, output, DropReason.consumerPayloadType);
    }
    const { stream } = output;
    const manager = this.#manager;
    switch (manager.process(packet, output.lastSentMarker, stream.params.clockRate, stream.maxPacketTs, now)) {
      case PacketAction.forward:
        return this.#send(packet, output, now);
      case PacketAction.drop:
        output.sequence.drop(packet.sequenceNumber);
        return this.#media.drops.count(manager.dropReason);
      case PacketAction.ignore:
        return this.#media.drops.count(manager.dropReason);
      case PacketAction.buffer:
        this.#media.drops.count(DropReason.consumerWaitsForKeyFrame);
        return output.buffer.insert(packet.sequenceNumber, packet.handle);
    }
  }

  #send(packet: RtpPacket, output: ConsumerOutput, now: number): void {
    const manager = this.#manager;
    const { sequenceNumber } = packet;
    const { sendBuffered } = manager;
    if (manager.spatialLayerSwitched) {
      output.stream.resetScore(10, false, now);
      this.#owner.onLayersChanged();
      this.#owner.onScoreChanged();
    }
    if (manager.temporalLayerChanged) this.#owner.onLayersChanged();
    const sent = output.send(packet, manager, now);
    if (!sent) this.#media.drops.count(DropReason.consumerDuplicate);
    if (sendBuffered) {
      if (sent) this.#sendBuffered(output, sequenceNumber, now);
      output.buffer.clear();
    }
  }

  /** Sends what was kept of the key frame whose first packet came late. Sending may empty the buffer. */
  #sendBuffered({ buffer }: ConsumerOutput, afterSeq: number, now: number): void {
    for (let index = 0; index < buffer.size; index++) {
      if (!isSeqHigher(buffer.seq(index), afterSeq)) continue;
      restoreSlot(bufferedPacket, this.#media.memory, buffer.handle(index));
      this.forward(bufferedPacket, now);
    }
  }

  /** Leaves a packet out that cannot be looked at. */
  #refuse(packet: RtpPacket, output: ConsumerOutput, reason: DropReason): void {
    if (this.#manager.isForCurrentStream(packet)) output.sequence.drop(packet.sequenceNumber);
    this.#media.drops.count(reason);
  }
}
