import { Event } from '../channel/fbs/notification.js';
import * as FbsSctpAssociation from '../channel/fbs/sctp-association.js';
import type * as FbsTransport from '../channel/fbs/transport.js';
import { DropReason } from '../common/drop-reason.js';
import { type SctpAssociationOwner, type SctpErrorKind, type SctpState } from '../sctp/association-owner.js';
import { defaultSctpOptions } from '../sctp/options.js';
import { type WorkerContext } from './context.js';
import { DataConsumer, type DataConsumerListener } from './data-consumer.js';
import { DataProducer, type DataProducerListener } from './data-producer.js';
import { type IncomingRequest } from './handler-registry.js';
import { NotFoundError } from './not-found-error.js';
import { type SctpSendResult, TransportSctp } from './sctp.js';
import { decodeSubchannels, type MessageSubchannels, NO_SUBCHANNELS } from './subchannels.js';
import { type TransportOptions } from './transport-options.js';
import { type TransportOwner } from './transport-owner.js';

/** What a Transport does for its data. */
export interface TransportDataOwner {
  readonly id: string;
  readonly isConnected: boolean;
  /** Sends an SCTP packet. */
  sendSctp(bytes: Uint8Array, offset: number, length: number): void;
  /** Delivers a message to the application: only a direct transport does. */
  deliverMessage(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array, now: number): void;
  onDataInjected(length: number, now: number): void;
}

type DataDump = Pick<
  FbsTransport.Dump,
  'dataProducerIds' | 'dataConsumerIds' | 'maxSendMessageSize' | 'maxReceiveMessageSize'
> &
  Partial<FbsTransport.Dump>;

/** The DataProducers and DataConsumers of a Transport, and its SCTP association if it has one. */
export class TransportData implements DataProducerListener, DataConsumerListener, SctpAssociationOwner {
  readonly isPipe: boolean;
  readonly #options: TransportOptions;
  readonly #context: WorkerContext;
  readonly #owner: TransportDataOwner;
  readonly #router: TransportOwner;
  readonly #sctp: TransportSctp | undefined;
  readonly #dataProducers = new Map<string, DataProducer>();
  readonly #dataConsumers = new Map<string, DataConsumer>();
  /** Which DataProducer a stream belongs to, by its id. */
  readonly #dataProducersByStream = new Map<number, DataProducer>();
  readonly #dataConsumersByStream = new Map<number, DataConsumer>();
  #closing = false;

  constructor(
    options: TransportOptions,
    isPipe: boolean,
    context: WorkerContext,
    owner: TransportDataOwner,
    router: TransportOwner,
  ) {
    this.#options = options;
    this.isPipe = isPipe;
    this.#context = context;
    this.#owner = owner;
    this.#router = router;
    this.#sctp = options.sctp ? new TransportSctp(options.sctp, context.runtime, this) : undefined;
  }

  get hasSctp(): boolean {
    return this.#sctp !== undefined;
  }

  // Requests

  produceData(body: FbsTransport.ProduceDataRequest, request: IncomingRequest): void {
    this.#checkHasData();
    if (this.#dataProducers.has(body.dataProducerId)) {
      throw new Error(`a DataProducer with same dataProducerId already exists [method:${request.name}]`);
    }
    const dataProducer = new DataProducer(body, this.#context, this);
    const streamId = dataProducer.stream?.streamId;
    try {
      this.#checkType('DataProducer', dataProducer.type);
      if (streamId !== undefined && this.#dataProducersByStream.has(streamId)) {
        throw new Error(`streamId already exists in SCTP listener [streamId:${streamId}]`);
      }
      this.#router.addDataProducer(dataProducer);
    } catch (error) {
      dataProducer.close();
      throw error;
    }
    this.#dataProducers.set(dataProducer.id, dataProducer);
    if (streamId !== undefined) this.#dataProducersByStream.set(streamId, dataProducer);
    request.respond(dataProducer.dump());
    this.mayConnect(this.#context.runtime.clock.now());
  }

  consumeData(body: FbsTransport.ConsumeDataRequest, request: IncomingRequest): void {
    this.#checkHasData();
    if (this.#dataConsumers.has(body.dataConsumerId)) {
      throw new Error(`a DataConsumer with same dataConsumerId already exists [method:${request.name}]`);
    }
    const dataConsumer = new DataConsumer(body, this.#context, this);
    try {
      this.#checkType('DataConsumer', dataConsumer.type);
      const streamId = dataConsumer.stream?.streamId;
      if (streamId !== undefined && this.#dataConsumersByStream.has(streamId)) {
        throw new Error(`an SCTP DataConsumer with same streamId ${streamId} already exists [method:${request.name}]`);
      }
      this.#router.addDataConsumer(dataConsumer);
    } catch (error) {
      dataConsumer.close();
      throw error;
    }
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    if (dataConsumer.stream) this.#dataConsumersByStream.set(dataConsumer.stream.streamId, dataConsumer);
    request.respond(dataConsumer.dump());
    this.mayConnect(this.#context.runtime.clock.now());
  }

  closeDataProducer(body: FbsTransport.CloseDataProducerRequest, request: IncomingRequest): void {
    if (!this.#hasData) throw new Error('cannot close DataProducer, SCTP not enabled and not a direct Transport');
    const dataProducer = this.#dataProducers.get(body.dataProducerId);
    if (!dataProducer) throw new NotFoundError(`DataProducer not found [method:${request.name}]`);
    this.#closeDataProducer(dataProducer);
  }

  closeDataConsumer(body: FbsTransport.CloseDataConsumerRequest, request: IncomingRequest): void {
    if (!this.#hasData) throw new Error('cannot close DataConsumer, SCTP not enabled and not a direct Transport');
    const dataConsumer = this.#dataConsumers.get(body.dataConsumerId);
    if (!dataConsumer) throw new NotFoundError(`DataConsumer not found [method:${request.name}]`);
    this.#closeDataConsumer(dataConsumer);
  }

  /** The part of the transport's dump that is about data. */
  dump(): DataDump {
    const base = {
      dataProducerIds: [...this.#dataProducers.keys()],
      dataConsumerIds: [...this.#dataConsumers.keys()],
      maxSendMessageSize: this.#options.maxSendMessageSize,
      maxReceiveMessageSize: this.#options.maxReceiveMessageSize,
    };
    const sctp = this.#sctp;
    if (!sctp) return base;
    const { options } = sctp;
    return {
      ...base,
      sctpParameters: {
        port: defaultSctpOptions.sourcePort,
        maxSendMessageSize: options.maxSendMessageSize,
        maxReceiveMessageSize: options.maxReceiveMessageSize,
        sendBufferSize: options.sendBufferSize,
        perStreamSendQueueLimit: options.perStreamSendQueueLimit,
        maxReceiverWindowBufferSize: options.maxReceiverWindowBufferSize,
        isDataChannel: options.isDataChannel,
      },
      sctpState: this.sctpStateNumber,
      sctpNegotiatedCapabilities: {
        negotiatedMaxOutboundStreams: sctp.maxOutboundStreams,
        negotiatedMaxInboundStreams: sctp.maxInboundStreams,
      },
      sctpListener: {
        streamIdTable: [...this.#dataProducersByStream].map(([streamId, { id }]) => ({ key: streamId, value: id })),
      },
    };
  }

  /** For dumps and statistics, in which a failed association is a closed one. Undefined without SCTP. */
  get sctpStateNumber(): FbsSctpAssociation.SctpState | undefined {
    const state = this.#sctp?.state;
    return state === undefined ? undefined : sctpStateNumber(state === 'failed' ? 'closed' : state);
  }

  // From the Transport

  /** Starts the association once the transport is connected and there is something to talk about. */
  mayConnect(now: number): void {
    if (!this.#owner.isConnected) return;
    if (this.#dataProducers.size > 0 || this.#dataConsumers.size > 0) this.#sctp?.connect(now);
  }

  receiveSctp(bytes: Uint8Array, offset: number, length: number, now: number): DropReason {
    return this.#sctp?.onPacket(bytes, offset, length, now) ?? DropReason.unknownProtocol;
  }

  /** DataProducers first, then DataConsumers; the Router tells whom it concerns. The streams end with the association. */
  closeEndpoints(): void {
    for (const dataProducer of [...this.#dataProducers.values()]) this.#removeDataProducer(dataProducer);
    for (const dataConsumer of [...this.#dataConsumers.values()]) this.#removeDataConsumer(dataConsumer);
  }

  /** Tells the peer. The application knows already. */
  closeSctp(now: number): void {
    this.#closing = true;
    this.#sctp?.close(now);
  }

  /** Forgets everything, without a word to the Router. */
  close(): void {
    for (const dataProducer of this.#dataProducers.values()) dataProducer.close();
    for (const dataConsumer of this.#dataConsumers.values()) dataConsumer.close();
    this.#dataProducers.clear();
    this.#dataConsumers.clear();
    this.#dataProducersByStream.clear();
    this.#dataConsumersByStream.clear();
  }

  // DataProducerListener

  get maxReceiveMessageSize(): number {
    return this.#options.maxReceiveMessageSize;
  }

  onDataProducerInjected(_dataProducer: DataProducer, length: number, now: number): void {
    this.#owner.onDataInjected(length, now);
  }

  onDataProducerMessage(
    dataProducer: DataProducer,
    ppid: number,
    payload: Uint8Array,
    subchannels: MessageSubchannels,
    now: number,
  ): void {
    this.#router.onDataProducerMessage(dataProducer, ppid, payload, subchannels, now);
  }

  onDataProducerPaused(dataProducer: DataProducer): void {
    this.#router.onDataProducerPaused(dataProducer);
  }

  onDataProducerResumed(dataProducer: DataProducer): void {
    this.#router.onDataProducerResumed(dataProducer);
  }

  // DataConsumerListener

  get maxSendMessageSize(): number {
    return this.#options.maxSendMessageSize;
  }

  get canSendData(): boolean {
    const state = this.#sctp?.state;
    return state !== 'failed' && state !== 'closed';
  }

  sendData(dataConsumer: DataConsumer, ppid: number, payload: Uint8Array, now: number): SctpSendResult {
    if (this.#sctp && dataConsumer.stream) return this.#sctp.send(dataConsumer.stream, ppid, payload, now);
    this.#owner.deliverMessage(dataConsumer, ppid, payload, now);
    return 'sent';
  }

  bufferedAmount(dataConsumer: DataConsumer): number {
    return dataConsumer.stream ? (this.#sctp?.bufferedAmount(dataConsumer.stream.streamId) ?? 0) : 0;
  }

  bufferedAmountLowThreshold(dataConsumer: DataConsumer): number {
    return dataConsumer.stream ? (this.#sctp?.bufferedAmountLowThreshold(dataConsumer.stream.streamId) ?? 0) : 0;
  }

  setBufferedAmountLowThreshold(dataConsumer: DataConsumer, threshold: number): void {
    if (!dataConsumer.stream) return;
    const now = this.#context.runtime.clock.now();
    this.#sctp?.setBufferedAmountLowThreshold(dataConsumer.stream.streamId, threshold, now);
  }

  onDataConsumerDataProducerClosed(dataConsumer: DataConsumer): void {
    this.#closeDataConsumer(dataConsumer);
  }

  // SctpAssociationOwner

  onSctpSend(bytes: Uint8Array, offset: number, length: number): void {
    this.#owner.sendSctp(bytes, offset, length);
  }

  onSctpStateChange(state: Exclude<SctpState, 'new'>): void {
    if (this.#closing) return;
    this.#context.channel.notify(this.#owner.id, Event.TRANSPORT_SCTP_STATE_CHANGE, {
      sctpState: sctpStateNumber(state),
    });
  }

  onSctpNegotiated(maxOutboundStreams: number, maxInboundStreams: number): void {
    this.#context.channel.notify(this.#owner.id, Event.TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES, {
      negotiatedCapabilities: {
        negotiatedMaxOutboundStreams: maxOutboundStreams,
        negotiatedMaxInboundStreams: maxInboundStreams,
      },
    });
  }

  onSctpMessage(streamId: number, ppid: number, payload: Uint8Array, now: number): void {
    const dataProducer = this.#dataProducersByStream.get(streamId);
    if (!dataProducer) {
      this.#context.log.warn('sctp', 'TransportData::onSctpMessage()', () => `no DataProducer [streamId:${streamId}]`);
      return;
    }
    const decoded = this.isPipe ? decodeSubchannels(payload) : undefined;
    dataProducer.receiveMessage(ppid, decoded?.payload ?? payload, decoded?.message ?? NO_SUBCHANNELS, now);
  }

  /** Of data channels both directions are reset together (RFC 8831 §6.7); the application is not told. */
  onSctpStreamReset(streamId: number): void {
    if (!this.#sctp?.options.isDataChannel) return;
    const dataConsumer = this.#dataConsumersByStream.get(streamId);
    if (dataConsumer) this.#closeDataConsumer(dataConsumer);
  }

  onSctpBufferedAmountLow(streamId: number, bufferedAmount: number): void {
    this.#dataConsumersByStream.get(streamId)?.bufferedAmountLow(bufferedAmount);
  }

  onSctpError(kind: SctpErrorKind, message: string): void {
    this.#context.log.warn('sctp', 'TransportData::onSctpError()', () => `${message} [kind:${kind}]`);
  }

  get #hasData(): boolean {
    return this.#sctp !== undefined || this.#options.direct;
  }

  #checkHasData(): void {
    if (!this.#hasData) throw new Error('SCTP not enabled and not a direct Transport');
  }

  #checkType(what: string, type: 'sctp' | 'direct'): void {
    if (type === 'sctp' && !this.#sctp) {
      throw new TypeError(`cannot create a ${what} of type 'sctp', SCTP not enabled in this Transport`);
    }
    if (type === 'direct' && !this.#options.direct) {
      throw new TypeError(`cannot create a ${what} of type 'direct', not a direct Transport`);
    }
  }

  #closeDataProducer(dataProducer: DataProducer): void {
    this.#removeDataProducer(dataProducer);
    // The peer's data channel closes with the other direction of its stream.
    if (dataProducer.stream && this.#sctp?.options.isDataChannel) this.#resetStream(dataProducer.stream.streamId);
  }

  #removeDataProducer(dataProducer: DataProducer): void {
    this.#dataProducers.delete(dataProducer.id);
    if (dataProducer.stream) this.#dataProducersByStream.delete(dataProducer.stream.streamId);
    this.#router.removeDataProducer(dataProducer);
    dataProducer.close();
  }

  #closeDataConsumer(dataConsumer: DataConsumer): void {
    this.#removeDataConsumer(dataConsumer);
    if (dataConsumer.stream) this.#resetStream(dataConsumer.stream.streamId);
  }

  #removeDataConsumer(dataConsumer: DataConsumer): void {
    this.#dataConsumers.delete(dataConsumer.id);
    if (dataConsumer.stream) this.#dataConsumersByStream.delete(dataConsumer.stream.streamId);
    this.#router.removeDataConsumer(dataConsumer);
    dataConsumer.close();
  }

  #resetStream(streamId: number): void {
    this.#sctp?.resetStream(streamId, this.#context.runtime.clock.now());
  }
}

function sctpStateNumber(state: SctpState): FbsSctpAssociation.SctpState {
  const { NEW, CONNECTING, CONNECTED, FAILED, CLOSED } = FbsSctpAssociation.SctpState;
  return { new: NEW, connecting: CONNECTING, connected: CONNECTED, failed: FAILED, closed: CLOSED }[state];
}
