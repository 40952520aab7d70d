import { describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { type Producer, ReceivedAs } from '../../../src/worker/producer.js';
import { buildPacket } from '../rtp/support.js';
import {
  type ConsumeOptions,
  consumeRequest,
  MediaHarness,
  type ProduceOptions,
  produceRequest,
} from './media-support.js';

/** A publisher that begins anew in the middle of a stream: all its numbers are others, its SSRC is the same or not. */

interface Frame {
  isKey: boolean;
  number: number;
}

interface Case {
  produce: ProduceOptions;
  consume: ConsumeOptions;
  /** Payload of the only packet of a frame; `base`: where the publisher's numbers begin. */
  payload: (frame: Frame, base: number) => number[];
}

const vp8 = ({ isKey, number }: Frame, base: number): number[] => {
  const pictureId = (base + number) & 0x7fff;
  return [0x90, 0xe0, 0x80 | (pictureId >> 8), pictureId & 0xff, pictureId & 0xff, 0x20, isKey ? 0 : 1, number];
};
const vp9 = ({ isKey, number }: Frame, base: number): number[] => {
  const pictureId = (base + number) & 0x7fff;
  return [isKey ? 0xac : 0xec, 0x80 | (pictureId >> 8), pictureId & 0xff, 0, 1, number, 0, 0];
};

const audio = { codec: { mimeType: 'audio/opus' } };
const vp9Codec = { codec: { mimeType: 'video/VP9' } };
const three = [{ ssrc: 1111 }, { ssrc: 1112 }, { ssrc: 1113 }];

const cases: Record<string, Case> = {
  audio: { produce: audio, consume: audio, payload: ({ number }) => [0xf8, number, 1, 2] },
  'video without layers': { produce: {}, consume: {}, payload: vp8 },
  'temporal layers of VP8': {
    produce: { encodings: [{ ssrc: 1111, mode: 'L1T2' }] },
    consume: { consumable: ['L1T2'], preferredLayers: [0, 0] },
    payload: vp8,
  },
  'SVC of VP9': {
    produce: { ...vp9Codec, encodings: [{ ssrc: 1111, mode: 'L2T2' }] },
    consume: { ...vp9Codec, consumable: ['L2T2'], preferredLayers: [0, 1] },
    payload: vp9,
  },
  simulcast: {
    produce: { encodings: three },
    consume: { consumable: ['L1T2', 'L1T2', 'L1T2'], preferredLayers: [0, 1] },
    payload: vp8,
  },
  'a pipe': {
    produce: { encodings: three },
    consume: { pipe: true, consumable: ['S1T1', 'S1T1', 'S1T1'] },
    payload: vp8,
  },
};

class Publisher {
  readonly harness = new MediaHarness();
  readonly producer: Producer;
  readonly #clockRate: number;
  readonly #payload: Case['payload'];
  #base = 0;
  #sequenceNumber = 0;
  #number = 0;

  constructor({ produce, consume, payload }: Case) {
    this.producer = this.harness.produce(produceRequest(produce));
    this.harness.consume(consumeRequest(consume));
    this.#clockRate = produce.codec?.mimeType === 'audio/opus' ? 48 : 90;
    this.#payload = payload;
  }

  /** Everything is counted from another number from now on. */
  restart(base: number): void {
    this.#base = base;
    this.#sequenceNumber = base & 0xffff;
  }

  /** A frame each 20 ms. */
  send(isKey: boolean, ssrc = 1111): unknown {
    this.harness.advance(20);
    return this.harness.receive(
      this.producer,
      buildPacket({
        ssrc,
        payloadType: 100,
        sequenceNumber: this.#sequenceNumber++ & 0xffff,
        timestamp: (this.#base * 7919 + this.harness.now * this.#clockRate) >>> 0,
        marker: true,
        payload: this.#payload({ isKey, number: this.#number++ & 0xff }, this.#base),
      }),
    );
  }
}

describe.each(Object.entries(cases))('%s of a publisher that begins anew', (name, one) => {
  const isAudio = name === 'audio';

  it.each([
    ['further ahead', 10_000],
    ['further behind', 50_000],
    ['half the way around', 32_770],
  ])('with numbers that are %s: what is sent goes on', (_, base) => {
    const publisher = new Publisher(one);
    const { harness } = publisher;
    publisher.send(true);
    for (let i = 0; i < 5; i++) publisher.send(false);
    harness.advance(480);
    harness.takeEvents();
    publisher.restart(base);
    // The first packet is not believed, so the key frame is not there, and is asked for.
    expect(publisher.send(true)).toBe(ReceivedAs.media);
    expect(harness.dropped(DropReason.rtpBadSequence)).toBe(1);
    publisher.send(false);
    expect(harness.takeEvents()).toEqual(isAudio ? [] : [['PLI', 1111]]);
    publisher.send(false);
    publisher.send(true);
    for (let i = 0; i < 5; i++) publisher.send(false);

    const sent = harness.takeSent();
    // Video: six, and six from the second key frame on.
    expect(sent).toHaveLength(isAudio ? 14 : 12);
    const steps = sent.slice(1).map((packet, index) => (packet.sequenceNumber - sent[index].sequenceNumber) & 0xffff);
    expect(new Set(steps)).toEqual(new Set([1]));
    const clockRate = isAudio ? 48 : 90;
    const elapsed = sent.map(({ timestamp }) => ((timestamp - sent[0].timestamp) >>> 0) / clockRate);
    const gap = isAudio ? 520 : 560;
    const expected = sent.map((__, index) => (index < 6 ? index * 20 : 100 + gap + (index - 6) * 20));
    expect(elapsed).toEqual(expected);
    if (name === 'temporal layers of VP8' || name === 'simulcast') {
      const ids = sent.map(({ bytes, payloadOffset }) => bytes[payloadOffset + 3]);
      expect(ids).toEqual(sent.map((__, index) => ids[0] + index));
    }
    harness.close();
    expect(harness.memory.slotsInUse).toBe(0);
  });
});

it('a stream found by its RID keeps its SSRC: another one is refused, and the first goes on', () => {
  const extensions: ProduceOptions['extensions'] = [['RtpStreamId', 2]];
  const publisher = new Publisher({
    produce: { extensions, encodings: [{ rid: 'a' }, { rid: 'b' }] },
    consume: { consumable: ['S1T1', 'S1T1'], preferredLayers: [0, 0] },
    payload: vp8,
  });
  const { harness, producer } = publisher;
  let sequenceNumber = 0;
  const send = (ssrc: number, rid: string): unknown =>
    harness.receive(
      producer,
      buildPacket({
        ssrc,
        payloadType: 100,
        sequenceNumber: ++sequenceNumber,
        timestamp: sequenceNumber * 3000,
        extensions: [[2, [...Buffer.from(rid)]]],
        payload: vp8({ isKey: true, number: sequenceNumber }, 0),
        marker: true,
      }),
    );
  expect(send(7, 'a')).toBe(ReceivedAs.media);
  expect(send(8, 'a')).toBe(ReceivedAs.discarded);
  expect(send(7, 'a')).toBe(ReceivedAs.media);
  expect(harness.dropped(DropReason.rtpUnknownStream)).toBe(1);
  const sent = harness.takeSent();
  expect(sent.map(packet => (packet.sequenceNumber - sent[0].sequenceNumber) & 0xffff)).toEqual([0, 2]);
});
