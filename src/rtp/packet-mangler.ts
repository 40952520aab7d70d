import { ExtensionList } from './extension-list.js';
import { HeaderExtension, type HeaderExtensionIds, MID_MAX_LENGTH, ROUTER_EXTENSION_IDS } from './header-extension.js';
import { type RtpPacket } from './rtp-packet.js';
import { usToQ32 } from './time.js';

/** Where the ids of urn:mediasoup:params:rtp-hdrext:packet-id come from: one counter for the whole worker. */
export class PacketIdCounter {
  #next: number;

  /** @param random 32 random bits */
  constructor(random: number) {
    this.#next = random >>> 1;
  }

  next(): number {
    const id = this.#next;
    this.#next = (id + 1) >>> 0;
    return id;
  }
}

export interface PacketManglerOptions {
  kind: 'audio' | 'video';
  /** The ids that the Producer's client uses. */
  extensionIds: HeaderExtensionIds;
  /** Packets without a packet id get one from here. */
  packetIds?: PacketIdCounter;
}

/** Rewrites what one Producer received into what its Router hands to Consumers. */
export class PacketMangler {
  /**
   * The sender's NTP clock against ours: ours minus the sender's, µs, 0 while unknown. It seldom changes; as an argument
   * it would be an object made for each packet.
   */
  senderClockOffsetUs = 0;

  readonly #isVideo: boolean;
  readonly #ids: HeaderExtensionIds;
  readonly #packetIds: PacketIdCounter | undefined;

  constructor({ kind, extensionIds, packetIds }: PacketManglerOptions) {
    this.#isVideo = kind === 'video';
    this.#ids = extensionIds;
    this.#packetIds = packetIds;
  }

  /**
   * Gives the packet payload type, SSRC and header extensions of the Router. Room is made for what Consumers and their
   * transports write: the MID, and for video abs-send-time and the transport-wide sequence number. RID and repaired RID
   * end here. False if the extensions do not fit in front of the payload (no honest header is that long); the packet is
   * of no use then.
   */
  mangle(packet: RtpPacket, payloadType: number, ssrc: number): boolean {
    packet.setPayloadType(payloadType);
    packet.setSsrc(ssrc);

    list.clear();
    list.reserve(HeaderExtension.mid, MID_MAX_LENGTH);
    this.#addAbsCaptureTime(packet);
    this.#copy(packet, HeaderExtension.playoutDelay);
    if (this.#isVideo) {
      list.reserve(HeaderExtension.absSendTime, 3);
      list.reserve(HeaderExtension.transportWideCc, 2);
      this.#copy(packet, HeaderExtension.dependencyDescriptor);
      this.#copy(packet, HeaderExtension.videoOrientation);
      this.#copy(packet, HeaderExtension.timeOffset);
    } else {
      this.#copy(packet, HeaderExtension.audioLevel);
    }
    if (!this.#copy(packet, HeaderExtension.packetId) && this.#packetIds !== undefined) {
      list.view.setUint32(list.reserve(HeaderExtension.packetId, 4), this.#packetIds.next());
    }
    packet.extensionIds = ROUTER_EXTENSION_IDS;
    return packet.setExtensions(list);
  }

  #copy(packet: RtpPacket, extension: HeaderExtension): boolean {
    const id = this.#ids[extension];
    const offset = packet.extensionOffset(id);
    if (offset === 0) return false;
    list.append(extension, packet.bytes, offset, packet.extensionLength(id));
    return true;
  }

  /**
   * The capture timestamp is of the capturer's clock and stays. The offset is from the sender's clock to the capturer's;
   * we are the sender now, so it becomes the one from our clock: `offset - (ours - sender's)`. If that cannot be
   * written, the extension is left out.
   */
  #addAbsCaptureTime(packet: RtpPacket): void {
    const id = this.#ids[HeaderExtension.absCaptureTime];
    const offset = packet.extensionOffset(id);
    const length = packet.extensionLength(id);
    if (length !== 8 && length !== 16) return;
    const shift = usToQ32(this.senderClockOffsetUs);
    if (Number.isNaN(shift)) return;
    const { view } = packet;
    const low = (length === 16 ? view.getUint32(offset + 12) : 0) - (shift - Math.floor(shift / 2 ** 32) * 2 ** 32);
    const high = (length === 16 ? view.getInt32(offset + 8) : 0) - Math.floor(shift / 2 ** 32) - (low < 0 ? 1 : 0);
    const to = list.reserve(HeaderExtension.absCaptureTime, 16);
    list.view.setUint32(to, view.getUint32(offset));
    list.view.setUint32(to + 4, view.getUint32(offset + 4));
    list.view.setInt32(to + 8, high);
    list.view.setUint32(to + 12, low);
  }
}

/** One for all: it is filled and emptied within `mangle`. */
const list = new ExtensionList();
