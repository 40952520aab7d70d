import { type Certificate, type RandomBytes } from './certificate.js';
import { type FlightPart } from './flight.js';
import { type HandshakeMessage } from './handshake-message.js';
import { type PeerCertificate } from './peer-certificate.js';
import { type RecordProtection } from './record-layer.js';
import { type SrtpProfile } from './srtp-profile.js';

/** What a handshake works with. */
export interface HandshakeOptions {
  certificate: Certificate;
  random: RandomBytes;
  /** Best first. */
  srtpProfiles: readonly SrtpProfile[];
  cookieExchange: boolean;
  requireExtendedMasterSecret: boolean;
}

/** What a handshake may ask of the connection it runs in. */
export interface HandshakeOwner {
  /** Sends the next flight. `expectsAnswer`: and repeats it until `onMessage` leads to another flight or the end. */
  sendFlight(parts: readonly FlightPart[], expectsAnswer: boolean, now: number): void;
  installReadKeys(protection: RecordProtection): void;
  installWriteKeys(protection: RecordProtection): void;
  /** The peer has proved that it has the key of its certificate and saw the same handshake as we did. */
  onHandshakeComplete(result: HandshakeResult): void;
}

export interface HandshakeResult {
  peerCertificate: PeerCertificate;
  srtpProfile: SrtpProfile;
  /** RFC 5705, without context. */
  exportKeyingMaterial: (label: string, length: number) => Uint8Array;
}

/**
 * One side of a handshake in one version of the protocol. DTLS 1.2 is in `dtls12`; `version-negotiation.ts` decides
 * which one a connection runs.
 */
export interface Handshake {
  /**
   * Takes the next message of the peer: whole, in order and without repetitions.
   *
   * @throws FatalAlert if the handshake cannot go on
   */
  onMessage(message: HandshakeMessage, now: number): void;
}
