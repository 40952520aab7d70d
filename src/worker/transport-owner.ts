import { type Consumer } from './consumer.js';
import { type DataConsumer } from './data-consumer.js';
import { type DataProducer } from './data-producer.js';
import { type Producer, type ProducerListener } from './producer.js';
import { type MessageSubchannels } from './subchannels.js';

/** What a Router does for its Transports: it knows which Consumers, DataConsumers and RtpObservers a Producer has. */
export interface TransportOwner extends ProducerListener {
  /** @throws Error if there is one with that id */
  addProducer(producer: Producer): void;
  /** Closes its Consumers. */
  removeProducer(producer: Producer, now: number): void;
  /**
   * Tells the Consumer of its Producer's state.
   *
   * @throws NotFoundError if there is no such Producer
   */
  addConsumer(consumer: Consumer, now: number): void;
  removeConsumer(consumer: Consumer): void;
  requestKeyFrame(consumer: Consumer, mappedSsrc: number, now: number): void;

  /** @throws Error if there is one with that id */
  addDataProducer(dataProducer: DataProducer): void;
  /** Closes its DataConsumers. */
  removeDataProducer(dataProducer: DataProducer): void;
  /**
   * Tells the DataConsumer of its DataProducer's state.
   *
   * @throws NotFoundError if there is no such DataProducer
   */
  addDataConsumer(dataConsumer: DataConsumer): void;
  removeDataConsumer(dataConsumer: DataConsumer): void;
  onDataProducerMessage(
    dataProducer: DataProducer,
    ppid: number,
    payload: Uint8Array,
    subchannels: MessageSubchannels,
    now: number,
  ): void;
  onDataProducerPaused(dataProducer: DataProducer): void;
  onDataProducerResumed(dataProducer: DataProducer): void;
}
