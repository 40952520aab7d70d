import { sendAbort } from './association-context.js';
import { capabilitiesOf, capabilityParameters, negotiate } from './capabilities.js';
import { encodeCookieEcho } from './chunks/cookie-echo.js';
import { encodeError } from './chunks/error.js';
import { encodeInit, type InitChunk } from './chunks/init.js';
import { encodeInitAck } from './chunks/init-ack.js';
import { encodeShutdownAck } from './chunks/shutdown-ack.js';
import { findParameter, type Parameter } from './parameters/parameter.js';
import { implementationOf, type StateCookie, StateCookies } from './state-cookie.js';
import { Timer } from './timer.js';
import { type ConnectedContext, type TcbParameters, TransmissionControlBlock } from './transmission-control-block.js';

/** RFC 9260 §16: Valid.Cookie.Life, ms. */
const COOKIE_LIFETIME = 60_000;

/**
 * The four-way handshake (RFC 9260 §5): INIT, INIT ACK, COOKIE ECHO, COOKIE ACK. Both sides may begin it at the same
 * time, and a peer that restarted may begin it anew (§5.2).
 */
export class Handshake {
  readonly #context: ConnectedContext;
  readonly #cookies: StateCookies;
  readonly #t1Init: Timer;
  readonly #t1Cookie: Timer;
  /** Of our INIT; 0 before. */
  #localTag = 0;
  #localInitialTsn = 0;

  constructor(context: ConnectedContext) {
    const { options } = context;
    this.#context = context;
    this.#cookies = new StateCookies(options.random);
    this.#t1Init = new Timer(options.maxInitRetransmissions);
    this.#t1Cookie = new Timer(options.maxInitRetransmissions);
  }

  get nextDeadline(): number {
    return Math.min(this.#t1Init.deadline, this.#t1Cookie.deadline);
  }

  /** That an INIT ACK must carry. */
  get localTag(): number {
    return this.#localTag;
  }

  start(now: number): void {
    const context = this.#context;
    this.#localTag = this.#randomTag();
    this.#localInitialTsn = context.options.random.uint32();
    this.#sendInit();
    this.#t1Init.start(now, context.options.t1Timeout);
    context.state = 'cookieWait';
    context.events.add({ kind: 'connecting' });
  }

  stop(): void {
    this.#t1Init.stop();
    this.#t1Cookie.stop();
  }

  onTimeout(now: number): void {
    if (this.#t1Init.expire(now)) {
      if (this.#t1Init.isRunning) this.#sendInit();
      else this.#context.close('tooManyRetries', 'no INIT ACK received');
    }
    if (this.#t1Cookie.expire(now)) {
      if (this.#t1Cookie.isRunning) this.#context.tcb!.sendPackets(now);
      else this.#context.close('tooManyRetries', 'no COOKIE ACK received');
    }
  }

  onInit(init: InitChunk, now: number): void {
    const context = this.#context;
    // RFC 9260 §3.3.2
    if (init.initiateTag === 0) return;
    if (init.outboundStreams === 0 || init.inboundStreams === 0) {
      // Anybody can send an INIT, so it does no harm to an association that exists.
      sendAbort(context, init.initiateTag, { kind: 'protocolViolation', information: 'INIT with 0 streams' });
      return;
    }

    let localTag = this.#localTag;
    let localInitialTsn = this.#localInitialTsn;
    switch (context.state) {
      case 'closed':
        return;
      case 'shutdownAckSent':
        // RFC 9260 §9.2: the SHUTDOWN COMPLETE was lost.
        context.tcb!.sendChunk(encodeShutdownAck());
        return;
      case 'cookieWait':
      case 'cookieEchoed':
        // RFC 9260 §5.2.1: both sides begin. The answer is what our own INIT says.
        break;
      default:
        // RFC 9260 §5.1, §5.2.2: the first one, or one of a peer that seems to have restarted.
        localTag = this.#randomTag();
        localInitialTsn = context.options.random.uint32();
    }

    const peerCapabilities = capabilitiesOf(init);
    const cookie = this.#cookies.write({
      localTag,
      peerTag: init.initiateTag,
      localInitialTsn,
      peerInitialTsn: init.initialTsn,
      peerWindow: init.advertisedReceiverWindow,
      tieTag: context.state === 'cookieEchoed' ? 0n : (context.tcb?.tieTag ?? 0n),
      peerCapabilities,
      createdAt: now,
    });
    const initAck = this.#init(localTag, localInitialTsn, [{ kind: 'stateCookie', cookie }]);
    const { zeroChecksum } = negotiate(context.options, peerCapabilities);
    context.packets.sendChunk(encodeInitAck(initAck), init.initiateTag, !zeroChecksum);
  }

  onInitAck(initAck: InitChunk, now: number): void {
    const context = this.#context;
    // RFC 9260 §5.2.3
    if (context.state !== 'cookieWait') return;
    const cookie = findParameter(initAck.parameters, 'stateCookie')?.cookie;
    if (cookie === undefined || cookie.length === 0) {
      this.#refuse(initAck, 'INIT ACK without a state cookie');
      return;
    }
    const cookieEcho = encodeCookieEcho({ cookie });
    if (cookieEcho.length > context.packets.maxChunkLength) {
      this.#refuse(initAck, 'INIT ACK with a state cookie that does not fit a packet');
      return;
    }
    // RFC 9260 §3.3.3
    if (initAck.initiateTag === 0 || initAck.outboundStreams === 0 || initAck.inboundStreams === 0) {
      this.#refuse(initAck, 'INIT ACK with a tag of 0 or with 0 streams');
      return;
    }

    context.peerImplementation = implementationOf(cookie);
    this.#t1Init.stop();
    const tcb = this.#createTcb(
      {
        localTag: this.#localTag,
        peerTag: initAck.initiateTag,
        localInitialTsn: this.#localInitialTsn,
        peerInitialTsn: initAck.initialTsn,
        peerWindow: initAck.advertisedReceiverWindow,
        tieTag: this.#randomTieTag(),
        negotiated: negotiate(context.options, capabilitiesOf(initAck)),
      },
      now,
    );
    context.state = 'cookieEchoed';
    tcb.cookieEcho = cookieEcho;
    tcb.sendPackets(now);
    this.#t1Cookie.start(now, context.options.t1Timeout);
    context.events.add({ kind: 'connecting' });
  }

  onCookieEcho(bytes: Uint8Array, verificationTag: number, now: number): void {
    const context = this.#context;
    const cookie = this.#cookies.read(bytes);
    // RFC 9260 §5.1.5: silently.
    if (cookie === undefined || context.state === 'closed') return;
    const staleness = now - cookie.createdAt - COOKIE_LIFETIME;
    if (staleness > 0) {
      const stalenessUs = Math.min(Math.ceil(staleness * 1000), 0xffffffff);
      context.packets.sendChunk(encodeError({ causes: [{ kind: 'staleCookie', stalenessUs }] }), cookie.peerTag);
      return;
    }
    const accepted =
      context.tcb === undefined
        ? verificationTag === cookie.localTag
        : this.#resolveCollision(context.tcb, cookie, verificationTag);
    if (!accepted) return;

    this.stop();
    const tcb =
      context.tcb ??
      this.#createTcb(
        {
          localTag: cookie.localTag,
          peerTag: cookie.peerTag,
          localInitialTsn: cookie.localInitialTsn,
          peerInitialTsn: cookie.peerInitialTsn,
          peerWindow: cookie.peerWindow,
          tieTag: this.#randomTieTag(),
          negotiated: negotiate(context.options, cookie.peerCapabilities),
        },
        now,
      );
    this.#establish(tcb);
    tcb.sendPackets(now, true);
  }

  onCookieAck(now: number): void {
    // RFC 9260 §5.2.5
    if (this.#context.state !== 'cookieEchoed') return;
    this.#t1Cookie.stop();
    const tcb = this.#context.tcb!;
    this.#establish(tcb);
    tcb.sendPackets(now);
  }

  /** What a COOKIE ECHO means to an association that exists (RFC 9260 §5.2.4). False: nothing. */
  #resolveCollision(tcb: TransmissionControlBlock, cookie: StateCookie, verificationTag: number): boolean {
    const context = this.#context;
    // A cookie is echoed by who got it.
    if (verificationTag !== cookie.localTag) return false;
    const isLocalTagSame = cookie.localTag === tcb.localTag;
    const isPeerTagSame = cookie.peerTag === tcb.peerTag;
    // D: the COOKIE ECHO or COOKIE ACK came late or twice, or both sides began.
    if (isLocalTagSame && isPeerTagSame) return true;
    // B: both sides began, and this is not the INIT that was answered.
    if (isLocalTagSame) {
      this.#dropTcb();
      return true;
    }
    // A: the peer restarted. C, and cookies of earlier associations, mean nothing.
    if (isPeerTagSame || cookie.tieTag !== tcb.tieTag) return false;
    if (context.state === 'shutdownAckSent') {
      context.packets.sendChunk(encodeShutdownAck(), cookie.peerTag);
      context.packets.sendChunk(encodeError({ causes: [{ kind: 'cookieReceivedWhileShuttingDown' }] }), cookie.peerTag);
      return false;
    }
    this.#dropTcb();
    context.events.add({ kind: 'restart' });
    return true;
  }

  #establish(tcb: TransmissionControlBlock): void {
    const context = this.#context;
    tcb.cookieEcho = undefined;
    if (context.state !== 'new' && context.state !== 'cookieWait' && context.state !== 'cookieEchoed') return;
    context.state = 'established';
    context.events.add({ kind: 'connected', negotiated: tcb.negotiated });
  }

  #createTcb(parameters: TcbParameters, now: number): TransmissionControlBlock {
    this.#context.tcb = new TransmissionControlBlock(parameters, this.#context, now);
    return this.#context.tcb;
  }

  #dropTcb(): void {
    this.#context.tcb!.close();
    this.#context.tcb = undefined;
  }

  /** The peer cannot be talked to. */
  #refuse(initAck: InitChunk, information: string): void {
    const context = this.#context;
    const cause = { kind: 'protocolViolation', information } as const;
    if (initAck.initiateTag === 0) sendAbort(context, this.#localTag, cause, true);
    else sendAbort(context, initAck.initiateTag, cause);
    context.close('protocolViolation', information);
  }

  #sendInit(): void {
    // RFC 9260 §8.5.1 A; RFC 9653 §5.2: always with a checksum.
    this.#context.packets.sendChunk(encodeInit(this.#init(this.#localTag, this.#localInitialTsn, [])), 0);
  }

  #init(initiateTag: number, initialTsn: number, parameters: readonly Parameter[]): InitChunk {
    const { options } = this.#context;
    return {
      initiateTag,
      advertisedReceiverWindow: options.maxReceiverWindowBufferSize,
      outboundStreams: options.announcedMaxOutboundStreams,
      inboundStreams: options.announcedMaxInboundStreams,
      initialTsn,
      parameters: [...parameters, ...capabilityParameters(options)],
    };
  }

  /** Not 0. */
  #randomTag(): number {
    for (;;) {
      const tag = this.#context.options.random.uint32();
      if (tag !== 0) return tag;
    }
  }

  #randomTieTag(): bigint {
    const { random } = this.#context.options;
    return (BigInt(this.#randomTag()) << 32n) | BigInt(random.uint32());
  }
}
