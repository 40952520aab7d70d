import type * as FbsTransport from '../channel/fbs/transport.js';
import { BitrateLimits } from './bitrate-limits.js';
import { type WorkerContext } from './context.js';
import { TransportConsumers, type TransportConsumersOwner } from './transport-consumers.js';
import { type TransportCounters } from './transport-counters.js';
import { type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';
import { TransportProducers, type TransportProducersOwner } from './transport-producers.js';
import { TransportRtcp } from './transport-rtcp.js';

/** What a Transport does for its media. */
export interface TransportMediaOwner extends TransportProducersOwner, TransportConsumersOwner {}

type MediaDump = ReturnType<TransportProducers['dump']> & ReturnType<TransportConsumers['dump']>;

/** The media of a Transport: what it receives, what it sends, and the RTCP about both. */
export class TransportMedia {
  readonly producers: TransportProducers;
  readonly consumers: TransportConsumers;
  readonly rtcp: TransportRtcp;
  readonly #limits = new BitrateLimits();

  constructor(
    options: TransportOptions,
    counters: TransportCounters,
    context: WorkerContext,
    owner: TransportMediaOwner,
    router: TransportOwner,
  ) {
    this.producers = new TransportProducers(this.#limits, counters, context, owner, router);
    this.consumers = new TransportConsumers(options, this.#limits, counters, context, owner, router);
    this.rtcp = new TransportRtcp(context, this.producers, this.consumers, (bytes, offset, length) =>
      owner.sendRtcp(bytes, offset, length),
    );
  }

  /** Reports and congestion control begin, after all else that begins. */
  connectControl(now: number): void {
    this.rtcp.start(now);
    this.consumers.outgoing.connected(now);
    this.producers.incoming.connected(now);
  }

  disconnected(now: number): void {
    this.consumers.disconnected(now);
    this.rtcp.stop();
    this.consumers.outgoing.disconnected(now);
    this.producers.incoming.disconnected();
  }

  /** Closes Producers and Consumers, and tells the Router. */
  closeEndpoints(now: number): void {
    this.producers.closeAll(now);
    this.consumers.closeAll();
  }

  /** What there still is goes without a word to the Router. */
  close(): void {
    this.rtcp.close();
    this.producers.close();
    this.consumers.close();
  }

  /** The part of the transport's dump that is about media. */
  dump(): MediaDump {
    return { ...this.producers.dump(), ...this.consumers.dump() };
  }

  /** The part of the transport's statistics that is about congestion control. */
  stats(): Partial<FbsTransport.Stats> {
    const { incoming } = this.producers;
    const { outgoing } = this.consumers;
    return {
      availableOutgoingBitrate: optionalBigInt(outgoing.availableBitrate),
      availableIncomingBitrate: optionalBigInt(incoming.availableBitrate),
      rtpPacketLossReceived: incoming.packetLoss,
      rtpPacketLossSent: outgoing.packetLoss,
      maxIncomingBitrate: this.#limits.maxIncoming || undefined,
      maxOutgoingBitrate: this.#limits.maxOutgoing || undefined,
      minOutgoingBitrate: this.#limits.minOutgoing || undefined,
    };
  }
}

function optionalBigInt(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(Math.trunc(value));
}
