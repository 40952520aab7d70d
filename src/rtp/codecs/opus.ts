import { type PayloadDescriptor } from '../payload-descriptor.js';
import { type RtpPacket } from '../rtp-packet.js';
import { EncodingContext } from './encoding-context.js';

/**
 * Tells packets of discontinuous transmission: those whose frames are all empty (RFC 6716 §3).
 *
 * ```
 *  0 1 2 3 4 5 6 7
 * +-+-+-+-+-+-+-+-+
 * | config  |s| c |  c: 0 one frame, 1 two of equal size, 2 two of different sizes, 3 any number
 * +-+-+-+-+-+-+-+-+
 * ```
 */
export function parseOpus(packet: RtpPacket): void {
  const { descriptor, payloadLength } = packet;
  descriptor.reset();
  if (payloadLength === 0) return;
  const code = packet.bytes[packet.payloadOffset] & 0x03;
  // RFC 6716 §3.2.4 and §3.2.5: these codes need a second byte.
  if (code >= 2 && payloadLength === 1) return;
  descriptor.present = true;
  descriptor.isDtx = code < 2 ? payloadLength === 1 : code === 2 && payloadLength === 2;
}

/** Leaves out packets of discontinuous transmission, if wanted. */
export class OpusEncodingContext extends EncodingContext {
  protected processDescriptor(descriptor: PayloadDescriptor): boolean {
    return !(descriptor.isDtx && this.ignoreDtx);
  }
}
