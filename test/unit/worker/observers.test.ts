import { type DominantSpeakerNotification } from '../../../src/channel/fbs/active-speaker-observer.js';
import { type VolumesNotification } from '../../../src/channel/fbs/audio-level-observer.js';
import { describe, expect, it } from 'vitest';
import type * as FbsAudioLevelObserver from '../../../src/channel/fbs/audio-level-observer.js';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import { createDirectTransport, createRouter, opusPacket, produceRequest } from '../../support/requests.js';
import { TestWorker } from '../../support/test-worker.js';

/** Producers `a`, `b`, `c` of a direct transport, and an observer of them all. */
async function observed(kind: 'level' | 'speaker', { maxEntries = 2, threshold = -60, interval = 500 } = {}) {
  const worker = new TestWorker();
  await createRouter(worker);
  await createDirectTransport(worker, 'direct');
  if (kind === 'level') {
    const options: FbsAudioLevelObserver.AudioLevelObserverOptions = { maxEntries, threshold, interval };
    await worker.request(Method.ROUTER_CREATE_AUDIOLEVELOBSERVER, 'router', { rtpObserverId: 'observer', options });
  } else {
    await worker.request(Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER, 'router', {
      rtpObserverId: 'observer',
      options: { interval },
    });
  }
  const ssrcs = { a: 1000, b: 2000, c: 3000 };
  for (const [id, ssrc] of Object.entries(ssrcs)) {
    await worker.request(Method.TRANSPORT_PRODUCE, 'direct', produceRequest(id, ssrc));
    await worker.request(Method.RTPOBSERVER_ADD_PRODUCER, 'observer', { producerId: id });
  }
  let seq = 0;
  /** Everybody speaks for a while at these levels (-dBov). */
  const speak = async (duration: number, levels: Partial<Record<keyof typeof ssrcs, number>>): Promise<void> => {
    for (let elapsed = 0; elapsed < duration; elapsed += 20) {
      seq++;
      for (const [id, level] of Object.entries(levels)) {
        const packet = opusPacket(ssrcs[id as keyof typeof ssrcs], seq, level);
        worker.notify(Event.PRODUCER_SEND, id, { data: packet });
      }
      await worker.advance(20);
    }
  };
  const events = (): unknown[] =>
    worker.take('observer').map(({ event, body }) => {
      if (event === 'AUDIOLEVELOBSERVER_VOLUMES') {
        return (body as VolumesNotification).volumes.map(({ producerId, volume }) => `${producerId} ${volume}`);
      }
      const isSpeaker = event === 'ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER';
      return isSpeaker ? (body as DominantSpeakerNotification).producerId : event;
    });
  return { worker, speak, events };
}

const SILENCE = 'AUDIOLEVELOBSERVER_SILENCE';

describe('AudioLevelObserver', () => {
  it('tells the loudest, not more than wanted, and silence once', async () => {
    const { speak, events } = await observed('level');
    await speak(500, { a: 20, b: 10, c: 30 });
    expect(events()).toEqual([['b -10', 'a -20']]);
    await speak(500, { a: 70, b: 61, c: 60 });
    expect(events()).toEqual([['c -60']]);
    await speak(1500, { a: 61 });
    expect(events()).toEqual([SILENCE]);
  });

  it('says nothing of silence at first, nor of fewer than ten packets', async () => {
    const { speak, events } = await observed('level');
    await speak(180, { a: 10 });
    await speak(1000, {});
    expect(events()).toEqual([]);
  });

  it('takes the whole part of the mean level', async () => {
    const { speak, events } = await observed('level');
    await speak(20, { a: 10 });
    await speak(480, { a: 11 });
    expect(events()).toEqual([['a -10']]);
  });

  it.each([
    [1, 250],
    [10_000, 5000],
  ])('brings its interval into bounds: %i becomes %i', async (interval, actual) => {
    const { speak, events } = await observed('level', { interval });
    await speak(actual - 20, { a: 10 });
    expect(events()).toEqual([]);
    await speak(20, { a: 10 });
    expect(events()).toEqual([['a -10']]);
  });

  it('rounds a mean level up to the louder one', async () => {
    const { speak, events } = await observed('level');
    await speak(20, { a: 20 });
    await speak(480, { a: 21 });
    expect(events()).toEqual([['a -20']]);
  });

  it('goes silent when it is paused, and begins a new interval when it is resumed', async () => {
    const { worker, speak, events } = await observed('level');
    await speak(500, { a: 10 });
    await speak(300, { a: 10 });
    await worker.request(Method.RTPOBSERVER_PAUSE, 'observer');
    expect(events()).toEqual([['a -10'], SILENCE]);
    await speak(1000, { a: 10 });
    expect(events()).toEqual([]);
    await worker.request(Method.RTPOBSERVER_RESUME, 'observer');
    await speak(480, { a: 10 });
    expect(events()).toEqual([]);
    await speak(20, { a: 10 });
    expect(events()).toEqual([['a -10']]);
  });

  it('does not hear a paused Producer, nor one that was removed', async () => {
    const { worker, speak, events } = await observed('level');
    await worker.request(Method.PRODUCER_PAUSE, 'a');
    await worker.request(Method.RTPOBSERVER_REMOVE_PRODUCER, 'observer', { producerId: 'b' });
    await speak(500, { a: 10, b: 20, c: 30 });
    await worker.request(Method.PRODUCER_RESUME, 'a');
    await speak(500, { a: 10, b: 20, c: 30 });
    expect(events()).toEqual([['c -30'], ['a -10', 'c -30']]);
  });
});

describe('ActiveSpeakerObserver', () => {
  it('follows who speaks', async () => {
    const { speak, events } = await observed('speaker', { interval: 300 });
    await speak(3000, { a: 120, b: 120, c: 120 });
    await speak(3000, { a: 120, b: 20, c: 120 });
    await speak(3000, { a: 120, b: 120, c: 20 });
    expect(events()).toEqual(['a', 'b', 'c']);
  });

  it('names another one at once when the speaker goes', async () => {
    const { worker, speak, events } = await observed('speaker', { interval: 300 });
    await speak(300, { a: 120, b: 120, c: 120 });
    await worker.request(Method.TRANSPORT_CLOSE_PRODUCER, 'direct', { producerId: 'a' });
    expect(events()).toEqual(['a', 'b']);
  });

  it.each([
    [1, 100],
    [10_000, 5000],
  ])('brings its interval into bounds: %i becomes %i', async (interval, actual) => {
    const { speak, events } = await observed('speaker', { interval });
    await speak(actual - 20, { a: 20 });
    expect(events()).toEqual([]);
    await speak(20, { a: 20 });
    expect(events()).toEqual(['a']);
  });

  it('says nothing while it is paused', async () => {
    const { worker, speak, events } = await observed('speaker', { interval: 300 });
    await worker.request(Method.RTPOBSERVER_PAUSE, 'observer');
    await speak(1000, { a: 20 });
    expect(events()).toEqual([]);
    await worker.request(Method.RTPOBSERVER_RESUME, 'observer');
    await speak(300, { a: 20 });
    expect(events()).toEqual(['a']);
  });
});
