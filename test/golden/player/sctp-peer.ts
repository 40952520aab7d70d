import { type Arrival } from './endpoint.js';
import { type JsonObject } from './recording.js';
import {
  ChunkType,
  chunkTypeOf,
  ParameterType,
  readInit,
  readParameters,
  readSctpPacket,
  type SctpChunk,
  type SctpParameter,
  uint32,
  writeDataChunk,
  writeForwardTsn,
  writeInit,
  writeOutgoingReset,
  writeParameters,
  writeResetResponse,
  writeSack,
  writeSctpPacket,
} from './sctp-wire.js';

/** What the peer answers by itself. */
interface Automatic {
  init: boolean;
  initAck: boolean;
  cookieEcho: boolean;
  sack: boolean;
  heartbeat: boolean;
  reconfig: boolean;
  shutdown: boolean;
}

interface SctpPeerOptions {
  readonly tag?: number;
  readonly tsn?: number;
  readonly rwnd?: number;
  readonly os?: number;
  readonly mis?: number;
  readonly extensions?: readonly number[];
  readonly partialReliability?: boolean;
  readonly auto?: Partial<Automatic>;
  /** TSNs of the worker (relative) whose first transmission counts as lost. */
  readonly lose?: readonly number[];
}

const COOKIE = Buffer.from('the cookie of the scripted peer.');

/** A scripted SCTP peer: it answers what has to be answered, and sends what it is told to. */
export class SctpPeer {
  readonly #send: (packet: Buffer) => void;
  readonly #tag: number;
  readonly tsn: number;
  readonly #rwnd: number;
  readonly #os: number;
  readonly #mis: number;
  readonly #parameters: readonly SctpParameter[];
  readonly #automatic: Automatic;
  readonly #lost: Set<number>;
  #theirTag = 0;
  /** The initial TSN of the worker. */
  theirTsn = 0;
  #theirCookie: Buffer = Buffer.alloc(0);
  /** Up to where everything has come; TSNs are relative to the first one of the worker. */
  #cumulative = -1;
  readonly #received = new Set<number>();

  constructor(options: SctpPeerOptions, send: (packet: Buffer) => void) {
    this.#send = send;
    this.#tag = options.tag ?? 0x11223344;
    this.tsn = options.tsn ?? 1000;
    this.#rwnd = options.rwnd ?? 1_500_000;
    this.#os = options.os ?? 100;
    this.#mis = options.mis ?? 100;
    const extensions = options.extensions ?? [ChunkType.RE_CONFIG, ChunkType.FORWARD_TSN];
    this.#parameters = [
      { type: ParameterType.SUPPORTED_EXTENSIONS, value: Buffer.from(extensions) },
      ...(options.partialReliability === false
        ? []
        : [{ type: ParameterType.FORWARD_TSN_SUPPORTED, value: Buffer.alloc(0) }]),
    ];
    this.#automatic = {
      init: true,
      initAck: true,
      cookieEcho: true,
      sack: true,
      heartbeat: true,
      reconfig: true,
      shutdown: true,
      ...options.auto,
    };
    this.#lost = new Set(options.lose ?? []);
  }

  set(automatic: Partial<Automatic>): void {
    Object.assign(this.#automatic, automatic);
  }

  isOwnCookie(cookie: Buffer): boolean {
    return cookie.equals(COOKIE);
  }

  onArrival({ bytes }: Arrival): void {
    let mustSack = false;
    for (const chunk of readSctpPacket(bytes).chunks) {
      if (isAcknowledged(chunk.type)) {
        this.#track(chunk);
        mustSack = true;
      } else {
        this.#answer(chunk);
      }
    }
    if (mustSack && this.#automatic.sack) this.sendSack();
  }

  /** Sends one packet of chunks as recordings describe them. */
  sendChunks(chunks: readonly JsonObject[], verificationTag = this.#theirTag, crc?: 'bad' | 'zero'): void {
    const checksum = (right: number): number => (crc === 'bad' ? (right ^ 1) >>> 0 : crc === 'zero' ? 0 : right);
    const packet = writeSctpPacket(
      verificationTag,
      chunks.map(chunk => this.#write(chunk)),
      checksum,
    );
    this.#send(packet);
  }

  /** Acknowledges all received so far. */
  sendSack(): void {
    const gaps: [number, number][] = [];
    for (const tsn of [...this.#received].filter(tsn => tsn > this.#cumulative).sort((a, b) => a - b)) {
      const offset = tsn - this.#cumulative;
      const last = gaps.at(-1);
      if (last !== undefined && last[1] === offset - 1) last[1] = offset;
      else gaps.push([offset, offset]);
    }
    const cum = (this.theirTsn + this.#cumulative) >>> 0;
    this.#sendChunk(ChunkType.SACK, writeSack({ cum, rwnd: this.#rwnd, gaps, duplicates: [] }));
  }

  #track({ type, value }: SctpChunk): void {
    const tsn = (value.readUInt32BE(0) - this.theirTsn) | 0;
    if (type === ChunkType.FORWARD_TSN || type === ChunkType.I_FORWARD_TSN) {
      this.#cumulative = Math.max(this.#cumulative, tsn);
    } else if (!this.#lost.delete(tsn)) {
      this.#received.add(tsn);
    }
    while (this.#received.has(this.#cumulative + 1)) this.#cumulative++;
  }

  #answer({ type, value }: SctpChunk): void {
    const automatic = this.#automatic;
    switch (type) {
      case ChunkType.INIT:
        this.#meet(value);
        if (automatic.init) this.#sendChunk(ChunkType.INIT_ACK, this.#init({}, true));
        return;
      case ChunkType.INIT_ACK:
        this.#meet(value);
        this.#theirCookie =
          readInit(value).parameters.find(parameter => parameter.type === ParameterType.STATE_COOKIE)?.value ??
          Buffer.alloc(0);
        if (automatic.initAck) this.#sendChunk(ChunkType.COOKIE_ECHO, this.#theirCookie);
        return;
      case ChunkType.COOKIE_ECHO:
        if (automatic.cookieEcho) this.#sendChunk(ChunkType.COOKIE_ACK);
        return;
      case ChunkType.HEARTBEAT:
        if (automatic.heartbeat) this.#sendChunk(ChunkType.HEARTBEAT_ACK, value);
        return;
      case ChunkType.RE_CONFIG:
        if (automatic.reconfig) this.#answerReconfig(value);
        return;
      case ChunkType.SHUTDOWN:
        if (automatic.shutdown) this.#sendChunk(ChunkType.SHUTDOWN_ACK);
        return;
      case ChunkType.SHUTDOWN_ACK:
        if (automatic.shutdown) this.#sendChunk(ChunkType.SHUTDOWN_COMPLETE);
        return;
    }
  }

  #meet(init: Buffer): void {
    const { tag, tsn } = readInit(init);
    this.#theirTag = tag;
    this.theirTsn = tsn;
  }

  /** Every request is performed. */
  #answerReconfig(value: Buffer): void {
    for (const parameter of readParameters(value)) {
      if (parameter.type === ParameterType.RECONFIG_RESPONSE) continue;
      const response = { type: ParameterType.RECONFIG_RESPONSE, value: uint32(parameter.value.readUInt32BE(0), 1) };
      this.#sendChunk(ChunkType.RE_CONFIG, writeParameters([response]));
    }
  }

  #sendChunk(type: number, value: Buffer = Buffer.alloc(0), flags = 0): void {
    this.#send(writeSctpPacket(this.#theirTag, [{ type, flags, value }]));
  }

  #init(chunk: JsonObject, withCookie: boolean): Buffer {
    return writeInit({
      tag: (chunk.tag as number | undefined) ?? this.#tag,
      rwnd: this.#rwnd,
      os: (chunk.os as number | undefined) ?? this.#os,
      mis: (chunk.mis as number | undefined) ?? this.#mis,
      tsn: this.tsn,
      parameters: withCookie
        ? [{ type: ParameterType.STATE_COOKIE, value: COOKIE }, ...this.#parameters]
        : this.#parameters,
    });
  }

  #write(chunk: JsonObject): SctpChunk {
    const numbers = {
      own: (relative: number) => this.tsn + relative,
      theirs: (relative: number) => this.theirTsn + relative,
    };
    const type = chunkTypeOf(chunk.type);
    const plain = (value: Buffer): SctpChunk => ({ type, flags: (chunk.flags as number | undefined) ?? 0, value });
    switch (chunk.type) {
      case 'DATA':
      case 'I_DATA':
        return writeDataChunk(chunk, numbers);
      case 'INIT':
      case 'INIT_ACK':
        return plain(this.#init(chunk, chunk.type === 'INIT_ACK' && chunk.noCookie !== true));
      case 'COOKIE_ECHO':
        return plain(chunk.hex === undefined ? this.#theirCookie : Buffer.from(chunk.hex as string, 'hex'));
      case 'SACK': {
        const gaps = (chunk.gaps as [number, number][] | undefined) ?? [];
        const rwnd = (chunk.rwnd as number | undefined) ?? this.#rwnd;
        return plain(writeSack({ cum: numbers.theirs(chunk.cum as number), rwnd, gaps, duplicates: [] }));
      }
      case 'FORWARD_TSN':
        return plain(writeForwardTsn(chunk, numbers));
      case 'HEARTBEAT': {
        const info = { type: ParameterType.HEARTBEAT_INFO, value: Buffer.from(chunk.hex as string, 'hex') };
        return plain(writeParameters([info]));
      }
      case 'SHUTDOWN':
        return plain(uint32(numbers.theirs(chunk.cum as number)));
      case 'OUTGOING_RESET':
        return { type: ChunkType.RE_CONFIG, flags: 0, value: writeOutgoingReset(chunk, numbers) };
      case 'RESET_RESPONSE':
        return { type: ChunkType.RE_CONFIG, flags: 0, value: writeResetResponse(chunk, numbers) };
      default:
        return plain(Buffer.from((chunk.hex as string | undefined) ?? '', 'hex'));
    }
  }
}

const isAcknowledged = (type: number): boolean =>
  type === ChunkType.DATA ||
  type === ChunkType.I_DATA ||
  type === ChunkType.FORWARD_TSN ||
  type === ChunkType.I_FORWARD_TSN;
