import { DropReason } from '../common/drop-reason.js';
import { type Machine } from '../common/timer-queue.js';
import { IceCredentials, type IceRandom } from './credentials.js';
import {
  BINDING_METHOD,
  type StunAddress,
  StunAttribute,
  StunAuthentication,
  StunClass,
  StunMessage,
  StunWriter,
} from './stun-message.js';

export type IceState = 'new' | 'connected' | 'completed' | 'disconnected';

/**
 * A pair of a local socket and a remote address: the way to a peer. Its owner makes one object per pair (per TCP
 * connection), so that tuples are equal if the objects are.
 */
export interface IceTuple {
  readonly protocol: 'udp' | 'tcp';
  readonly remote: StunAddress;
}

export interface IceServerOptions {
  /** For the credentials. */
  random: IceRandom;
  /** Seconds without a request after which the peer counts as gone; see `clampConsentTimeout`. Default 30. */
  consentTimeout?: number;
}

/**
 * All calls are made from within a method of the server, `onIceUfragAdded` also from its constructor. Any of them may
 * close the server.
 */
export interface IceServerOwner<Tuple extends IceTuple> {
  /** Send to the peer. `bytes` is only valid during the call. */
  onIceSend(tuple: Tuple, bytes: Uint8Array, offset: number, length: number): void;
  /** A request for this username fragment belongs here. */
  onIceUfragAdded(usernameFragment: string): void;
  onIceUfragRemoved(usernameFragment: string): void;
  /** The peer showed at this address that it knows the password. */
  onIceTupleAdded(tuple: Tuple): void;
  /** Not valid any more; a TCP connection is to be closed. */
  onIceTupleRemoved(tuple: Tuple): void;
  /** Send to here from now on. Comes before `onIceStateChange` if both change. */
  onIceSelectedTuple(tuple: Tuple): void;
  onIceStateChange(state: Exclude<IceState, 'new'>, now: number): void;
}

/** How many ways to one peer are remembered. */
export const MAX_TUPLES = 8;

const DEFAULT_CONSENT_TIMEOUT = 30;
const MIN_CONSENT_TIMEOUT = 10;
const MAX_CONSENT_TIMEOUT = 60;

/** What a wanted consent timeout in seconds amounts to: 0 means never, all else is brought into 10..60. */
export function clampConsentTimeout(seconds: number): number {
  return seconds === 0 ? 0 : Math.min(Math.max(seconds, MIN_CONSENT_TIMEOUT), MAX_CONSENT_TIMEOUT);
}

/**
 * The ICE-lite side of a transport (RFC 8445 §2.5): it answers the connectivity checks of one peer, always controlled,
 * and never checks by itself. It learns from them at which addresses the peer is, which one the peer wants to use, and
 * (RFC 7675) whether the peer is still there.
 */
export class IceServer<Tuple extends IceTuple> implements Machine {
  /** When consent expires; Infinity while it does not run. */
  nextDeadline = Infinity;

  readonly #owner: IceServerOwner<Tuple>;
  readonly #random: IceRandom;
  /** ms; 0: never. */
  readonly #consentTimeout: number;
  readonly #message = new StunMessage();

  #credentials: IceCredentials;
  /** Those before the last restart, until the peer uses the new ones. */
  #oldCredentials: IceCredentials | undefined = undefined;
  #state: IceState = 'new';
  /** Newest first. */
  readonly #tuples: Tuple[] = [];
  #selectedTuple: Tuple | undefined = undefined;
  /** The highest nomination seen (draft-thatcher-ice-renomination). */
  #remoteNomination = 0;
  /** Removing a tuple may close its connection, and that must not lead back here. */
  #isRemovingTuples = false;
  #isClosed = false;

  constructor({ random, consentTimeout = DEFAULT_CONSENT_TIMEOUT }: IceServerOptions, owner: IceServerOwner<Tuple>) {
    this.#owner = owner;
    this.#random = random;
    this.#consentTimeout = clampConsentTimeout(consentTimeout) * 1000;
    this.#credentials = IceCredentials.generate(random);
    owner.onIceUfragAdded(this.usernameFragment);
  }

  get usernameFragment(): string {
    return this.#credentials.usernameFragment;
  }

  get password(): string {
    return this.#credentials.password;
  }

  get state(): IceState {
    return this.#state;
  }

  get selectedTuple(): Tuple | undefined {
    return this.#selectedTuple;
  }

  /** Newest first. */
  get tuples(): readonly Tuple[] {
    return this.#tuples;
  }

  /** Whether the peer passed a check at this address: nothing else may come from elsewhere. */
  isKnownTuple(tuple: Tuple): boolean {
    return tuple === this.#selectedTuple || this.#tuples.includes(tuple);
  }

  /** Handles a datagram or frame that `isStun`. */
  onStun(bytes: Uint8Array, offset: number, length: number, tuple: Tuple, now: number): DropReason {
    const malformed = this.#message.parse(bytes, offset, length);
    return malformed === DropReason.none ? this.onStunMessage(this.#message, tuple, now) : malformed;
  }

  /** Like `onStun`, for a message that was parsed already. */
  onStunMessage(message: StunMessage, tuple: Tuple, now: number): DropReason {
    if (this.#isClosed || message.class !== StunClass.request) return DropReason.stunNotRequest;
    // The order of these checks decides which error a peer sees.
    if (message.method !== BINDING_METHOD) {
      return this.#refuse(message, tuple, 400, 'unknown method', DropReason.stunUnknownMethod);
    }
    if (!message.has(StunAttribute.fingerprint)) {
      const reason = 'missing FINGERPRINT attribute in STUN Binding request';
      return this.#refuse(message, tuple, 400, reason, DropReason.stunIncomplete);
    }
    if (!message.has(StunAttribute.priority)) {
      const reason = 'missing PRIORITY attribute in STUN Binding request';
      return this.#refuse(message, tuple, 400, reason, DropReason.stunIncomplete);
    }
    const authentication = this.#authenticate(message);
    if (authentication === StunAuthentication.unauthorized) {
      const reason = 'wrong authentication in STUN Binding request';
      return this.#refuse(message, tuple, 401, reason, DropReason.stunUnauthorized);
    }
    if (authentication === StunAuthentication.badMessage) {
      const reason = 'cannot check authentication in STUN Binding request';
      return this.#refuse(message, tuple, 400, reason, DropReason.stunIncomplete);
    }
    if (message.isControlled) {
      const reason = 'invalid ICE-CONTROLLED attribute in STUN Binding request';
      return this.#refuse(message, tuple, 487, reason, DropReason.stunRoleConflict);
    }

    const useCandidate = message.has(StunAttribute.useCandidate);
    const nomination = message.hasNomination ? message.nomination : undefined;
    this.#accept(message, tuple);
    this.#onCheck(tuple, useCandidate, nomination, now);
    if (this.#isConnected) this.#startConsent(now);
    return DropReason.none;
  }

  /**
   * The peer sent something from here that is not STUN: answer to here (aggressive selection), if it is known and the
   * state allows it.
   */
  selectTuple(tuple: Tuple): void {
    if (this.#isConnected && this.isKnownTuple(tuple)) this.#select(tuple);
  }

  /** Its connection closed. If it was the selected tuple the newest other one takes over. */
  removeTuple(tuple: Tuple, now: number): void {
    const index = this.#tuples.indexOf(tuple);
    if (this.#isRemovingTuples || index < 0) return;
    this.#forget(index);
    if (tuple !== this.#selectedTuple) return;
    this.#selectedTuple = undefined;
    if (this.#tuples.length > 0) {
      this.#select(this.#tuples[0]);
      this.#startConsent(now);
    } else {
      this.#disconnect(now);
    }
  }

  /** New credentials. The old ones stay valid until the peer uses the new ones; nothing else changes. */
  restart(now: number): void {
    if (this.#oldCredentials !== undefined) this.#owner.onIceUfragRemoved(this.#oldCredentials.usernameFragment);
    this.#oldCredentials = this.#credentials;
    this.#credentials = IceCredentials.generate(this.#random);
    this.#remoteNomination = 0;
    this.#owner.onIceUfragAdded(this.usernameFragment);
    if (this.nextDeadline !== Infinity) this.#startConsent(now);
  }

  /** Gives fragments and tuples back. There is no event for it, and nothing happens afterwards. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.nextDeadline = Infinity;
    this.#owner.onIceUfragRemoved(this.usernameFragment);
    if (this.#oldCredentials !== undefined) this.#owner.onIceUfragRemoved(this.#oldCredentials.usernameFragment);
    this.#forgetAll();
  }

  /** Consent expired (RFC 7675 §5.1). */
  onTimeout(now: number): void {
    if (now >= this.nextDeadline) this.#disconnect(now);
  }

  get #isConnected(): boolean {
    return this.#state === 'connected' || this.#state === 'completed';
  }

  #authenticate(message: StunMessage): StunAuthentication {
    const result = message.authenticate(this.#credentials);
    const old = this.#oldCredentials;
    if (old === undefined || result === StunAuthentication.badMessage) return result;
    if (result === StunAuthentication.unauthorized) return message.authenticate(old);
    this.#oldCredentials = undefined;
    this.#owner.onIceUfragRemoved(old.usernameFragment);
    return result;
  }

  /** Success response, before anything else happens. */
  #accept(message: StunMessage, tuple: Tuple): void {
    // Old credentials are still kept here only if the request was made with them.
    const { key } = this.#oldCredentials ?? this.#credentials;
    beginResponse(StunClass.success, message).xorMappedAddress(tuple.remote).messageIntegrity(key).fingerprint();
    this.#owner.onIceSend(tuple, response.bytes, 0, response.length);
  }

  /**
   * Error response, without MESSAGE-INTEGRITY. Anybody can make us send one to anybody, so it is never longer than what
   * it answers: rather it has no reason phrase, or is not sent.
   */
  #refuse(message: StunMessage, tuple: Tuple, code: number, reason: string, dropReason: DropReason): DropReason {
    for (const phrase of [reason, '']) {
      beginResponse(StunClass.error, message).errorCode(code, phrase).fingerprint();
      if (response.length > message.length) continue;
      this.#owner.onIceSend(tuple, response.bytes, 0, response.length);
      break;
    }
    return dropReason;
  }

  /** A valid check came in. `nomination` is undefined without the attribute. */
  #onCheck(tuple: Tuple, useCandidate: boolean, nomination: number | undefined, now: number): void {
    this.#add(tuple);
    if (this.#isClosed) return;
    const isNewNomination = nomination !== undefined && nomination > this.#remoteNomination;
    if (this.#state === 'completed') {
      if (isNewNomination || useCandidate) this.#nominate(tuple, isNewNomination ? nomination : undefined);
    } else if (nomination !== undefined ? isNewNomination : useCandidate) {
      this.#state = 'completed';
      this.#nominate(tuple, nomination);
      this.#emitState(now);
    } else if (this.#state !== 'connected' && nomination === undefined) {
      this.#state = 'connected';
      this.#select(tuple);
      this.#emitState(now);
    }
  }

  #nominate(tuple: Tuple, nomination: number | undefined): void {
    if (nomination !== undefined) this.#remoteNomination = nomination;
    this.#select(tuple);
  }

  #select(tuple: Tuple): void {
    if (tuple === this.#selectedTuple) return;
    this.#selectedTuple = tuple;
    this.#owner.onIceSelectedTuple(tuple);
  }

  #add(tuple: Tuple): void {
    if (this.#isClosed || this.isKnownTuple(tuple)) return;
    this.#tuples.unshift(tuple);
    this.#owner.onIceTupleAdded(tuple);
    if (this.#tuples.length > MAX_TUPLES) {
      this.#forget(this.#tuples.findLastIndex(other => other !== this.#selectedTuple));
    }
  }

  #forget(index: number): void {
    const [tuple] = this.#tuples.splice(index, 1);
    this.#isRemovingTuples = true;
    this.#owner.onIceTupleRemoved(tuple);
    this.#isRemovingTuples = false;
  }

  #forgetAll(): void {
    this.#selectedTuple = undefined;
    while (this.#tuples.length > 0) this.#forget(0);
  }

  #disconnect(now: number): void {
    this.#state = 'disconnected';
    this.#remoteNomination = 0;
    this.nextDeadline = Infinity;
    this.#forgetAll();
    this.#emitState(now);
  }

  #emitState(now: number): void {
    if (!this.#isClosed && this.#state !== 'new') this.#owner.onIceStateChange(this.#state, now);
  }

  #startConsent(now: number): void {
    if (this.#consentTimeout > 0 && !this.#isClosed) this.nextDeadline = now + this.#consentTimeout;
  }
}

/** Responses are sent before the next one is made, so all servers share the buffer. */
const response = new StunWriter(256);

function beginResponse(stunClass: StunClass, request: StunMessage): StunWriter {
  return response.begin(stunClass, request.method, request.bytes, request.offset + 8);
}
