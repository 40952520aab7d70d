import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData, type Closable } from './app-data.js';
import { type Producer } from './producer.js';

export type RtpObserverType = 'audiolevel' | 'activespeaker';

export type RtpObserverEvents = {
  routerclose: [];
  '@close': [];
};

export type RtpObserverObserver = EnhancedEventEmitter<RtpObserverObserverEvents>;

export type RtpObserverObserverEvents = {
  close: [];
  pause: [];
  resume: [];
  addproducer: [Producer];
  removeproducer: [Producer];
};

/** Watches producers of audio. */
export interface RtpObserver<
  RtpObserverAppData extends AppData = AppData,
  Events extends RtpObserverEvents = RtpObserverEvents,
  Observer extends RtpObserverObserver = RtpObserverObserver,
>
  extends EnhancedEventEmitter<Events>, Closable {
  get id(): string;
  get closed(): boolean;
  get type(): RtpObserverType;
  get paused(): boolean;
  get appData(): RtpObserverAppData;
  set appData(appData: RtpObserverAppData);
  get observer(): Observer;

  close(): void;
  /** For the router: it was closed. */
  routerClosed(): void;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** @throws NotFoundError - no such Producer. TypeError - not of audio. */
  addProducer(options: { producerId: string }): Promise<void>;
  /** @throws NotFoundError - no such Producer. */
  removeProducer(options: { producerId: string }): Promise<void>;
}
