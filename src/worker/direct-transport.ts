import { Body as ResponseBody } from '../channel/fbs/response.js';
import type * as FbsDirectTransport from '../channel/fbs/direct-transport.js';
import { Event } from '../channel/fbs/notification.js';
import { DropReason } from '../common/drop-reason.js';
import { type Consumer } from './consumer.js';
import { type WorkerContext } from './context.js';
import { type DataConsumer } from './data-consumer.js';
import { type EgressPacket } from './egress.js';
import { type EventTable } from './handler-registry.js';
import { type OutgoingDatagram } from './runtime.js';
import { Transport } from './transport.js';
import { type TransportOwner } from './transport-owner.js';

/** Longest RTCP packet that an application may send. */
const MAX_INJECTED_RTCP_LENGTH = 1600;

/** A transport whose other end is the application itself. */
export class DirectTransport extends Transport {
  protected override readonly responseTypes = {
    dump: ResponseBody.DirectTransport_DumpResponse,
    stats: ResponseBody.DirectTransport_GetStatsResponse,
  };
  static readonly #events: EventTable<DirectTransport> = {
    [Event.TRANSPORT_SEND_RTCP]: (transport, body, now) => transport.#receiveInjectedRtcp(body.data, now),
  };

  /** Whose packet is being delivered. */
  #consumer: Consumer | undefined = undefined;

  /** @throws TypeError if the options are wrong, Error if the id is taken */
  constructor(
    id: string,
    options: FbsDirectTransport.DirectTransportOptions,
    context: WorkerContext,
    owner: TransportOwner,
  ) {
    super(id, options.base, context, owner, 'other');
    context.handlers.register(id, this, Transport.methods, DirectTransport.#events);
  }

  override get isConnected(): boolean {
    return true;
  }

  override get rtpProtector(): undefined {
    return undefined;
  }

  override dump(): FbsDirectTransport.DumpResponse {
    return { base: this.baseDump() };
  }

  override dispatchRtp(_packet: EgressPacket, consumer: Consumer | undefined): void {
    // To the application padding would be nothing but noise.
    if (consumer === undefined) return;
    this.#consumer = consumer;
    this.context.media.egress.deliver(this);
  }

  override sendRtp({ view }: OutgoingDatagram): DropReason {
    this.#countSent(view.length);
    this.context.channel.notify(this.#consumer!.id, Event.CONSUMER_RTP, { data: view });
    return DropReason.none;
  }

  override sendRtcp(bytes: Uint8Array, offset: number, length: number): void {
    this.#countSent(length);
    this.context.channel.notify(this.id, Event.DIRECTTRANSPORT_RTCP, {
      data: bytes.subarray(offset, offset + length),
    });
  }

  override sendSctp(): void {}

  override deliverMessage(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array): void {
    this.#countSent(payload.length);
    this.context.channel.notify(dataConsumer.id, Event.DATACONSUMER_MESSAGE, { ppid, data: payload });
  }

  protected override stats(now: number): FbsDirectTransport.GetStatsResponse {
    return { base: this.baseStats(now) };
  }

  protected override admitRtp(): DropReason {
    return DropReason.none;
  }

  override removeReceiveStream(): void {}

  override removeSendStream(): void {}

  protected override closeConnection(): void {}

  #countSent(length: number): void {
    this.counters.sent.update(length, this.context.runtime.clock.now());
  }

  #receiveInjectedRtcp(bytes: Uint8Array, now: number): void {
    if (bytes.length > MAX_INJECTED_RTCP_LENGTH) {
      this.context.log.warn('rtcp', 'DirectTransport::sendRtcp()', `RTCP packet too long [len:${bytes.length}]`);
      return;
    }
    this.counters.received.update(bytes.length, now);
    const reason = this.receiveRtcp(bytes, 0, bytes.length, now);
    if (reason !== DropReason.none) this.context.drops.count(reason);
  }
}
