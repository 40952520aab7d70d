import { describe, expect, it } from 'vitest';
import { Fragment, OutgoingMessage } from '../../../../src/sctp/sending/outgoing-message.js';
import { type ScheduledStream, StreamScheduler } from '../../../../src/sctp/sending/stream-scheduler.js';

const MTU = 1000;

interface TestMessage {
  name: string;
  length: number;
}

/** A stream that sends these messages. */
const stream = (
  scheduler: StreamScheduler,
  streamId: number,
  priority: number,
  messages: TestMessage[],
): ScheduledStream => {
  const queue = messages.map(({ name, length }) => {
    const payload = new Uint8Array(length);
    payload[0] = Number(name);
    return new OutgoingMessage(streamId, 0, payload, {}, 0);
  });
  const scheduled = scheduler.addStream(
    {
      streamId,
      get bytesToSendNext() {
        return queue.length === 0 ? 0 : queue[0].remainingLength;
      },
      produce(_now, maxLength, fragment) {
        if (queue.length === 0) return false;
        const [message] = queue;
        const length = Math.min(message.remainingLength, maxLength);
        fragment.set(message, message.sentLength, length, 0);
        message.sentLength += length;
        if (message.remainingLength === 0) queue.shift();
        return true;
      },
    },
    priority,
  );
  scheduled.activate();
  return scheduled;
};

const messages = (first: number, ...lengths: number[]): TestMessage[] =>
  lengths.map((length, i) => ({ name: String(first + i), length }));

/** Numbers of the messages in the order in which they, or their fragments, are sent. */
const order = (scheduler: StreamScheduler, max = Infinity, maxLength = MTU): number[] => {
  const numbers: number[] = [];
  const fragment = new Fragment();
  while (numbers.length < max && scheduler.produce(0, maxLength, fragment)) numbers.push(fragment.message!.bytes[0]);
  return numbers;
};

/** How often each stream was served. */
const shares = (scheduler: StreamScheduler, max: number): number[] => {
  const counts: number[] = [];
  const fragment = new Fragment();
  for (let i = 0; i < max && scheduler.produce(0, MTU, fragment); i++) {
    const { streamId } = fragment.message!;
    counts[streamId - 1] = (counts[streamId - 1] ?? 0) + 1;
  }
  return counts;
};

const scheduler = (messageInterleaving = false): StreamScheduler => {
  const result = new StreamScheduler(MTU);
  result.messageInterleaving = messageInterleaving;
  return result;
};
const many = (length: number): TestMessage[] => messages(0, ...Array<number>(100).fill(length));

describe('without message interleaving the scheduler', () => {
  it('has nothing to send without streams', () => {
    expect(order(scheduler())).toEqual([]);
  });

  it('serves a single stream', () => {
    const one = scheduler();
    stream(one, 1, 256, messages(10, 4, 4));
    expect(order(one)).toEqual([10, 11]);
  });

  it('lets streams take turns', () => {
    const two = scheduler();
    stream(two, 1, 256, messages(10, 4, 4, 4));
    stream(two, 2, 256, messages(20, 4, 4, 4));
    expect(order(two)).toEqual([10, 20, 11, 21, 12, 22]);
  });

  it('finishes a message before it serves another stream', () => {
    const two = scheduler();
    stream(two, 1, 256, messages(10, 4, 12, 4));
    stream(two, 2, 256, messages(20, 4, 4, 4));
    expect(order(two, Infinity, 4)).toEqual([10, 20, 11, 11, 11, 21, 12, 22]);
  });

  it('passes over a paused stream, and goes on with it', () => {
    const two = scheduler();
    const paused = stream(two, 1, 256, messages(10, 4, 4, 4));
    stream(two, 2, 256, messages(20, 4, 4, 4));
    expect(order(two, 2)).toEqual([10, 20]);
    paused.deactivate();
    expect(order(two, 2)).toEqual([21, 22]);
    paused.activate();
    expect(order(two)).toEqual([11, 12]);
  });

  it('serves streams evenly, whenever they come and go', () => {
    const some = scheduler();
    stream(some, 1, 1, many(4));
    const second = stream(some, 2, 1, many(4));
    expect(shares(some, 10)).toEqual([5, 5]);
    second.deactivate();
    stream(some, 3, 1, many(4));
    stream(some, 4, 1, many(4));
    expect(shares(some, 15)).toEqual([5, undefined, 5, 5]);
    second.activate();
    expect(shares(some, 20)).toEqual([5, 5, 5, 5]);
  });
});

describe('with message interleaving the scheduler (RFC 8260 §3.6)', () => {
  it('serves streams of the same priority by the bytes they send', () => {
    const two = scheduler(true);
    stream(two, 1, 2, messages(100, 30, 30, 30));
    stream(two, 2, 2, messages(200, 70, 70, 70));
    // Virtual times of finishing: 30, 60, 70, 90, 140, 210.
    expect(order(two)).toEqual([100, 101, 200, 102, 201, 202]);
  });

  it('serves streams by their priorities', () => {
    const three = scheduler(true);
    stream(three, 1, 125, messages(10, 4, 4, 4));
    stream(three, 2, 200, messages(20, 4, 4, 4));
    stream(three, 3, 500, messages(30, 4, 4, 4));
    expect(order(three)).toEqual([30, 31, 20, 32, 10, 21, 22, 11, 12]);
  });

  it('weighs sizes and priorities', () => {
    const three = scheduler(true);
    stream(three, 1, 125, messages(10, 50, 20, 70));
    stream(three, 2, 200, messages(20, 50, 70, 20));
    stream(three, 3, 500, messages(30, 20, 50, 70));
    expect(order(three)).toEqual([30, 31, 20, 32, 10, 11, 21, 22, 12]);
  });

  it('serves streams again after every chunk of a message', () => {
    const two = scheduler(true);
    stream(two, 1, 256, messages(10, 12));
    stream(two, 2, 256, messages(20, 4));
    expect(order(two, Infinity, 4)).toEqual([20, 10, 10, 10]);
  });

  it.each([
    [[100, 200], [4, 4], 15, [5, 10]],
    [[100, 200, 300, 400], [4, 4, 4, 4], 50, [5, 10, 15, 20]],
    [[100, 400], [8, 4], 90, [10, 80]],
  ])('gives streams of priorities %j and message sizes %j their shares', (priorities, lengths, count, expected) => {
    const some = scheduler(true);
    priorities.forEach((priority, i) => stream(some, i + 1, priority, many(lengths[i])));
    expect(shares(some, count)).toEqual(expected);
  });

  it('serves a stream of priority 0 when nobody else has anything to send', () => {
    const two = scheduler(true);
    stream(two, 1, 0, messages(10, 4, 4));
    stream(two, 2, 1, messages(20, 4, 4));
    expect(order(two)).toEqual([20, 21, 10, 11]);
  });
});
