import { NO_HANDLE, type PacketMemory } from '../common/packet-memory.js';
import { ExtensionList } from './extension-list.js';
import { HeaderExtension } from './header-extension.js';
import { parseSlot, slotSize } from './packet-slot.js';
import { RTP_HEADER_LENGTH, RtpPacket } from './rtp-packet.js';

/** SSRC of the stream that only probes for bandwidth; receivers announce nothing for it. */
export const PROBATION_SSRC = 1234;
export const PROBATION_PAYLOAD_TYPE = 127;
export const PROBATION_MAX_LENGTH = 1400;
const PROBATION_MID = 'probator';

/**
 * Makes the packets of a transport's probation stream: a header with MID, abs-send-time and transport-wide sequence
 * number, and a payload of zeros. There is one packet, in a slot of its own, which each call changes.
 */
export class ProbationGenerator {
  readonly #memory: PacketMemory;
  readonly #packet = new RtpPacket();
  readonly #minLength: number = 0;

  /** @param random for the first sequence number and timestamp */
  constructor(memory: PacketMemory, random: { uint32(): number }) {
    this.#memory = memory;
    const handle = memory.allocate(slotSize(PROBATION_MAX_LENGTH));
    if (handle === NO_HANDLE) return;

    const packet = this.#packet;
    const slot = slotSize(0) + handle;
    memory.bytes.fill(0, handle, slot + PROBATION_MAX_LENGTH);
    memory.bytes[slot] = 0x80;
    parseSlot(packet, memory, handle, RTP_HEADER_LENGTH);
    packet.setPayloadType(PROBATION_PAYLOAD_TYPE);
    packet.setSsrc(PROBATION_SSRC);
    packet.setSequenceNumber(random.uint32() & 0xffff);
    packet.setTimestamp(random.uint32());

    const list = new ExtensionList();
    const mid = new TextEncoder().encode(PROBATION_MID);
    list.append(HeaderExtension.mid, mid, 0, mid.length);
    list.reserve(HeaderExtension.absSendTime, 3);
    list.reserve(HeaderExtension.transportWideCc, 2);
    packet.setExtensions(list);
    this.#minLength = packet.length;
  }

  /**
   * The next packet, of about `length` bytes: rounded up to a multiple of 4, within what a header takes and
   * PROBATION_MAX_LENGTH. Valid until the next call. Undefined if packet memory was exhausted.
   */
  next(length: number): RtpPacket | undefined {
    const packet = this.#packet;
    if (packet.handle === NO_HANDLE) return undefined;
    const rounded = Math.min(Math.max((length + 3) & ~3, this.#minLength), PROBATION_MAX_LENGTH);
    packet.setSequenceNumber((packet.sequenceNumber + 1) & 0xffff);
    packet.setTimestamp((packet.timestamp + 20) >>> 0);
    packet.setPayloadLength(rounded - this.#minLength);
    return packet;
  }

  /** Gives the slot back. */
  close(): void {
    if (this.#packet.handle === NO_HANDLE) return;
    this.#memory.release(this.#packet.handle);
    this.#packet.handle = NO_HANDLE;
  }
}
