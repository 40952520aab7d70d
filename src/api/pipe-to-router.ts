import { NotFoundError } from './errors.js';
import { Logger } from './logger.js';
import { type Consumer } from './types/consumer.js';
import { type DataConsumer } from './types/data-consumer.js';
import { type DataProducer } from './types/data-producer.js';
import { type PipeTransport, type PipeTransportOptions } from './types/pipe-transport.js';
import { type Producer } from './types/producer.js';
import { type PipeToRouterResult, type PipeTransportPair, type Router } from './types/router.js';
import { generateUUIDv4 } from './utils.js';

const logger = new Logger('Router');

/**
 * The pipes of a router: one pair of PipeTransports for each other router. Both routers of a pair keep it, from the
 * moment on when one of them begins to create it, so that all who pipe between them at the same time share it.
 */
export class PipeTransportPairs {
  readonly #routerId: string;
  readonly #pairs: Map<string, Promise<PipeTransportPair>>;

  constructor(routerId: string) {
    this.#routerId = routerId;
    this.#pairs = new Map();
  }

  get(otherRouterId: string): Promise<PipeTransportPair> | undefined {
    return this.#pairs.get(otherRouterId);
  }

  /**
   * Keeps a pair until it is closed, or could not be created.
   * @throws Error - there is one for that router.
   */
  add(otherRouterId: string, pair: Promise<PipeTransportPair>): void {
    if (this.#pairs.has(otherRouterId)) {
      throw new Error('given pipeTransportPairKey already exists in this Router');
    }
    this.#pairs.set(otherRouterId, pair);
    const forget = (): void => {
      if (this.#pairs.get(otherRouterId) === pair) this.#pairs.delete(otherRouterId);
    };
    pair.then(({ [this.#routerId]: transport }) => {
      if (transport.closed) forget();
      else transport.observer.on('close', forget);
    }, forget);
  }
}

/**
 * Creates and connects both ends of a pipe. If one is closed later, so is the other.
 * @returns both by id of their router.
 */
export async function createPipeTransportPair(
  one: Router,
  other: Router,
  options: PipeTransportOptions,
): Promise<PipeTransportPair> {
  const created = await Promise.allSettled([one.createPipeTransport(options), other.createPipeTransport(options)]);
  const transports = created.flatMap(result => (result.status === 'fulfilled' ? result.value : []));
  try {
    for (const result of created) if (result.status === 'rejected') throw result.reason;
    const [near, far] = transports;
    await Promise.all([connectTo(near, far), connectTo(far, near)]);
    near.observer.on('close', () => far.close());
    far.observer.on('close', () => near.close());
    return { [one.id]: near, [other.id]: far };
  } catch (error) {
    logger.error('pipeToRouter() | error creating PipeTransport pair:', error as Error);
    for (const transport of transports) transport.close();
    throw error;
  }
}

const connectTo = (transport: PipeTransport, peer: PipeTransport): Promise<void> =>
  transport.connect({
    ip: peer.tuple.localAddress,
    port: peer.tuple.localPort,
    srtpParameters: peer.srtpParameters,
  });

/** Pipes a producer from one end of a pair to the other, and its state from now on. */
export async function pipeProducer(
  producer: Producer,
  local: PipeTransport,
  remote: PipeTransport,
  keepId: boolean,
): Promise<PipeToRouterResult> {
  let consumer: Consumer | undefined;
  let piped: Producer | undefined;
  try {
    consumer = await local.consume({ producerId: producer.id });
    piped = await remote.produce({
      id: keepId ? producer.id : generateUUIDv4(),
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      paused: consumer.producerPaused,
      appData: producer.appData,
    });
    // Much may have happened while these were created.
    if (producer.closed) throw new NotFoundError('original Producer closed');
    if (piped.paused !== producer.paused) await (producer.paused ? piped.pause() : piped.resume());

    const [near, far] = [consumer, piped];
    near.observer.on('close', () => far.close());
    near.observer.on('pause', () => void far.pause().catch(ignoreIfClosed(far)));
    near.observer.on('resume', () => void far.resume().catch(ignoreIfClosed(far)));
    far.observer.on('close', () => near.close());
    return { pipeConsumer: near, pipeProducer: far };
  } catch (error) {
    logger.error('pipeToRouter() | error creating pipe Consumer/Producer pair:', error as Error);
    consumer?.close();
    piped?.close();
    throw error;
  }
}

/** Pipes a data producer from one end of a pair to the other. */
export async function pipeDataProducer(
  dataProducer: DataProducer,
  local: PipeTransport,
  remote: PipeTransport,
  keepId: boolean,
): Promise<PipeToRouterResult> {
  let consumer: DataConsumer | undefined;
  let piped: DataProducer | undefined;
  try {
    consumer = await local.consumeData({ dataProducerId: dataProducer.id });
    piped = await remote.produceData({
      id: keepId ? dataProducer.id : generateUUIDv4(),
      sctpStreamParameters: consumer.sctpStreamParameters,
      label: consumer.label,
      protocol: consumer.protocol,
      appData: dataProducer.appData,
    });
    if (dataProducer.closed) throw new NotFoundError('original DataProducer closed');

    const [near, far] = [consumer, piped];
    near.observer.on('close', () => far.close());
    far.observer.on('close', () => near.close());
    return { pipeDataConsumer: near, pipeDataProducer: far };
  } catch (error) {
    logger.error('pipeToRouter() | error creating pipe DataConsumer/DataProducer pair:', error as Error);
    consumer?.close();
    piped?.close();
    throw error;
  }
}

const ignoreIfClosed =
  (producer: Producer) =>
  (error: Error): void => {
    if (!producer.closed) logger.error('pipe Producer could not follow its Consumer:', error);
  };
