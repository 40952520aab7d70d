import { type ExtensionList } from './extension-list.js';

const ONE_BYTE_PROFILE = 0xbede;
const TWO_BYTE_PROFILE = 0x1000;

/**
 * The header extension block of a packet (RFC 8285): where the elements of a received one are, and how a new one is
 * written. Offsets are relative to the packet, so they hold when a packet is moved with its header.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   profile (0xBEDE, 0x100_)    |  length in 32 bit words       |
 * |                    elements ...                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * one-byte form (0xBEDE)    |  ID   | len-1 |  value ...      ID 15 ends the list
 * two-byte form (0x100_)    |      ID       |      len      |  value ...
 * ```
 *
 * ID 0 is one byte of padding in both. Of several elements with one id the last counts. Blocks of other profiles are
 * valid and have no elements. One object serves one packet after the other.
 */
export class ExtensionBlock {
  /** 0: there is no block. */
  #profile = 0;
  /** By element id: where the value starts; 0 if there is none. */
  readonly #offsets = new Uint16Array(256);
  readonly #lengths = new Uint8Array(256);
  /** The ids that have an offset, to forget them without touching the whole tables. */
  readonly #present = new Uint8Array(256);
  #count = 0;

  /** Where the value of the element with this id starts; 0 if there is none. */
  offset(id: number): number {
    return this.#offsets[id];
  }

  /** Length of the value of the element with this id; 0 if there is none. */
  length(id: number): number {
    return this.#lengths[id];
  }

  /** There is no block. */
  clear(): void {
    this.#profile = 0;
    for (let i = 0; i < this.#count; i++) {
      const id = this.#present[i];
      this.#offsets[id] = 0;
      this.#lengths[id] = 0;
    }
    this.#count = 0;
  }

  /**
   * Finds the elements of the block from `start` to `end` in the packet at bytes[packet]. There were none before. False
   * if one of them goes beyond the end.
   */
  parse(bytes: Uint8Array, view: DataView, packet: number, start: number, end: number): boolean {
    const profile = view.getUint16(packet + start);
    this.#profile = profile;
    let at = start + 4;
    if (profile === ONE_BYTE_PROFILE) {
      while (at < end) {
        const head = bytes[packet + at];
        // A length in a byte with id 0 makes it no element either.
        if (head < 0x10) {
          at++;
          continue;
        }
        if (head >= 0xf0) return true;
        const length = (head & 0x0f) + 1;
        if (at + 1 + length > end) return false;
        this.#remember(head >> 4, at + 1, length);
        at += 1 + length;
      }
    } else if ((profile & 0xfff0) === TWO_BYTE_PROFILE) {
      while (at + 1 < end) {
        const id = bytes[packet + at];
        if (id === 0) {
          at++;
          continue;
        }
        const length = bytes[packet + at + 1];
        if (at + 2 + length > end) return false;
        this.#remember(id, at + 2, length);
        at += 2 + length;
      }
    }
    return true;
  }

  /** Writes a block made of `list` from `start` to `end` in the packet at bytes[packet]: it replaces the one there was. */
  write(
    list: ExtensionList,
    oneByteForm: boolean,
    bytes: Uint8Array,
    view: DataView,
    packet: number,
    start: number,
    end: number,
  ): void {
    let profile = oneByteForm ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE;
    // RFC 8285 §4.3: the lower four bits of the two-byte form belong to the application.
    if (!oneByteForm && (this.#profile & 0xfff0) === TWO_BYTE_PROFILE) profile = this.#profile;
    this.clear();
    this.#profile = profile;
    view.setUint16(packet + start, profile);
    view.setUint16(packet + start + 2, (end - start - 4) >> 2);
    let at = packet + start + 4;
    let from = 0;
    for (let i = 0; i < list.count; i++) {
      const id = list.ids[i];
      const length = list.lengths[i];
      if (oneByteForm) {
        bytes[at++] = (id << 4) | (length - 1);
      } else {
        bytes[at++] = id;
        bytes[at++] = length;
      }
      this.#remember(id, at - packet, length);
      for (let valueEnd = from + length; from < valueEnd;) bytes[at++] = list.bytes[from++];
    }
    while (at < packet + end) bytes[at++] = 0;
  }

  /** Gives an element of the packet at bytes[packet] another length. What its value and its room are is the caller's business. */
  setLength(id: number, length: number, bytes: Uint8Array, packet: number): void {
    const oneByteForm = this.#profile === ONE_BYTE_PROFILE;
    bytes[packet + this.#offsets[id] - 1] = oneByteForm ? (id << 4) | (length - 1) : length;
    this.#lengths[id] = length;
  }

  #remember(id: number, offset: number, length: number): void {
    if (this.#offsets[id] === 0) this.#present[this.#count++] = id;
    this.#offsets[id] = offset;
    this.#lengths[id] = length;
  }
}
