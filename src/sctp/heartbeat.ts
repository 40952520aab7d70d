import { encodeHeartbeat, type HeartbeatChunk } from './chunks/heartbeat.js';
import { encodeHeartbeatAck } from './chunks/heartbeat-ack.js';
import { type SctpAssociationOptions } from './options.js';
import { findParameter } from './parameters/parameter.js';
import { type RetransmissionTimeout } from './retransmission-timeout.js';
import { Timer } from './timer.js';

export interface HeartbeatContext {
  readonly options: Pick<SctpAssociationOptions, 'heartbeatInterval' | 'heartbeatIntervalIncludesRtt'>;
  readonly rto: RetransmissionTimeout;
  readonly isEstablished: boolean;
  sendChunk(chunk: Uint8Array): void;
  /** The peer answered. */
  onAlive(): void;
  /** The peer did not answer in time. */
  onHeartbeatLost(): void;
  onMalformedAck(message: string): void;
}

/** Asks a peer to which nothing is sent whether it is still there, and measures the round trip time (RFC 9260 §8.3). */
export class Heartbeat {
  readonly #context: HeartbeatContext;
  readonly #interval = new Timer(Infinity, 1);
  readonly #timeout = new Timer(0);

  constructor(context: HeartbeatContext, now: number) {
    this.#context = context;
    this.restart(now);
  }

  get nextDeadline(): number {
    return Math.min(this.#interval.deadline, this.#timeout.deadline);
  }

  /** Data were sent: they tell as much. */
  restart(now: number): void {
    const { options, rto } = this.#context;
    if (options.heartbeatInterval === 0) return;
    this.#interval.start(now, options.heartbeatInterval + (options.heartbeatIntervalIncludesRtt ? rto.rto : 0));
  }

  stop(): void {
    this.#interval.stop();
    this.#timeout.stop();
  }

  onHeartbeat(heartbeat: HeartbeatChunk): void {
    this.#context.sendChunk(encodeHeartbeatAck(heartbeat));
  }

  onHeartbeatAck(heartbeatAck: HeartbeatChunk, now: number): void {
    this.#timeout.stop();
    const info = findParameter(heartbeatAck.parameters, 'heartbeatInfo')?.info;
    if (info === undefined || info.length !== INFO_LENGTH) {
      this.#context.onMalformedAck('HEARTBEAT ACK without the Heartbeat Info that was sent');
      return;
    }
    // The peer may have made it up; a wrong time only spoils the round trip time to that peer.
    const sentAt = new DataView(info.buffer, info.byteOffset).getFloat64(0);
    if (sentAt > 0 && sentAt <= now) this.#context.rto.observe(now - sentAt);
    this.#context.onAlive();
  }

  onTimeout(now: number): void {
    // The answer to the last one is due before the next one is sent.
    if (this.#timeout.expire(now)) this.#context.onHeartbeatLost();
    if (this.#interval.expire(now) && this.#context.isEstablished) {
      this.#timeout.start(now, this.#context.rto.rto);
      const info = new Uint8Array(INFO_LENGTH);
      new DataView(info.buffer).setFloat64(0, now);
      this.#context.sendChunk(encodeHeartbeat({ parameters: [{ kind: 'heartbeatInfo', info }] }));
    }
  }
}

/** The time at which it was sent, ms. */
const INFO_LENGTH = 8;
