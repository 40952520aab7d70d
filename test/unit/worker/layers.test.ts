import { beforeEach, describe, expect, it } from 'vitest';
import { DropReason } from '../../../src/common/drop-reason.js';
import { type Consumer } from '../../../src/worker/consumer.js';
import { type Producer } from '../../../src/worker/producer.js';
import { buildPacket } from '../rtp/support.js';
import { type ConsumeOptions, consumeRequest, MediaHarness, produceRequest } from './media-support.js';

const PLAIN = { considersLoss: false, isCongested: false };
const LOSSY = { considersLoss: true, isCongested: false };

/** Consumers that choose among layers: simulcast and SVC. */

let harness: MediaHarness;
let producer: Producer;
let consumer: Consumer;

const layersEvents = () => harness.takeEvents().filter(event => (event as string[])[0] === 'CONSUMER_LAYERS_CHANGE');
const layers = () => {
  const dump = consumer.dump();
  return {
    target: `${dump.targetSpatialLayer}.${dump.targetTemporalLayer}`,
    current: `${dump.currentSpatialLayer}.${dump.currentTemporalLayer}`,
  };
};
const keyFrameRequests = () =>
  harness
    .takeEvents()
    .filter(event => (event as string[])[0] === 'keyFrame')
    .map(event => (event as number[])[1]);

function prefer(spatialLayer: number, temporalLayer?: number): unknown {
  let response: unknown;
  consumer.setPreferredLayers({ spatialLayer, temporalLayer }, effective => (response = effective), harness.now);
  return response;
}

describe('a simulcast Consumer', () => {
  const STREAMS = [1111, 1112, 1113];
  let seqs: number[];

  function setUp(options: ConsumeOptions = {}, now = 1_000_000): void {
    harness = new MediaHarness();
    harness.now = now;
    producer = harness.produce(produceRequest({ encodings: STREAMS.map(ssrc => ({ ssrc })) }));
    consumer = harness.consume(consumeRequest({ consumable: ['S1T1', 'S1T1', 'S1T1'], ...options }));
    harness.takeEvents();
    seqs = [1000, 2000, 3000];
  }

  interface Parts {
    key?: boolean;
    timestamp?: number;
    marker?: boolean;
    seq?: number;
    empty?: boolean;
  }

  /** A packet of a layer. Timestamps: 90 per ms, plus 1000000 times the layer. */
  function send(layer: number, parts: Parts = {}): void {
    const sequenceNumber = parts.seq ?? seqs[layer]++;
    harness.receive(
      producer,
      buildPacket({
        ssrc: STREAMS[layer],
        payloadType: 100,
        sequenceNumber,
        timestamp: parts.timestamp ?? (harness.now * 90 + layer * 1_000_000) >>> 0,
        marker: parts.marker ?? true,
        payload: parts.empty ? [] : [0x10, parts.key ? 0 : 1, layer, 0, 0],
        padding: parts.empty ? 10 : 0,
      }),
    );
  }

  /** Sender reports of a layer, so that its capture times become known with the next packet. */
  function report(...layersReported: number[]): void {
    for (const layer of layersReported) {
      const timestamp = (harness.now * 90 + layer * 1_000_000) >>> 0;
      producer.rtcp.receiveSenderReport(
        STREAMS[layer],
        Math.floor(harness.now / 1000),
        0,
        timestamp,
        0,
        0,
        harness.now,
      );
    }
  }

  /** Layers 0 and 1 run, their capture times are known, layer 0 is being sent. */
  function startTwoLayers(options: ConsumeOptions = {}, now?: number): void {
    setUp({ preferredLayers: [0, 0], ...options }, now);
    send(0, { key: true });
    send(1, { key: true });
    for (let i = 0; i < 3; i++) {
      report(0, 1);
      harness.advance(1000);
      send(0, { key: true });
      send(1, { key: true });
    }
    harness.takeSent();
    harness.takeEvents();
  }

  const sentLayers = () => harness.takeSent().map(packet => packet.bytes[packet.payloadOffset + 2]);

  it('begins with the first stream that comes', () => {
    setUp();
    send(0);
    expect(harness.takeEvents()).toEqual([
      ['PRODUCER_SCORE', '0:10'],
      ['PLI', 1111],
      ['newStream', 9001],
      ['CONSUMER_SCORE', 'c1', 10, 0, 10, 0, 0],
      // As a new target, and as a target that has just come into being; the Producer waits for a key frame already.
      ['keyFrame', 9001],
      ['keyFrame', 9001],
    ]);
    expect(layers()).toEqual({ target: '0.0', current: '-1.-1' });
    expect(harness.dropped(DropReason.consumerWaitsForKeyFrame)).toBe(1);
    send(0, { key: true });
    send(0);
    expect(sentLayers()).toEqual([0, 0]);
    expect(harness.takeEvents()).toEqual([
      ['CONSUMER_LAYERS_CHANGE', 'c1', '0.0'],
      ['CONSUMER_SCORE', 'c1', 10, 10, 10, 0, 0],
    ]);
  });

  it('needs no key frame but the one that the stream begins with', () => {
    setUp();
    send(0, { key: true });
    const events = harness.takeEvents();
    expect(events).toContainEqual(['keyFrame', 9001]);
    expect(events).not.toContainEqual(['PLI', 1111]);
    harness.advance(2000);
    expect(harness.takeEvents()).not.toContainEqual(['PLI', 1111]);
  });

  it('does not switch to a stream whose capture times are unknown', () => {
    setUp();
    send(0, { key: true });
    send(1, { key: true });
    expect(layers()).toEqual({ target: '0.0', current: '0.0' });
    expect(sentLayers()).toEqual([0]);
    for (let i = 0; i < 3; i++) {
      report(0, 1);
      harness.advance(1000);
      send(0);
      send(1);
    }
    // Known now, and looked at again with the next report.
    report(0, 1);
    expect(layers().target).toBe('1.0');
  });

  it('switches at a key frame, with timestamps that go on', () => {
    startTwoLayers();
    expect(prefer(1)).toEqual({ spatialLayer: 1, temporalLayer: 0 });
    expect(harness.takeEvents()).toContainEqual(['keyFrame', 9002]);
    harness.advance(40);
    send(0);
    send(1);
    const [before] = harness.takeSent();
    harness.advance(40);
    send(0);
    send(1, { key: true });
    send(0);
    send(1);
    const after = harness.takeSent();
    expect(after.map(packet => packet.bytes[packet.payloadOffset + 2])).toEqual([0, 1, 1]);
    // The clock of the first stream goes on, 40 ms later; what is of the same instant is put one frame behind.
    expect(after.map(({ timestamp }) => timestamp - before.timestamp)).toEqual([3600, 3600 + 2970, 3600 + 2970]);
    expect(after.map(({ sequenceNumber }) => sequenceNumber - before.sequenceNumber)).toEqual([1, 2, 3]);
    expect(layersEvents()).toEqual([['CONSUMER_LAYERS_CHANGE', 'c1', '1.0']]);
  });

  it('forgets what was reported of the stream before', () => {
    startTwoLayers();
    consumer.rtcp.receiveReceiverReport(5001, 128, 2, 0, 0, 0, harness.now);
    expect(consumer.score.score).toBeLessThan(10);
    prefer(1);
    harness.takeEvents();
    send(1, { key: true });
    expect(consumer.score.score).toBe(10);
    expect(harness.takeEvents()).toEqual([
      ['CONSUMER_LAYERS_CHANGE', 'c1', '1.0'],
      ['CONSUMER_SCORE', 'c1', 10, 10, 10, 10, 0],
    ]);
  });

  it('is told of a pause of its Producer after its layers are gone', () => {
    startTwoLayers();
    producer.pause(harness.now);
    expect(harness.takeEvents()).toEqual([
      ['CONSUMER_LAYERS_CHANGE', 'c1', undefined],
      ['CONSUMER_PRODUCER_PAUSE', 'c1'],
    ]);
  });

  it('leaves no gap if only a late packet did not end its frame', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(40);
    const first = seqs[0];
    send(0, { seq: first + 1 });
    send(0, { seq: first, marker: false });
    send(1, { key: true });
    const [newest, late, after] = harness.takeSent();
    expect([late, after].map(({ sequenceNumber }) => sequenceNumber - newest.sequenceNumber)).toEqual([-1, 1]);
  });

  it('leaves a gap if it cut a frame off', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(40);
    send(0, { marker: false });
    send(1, { key: true });
    const [before, after] = harness.takeSent();
    expect(after.sequenceNumber - before.sequenceNumber).toBe(2);
  });

  it('asks for another key frame if the timestamps do not fit, once', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(200);
    send(0);
    const late = (harness.now * 90 + 1_000_000 - 150 * 90) >>> 0;
    harness.takeEvents();
    send(1, { key: true, timestamp: late });
    expect(keyFrameRequests()).toEqual([9002]);
    send(1, { key: true, timestamp: late + 900 });
    const [first, second] = harness.takeSent();
    expect(second.timestamp - first.timestamp).toBe(1 - 140 * 90);
    // And once more at the next switch.
    prefer(0);
    keyFrameRequests();
    send(0, { key: true, timestamp: (harness.now - 300) * 90 });
    expect([keyFrameRequests(), sentLayers()]).toEqual([[9001], []]);
  });

  it.each([
    [75, 1],
    [76, 0],
  ])('puts timestamps %i ms off at most: switches %i times', (shift, switches) => {
    startTwoLayers();
    prefer(1);
    send(0);
    // One frame, 33 ms, behind the last one is where it is put.
    const timestamp = (harness.now * 90 + 1_000_000 - (shift - 33) * 90) >>> 0;
    keyFrameRequests();
    send(1, { key: true, timestamp });
    expect(layersEvents()).toHaveLength(switches);
    const [first, ...after] = harness.takeSent();
    expect(after.map(({ timestamp: sent }) => sent - first.timestamp)).toEqual(switches === 1 ? [33 * 90] : []);
  });

  it('compares timestamps as plain numbers, so lets one key frame pass behind their wrap', () => {
    const wrap = 2 ** 32 / 90;
    startTwoLayers({}, wrap - 3010);
    prefer(1);
    harness.advance(500);
    keyFrameRequests();
    send(1, { key: true });
    expect([keyFrameRequests(), sentLayers()]).toEqual([[9002], []]);
    send(1, { key: true });
    expect(sentLayers()).toEqual([1]);
  });

  it('takes over the clock of the stream it goes to if that of the old one was never known', () => {
    setUp();
    send(0, { key: true });
    send(1, { key: true });
    expect(layers().current).toBe('0.0');
    for (let i = 0; i < 3; i++) {
      report(1);
      harness.advance(1000);
      send(0);
      send(1, { key: true });
    }
    prefer(1);
    send(1, { key: true });
    expect(layers().current).toBe('1.0');
    const timestamp = (harness.now * 90 + 1_000_000) >>> 0;
    expect(harness.takeSent().at(-1)!.timestamp).toBe(timestamp);
  });

  it('puts a stream that begins anew no other way than before', () => {
    startTwoLayers();
    prefer(1);
    send(0);
    send(1, { key: true });
    harness.advance(20);
    send(1);
    const [, , before] = harness.takeSent();
    for (const seq of [20_000, 20_001]) send(1, { seq });
    harness.advance(20);
    send(1, { key: true, seq: 20_002 });
    const [after] = harness.takeSent();
    expect(after.timestamp - before.timestamp).toBe(20 * 90);
  });

  it('sends packets of the key frame that came before its first one', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(40);
    const first = seqs[1];
    send(1, { seq: first + 2 });
    send(1, { seq: first + 1 });
    send(1, { seq: first, key: true });
    send(1, { seq: first + 3 });
    const seqsSent = harness.takeSent().map(({ sequenceNumber }) => sequenceNumber);
    expect(seqsSent.map(seq => seq - seqsSent[0])).toEqual([0, 1, 2, 3]);
  });

  it('keeps nothing for a switch that it gave up', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(40);
    const first = seqs[1];
    send(1, { seq: first + 1 });
    prefer(0);
    prefer(1);
    send(1, { seq: first, key: true });
    expect(sentLayers()).toEqual([1]);
  });

  it('does not send what was late from before the switch', () => {
    startTwoLayers();
    prefer(1);
    harness.advance(40);
    const first = seqs[1];
    seqs[1] += 10;
    send(1, { key: true });
    send(1, { seq: first + 1 });
    send(1);
    const [one, two] = harness.takeSent();
    expect(two.sequenceNumber - one.sequenceNumber).toBe(1);
  });

  it('looks out for such packets until 100 numbers behind the switch', () => {
    startTwoLayers();
    prefer(1);
    const first = seqs[1] + 10;
    send(1, { key: true, seq: first });
    send(1, { seq: first + 100 });
    send(1, { seq: first - 1 });
    expect(harness.dropped(DropReason.consumerDuplicate)).toBe(0);
    send(1, { seq: first + 101 });
    // Now it would be sent, with a number that the stream before has used.
    send(1, { seq: first - 1 });
    expect(harness.dropped(DropReason.consumerDuplicate)).toBe(1);
    expect(harness.takeSent()).toHaveLength(3);
  });

  it('leaves out padding of its stream only', () => {
    startTwoLayers();
    send(0);
    send(0, { empty: true });
    // Another stream's numbers are its own.
    send(1, { empty: true, seq: seqs[0] });
    send(0);
    const [one, two] = harness.takeSent();
    expect(two.sequenceNumber - one.sequenceNumber).toBe(1);
  });

  it('leaves out payload types that were not negotiated, of its stream only', () => {
    setUp({ preferredLayers: [0, 0] });
    const request = produceRequest({ encodings: STREAMS.map(ssrc => ({ ssrc })) });
    request.rtpMapping.codecs.push({ payloadType: 13, mappedPayloadType: 13 });
    producer = harness.produce(request);
    const sendOther = (layer: number, sequenceNumber: number) =>
      harness.receive(producer, buildPacket({ ssrc: STREAMS[layer], payloadType: 13, sequenceNumber, payload: [1] }));
    send(0, { key: true });
    send(1, { key: true, seq: seqs[0] - 1 });
    sendOther(0, seqs[0]++);
    sendOther(1, seqs[0]);
    send(0);
    const [one, two] = harness.takeSent();
    expect(two.sequenceNumber - one.sequenceNumber).toBe(1);
  });

  it('steps down when its stream dies, and stops when all do', () => {
    startTwoLayers({ preferredLayers: [1, 0] });
    report(0, 1);
    send(1, { key: true });
    expect(layers().current).toBe('1.0');
    harness.takeEvents();
    for (let i = 0; i < 4; i++) {
      harness.advance(500);
      send(0, { key: true });
    }
    expect(layers()).toEqual({ target: '0.0', current: '0.0' });
    harness.advance(2000);
    expect(layers()).toEqual({ target: '-1.-1', current: '-1.-1' });
    expect(layersEvents()).toEqual([
      ['CONSUMER_LAYERS_CHANGE', 'c1', '0.0'],
      ['CONSUMER_LAYERS_CHANGE', 'c1', undefined],
    ]);
    send(0, { key: true });
    expect(layers().current).toBe('0.0');
  });

  it('stops while paused, and begins anew', () => {
    startTwoLayers();
    consumer.pause(harness.now);
    expect(layersEvents()).toEqual([['CONSUMER_LAYERS_CHANGE', 'c1', undefined]]);
    consumer.resume(harness.now);
    expect(harness.takeEvents()).toEqual([
      ['keyFrame', 9001],
      ['PLI', 1111],
    ]);
    send(0);
    send(0, { key: true });
    expect(sentLayers()).toEqual([0]);
  });

  it('asks for a key frame of the current stream for its receiver, of both for the application', () => {
    startTwoLayers();
    prefer(1);
    keyFrameRequests();
    consumer.rtcp.receiveKeyFrameRequest(5001, 'pli', harness.now);
    expect(keyFrameRequests()).toEqual([9001]);
    consumer.requestKeyFrame(harness.now);
    expect(keyFrameRequests()).toEqual([9002, 9001]);
  });

  describe('with externally managed bitrate', () => {
    beforeEach(() => {
      startTwoLayers({ preferredLayers: [2, 0] });
      consumer.setExternallyManagedBitrate();
      harness.takeEvents();
    });

    it('waits for its Transport', () => {
      for (let i = 0; i < 2; i++) consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      harness.takeEvents();
      prefer(0);
      expect(harness.takeEvents()).toEqual(['needBitrateChange']);
      expect(layers().target).toBe('1.0');
      consumer.pause(harness.now);
      expect(harness.takeEvents()).toContain('needZeroBitrate');
    });

    it('takes layers as the bitrate allows', () => {
      const lower = consumer.increaseLayer(1e6, PLAIN, harness.now);
      expect(lower).toBeGreaterThan(0);
      // The higher layer in place of the lower one costs the difference only.
      const higher = consumer.increaseLayer(1e6, PLAIN, harness.now);
      expect(higher).toBe(1);
      expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(0);
      consumer.applyLayers(harness.now);
      expect(layers().target).toBe('1.0');
      expect(consumer.desiredBitrate(harness.now)).toBe(lower);
    });

    it('takes nothing that is too much, and stops', () => {
      expect(consumer.increaseLayer(1, PLAIN, harness.now)).toBe(0);
      consumer.applyLayers(harness.now);
      expect(layers()).toEqual({ target: '-1.-1', current: '-1.-1' });
      expect(layersEvents()).toEqual([['CONSUMER_LAYERS_CHANGE', 'c1', undefined]]);
    });

    it.each([
      { loss: 1, factor: 1.08 },
      { loss: 5, factor: 1 },
      { loss: 20, factor: 0.9 },
    ])('with $loss % of loss counts on the bitrate times $factor', ({ loss, factor }) => {
      consumer.rtcp.receiveReceiverReport(5001, Math.round((loss * 256) / 100), 0, 0, 0, 0, harness.now);
      const required = consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      const limit = required / factor;
      expect(consumer.increaseLayer(limit * 0.98, LOSSY, harness.now)).toBe(0);
      const bitrate = limit * 1.02;
      expect(consumer.increaseLayer(bitrate, LOSSY, harness.now)).toBeCloseTo(Math.min(bitrate, required));
    });

    it('sends the lowest temporal layer only until the key frame of a lower layer comes', () => {
      const temporal = ['L1T2', 'L1T2'];
      harness = new MediaHarness();
      producer = harness.produce(
        produceRequest({ encodings: temporal.map((mode, layer) => ({ ssrc: STREAMS[layer], mode })) }),
      );
      consumer = harness.consume(consumeRequest({ consumable: temporal, preferredLayers: [1, 1] }));
      consumer.setExternallyManagedBitrate();
      seqs = [1000, 2000];
      const frame = (layer: number, temporalLayer: number, key = false) => {
        harness.receive(
          producer,
          buildPacket({
            ssrc: STREAMS[layer],
            payloadType: 100,
            sequenceNumber: seqs[layer]++,
            timestamp: (harness.now * 90 + layer * 1_000_000) >>> 0,
            marker: true,
            // X S; T; TID Y
            payload: [0x90, 0x20, (temporalLayer << 6) | 0x20, key ? 0 : 1, layer, 0, 0],
          }),
        );
      };
      const sentFrames = () =>
        harness.takeSent().map(({ bytes, payloadOffset: at }) => `${bytes[at + 4]}.${bytes[at + 2] >> 6}`);
      const both = (temporalLayer: number, key = false) => [0, 1].forEach(layer => frame(layer, temporalLayer, key));
      both(0, true);
      for (let i = 0; i < 3; i++) {
        report(0, 1);
        harness.advance(1000);
        both(0, true);
        both(1);
      }
      for (let i = 0; i < 4; i++) consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      both(0, true);
      expect(layers().current).toBe('1.0');
      both(1);
      expect(layers().current).toBe('1.1');
      harness.takeSent();
      consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      expect(layers().target).toBe('0.0');
      both(0);
      both(1);
      expect(sentFrames()).toEqual(['1.0']);
      both(0, true);
      expect(sentFrames()).toEqual(['0.0']);
    });

    describe('and streams that are young', () => {
      /** Packets of these layers, every 100 ms, until `end`; then a report. */
      const run = (end: number, ...running: number[]): void => {
        while (harness.now < end) {
          report(...running);
          harness.advance(Math.min(100, end - harness.now));
          for (const layer of running) send(layer, { key: true });
        }
      };
      const take = (): number[] => [0, 1].map(() => consumer.increaseLayer(1e6, PLAIN, harness.now));
      beforeEach(() => {
        setUp({ preferredLayers: [1, 0] });
        consumer.setExternallyManagedBitrate();
      });

      it('waits for 2 s before it leaves an older one', () => {
        const start = harness.now + 3000;
        run(start, 0);
        consumer.increaseLayer(1e6, PLAIN, start);
        consumer.applyLayers(start);
        send(1, { key: true });
        run(start + 1000, 0, 1);
        harness.takeEvents();
        report(0, 1);
        expect(harness.takeEvents()).not.toContain('needBitrateChange');
        run(start + 1999, 0, 1);
        expect(take()).toEqual([expect.any(Number), 0]);
        consumer.discardLayers();
        harness.advance(1);
        expect(take()[1]).toBeGreaterThan(0);
      });

      it('does not wait if all are', () => {
        run(harness.now + 500, 0, 1);
        expect(take()[1]).toBeGreaterThan(0);
      });
    });

    it('is not cautious after a downgrade within the first 8 s', () => {
      const take = (layersTaken: number): void => {
        // What a layer takes, and 20 % of all to spare.
        for (let i = 0; i < layersTaken; i++) {
          const bitrate = i === 0 ? 1e6 : 1 + 0.2 * consumer.provisionalBitrate;
          consumer.increaseLayer(bitrate, PLAIN, harness.now);
        }
        consumer.applyLayers(harness.now);
      };
      take(2);
      for (const layer of [0, 1]) send(layer, { key: true });
      expect(layers().current).toBe('1.0');
      take(1);
      expect(layers().target).toBe('0.0');
      take(2);
      expect(layers().target).toBe('1.0');
    });

    it('is not cautious before the first downgrade, early as it may be', () => {
      startTwoLayers({ preferredLayers: [2, 0] }, 1000);
      consumer.setExternallyManagedBitrate();
      expect(layers().target).toBe('0.0');
      consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.increaseLayer(1 + 0.1 * consumer.provisionalBitrate, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      expect(layers().target).toBe('1.0');
    });

    it('takes no temporal layer above the preferred one in a lower spatial layer either', () => {
      const modes = ['L1T2', 'L1T2'];
      harness = new MediaHarness();
      const encodings = modes.map((mode, layer) => ({ ssrc: STREAMS[layer], mode }));
      producer = harness.produce(produceRequest({ encodings }));
      consumer = harness.consume(consumeRequest({ consumable: modes, preferredLayers: [1, 0] }));
      consumer.setExternallyManagedBitrate();
      for (let i = 0; i < 4; i++) {
        for (const layer of [0, 1]) {
          for (const temporal of [0, 1]) {
            // X S; T; TID Y
            const payload = [0x90, 0x20, (temporal << 6) | 0x20, 0, layer];
            const timestamp = (harness.now * 90 + layer * 1_000_000 + temporal) >>> 0;
            const sequenceNumber = 2 * i + temporal;
            const ssrc = STREAMS[layer];
            harness.receive(producer, buildPacket({ ssrc, payloadType: 100, sequenceNumber, timestamp, payload }));
          }
        }
        report(0, 1);
        harness.advance(1000);
      }
      for (let i = 0; i < 2; i++) consumer.increaseLayer(1e6, PLAIN, harness.now);
      consumer.applyLayers(harness.now);
      expect(layers().target).toBe('1.0');
    });

    it('goes up within 10 s after a downgrade, or longer, only if there is bitrate to spare', () => {
      const take = (steps: number, spare = 1) => {
        for (let i = 0; i < steps; i++) {
          // Of what the layer takes, or of what all of them take for one that is new.
          const bitrate = i === 0 ? 1e6 : 1 + spare * consumer.provisionalBitrate;
          consumer.increaseLayer(bitrate, PLAIN, harness.now);
        }
        consumer.applyLayers(harness.now);
      };
      const keepAlive = (ms: number) => {
        for (let at = 0; at < ms; at += 1000) {
          report(0, 1);
          harness.advance(1000);
          send(0, { key: true });
          send(1, { key: true });
        }
      };
      take(2);
      keepAlive(10_000);
      expect(layers().current).toBe('1.0');
      take(1);
      expect(layers().target).toBe('0.0');
      keepAlive(5000);
      take(2, 0.2);
      expect(layers().target).toBe('0.0');
      keepAlive(5000);
      take(2, 0.02);
      expect(layers().target).toBe('0.0');
      take(2, 0.1);
      expect(layers().target).toBe('1.0');
      // An upgrade that does not last doubles the time.
      keepAlive(1000);
      take(1);
      keepAlive(19_000);
      take(2, 0.2);
      expect(layers().target).toBe('0.0');
      take(2, 0.4);
      expect(layers().target).toBe('1.0');
    });
  });
});

describe('an SVC Consumer', () => {
  let seq: number;

  function setUp(mode: string, options: ConsumeOptions = {}): void {
    const codec = { mimeType: 'video/VP9' };
    harness = new MediaHarness();
    producer = harness.produce(produceRequest({ codec, encodings: [{ ssrc: 1111, mode }] }));
    consumer = harness.consume(consumeRequest({ codec, consumable: [mode], ...options }));
    harness.takeEvents();
    seq = 0;
  }

  /** A frame of one packet per spatial layer. */
  function sendFrame(key: boolean, spatialLayers: number, temporal = 0): void {
    for (let spatial = 0; spatial < spatialLayers; spatial++) {
      // I=0 P L F B E V
      const flags = (key ? 0 : 0x40) | 0x20 | 0x08 | 0x04;
      const payload = [flags, (temporal << 5) | 0x10 | (spatial << 1), 0, spatial, ...Array<number>(100).fill(0)];
      const marker = spatial === spatialLayers - 1;
      const timestamp = (harness.now * 90) >>> 0;
      harness.receive(
        producer,
        buildPacket({ ssrc: 1111, payloadType: 100, sequenceNumber: ++seq, timestamp, marker, payload }),
      );
    }
  }

  const sent = () =>
    harness.takeSent().map(({ bytes, payloadOffset, marker }) => `${bytes[payloadOffset + 3]}${marker ? '!' : ''}`);

  it('sends up to the preferred layer, whose last packet ends the frame', () => {
    setUp('L3T1', { preferredLayers: [1, 0] });
    sendFrame(true, 3);
    expect(layers()).toEqual({ target: '0.0', current: '0.0' });
    // Layers that came with the first frame are noticed within 1500 ms.
    harness.advance(1500);
    expect(layers().target).toBe('1.0');
    harness.takeSent();
    sendFrame(true, 3);
    sendFrame(false, 3);
    expect(sent()).toEqual(['0', '1!', '0', '1!']);
    expect(layersEvents().at(-1)).toEqual(['CONSUMER_LAYERS_CHANGE', 'c1', '1.0']);
  });

  it.each([
    ['L2T1', []],
    ['L2T1_KEY', [9001]],
  ])('asks for a key frame to go up, and in %s to go down: %j', (mode, requests) => {
    setUp(mode);
    sendFrame(true, 2);
    harness.advance(1500);
    expect(keyFrameRequests()).toContain(9001);
    sendFrame(true, 2);
    expect(layers().current).toBe('1.0');
    keyFrameRequests();
    prefer(0);
    expect(keyFrameRequests()).toEqual(requests);
  });

  it('waits for a key frame, and after a pause again', () => {
    setUp('L1T2');
    sendFrame(false, 1);
    expect(sent()).toEqual([]);
    expect([consumer.score.producerScore, consumer.getStats(harness.now).stats.length]).toEqual([0, 1]);
    sendFrame(true, 1);
    expect(sent()).toEqual(['0!']);
    expect([consumer.score.producerScore, consumer.getStats(harness.now).stats.length]).toEqual([10, 2]);
    consumer.pause(harness.now);
    expect(layersEvents().at(-1)).toEqual(['CONSUMER_LAYERS_CHANGE', 'c1', undefined]);
    consumer.resume(harness.now);
    expect(keyFrameRequests()).toEqual([9001]);
    sendFrame(false, 1);
    sendFrame(true, 1);
    expect(sent()).toEqual(['0!']);
  });

  it('is content with a key frame that its codec then refuses', () => {
    setUp('L2T1');
    sendFrame(false, 1);
    expect(sent()).toEqual([]);
    // Of a temporal layer that was not announced.
    sendFrame(true, 1, 1);
    expect(sent()).toEqual([]);
    sendFrame(false, 1);
    expect(sent()).toEqual(['0!']);
  });

  it('takes layers as the bitrate allows', () => {
    setUp('L2T1');
    sendFrame(true, 2);
    const total = consumer.desiredBitrate(harness.now);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(total / 2);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(total / 2);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(0);
    consumer.applyLayers(harness.now);
    expect(layers().target).toBe('1.0');
  });

  it('keeps the score at which its stream is sent when layers change', () => {
    setUp('L2T1');
    sendFrame(true, 2);
    harness.advance(1500);
    consumer.rtcp.receiveReceiverReport(5001, 128, 1, 0, 0, 0, harness.now);
    const { score } = consumer.score;
    expect(score).toBeLessThan(10);
    harness.takeEvents();
    sendFrame(true, 2);
    expect(layersEvents()).toEqual([['CONSUMER_LAYERS_CHANGE', 'c1', '1.0']]);
    expect(consumer.score.score).toBe(score);
  });

  it('takes nothing that is too much, and stops', () => {
    setUp('L2T1');
    sendFrame(true, 2);
    expect(sent()).toHaveLength(1);
    consumer.setExternallyManagedBitrate();
    harness.takeEvents();
    expect(consumer.increaseLayer(1, PLAIN, harness.now)).toBe(0);
    consumer.applyLayers(harness.now);
    expect(layersEvents()).toEqual([['CONSUMER_LAYERS_CHANGE', 'c1', undefined]]);
    sendFrame(true, 2);
    expect(sent()).toEqual([]);
  });

  it('leaves it to its Transport what bad quality means, but for streams that die or come back', () => {
    setUp('L2T1');
    sendFrame(true, 2);
    consumer.setExternallyManagedBitrate();
    consumer.increaseLayer(1e6, PLAIN, harness.now);
    consumer.applyLayers(harness.now);
    expect(layers().target).toBe('0.0');
    const report = (): unknown[] => {
      producer.rtcp.receiveSenderReport(1111, 1, 1, 0, 0, 0, harness.now);
      return harness.takeEvents().filter(event => event === 'needBitrateChange');
    };
    const loseOneOf = (packets: number): void => {
      seq++;
      for (let i = 1; i < packets; i++) sendFrame(false, 1);
    };
    loseOneOf(10);
    harness.takeEvents();
    expect([report(), producer.scores]).toEqual([[], [7]]);
    loseOneOf(2);
    expect([report(), producer.scores]).toEqual([[], [2]]);
    for (let i = 0; i < 20 && producer.scores[0] > 0; i++) {
      loseOneOf(2);
      harness.takeEvents();
      expect(report()).toEqual(producer.scores[0] > 0 ? [] : ['needBitrateChange']);
    }
    expect(producer.scores).toEqual([0]);
  });

  it('has its Transport distribute the bitrate anew also for another temporal layer alone', () => {
    setUp('L1T2');
    consumer.setExternallyManagedBitrate();
    sendFrame(true, 1);
    sendFrame(false, 1, 1);
    for (let i = 0; i < 2; i++) consumer.increaseLayer(1e6, PLAIN, harness.now);
    consumer.applyLayers(harness.now);
    expect(layers().target).toBe('0.1');
    harness.takeEvents();
    prefer(0, 0);
    expect(harness.takeEvents()).toEqual(['needBitrateChange']);
  });

  it('counts only the difference to the layer below in K-SVC', () => {
    setUp('L2T1_KEY');
    sendFrame(true, 2);
    const layer = consumer.desiredBitrate(harness.now);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(layer);
    expect(consumer.increaseLayer(1e6, PLAIN, harness.now)).toBe(1);
  });

  it('desires what its receiver may get at least', () => {
    setUp('L1T2', { encodings: [{ ssrc: 5001, mode: 'L1T2', maxBitrate: 900_000n }] });
    expect(consumer.desiredBitrate(harness.now)).toBe(900_000);
    consumer.pause(harness.now);
    expect(consumer.desiredBitrate(harness.now)).toBe(0);
  });
});
