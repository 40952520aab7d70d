import type * as FbsAudioLevelObserver from '../channel/fbs/audio-level-observer.js';
import { Event } from '../channel/fbs/notification.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type WorkerContext } from './context.js';
import { PeriodicTimer } from './periodic-timer.js';
import { type Producer } from './producer.js';
import { RtpObserver, type RtpObserverOwner } from './rtp-observer.js';

const MIN_INTERVAL = 250;
const MAX_INTERVAL = 5000;
/** Fewer packets than this in an interval say nothing about the level. */
const MIN_PACKETS = 10;

interface Level {
  /** Sum of the levels of all packets in this interval, each 0 (loudest) to 127. */
  sum: number;
  count: number;
}

/** Tells periodically which Producers are the loudest ones, and when there is silence. */
export class AudioLevelObserver extends RtpObserver {
  readonly #maxEntries: number;
  readonly #threshold: number;
  readonly #interval: number;
  readonly #timer: PeriodicTimer;
  readonly #levels = new Map<Producer, Level>();
  #silence = true;

  /** @throws TypeError if the options are wrong, Error if the id is taken */
  constructor(
    id: string,
    options: FbsAudioLevelObserver.AudioLevelObserverOptions,
    context: WorkerContext,
    owner: RtpObserverOwner,
  ) {
    super(id, context, owner);
    if (options.threshold > 0) throw new TypeError(`invalid threshold value ${options.threshold}`);
    this.#maxEntries = options.maxEntries;
    this.#threshold = options.threshold;
    this.#interval = Math.min(Math.max(options.interval, MIN_INTERVAL), MAX_INTERVAL);
    context.handlers.register(id, this, RtpObserver.methods);
    this.#timer = new PeriodicTimer(context.runtime.timers, () => {
      this.#report();
      return this.#interval;
    });
    this.#startTimer();
  }

  override addProducer(producer: Producer): void {
    if (producer.kind !== MediaKind.AUDIO) throw new TypeError('not an audio Producer');
    // A paused one joins when it resumes.
    if (!producer.paused && !this.#levels.has(producer)) this.#levels.set(producer, { sum: 0, count: 0 });
  }

  override removeProducer(producer: Producer): void {
    this.#levels.delete(producer);
  }

  override producerPaused(producer: Producer): void {
    this.#levels.delete(producer);
  }

  override producerResumed(producer: Producer): void {
    this.#levels.set(producer, { sum: 0, count: 0 });
  }

  override receiveRtpPacket(producer: Producer, packet: RtpPacket): void {
    if (this.paused) return;
    const audioLevel = packet.readAudioLevel();
    if (audioLevel < 0) return;
    const level = this.#levels.get(producer);
    if (!level) return;
    level.sum += audioLevel & 0x7f;
    level.count++;
  }

  override close(): void {
    this.#timer.close();
    this.context.handlers.unregister(this.id);
  }

  protected override onPaused(): void {
    this.#timer.stop();
    this.#reset();
    this.#reportSilence();
  }

  protected override onResumed(): void {
    this.#startTimer();
  }

  #startTimer(): void {
    this.#timer.start(this.context.runtime.clock.now(), this.#interval);
  }

  #report(): void {
    const volumes: FbsAudioLevelObserver.Volume[] = [];
    for (const [producer, { sum, count }] of this.#levels) {
      if (count < MIN_PACKETS) continue;
      const volume = -Math.trunc(sum / count);
      if (volume >= this.#threshold) volumes.push({ producerId: producer.id, volume });
    }
    this.#reset();
    if (volumes.length === 0) {
      this.#reportSilence();
      return;
    }
    this.#silence = false;
    volumes.sort((a, b) => b.volume - a.volume);
    this.context.channel.notify(this.id, Event.AUDIOLEVELOBSERVER_VOLUMES, {
      volumes: volumes.slice(0, this.#maxEntries),
    });
  }

  #reportSilence(): void {
    if (this.#silence) return;
    this.#silence = true;
    this.context.channel.notify(this.id, Event.AUDIOLEVELOBSERVER_SILENCE);
  }

  #reset(): void {
    for (const level of this.#levels.values()) {
      level.sum = 0;
      level.count = 0;
    }
  }
}
