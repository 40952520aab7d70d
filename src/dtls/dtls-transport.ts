import { DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import { AlertDescription } from './alert.js';
import { type Certificate, type RandomBytes } from './certificate.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { matchesFingerprint, type Fingerprint } from './fingerprint.js';
import { type HandshakeOptions, type HandshakeResult } from './handshake.js';
import { defaultSrtpProfiles, srtpProfiles, type SrtpProfileName } from './srtp-profile.js';

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
  onDtlsConnecting(now: number): void;
  /** The handshake is complete, and the peer's certificate has the expected fingerprint. */
  onDtlsConnected(session: DtlsSession, now: number): void;
  onDtlsFailed(now: number): void;
  /** A connection that was up was ended by the peer. */
  onDtlsClosed(now: number): void;
  /** One record of application data; the bytes are only valid during the call. */
  onDtlsApplicationData(bytes: Uint8Array, offset: number, length: number, now: number): void;
}

/** Bytes; what mediasoup uses. */
const DEFAULT_MTU = 1350;

/**
 * A DTLS-SRTP endpoint (RFC 5764), client or server. It brings up one connection, or after an end another one, and
 * hands application data through it.
 *
 * All of its work is synchronous. The longest steps of a handshake with P-256 certificates are, on a client, its answer
 * to the server (0.7 ms: a key pair, key agreement, a signature and the verification of one), and on a server, the
 * verification of the client's last flight (0.6 ms). With an RSA-2048 certificate of our own a client takes 1.0 ms.
 * `bench/micro/dtls-handshake.ts` measures it; who accepts many peers at once spreads them over turns of the event loop.
 */
export class DtlsTransport implements Machine {
  readonly #owner: DtlsOwner;
  readonly #handshakeOptions: HandshakeOptions;
  readonly #mtu: number;
  readonly #connectionOwner: ConnectionOwner;
  #state: DtlsState;
  #localRole: DtlsRole | undefined;
  #remoteFingerprint: Fingerprint | undefined;
  /** Defined in the states connecting and connected. */
  #connection: Connection | undefined;

  constructor(options: DtlsTransportOptions, owner: DtlsOwner) {
    this.#owner = owner;
    this.#handshakeOptions = {
      certificate: options.certificate,
      random: options.random,
      srtpProfiles: (options.srtpProfiles ?? defaultSrtpProfiles).map(name => srtpProfiles[name]),
      cookieExchange: options.cookieExchange ?? false,
      requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
    };
    this.#mtu = options.mtu ?? DEFAULT_MTU;
    this.#connectionOwner = {
      onSend: (bytes, offset, length) => owner.onDtlsSend(bytes, offset, length),
      onEstablished: now => this.#judgePeer(now),
      onEnded: now => this.#onEnded(now),
      onApplicationData: (bytes, offset, length, now) => this.#onApplicationData(bytes, offset, length, now),
    };
    this.#state = 'new';
    this.#localRole = undefined;
    this.#remoteFingerprint = undefined;
    this.#connection = undefined;
  }

  get state(): DtlsState {
    return this.#state;
  }

  /** The role while running, i.e. in the states connecting and connected. */
  get localRole(): DtlsRole | undefined {
    return this.#localRole;
  }

  get nextDeadline(): number {
    return this.#connection?.nextDeadline ?? Infinity;
  }

  /**
   * Starts the handshake: a client sends its hello, a server waits for one. Nothing happens if it already runs in this
   * role, or if a handshake is complete. A handshake under way in the other role is given up for the new one. After
   * `failed` or `closed`, this begins anew.
   */
  start(role: DtlsRole, now: number): void {
    if (this.#connection !== undefined) {
      if (this.#localRole === role || this.#connection.result !== undefined) return;
      this.#connection.close();
    }
    const connection = new Connection(this.#handshakeOptions, this.#mtu, this.#connectionOwner);
    this.#connection = connection;
    this.#localRole = role;
    this.#state = 'connecting';
    this.#owner.onDtlsConnecting(now);
    if (role === 'client' && this.#connection === connection) connection.startClient(now);
  }

  /**
   * Says which certificate the peer must have. May come before, during or after the handshake, which does not lead to
   * `connected` without it: until then nothing of what the peer sends is handed on.
   */
  setRemoteFingerprint(fingerprint: Fingerprint, now: number): void {
    this.#remoteFingerprint = fingerprint;
    this.#judgePeer(now);
  }

  /** Takes a datagram that came from the peer. Nothing that is in it makes this throw. */
  onPacket(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    if (this.#connection === undefined) return DropReason.dtlsNotRunning;
    return this.#connection.onDatagram(bytes, offset, length, now);
  }

  /** Sends one record of application data, 1 to 16384 bytes. False if not connected. */
  send(bytes: Uint8Array, offset: number, length: number): boolean {
    return this.#state === 'connected' && this.#connection!.send(bytes, offset, length);
  }

  /** Says goodbye to the peer if there is a connection, and ends without calling the owner. */
  close(): void {
    this.#connection?.close();
    this.#leave('closed');
  }

  onTimeout(now: number): void {
    this.#connection?.onTimeout(now);
  }

  /** Becomes `connected` if there is a handshake that is complete, and the peer is who it should be. */
  #judgePeer(now: number): void {
    const result = this.#connection?.result;
    if (this.#state !== 'connecting' || result === undefined || this.#remoteFingerprint === undefined) return;
    if (!matchesFingerprint(result.peerCertificate.der, this.#remoteFingerprint)) {
      this.#connection!.abort(AlertDescription.badCertificate);
      this.#onEnded(now);
      return;
    }
    this.#state = 'connected';
    const session = {
      srtpProfile: result.srtpProfile.name,
      ...srtpKeys(result, this.#localRole!),
      remoteCertificatePem: result.peerCertificate.pem,
    };
    this.#owner.onDtlsConnected(session, now);
  }

  #onApplicationData(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    if (this.#state !== 'connected') return DropReason.dtlsApplicationDataEarly;
    this.#owner.onDtlsApplicationData(bytes, offset, length, now);
    return DropReason.none;
  }

  #onEnded(now: number): void {
    if (this.#state === 'connected') {
      this.#leave('closed');
      this.#owner.onDtlsClosed(now);
    } else {
      this.#leave('failed');
      this.#owner.onDtlsFailed(now);
    }
  }

  #leave(state: 'closed' | 'failed'): void {
    this.#connection = undefined;
    this.#localRole = undefined;
    this.#state = state;
  }
}

/** RFC 5764 §4.2: client key, server key, client salt, server salt. Each side sends with its own. */
function srtpKeys(
  { srtpProfile, exportKeyingMaterial }: HandshakeResult,
  localRole: DtlsRole,
): { localKey: Uint8Array; remoteKey: Uint8Array } {
  const { keyLength, saltLength } = srtpProfile;
  const material = exportKeyingMaterial('EXTRACTOR-dtls_srtp', 2 * (keyLength + saltLength));
  const keyAndSalt = (side: 0 | 1): Uint8Array => {
    const key = side * keyLength;
    const salt = 2 * keyLength + side * saltLength;
    return Buffer.concat([material.subarray(key, key + keyLength), material.subarray(salt, salt + saltLength)]);
  };
  return localRole === 'client'
    ? { localKey: keyAndSalt(0), remoteKey: keyAndSalt(1) }
    : { localKey: keyAndSalt(1), remoteKey: keyAndSalt(0) };
}
