import { Event } from '../channel/fbs/notification.js';
import { RtpObserverImpl, type RtpObserverInit } from './rtp-observer.js';
import {
  type ActiveSpeakerObserver,
  type ActiveSpeakerObserverEvents,
  type ActiveSpeakerObserverObserver,
} from './types/active-speaker-observer.js';
import { type AppData } from './types/app-data.js';

export class ActiveSpeakerObserverImpl<TAppData extends AppData = AppData>
  extends RtpObserverImpl<TAppData, ActiveSpeakerObserverEvents, ActiveSpeakerObserverObserver>
  implements ActiveSpeakerObserver<TAppData>
{
  constructor(init: RtpObserverInit<TAppData>) {
    super('ActiveSpeakerObserver', init);

    this.handleNotifications({
      [Event.ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER]: notification => {
        const { producerId } = notification;
        const producer = this.router.getProducer(producerId);
        // It may have been closed while the notification was on its way.
        if (producer) this.emitWithObserver('dominantspeaker', { producer });
      },
    });
  }

  get type(): 'activespeaker' {
    return 'activespeaker';
  }
}
