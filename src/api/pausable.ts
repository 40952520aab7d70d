import { type Method } from '../channel/fbs/request.js';
import { type Channel } from './channel.js';
import { type EnhancedEventEmitter } from './enhanced-events.js';
import { Entity } from './entity.js';
import { type AppData } from './types/app-data.js';

// The reference's type of event maps, which those of subclasses extend.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Events = Record<string, any[]>;

type PausableObserver = EnhancedEventEmitter<{ close: []; pause: []; resume: [] }>;

type PauseMethod =
  (typeof Method)[`${'PRODUCER' | 'CONSUMER' | 'DATAPRODUCER' | 'DATACONSUMER'}_${'PAUSE' | 'RESUME'}`];

/**
 * What producers and consumers have in common: they are paused and resumed, by the application and, if they have a
 * source (the producer of a consumer), by that one too. The observer sees changes of both together.
 */
export abstract class Pausable<TAppData extends AppData, E extends Events, O extends PausableObserver> extends Entity<
  TAppData,
  E,
  O
> {
  #paused: boolean;
  #sourcePaused: boolean;

  constructor(
    className: string,
    options: { id: string; channel: Channel; appData?: TAppData; paused: boolean; sourcePaused?: boolean },
  ) {
    super(className, options);
    this.#paused = options.paused;
    this.#sourcePaused = options.sourcePaused ?? false;
  }

  get paused(): boolean {
    return this.#paused;
  }

  protected get sourcePaused(): boolean {
    return this.#sourcePaused;
  }

  /** Asks the worker to pause or resume. What is known of the state changes with its response. */
  protected async setPaused(paused: boolean, method: PauseMethod): Promise<void> {
    await this.request(method);
    const changed = this.#paused !== paused;
    this.#paused = paused;
    if (changed && !this.#sourcePaused) this.#tellObserver(paused);
  }

  /** The worker says that the source was paused or resumed. */
  protected setSourcePaused(paused: boolean, event: keyof E & string): void {
    if (this.closed || this.#sourcePaused === paused) return;
    this.#sourcePaused = paused;
    this.emitEvent(event);
    if (!this.#paused) this.#tellObserver(paused);
  }

  #tellObserver(paused: boolean): void {
    (this.observer as PausableObserver).safeEmit(paused ? 'pause' : 'resume');
  }
}
