import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type HandshakeTarget } from './handshake-client.js';
import { type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';

/** A stream that a generator sends to a transport. */
export interface GeneratorStream {
  /** Of 127.0.0.1. */
  port: number;
  ssrc: number;
  payloadType: number;
  /** How each payload starts. */
  payload: number[];
  srtp: { suite: SrtpSuiteName; key: string } | undefined;
}

export interface SinkReport {
  /** Packets. */
  received: number;
  /** Time from the generator to here, ms. */
  p50: number;
  p99: number;
  max: number;
}

export type Command =
  | { do: 'open'; count: number; read: number }
  | { do: 'fingerprint' }
  | { do: 'shake hands'; targets: HandshakeTarget[]; rate: number | null }
  | { do: 'reset' }
  | { do: 'report' }
  | { do: 'send'; streams: GeneratorStream[]; rate: number; size: number; count: number };

/** A process that makes load, or takes it. */
export class LoadProcess {
  readonly #child: ChildProcess = fork(new URL('./load-process.mjs', import.meta.url));

  /** Opens sockets, of which the first `read` are read, and the rest are left to overflow. Their ports. */
  open(count: number, read: number): Promise<number[]> {
    return this.#run({ do: 'open', count, read });
  }

  reset(): Promise<void> {
    return this.#run({ do: 'reset' });
  }

  /** What those sockets got that are read, since `reset`. */
  report(): Promise<SinkReport> {
    return this.#run({ do: 'report' });
  }

  /**
   * @param rate packets per second of all streams together
   * @param size of the payload in bytes
   */
  send(streams: GeneratorStream[], rate: number, size: number, count: number): Promise<void> {
    return this.#run({ do: 'send', streams, rate, size, count });
  }

  /** Of the certificate that `shakeHands` shows; sha-256. */
  fingerprint(): Promise<string> {
    return this.#run({ do: 'fingerprint' });
  }

  /** Makes a handshake with each target, `rate` per second; Infinity: all at once. */
  shakeHands(targets: HandshakeTarget[], rate: number): Promise<void> {
    return this.#run({ do: 'shake hands', targets, rate: rate === Infinity ? null : rate });
  }

  close(): void {
    this.#child.kill();
  }

  async #run<T>(command: Command): Promise<T> {
    this.#child.send(command);
    const [result] = (await once(this.#child, 'message')) as [T];
    return result;
  }
}
