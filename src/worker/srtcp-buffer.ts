import { type SrtpSender } from '../srtp/srtp-session.js';

/** Room for what SRTCP appends. */
const TRAILER_LENGTH = 32;

/** Where RTCP packets are encrypted: whoever made them has no room for that. */
export class SrtcpBuffer {
  /** Holds the packet that was protected last. */
  bytes = new Uint8Array(2048);

  /** The length of the protected packet, which starts at 0, or a negative DropReason. */
  protect(sender: SrtpSender, bytes: Uint8Array, offset: number, length: number): number {
    if (this.bytes.length < length + TRAILER_LENGTH) this.bytes = new Uint8Array(length + TRAILER_LENGTH);
    for (let i = 0; i < length; i++) this.bytes[i] = bytes[offset + i];
    return sender.protectRtcp(this.bytes, 0, length);
  }
}
