import { type ConnectedContext } from './transmission-control-block.js';
import { sendAbort } from './association-context.js';
import { encodeShutdown } from './chunks/shutdown.js';
import { encodeShutdownAck } from './chunks/shutdown-ack.js';
import { encodeShutdownComplete } from './chunks/shutdown-complete.js';
import { Timer } from './timer.js';

/** The orderly end of an association (RFC 9260 §9.2): SHUTDOWN, SHUTDOWN ACK, SHUTDOWN COMPLETE. */
export class Shutdown {
  readonly #context: ConnectedContext;
  readonly #t2: Timer;

  constructor(context: ConnectedContext) {
    this.#context = context;
    this.#t2 = new Timer(context.options.maxRetransmissions);
  }

  get nextDeadline(): number {
    return this.#t2.deadline;
  }

  stop(): void {
    this.#t2.stop();
  }

  /** Our side wants to end. Nothing was sent if there is no TCB. */
  start(now: number): void {
    const context = this.#context;
    if (context.tcb === undefined) {
      if (context.state !== 'closed') context.close();
    } else if (context.state === 'established' || context.state === 'cookieEchoed') {
      context.tcb.cookieEcho = undefined;
      context.state = 'shutdownPending';
      context.tcb.sendPackets(now);
      this.continue(now);
    }
  }

  /** Goes on if everything has been sent and acknowledged. */
  continue(now: number): void {
    const { state, tcb, sendQueue } = this.#context;
    if (state !== 'shutdownPending' && state !== 'shutdownReceived') return;
    if (!tcb!.retransmissions.outstanding.isEmpty || !sendQueue.isEmpty) return;
    this.#context.state = state === 'shutdownPending' ? 'shutdownSent' : 'shutdownAckSent';
    this.#send();
    this.#t2.start(now, tcb!.rto.rto);
  }

  /** The peer, which was told that we end, still sends data: it may not know. */
  onData(now: number): void {
    if (this.#context.state !== 'shutdownSent') return;
    this.#send();
    this.#t2.start(now, this.#context.tcb!.rto.rto);
  }

  onShutdown(now: number): void {
    const context = this.#context;
    switch (context.state) {
      case 'established':
      case 'shutdownPending':
        context.state = 'shutdownReceived';
        context.tcb!.sendPackets(now);
        this.continue(now);
        break;
      case 'shutdownSent':
        // Both sides end at the same time.
        context.state = 'shutdownAckSent';
        this.#send();
        this.#t2.start(now, context.tcb!.rto.rto);
        break;
      case 'shutdownAckSent':
        this.#send();
        break;
      default:
        break;
    }
  }

  onShutdownAck(verificationTag: number): void {
    const { state, tcb, packets } = this.#context;
    if (state === 'shutdownSent' || state === 'shutdownAckSent') {
      tcb!.sendChunk(encodeShutdownComplete({ tagReflected: false }));
      this.#context.close();
    } else {
      // RFC 9260 §8.4 5): our SHUTDOWN COMPLETE may have been lost.
      packets.sendChunk(encodeShutdownComplete({ tagReflected: true }), verificationTag);
    }
  }

  onShutdownComplete(): void {
    if (this.#context.state === 'shutdownAckSent') this.#context.close();
  }

  onTimeout(now: number): void {
    if (!this.#t2.expire(now)) return;
    if (this.#t2.isRunning) {
      this.#send();
      return;
    }
    const reason = 'too many retransmissions of SHUTDOWN chunk';
    sendAbort(this.#context, this.#context.tcb!.peerTag, { kind: 'userInitiatedAbort', reason });
    this.#context.close('tooManyRetries', 'no answer to SHUTDOWN');
  }

  #send(): void {
    const { state, tcb } = this.#context;
    if (state === 'shutdownAckSent') tcb!.sendChunk(encodeShutdownAck());
    else tcb!.sendChunk(encodeShutdown({ cumulativeTsn: tcb!.receiver.tracker.cumulativeTsn }));
  }
}
