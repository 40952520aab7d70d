import { DropReason } from '../../../src/common/drop-reason.js';
import { IceCredentials } from '../../../src/ice/credentials.js';
import { IceServer, type IceServerOwner, type IceTuple } from '../../../src/ice/ice-server.js';
import {
  BINDING_METHOD,
  StunAttribute,
  StunClass,
  StunMessage,
  type StunCredentials,
  StunWriter,
} from '../../../src/ice/stun-message.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Random bytes that become these texts (of 32 characters), one after the other; then a repeating pattern. */
export class ScriptedRandom {
  readonly #texts: string[];
  #count = 0;

  constructor(...texts: string[]) {
    this.#texts = texts;
  }

  fill(bytes: Uint8Array): void {
    const text = this.#texts.shift() ?? `${String(this.#count++).padStart(4, '0')}${'x'.repeat(28)}`;
    for (let i = 0; i < bytes.length; i++) bytes[i] = ALPHABET.indexOf(text[i % text.length]);
  }
}

export const tuple = (port: number, protocol: 'udp' | 'tcp' = 'udp', ip = '192.0.2.1'): IceTuple => ({
  protocol,
  remote: { ip, port, family: ip.includes(':') ? 6 : 4 },
});

export interface RequestOptions {
  username?: string | null;
  /** What MESSAGE-INTEGRITY is made with; null: none. */
  credentials?: StunCredentials | null;
  type?: { class: StunClass; method: number };
  priority?: boolean;
  fingerprint?: boolean;
  controlled?: bigint;
  useCandidate?: boolean;
  nomination?: number;
  oldNomination?: number;
  extra?: [type: number, length: number][];
  extraAfter?: [type: number, length: number][];
  transactionId?: string;
}

/** A Binding request as a peer sends it. */
export function bindingRequest(credentials: StunCredentials, options: RequestOptions = {}): Uint8Array {
  const writer = new StunWriter(65_535);
  const { class: stunClass, method } = options.type ?? { class: StunClass.request, method: BINDING_METHOD };
  writer.begin(stunClass, method, Buffer.from(options.transactionId ?? 'transaction1'), 0);
  const username = options.username === undefined ? `${credentials.usernameFragment}:remote` : options.username;
  if (username !== null) writer.text(StunAttribute.username, username);
  if (options.priority !== false) writer.uint32(StunAttribute.priority, 1853824767);
  if (options.controlled !== undefined) writer.uint64(StunAttribute.iceControlled, options.controlled);
  else writer.uint64(StunAttribute.iceControlling, 7n);
  if (options.useCandidate) writer.flag(StunAttribute.useCandidate);
  if (options.nomination !== undefined) writer.uint32(StunAttribute.nomination, options.nomination);
  if (options.oldNomination !== undefined) writer.uint32(StunAttribute.oldNomination, options.oldNomination);
  for (const [type, length] of options.extra ?? []) writer.attribute(type, new Uint8Array(length));
  if (options.credentials !== null) writer.messageIntegrity((options.credentials ?? credentials).key);
  for (const [type, length] of options.extraAfter ?? []) writer.attribute(type, new Uint8Array(length));
  if (options.fingerprint !== false) writer.fingerprint();
  return writer.bytes.slice(0, writer.length);
}

/** An IceServer whose owner writes everything down. */
export class RecordingServer implements IceServerOwner<IceTuple> {
  readonly server: IceServer<IceTuple>;
  /** What the owner was told, in order, as text; `send 1 -> success` stands for a response to port 1. */
  log: string[] = [];
  /** The last response. */
  response: Uint8Array | undefined = undefined;
  /** Called in the middle of the named event. */
  onEvent: (event: string) => void = () => {};

  constructor(options: { consentTimeout?: number; random?: ScriptedRandom } = {}) {
    this.server = new IceServer({ random: new ScriptedRandom(), ...options }, this);
  }

  get credentials(): IceCredentials {
    return new IceCredentials(this.server.usernameFragment, this.server.password);
  }

  /** What happened since the last call. */
  events(): string[] {
    return this.log.splice(0);
  }

  /** Sends a request with the server's current credentials, or those given. */
  request(from: IceTuple, options: RequestOptions & { with?: StunCredentials } = {}, now = 0): DropReason {
    const bytes = bindingRequest(options.with ?? this.credentials, options);
    return this.server.onStun(bytes, 0, bytes.length, from, now);
  }

  onIceSend(to: IceTuple, bytes: Uint8Array, offset: number, length: number): void {
    this.response = bytes.slice(offset, offset + length);
    this.#record(`send ${to.remote.port}`, describeResponse(this.response));
  }
  onIceUfragAdded(usernameFragment: string): void {
    this.#record('ufrag added', usernameFragment.slice(0, 4));
  }
  onIceUfragRemoved(usernameFragment: string): void {
    this.#record('ufrag removed', usernameFragment.slice(0, 4));
  }
  onIceTupleAdded(added: IceTuple): void {
    this.#record('added', added.remote.port);
  }
  onIceTupleRemoved(removed: IceTuple): void {
    this.#record('removed', removed.remote.port);
  }
  onIceSelectedTuple(selected: IceTuple): void {
    this.#record('selected', selected.remote.port);
  }
  onIceStateChange(state: string, now: number): void {
    this.#record(state, `at ${now}`);
  }

  #record(event: string, detail: string | number): void {
    this.log.push(`${event} ${detail}`);
    this.onEvent(event);
  }
}

/** `success`, or an error with its reason: "401 wrong ...". */
export function describeResponse(bytes: Uint8Array): string {
  const message = new StunMessage();
  const malformed = message.parse(bytes, 0, bytes.length);
  if (malformed !== DropReason.none) return `malformed (${malformed})`;
  if (message.class === StunClass.success) return 'success';
  const value = message.value(StunAttribute.errorCode)!;
  return `${value[2] * 100 + value[3]} ${value.subarray(4).toString()}`;
}

/** The types of a message's attributes, in order. */
export function attributeTypes(bytes: Uint8Array): number[] {
  const types: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 20; at < bytes.length; at += 4 + ((view.getUint16(at + 2) + 3) & ~3)) types.push(view.getUint16(at));
  return types;
}
