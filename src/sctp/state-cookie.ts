import { createHmac, timingSafeEqual } from 'node:crypto';
import { type SctpImplementation } from './association-owner.js';
import { type Capabilities } from './capabilities.js';
import { type SctpRandom } from './options.js';

/** All that an INIT ACK promised, so that nothing has to be remembered until the peer proves that it got it. */
export interface StateCookie {
  readonly localTag: number;
  readonly peerTag: number;
  readonly localInitialTsn: number;
  readonly peerInitialTsn: number;
  readonly peerWindow: number;
  /** Of the association that existed when the INIT came; 0: none did. */
  readonly tieTag: bigint;
  /** What the peer's INIT said; it is negotiated again. */
  readonly peerCapabilities: Capabilities;
  /** ms */
  readonly createdAt: number;
}

/**
 * Makes and checks the cookies of one association (RFC 9260 §5.1.3).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  'tsfuSCTP': peers may tell from it who made it               |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                           Local Tag                           |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                           Peer's Tag                          |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       Local Initial TSN                       |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                       Peer's Initial TSN                      |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                         Peer's a_rwnd                         |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                            Tie Tag                            |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |    Peer's Outbound Streams    |    Peer's Inbound Streams     |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                  Peer's Zero Checksum Method                  |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |                    Peer's Extensions    |C|I|P|                 reconfiguration, interleaving, partial reliability
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  Time of creation, ms, as a floating point number             |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   |  HMAC-SHA-256, the first 16 bytes                             |
 *   |                                                               |
 *   |                                                               |
 *   |                                                               |
 *   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export class StateCookies {
  /** Known to nobody else. */
  readonly #key = new Uint8Array(32);

  constructor(random: SctpRandom) {
    random.fill(this.#key);
  }

  write(cookie: StateCookie): Uint8Array {
    const bytes = new Uint8Array(COOKIE_LENGTH);
    const view = new DataView(bytes.buffer);
    const { peerCapabilities: peer } = cookie;
    bytes.set(MAGIC);
    view.setUint32(8, cookie.localTag);
    view.setUint32(12, cookie.peerTag);
    view.setUint32(16, cookie.localInitialTsn);
    view.setUint32(20, cookie.peerInitialTsn);
    view.setUint32(24, cookie.peerWindow);
    view.setBigUint64(28, cookie.tieTag);
    view.setUint16(36, peer.outboundStreams);
    view.setUint16(38, peer.inboundStreams);
    view.setUint32(40, peer.zeroChecksumMethod);
    view.setUint32(
      44,
      (peer.partialReliability ? PARTIAL_RELIABILITY : 0) |
        (peer.messageInterleaving ? MESSAGE_INTERLEAVING : 0) |
        (peer.reconfiguration ? RECONFIGURATION : 0),
    );
    view.setFloat64(48, cookie.createdAt);
    bytes.set(this.#mac(bytes), MAC_OFFSET);
    return bytes;
  }

  /** Undefined unless the cookie is one of this object's own. It may be old. */
  read(bytes: Uint8Array): StateCookie | undefined {
    if (bytes.length !== COOKIE_LENGTH || !timingSafeEqual(this.#mac(bytes), bytes.subarray(MAC_OFFSET))) {
      return undefined;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const extensions = view.getUint32(44);
    return {
      localTag: view.getUint32(8),
      peerTag: view.getUint32(12),
      localInitialTsn: view.getUint32(16),
      peerInitialTsn: view.getUint32(20),
      peerWindow: view.getUint32(24),
      tieTag: view.getBigUint64(28),
      peerCapabilities: {
        outboundStreams: view.getUint16(36),
        inboundStreams: view.getUint16(38),
        zeroChecksumMethod: view.getUint32(40),
        partialReliability: (extensions & PARTIAL_RELIABILITY) !== 0,
        messageInterleaving: (extensions & MESSAGE_INTERLEAVING) !== 0,
        reconfiguration: (extensions & RECONFIGURATION) !== 0,
      },
      createdAt: view.getFloat64(48),
    };
  }

  #mac(bytes: Uint8Array): Uint8Array {
    return createHmac('sha256', this.#key)
      .update(bytes.subarray(0, MAC_OFFSET))
      .digest()
      .subarray(0, COOKIE_LENGTH - MAC_OFFSET);
  }
}

const MAC_OFFSET = 56;
const COOKIE_LENGTH = 72;
const MAGIC = new TextEncoder().encode('tsfuSCTP');

const PARTIAL_RELIABILITY = 0x01;
const MESSAGE_INTERLEAVING = 0x02;
const RECONFIGURATION = 0x04;

/** How cookies of known implementations begin. */
const signatures: readonly (readonly [string, SctpImplementation])[] = [
  ['tsfuSCTP', 'tsfu'],
  ['msworker', 'mediasoup'],
  ['dcSCTP00', 'dcsctp'],
  ['KAME-BSD', 'usrsctp'],
];

/** Who made a cookie. */
export function implementationOf(cookie: Uint8Array): SctpImplementation {
  const beginning = String.fromCharCode(...cookie.subarray(0, 8));
  return signatures.find(([signature]) => signature === beginning)?.[1] ?? 'unknown';
}
