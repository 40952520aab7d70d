import { SCTP, type Transport } from 'werift-sctp';
import { vi } from 'vitest';
import { type SctpAssociationOptions } from '../../../src/sctp/options.js';
import { type LinkOptions } from '../../../src/testing/link.js';
import { SeededRandom } from '../../../src/testing/seeded-random.js';
import { VirtualTime } from '../../../src/testing/virtual-time.js';
import { type ReceivedMessage, SctpEndpoint, SctpLink } from './sctp-network.js';

/**
 * Our association and werift's, which has timers of the platform: they run with the virtual time if `setTimeout` and
 * `Date` are faked.
 */
export class WeriftNetwork {
  readonly time = new VirtualTime();
  readonly ours: SctpEndpoint;
  readonly theirs: SCTP;
  /** Takes our packets to werift. */
  readonly there: SctpLink;
  readonly back: SctpLink;
  readonly received: ReceivedMessage[] = [];
  readonly resetStreams: number[] = [];

  constructor(
    seed: number,
    link: Partial<LinkOptions>,
    theirsIsServer: boolean,
    options: Partial<SctpAssociationOptions> = {},
  ) {
    const random = new SeededRandom(seed);
    this.there = new SctpLink(this.time, random.fork('there'), link);
    this.back = new SctpLink(this.time, random.fork('back'), link);
    this.ours = new SctpEndpoint(this.time, random.fork('ours'), this.there, this.back, options);
    const transport: Transport = {
      send: packet => {
        this.back.send(new Uint8Array(packet));
        return Promise.resolve();
      },
      close: () => {},
    };
    this.theirs = theirsIsServer ? SCTP.server(transport) : SCTP.client(transport);
    this.there.deliver = packet => transport.onData?.(Buffer.from(packet));
    this.theirs.onReceive.subscribe((streamId, ppid, payload) => {
      this.received.push({ streamId, ppid, payload: Buffer.from(payload), at: this.time.now() });
    });
    this.theirs.onReconfigStreams.subscribe(streamIds => {
      this.resetStreams.push(...streamIds);
    });
  }

  async run(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      this.time.advance(1);
      vi.advanceTimersByTime(1);
      // What werift does asynchronously.
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  async runUntil(condition: () => boolean, limit: number): Promise<void> {
    for (let i = 0; i < limit && !condition(); i += 10) await this.run(10);
    if (!condition()) throw new Error(`not so after ${limit} ms`);
  }

  async connect(): Promise<void> {
    // A client of werift sends an INIT, a server waits for one.
    if (this.theirs.isServer) this.ours.connect();
    await this.theirs.start(5000);
    await this.runUntil(() => this.theirs.state === 'connected' && this.ours.association.state === 'connected', 60_000);
  }
}
