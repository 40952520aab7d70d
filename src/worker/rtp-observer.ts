import { Method } from '../channel/fbs/request.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type MethodTable } from './handler-registry.js';
import { type Producer } from './producer.js';
import { type WorkerContext } from './context.js';
import { NotFoundError } from './not-found-error.js';

/** What an RtpObserver needs of its Router. */
export interface RtpObserverOwner {
  findProducer(id: string): Producer | undefined;
  addObservedProducer(observer: RtpObserver, producer: Producer): void;
  removeObservedProducer(observer: RtpObserver, producer: Producer): void;
}

/** Looks at the audio of some Producers of its Router. */
export abstract class RtpObserver {
  static readonly methods: MethodTable<RtpObserver> = {
    [Method.RTPOBSERVER_PAUSE]: observer => observer.#setPaused(true),
    [Method.RTPOBSERVER_RESUME]: observer => observer.#setPaused(false),
    [Method.RTPOBSERVER_ADD_PRODUCER]: (observer, body) => {
      const producer = observer.#findProducer(body.producerId);
      observer.addProducer(producer);
      observer.#owner.addObservedProducer(observer, producer);
    },
    [Method.RTPOBSERVER_REMOVE_PRODUCER]: (observer, body) => {
      const producer = observer.#findProducer(body.producerId);
      observer.removeProducer(producer);
      observer.#owner.removeObservedProducer(observer, producer);
    },
  };

  readonly id: string;
  protected readonly context: WorkerContext;
  readonly #owner: RtpObserverOwner;
  #paused = false;

  constructor(id: string, context: WorkerContext, owner: RtpObserverOwner) {
    this.id = id;
    this.context = context;
    this.#owner = owner;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** @throws Error if the Producer cannot be observed */
  abstract addProducer(producer: Producer): void;
  /** Also when the Producer is closed. Not being observed is no error. */
  abstract removeProducer(producer: Producer): void;
  abstract producerPaused(producer: Producer): void;
  abstract producerResumed(producer: Producer): void;
  /** A packet as Consumers get it: with the Router's header extension ids. */
  abstract receiveRtpPacket(producer: Producer, packet: RtpPacket, now: number): void;
  abstract close(): void;

  protected abstract onPaused(): void;
  protected abstract onResumed(): void;

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    if (paused) this.onPaused();
    else this.onResumed();
  }

  #findProducer(id: string): Producer {
    const producer = this.#owner.findProducer(id);
    if (!producer) throw new NotFoundError('Producer not found');
    return producer;
  }
}
