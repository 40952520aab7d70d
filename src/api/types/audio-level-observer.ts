import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData } from './app-data.js';
import { type Producer } from './producer.js';
import { type RtpObserver, type RtpObserverEvents, type RtpObserverObserverEvents } from './rtp-observer.js';

export type AudioLevelObserverOptions<AudioLevelObserverAppData extends AppData = AppData> = {
  /** How many producers a `volumes` event lists. Default 1. */
  maxEntries?: number;
  /** dBov, −127..0: what is louder counts. Default −80. */
  threshold?: number;
  /** ms between two events: 250..5000. Default 1000. */
  interval?: number;
  appData?: AudioLevelObserverAppData;
};

export type AudioLevelObserverVolume = {
  producer: Producer;
  /** dBov, −127 (silence) .. 0 */
  volume: number;
};

export type AudioLevelObserverEvents = RtpObserverEvents & {
  /** The loudest ones, loudest first. */
  volumes: [AudioLevelObserverVolume[]];
  /** Nobody is loud any more. */
  silence: [];
};

export type AudioLevelObserverObserver = EnhancedEventEmitter<AudioLevelObserverObserverEvents>;

export type AudioLevelObserverObserverEvents = RtpObserverObserverEvents & {
  volumes: [AudioLevelObserverVolume[]];
  silence: [];
};

/** Tells how loud producers are, by the audio level extension of their packets (RFC 6464). */
export interface AudioLevelObserver<AudioLevelObserverAppData extends AppData = AppData> extends RtpObserver<
  AudioLevelObserverAppData,
  AudioLevelObserverEvents,
  AudioLevelObserverObserver
> {
  get type(): 'audiolevel';
  get observer(): AudioLevelObserverObserver;
}
