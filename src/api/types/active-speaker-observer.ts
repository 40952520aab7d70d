import { type EnhancedEventEmitter } from '../enhanced-events.js';
import { type AppData } from './app-data.js';
import { type Producer } from './producer.js';
import { type RtpObserver, type RtpObserverEvents, type RtpObserverObserverEvents } from './rtp-observer.js';

export type ActiveSpeakerObserverOptions<ActiveSpeakerObserverAppData extends AppData = AppData> = {
  /** ms between two decisions: 100..5000. Default 300. */
  interval?: number;
  appData?: ActiveSpeakerObserverAppData;
};

export type ActiveSpeakerObserverDominantSpeaker = {
  producer: Producer;
};

export type ActiveSpeakerObserverEvents = RtpObserverEvents & {
  dominantspeaker: [ActiveSpeakerObserverDominantSpeaker];
};

export type ActiveSpeakerObserverObserver = EnhancedEventEmitter<ActiveSpeakerObserverObserverEvents>;

export type ActiveSpeakerObserverObserverEvents = RtpObserverObserverEvents & {
  dominantspeaker: [ActiveSpeakerObserverDominantSpeaker];
};

/** Tells who is speaking, as people would say: short noises change nothing. */
export interface ActiveSpeakerObserver<ActiveSpeakerObserverAppData extends AppData = AppData> extends RtpObserver<
  ActiveSpeakerObserverAppData,
  ActiveSpeakerObserverEvents,
  ActiveSpeakerObserverObserver
> {
  get type(): 'activespeaker';
  get observer(): ActiveSpeakerObserverObserver;
}
