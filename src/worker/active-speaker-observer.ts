import type * as FbsActiveSpeakerObserver from '../channel/fbs/active-speaker-observer.js';
import { Event } from '../channel/fbs/notification.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type WorkerContext } from './context.js';
import { DominantSpeakerDetector } from './dominant-speaker.js';
import { PeriodicTimer } from './periodic-timer.js';
import { type Producer } from './producer.js';
import { RtpObserver, type RtpObserverOwner } from './rtp-observer.js';

const MIN_INTERVAL = 100;
const MAX_INTERVAL = 5000;

/** Tells which of its Producers is speaking whenever that changes. */
export class ActiveSpeakerObserver extends RtpObserver {
  readonly #interval: number;
  readonly #timer: PeriodicTimer;
  readonly #detector = new DominantSpeakerDetector();

  /** @throws Error if the id is taken */
  constructor(
    id: string,
    options: FbsActiveSpeakerObserver.ActiveSpeakerObserverOptions,
    context: WorkerContext,
    owner: RtpObserverOwner,
  ) {
    super(id, context, owner);
    this.#interval = Math.min(Math.max(options.interval, MIN_INTERVAL), MAX_INTERVAL);
    context.handlers.register(id, this, RtpObserver.methods);
    this.#timer = new PeriodicTimer(context.runtime.timers, now => {
      this.#update(now);
      return this.#interval;
    });
    this.#timer.start(context.runtime.clock.now(), this.#interval);
  }

  override addProducer(producer: Producer): void {
    if (producer.kind !== MediaKind.AUDIO) throw new TypeError('not an audio Producer');
    if (this.#detector.has(producer.id)) throw new Error('Producer already in map');
    this.#detector.add(producer.id, producer.paused, this.context.runtime.clock.now());
  }

  override removeProducer(producer: Producer): void {
    if (this.#detector.remove(producer.id)) this.#update(this.context.runtime.clock.now());
  }

  override producerPaused(producer: Producer): void {
    this.#detector.setPaused(producer.id, true);
  }

  override producerResumed(producer: Producer): void {
    this.#detector.setPaused(producer.id, false);
  }

  override receiveRtpPacket(producer: Producer, packet: RtpPacket, now: number): void {
    if (this.paused) return;
    const audioLevel = packet.readAudioLevel();
    if (audioLevel >= 0) this.#detector.levelChanged(producer.id, 127 - (audioLevel & 0x7f), now);
  }

  override close(): void {
    this.#timer.close();
    this.context.handlers.unregister(this.id);
  }

  protected override onPaused(): void {
    this.#timer.stop();
  }

  protected override onResumed(): void {
    this.#timer.start(this.context.runtime.clock.now(), this.#interval);
  }

  #update(now: number): void {
    const dominantId = this.#detector.update(now);
    if (dominantId === undefined) return;
    this.context.channel.notify(this.id, Event.ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER, { producerId: dominantId });
  }
}
