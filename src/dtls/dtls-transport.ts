import { DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import { type Certificate, type RandomBytes } from './certificate.js';
import { type Fingerprint } from './fingerprint.js';
import { type SrtpProfileName } from './srtp-profile.js';

export type DtlsRole = 'client' | 'server';

export type DtlsState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

export interface DtlsTransportOptions {
  certificate: Certificate;
  random: RandomBytes;
  /** What to offer or accept, best first; default `defaultSrtpProfiles`. A connection without any of them fails. */
  srtpProfiles?: readonly SrtpProfileName[];
  /** Bytes: no datagram of the handshake is longer. Default 1350. */
  mtu?: number;
  /** As a server, ask the client to repeat its hello with a cookie (RFC 6347 §4.2.1). Default false. */
  cookieExchange?: boolean;
  /** Refuse peers without extended master secret (RFC 7627). Default false. */
  requireExtendedMasterSecret?: boolean;
}

/** What the handshake agreed on. */
export interface DtlsSession {
  srtpProfile: SrtpProfileName;
  /** Master key followed by master salt for what we send. */
  localKey: Uint8Array;
  /** Master key followed by master salt for what we receive. */
  remoteKey: Uint8Array;
  remoteCertificatePem: string;
}

/**
 * Who runs a DTLS transport. State changes are told after the transport has made them, so a method may use it at once.
 */
export interface DtlsOwner {
  /** Sends a datagram; the bytes are only valid during the call. Must not call the transport. */
  onDtlsSend(bytes: Uint8Array, offset: number, length: number): void;
  onDtlsConnecting(): void;
  /** The handshake is complete, and the peer's certificate has the expected fingerprint. */
  onDtlsConnected(session: DtlsSession): void;
  onDtlsFailed(): void;
  /** A connection that was up was ended by the peer. */
  onDtlsClosed(): void;
  /** One record of application data; the bytes are only valid during the call. */
  onDtlsApplicationData(bytes: Uint8Array, offset: number, length: number, now: number): void;
}

/** A DTLS-SRTP endpoint (RFC 5764), client or server. */
export class DtlsTransport implements Machine {
  readonly #owner: DtlsOwner;
  #state: DtlsState;
  #localRole: DtlsRole | undefined;

  nextDeadline: number;

  constructor(_options: DtlsTransportOptions, owner: DtlsOwner) {
    this.#owner = owner;
    this.#state = 'new';
    this.#localRole = undefined;
    this.nextDeadline = Infinity;
  }

  get state(): DtlsState {
    return this.#state;
  }

  /** The role while running, i.e. in the states connecting and connected. */
  get localRole(): DtlsRole | undefined {
    return this.#localRole;
  }

  /**
   * Starts the handshake: a client sends its hello, a server waits for one. Nothing happens if it already runs in this
   * role, or if a handshake is complete. A handshake under way in the other role is given up for the new one.
   */
  start(role: DtlsRole, _now: number): void {
    this.#localRole = role;
    this.#state = 'connecting';
    this.#owner.onDtlsConnecting();
  }

  /**
   * Says which certificate the peer must have. May come before, during or after the handshake, which does not lead to
   * `connected` without it.
   */
  setRemoteFingerprint(_fingerprint: Fingerprint, _now: number): void {}

  /** Takes a datagram that came from the peer. */
  onPacket(_bytes: Uint8Array, _offset: number, _length: number, _now: number): DropReason {
    return DropReason.dtlsNotRunning;
  }

  /** Sends one record of application data, 1 to 16384 bytes. False if not connected. */
  send(_bytes: Uint8Array, _offset: number, _length: number): boolean {
    return false;
  }

  /** Says goodbye to the peer if there is a connection, and ends without calling the owner. */
  close(_now: number): void {
    this.#state = 'closed';
    this.#localRole = undefined;
  }

  onTimeout(_now: number): void {}
}
