import { describe, expect, it } from 'vitest';
import { type SctpSendOptions } from '../../../../src/sctp/association-owner.js';
import { Fragment, OutgoingMessage } from '../../../../src/sctp/sending/outgoing-message.js';
import { SendQueue } from '../../../../src/sctp/sending/send-queue.js';

const NOW = 1000;

const setUp = (options: { lowThreshold?: number; sendBufferSize?: number } = {}) => {
  const log: string[] = [];
  const queue = new SendQueue(
    {
      mtu: 1200,
      sendBufferSize: options.sendBufferSize ?? 10_000,
      perStreamSendQueueLimit: 5000,
      defaultStreamBufferedAmountLowThreshold: options.lowThreshold ?? 0,
      defaultStreamPriority: 256,
    },
    {
      onBufferedAmountLow: streamId => log.push(`${streamId} low`),
      onTotalBufferedAmountLow: () => log.push('total low'),
      onMessageExpired: ({ lifecycleId }) => log.push(`expired ${lifecycleId}`),
    },
  );
  const fragment = new Fragment();
  return {
    queue,
    log,
    add: (streamId: number, length: number, sendOptions: SctpSendOptions = {}, ppid = 53): OutgoingMessage => {
      const message = new OutgoingMessage(streamId, ppid, new Uint8Array(length), sendOptions, NOW);
      queue.add(message);
      return message;
    },
    /** What comes out, as text: stream and number, and which bytes of the message. */
    produce: (maxLength = 1000, now = NOW): string | undefined => {
      if (!queue.produce(now, maxLength, fragment)) return undefined;
      const { streamId, unordered, ssn } = fragment.message!;
      const kind = unordered ? 'u' : `#${ssn}`;
      return `${streamId}${kind} ${fragment.offset}-${fragment.offset + fragment.length}`;
    },
  };
};

describe('the send queue', () => {
  it('has nothing to send while it is empty', () => {
    const { queue, produce } = setUp();
    expect(queue.isEmpty).toBe(true);
    expect(produce()).toBeUndefined();
  });

  it('gives a small message in one fragment', () => {
    const { add, produce, queue } = setUp();
    add(1, 4);
    expect(produce()).toBe('1#0 0-4');
    expect(produce()).toBeUndefined();
    expect(queue.isEmpty).toBe(true);
  });

  it('cuts a large message, numbering the fragments', () => {
    const { add, queue } = setUp();
    const message = add(1, 250);
    const fragment = new Fragment();
    const fragments: [number, number, number][] = [];
    while (queue.produce(NOW, 100, fragment)) fragments.push([fragment.fsn, fragment.offset, fragment.length]);
    expect(fragments).toEqual([
      [0, 0, 100],
      [1, 100, 100],
      [2, 200, 50],
    ]);
    expect(fragment.message).toBe(message);
  });

  it('gives messages one after another', () => {
    const { add, produce } = setUp();
    add(1, 4);
    add(1, 8);
    expect([produce(), produce(), produce()]).toEqual(['1#0 0-4', '1#1 0-8', undefined]);
  });

  it('is full at a limit, and not any more when something was sent', () => {
    const { queue, add, produce } = setUp();
    add(1, 4999);
    expect(queue.isFull(1)).toBe(false);
    add(1, 600);
    expect([queue.isFull(1), queue.isFull(2)]).toEqual([true, false]);
    add(2, 4500);
    expect([queue.isFull(1), queue.isFull(2), queue.isFull(3)]).toEqual([true, true, true]);
    expect([queue.bufferedAmount(1), queue.bufferedAmount(2), queue.totalBufferedAmount]).toEqual([5599, 4500, 10_099]);
    produce();
    expect([queue.isFull(1), queue.isFull(2)]).toEqual([false, false]);
  });

  it('numbers ordered messages only', () => {
    const { add } = setUp();
    const { queue, add: addTo } = setUp();
    expect(add(1, 4).unordered).toBe(false);
    const sent = [addTo(1, 1), addTo(1, 1, { unordered: true }), addTo(1, 1), addTo(1, 1, { unordered: true })];
    const fragment = new Fragment();
    while (queue.produce(NOW, 100, fragment));
    expect(sent.map(({ ssn, messageId }) => [ssn, messageId])).toEqual([
      [0, 0],
      [0, 0],
      [1, 1],
      [0, 1],
    ]);
  });

  it('drops what has expired before it was begun', () => {
    const { queue, add, produce, log } = setUp();
    add(1, 4, { lifetime: 1000, lifecycleId: 1 });
    expect(produce(1000, NOW + 1000)).toBe('1#0 0-4');
    add(1, 4, { lifetime: 1000, lifecycleId: 2 });
    add(1, 4);
    expect(produce(1000, NOW + 1001)).toBe('1#1 0-4');
    expect(log.filter(entry => entry.startsWith('expired'))).toEqual(['expired 2']);
    expect(queue.totalBufferedAmount).toBe(0);
  });

  it('sends a message of no lifetime if it can be sent at once', () => {
    const { add, produce } = setUp();
    add(1, 4, { lifetime: 0 });
    expect(produce(1000, NOW)).toBe('1#0 0-4');
  });

  it('goes on with a message that expires half-way', () => {
    const { add, produce } = setUp();
    add(1, 1500, { lifetime: 10 });
    expect([produce(), produce(1000, NOW + 100)]).toEqual(['1#0 0-1000', '1#0 1000-1500']);
  });

  it('discards the rest of a message', () => {
    const { queue, add, produce, log } = setUp();
    const message = add(1, 1500, { lifecycleId: 7 });
    add(1, 10);
    produce();
    expect(queue.discard(message)).toBe(true);
    expect(queue.discard(message)).toBe(false);
    expect(log).toContain('expired 7');
    expect([produce(), produce()]).toEqual(['1#1 0-10', undefined]);
    expect(queue.totalBufferedAmount).toBe(0);
  });

  it('has nothing to discard of a message that was sent completely', () => {
    const { queue, add, produce } = setUp();
    const message = add(1, 10);
    produce();
    expect(queue.discard(message)).toBe(false);
  });

  it('lets streams take turns, message by message', () => {
    const { add, produce } = setUp();
    add(1, 150);
    add(1, 20);
    add(2, 10);
    add(2, 30);
    const sent = [produce(100), produce(100), produce(100), produce(100), produce(100)];
    expect(sent).toEqual(['1#0 0-100', '1#0 100-150', '2#0 0-10', '1#1 0-20', '2#1 0-30']);
  });

  it('has priorities', () => {
    const { queue, add, produce } = setUp();
    expect(queue.priority(1)).toBe(256);
    queue.setPriority(2, 512);
    expect([queue.priority(1), queue.priority(2)]).toEqual([256, 512]);
    queue.messageInterleaving = true;
    add(1, 100);
    add(2, 100);
    expect([produce(), produce()]).toEqual(['2#0 0-100', '1#0 0-100']);
  });

  it('tells which streams were used', () => {
    const { queue, add } = setUp();
    add(4, 1);
    add(2, 1);
    expect(queue.streamIds).toEqual([4, 2]);
  });
});

describe('a stream that is to be reset (RFC 6525 §5.1.2)', () => {
  it('loses what it has not begun to send', () => {
    const { queue, add, produce, log } = setUp();
    add(1, 10, { lifecycleId: 1 });
    add(1, 10, { lifecycleId: 2 });
    add(2, 10);
    queue.prepareReset(1);
    expect(log).toEqual(['1 low', 'expired 1', 'expired 2'].sort((a, b) => log.indexOf(a) - log.indexOf(b)));
    expect(queue.totalBufferedAmount).toBe(10);
    expect([produce(), produce()]).toEqual(['2#0 0-10', undefined]);
    expect(queue.hasStreamsReadyForReset).toBe(true);
  });

  it('finishes a message first', () => {
    const { queue, add, produce } = setUp();
    add(1, 150);
    add(1, 10);
    produce(100);
    queue.prepareReset(1);
    add(1, 20);
    expect(queue.hasStreamsReadyForReset).toBe(false);
    expect([produce(100), produce(100)]).toEqual(['1#0 100-150', undefined]);
    expect(queue.takeStreamsReadyForReset(10)).toEqual([1]);
    queue.commitReset();
    expect(produce()).toBe('1#0 0-20');
  });

  it('is ready when the message that it was to finish is discarded', () => {
    const { queue, add, produce } = setUp();
    const message = add(1, 150);
    produce(100);
    queue.prepareReset(1);
    add(1, 20);
    queue.discard(message);
    expect(produce()).toBeUndefined();
    expect(queue.takeStreamsReadyForReset(10)).toEqual([1]);
  });

  it('keeps what is queued meanwhile, and starts its numbers anew', () => {
    const { queue, add, produce } = setUp();
    add(1, 10);
    add(1, 10);
    add(3, 10);
    while (produce() !== undefined);
    queue.prepareReset(1);
    add(1, 20);
    add(3, 20);
    expect([produce(), produce()]).toEqual(['3#1 0-20', undefined]);
    expect(queue.takeStreamsReadyForReset(10)).toEqual([1]);
    expect(produce()).toBeUndefined();
    queue.commitReset();
    expect([produce(), produce()]).toEqual(['1#0 0-20', undefined]);
    add(3, 30);
    expect(produce()).toBe('3#2 0-30');
  });

  it('goes on with its numbers if it is not reset after all', () => {
    const { queue, add, produce } = setUp();
    add(1, 10);
    produce();
    queue.prepareReset(1);
    queue.takeStreamsReadyForReset(10);
    add(1, 20);
    queue.rollbackReset();
    expect(produce()).toBe('1#1 0-20');
    expect(queue.hasStreamsReadyForReset).toBe(false);
  });

  it('waits if there are too many for one request', () => {
    const { queue } = setUp();
    for (let streamId = 1; streamId <= 5; streamId++) queue.prepareReset(streamId);
    expect(queue.takeStreamsReadyForReset(2)).toEqual([1, 2]);
    queue.commitReset();
    expect(queue.takeStreamsReadyForReset(10)).toEqual([3, 4, 5]);
  });

  it('is to be reset once, however often that is asked for', () => {
    const { queue } = setUp();
    queue.prepareReset(1);
    queue.prepareReset(1);
    expect(queue.takeStreamsReadyForReset(10)).toEqual([1]);
    expect(queue.takeStreamsReadyForReset(10)).toEqual([]);
  });
});

describe('a queue of which the peer has seen nothing', () => {
  it('sends a partly sent message from its beginning', () => {
    const { queue, add, produce } = setUp();
    add(1, 10);
    add(1, 150);
    expect([produce(), produce(100)]).toEqual(['1#0 0-10', '1#1 0-100']);
    expect(queue.totalBufferedAmount).toBe(50);
    queue.rewind();
    expect(queue.totalBufferedAmount).toBe(150);
    add(2, 5);
    expect([produce(), produce(), produce()]).toEqual(['1#0 0-150', '2#0 0-5', undefined]);
  });

  it('asks again for a reset that was not answered', () => {
    const { queue } = setUp();
    queue.prepareReset(1);
    queue.takeStreamsReadyForReset(10);
    queue.rewind();
    expect(queue.takeStreamsReadyForReset(10)).toEqual([1]);
  });

  it('gives resets up that are not possible', () => {
    const { queue, add, produce } = setUp();
    queue.prepareReset(1);
    add(1, 10);
    queue.abandonResets();
    expect(produce()).toBe('1#0 0-10');
  });
});

describe('the buffered amount of a stream', () => {
  it('is low from the beginning, and tells nothing', () => {
    const { queue, log } = setUp();
    queue.setBufferedAmountLowThreshold(1, 0);
    expect(log).toEqual([]);
  });

  it('becomes low when the last byte goes, again and again', () => {
    const { add, produce, log } = setUp();
    add(1, 10);
    expect(log).toEqual([]);
    produce();
    expect(log).toEqual(['1 low']);
    add(1, 10);
    produce(5);
    expect(log).toEqual(['1 low']);
    produce();
    expect(log).toEqual(['1 low', '1 low']);
  });

  it('becomes low when it falls to the threshold, not below it', () => {
    const { queue, add, produce, log } = setUp();
    queue.setBufferedAmountLowThreshold(1, 700);
    add(1, 1000);
    produce(299);
    expect(log).toEqual([]);
    produce(1);
    expect([log, queue.bufferedAmount(1)]).toEqual([['1 low'], 700]);
    produce();
    expect(log).toEqual(['1 low']);
  });

  it('becomes low when the threshold is raised to it', () => {
    const { queue, add, log } = setUp();
    queue.setBufferedAmountLowThreshold(1, 100);
    add(1, 200);
    queue.setBufferedAmountLowThreshold(1, 199);
    expect(log).toEqual([]);
    queue.setBufferedAmountLowThreshold(1, 200);
    expect(log).toEqual(['1 low']);
    queue.setBufferedAmountLowThreshold(1, 50);
    expect([log, queue.bufferedAmountLowThreshold(1)]).toEqual([['1 low'], 50]);
  });

  it('has a default threshold', () => {
    const { queue, add, produce, log } = setUp({ lowThreshold: 500 });
    expect(queue.bufferedAmountLowThreshold(1)).toBe(500);
    add(1, 600);
    produce(100);
    expect(log).toEqual(['1 low']);
  });
});

describe('the total buffered amount', () => {
  it('becomes low at nine tenths of its limit', () => {
    const { add, produce, log } = setUp({ lowThreshold: 0, sendBufferSize: 1000 });
    add(1, 500);
    add(2, 500);
    expect(log).toEqual([]);
    produce(99);
    expect(log).toEqual([]);
    produce(1);
    expect(log).toEqual(['total low']);
  });
});
