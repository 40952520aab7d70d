import { Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { Entity } from './entity.js';
import { NotFoundError } from './errors.js';
import { type AppData } from './types/app-data.js';
import { type Producer } from './types/producer.js';
import {
  type RtpObserver,
  type RtpObserverEvents,
  type RtpObserverObserver,
  type RtpObserverType,
} from './types/rtp-observer.js';

export interface RtpObserverInit<TAppData> {
  id: string;
  channel: Channel;
  appData?: TAppData;
  router: { readonly id: string; getProducer(id: string): Producer | undefined };
}

export abstract class RtpObserverImpl<
  TAppData extends AppData,
  E extends RtpObserverEvents,
  O extends RtpObserverObserver,
>
  extends Entity<TAppData, E, O>
  implements RtpObserver<TAppData, E, O>
{
  protected readonly router: RtpObserverInit<TAppData>['router'];
  #paused: boolean;

  constructor(className: string, init: RtpObserverInit<TAppData>) {
    super(className, init);
    this.router = init.router;
    this.#paused = false;
  }

  abstract get type(): RtpObserverType;

  get paused(): boolean {
    return this.#paused;
  }

  close(): void {
    this.end(['@close'], () =>
      this.tellClosed(Method.ROUTER_CLOSE_RTPOBSERVER, this.router.id, { rtpObserverId: this.id }),
    );
  }

  routerClosed(): void {
    this.end(['routerclose']);
  }

  pause(): Promise<void> {
    return this.#setPaused(true, Method.RTPOBSERVER_PAUSE);
  }

  resume(): Promise<void> {
    return this.#setPaused(false, Method.RTPOBSERVER_RESUME);
  }

  async addProducer({ producerId }: { producerId: string }): Promise<void> {
    const producer = this.#getProducer(producerId);
    await this.request(Method.RTPOBSERVER_ADD_PRODUCER, { producerId });
    this.observer.safeEmit('addproducer', producer);
  }

  async removeProducer({ producerId }: { producerId: string }): Promise<void> {
    const producer = this.#getProducer(producerId);
    await this.request(Method.RTPOBSERVER_REMOVE_PRODUCER, { producerId });
    this.observer.safeEmit('removeproducer', producer);
  }

  async #setPaused(
    paused: boolean,
    method: typeof Method.RTPOBSERVER_PAUSE | typeof Method.RTPOBSERVER_RESUME,
  ): Promise<void> {
    // Read before, unlike in producers and consumers: overlapping calls are all told to the observer.
    const changes = this.#paused !== paused;
    await this.request(method);
    this.#paused = paused;
    if (changes) this.observer.safeEmit(paused ? 'pause' : 'resume');
  }

  #getProducer(producerId: string): Producer {
    const producer = this.router.getProducer(producerId);
    if (!producer) throw new NotFoundError(`Producer with id "${producerId}" not found`);
    return producer;
  }
}
