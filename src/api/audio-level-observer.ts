import { Event } from '../channel/fbs/notification.js';
import { RtpObserverImpl, type RtpObserverInit } from './rtp-observer.js';
import { type AppData } from './types/app-data.js';
import {
  type AudioLevelObserver,
  type AudioLevelObserverEvents,
  type AudioLevelObserverObserver,
} from './types/audio-level-observer.js';

export class AudioLevelObserverImpl<TAppData extends AppData = AppData>
  extends RtpObserverImpl<TAppData, AudioLevelObserverEvents, AudioLevelObserverObserver>
  implements AudioLevelObserver<TAppData>
{
  constructor(init: RtpObserverInit<TAppData>) {
    super('AudioLevelObserver', init);

    this.handleNotifications({
      [Event.AUDIOLEVELOBSERVER_VOLUMES]: notification => {
        const { volumes } = notification;
        const known = volumes.flatMap(({ producerId, volume }) => {
          const producer = this.router.getProducer(producerId);
          // It may have been closed while the notification was on its way.
          return producer ? [{ producer, volume }] : [];
        });
        if (known.length > 0) this.emitWithObserver('volumes', known);
      },
      [Event.AUDIOLEVELOBSERVER_SILENCE]: () => this.emitWithObserver('silence'),
    });
  }

  get type(): 'audiolevel' {
    return 'audiolevel';
  }
}
