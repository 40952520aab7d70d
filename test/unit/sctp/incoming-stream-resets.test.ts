import { beforeEach, describe, expect, it } from 'vitest';
import { DataReceiver } from '../../../src/sctp/data-receiver.js';
import { IncomingStreamResets } from '../../../src/sctp/incoming-stream-resets.js';
import { ReconfigurationResult } from '../../../src/sctp/parameters/reconfiguration-response.js';
import { chunkOf, type ChunkValues, Inbox } from './received.js';

const INITIAL_TSN = 100;

let inbox: Inbox;
let receiver: DataReceiver;
let resets: IncomingStreamResets;
let resetStreams: (readonly number[])[];

beforeEach(() => {
  inbox = new Inbox();
  resetStreams = [];
  receiver = new DataReceiver(INITIAL_TSN, { interleaving: false, windowSize: 100_000, maxMessageSize: 1000 }, inbox);
  resets = new IncomingStreamResets(INITIAL_TSN, receiver.tracker, receiver.queue, streamIds => {
    resetStreams.push(streamIds);
  });
});

const add = (...chunks: ChunkValues[]): void => {
  for (const chunk of chunks) receiver.onData(chunkOf(chunk));
  resets.onPacketEnd();
};

/** @returns the result in the response. */
const request = (requestSequenceNumber: number, lastAssignedTsn: number, ...streamIds: number[]): number => {
  const response = resets.onOutgoingRequest({
    kind: 'outgoingSsnResetRequest',
    requestSequenceNumber,
    responseSequenceNumber: 0,
    lastAssignedTsn,
    streamIds,
  });
  expect(response).toEqual({
    kind: 'reconfigurationResponse',
    responseSequenceNumber: requestSequenceNumber,
    result: response.result,
  });
  return response.result;
};

describe('IncomingStreamResets', () => {
  it('resets streams at once when all their data are there', () => {
    add({ tsn: 100, text: 'a', position: 'be' }, { tsn: 101, text: 'b', position: 'be', messageId: 1 });
    expect(request(100, 101, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1]]);
    add({ tsn: 102, text: 'new', position: 'be' });
    expect(inbox.take()).toEqual(['1:53:a', '1:53:b', '1:53:new']);
    expect(resets.lastSequenceNumber).toBe(100);
  });

  it('resets all streams if none is named', () => {
    add({ tsn: 100, text: 'a', position: 'be', streamId: 4 });
    expect(request(100, 100)).toBe(ReconfigurationResult.successPerformed);
    add({ tsn: 101, text: 'new', position: 'be', streamId: 4 });
    expect(inbox.take()).toEqual(['4:53:a', '4:53:new']);
    expect(resetStreams).toEqual([[]]);
  });

  it('answers a request that comes again as before, without a second reset', () => {
    expect(request(100, 99, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(request(100, 99, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1]]);
  });

  it.each([98, 101, 0, 0xffffffff])('does not process a request with the wrong sequence number: %i', sequenceNumber => {
    expect(request(sequenceNumber, 99, 1)).toBe(ReconfigurationResult.badSequenceNumber);
    expect(resetStreams).toEqual([]);
    expect(request(100, 99, 1)).toBe(ReconfigurationResult.successPerformed);
  });

  it('answers with the result of nothing before the first request', () => {
    expect(request(99, 99, 1)).toBe(ReconfigurationResult.successNothingToDo);
    expect(resetStreams).toEqual([]);
  });

  it('takes sequence numbers over the wrap', () => {
    resets = new IncomingStreamResets(0xffffffff, receiver.tracker, receiver.queue, () => {});
    expect(request(0xffffffff, 99, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(request(0, 99, 1)).toBe(ReconfigurationResult.successPerformed);
  });

  it('waits for data, and resets as soon as they are there', () => {
    add({ tsn: 100, text: 'a', position: 'be' });
    expect(request(100, 102, 1)).toBe(ReconfigurationResult.inProgress);
    add({ tsn: 102, text: 'c', position: 'be', messageId: 2 }, { tsn: 103, text: 'new', position: 'be' });
    expect(request(100, 102, 1)).toBe(ReconfigurationResult.inProgress);
    expect(resetStreams).toEqual([]);
    expect(inbox.take()).toEqual(['1:53:a']);

    add({ tsn: 101, text: 'b', position: 'be', messageId: 1 });
    expect(resetStreams).toEqual([[1]]);
    expect(inbox.take()).toEqual(['1:53:b', '1:53:c', '1:53:new']);
    expect(request(100, 102, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1]]);
  });

  it('does not reset twice when the peer asks again with a new sequence number', () => {
    expect(request(100, 100, 1)).toBe(ReconfigurationResult.inProgress);
    expect(request(101, 100, 1)).toBe(ReconfigurationResult.inProgress);
    add({ tsn: 100, text: 'a', position: 'be' });
    add({ tsn: 101, text: 'new', position: 'be' });
    expect(request(102, 100, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1]]);
    add({ tsn: 102, text: 'newer', position: 'be', messageId: 1 });
    expect(inbox.take()).toEqual(['1:53:a', '1:53:new', '1:53:newer']);
    // Another request like it is another reset.
    expect(request(103, 100, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1], [1]]);
  });

  it('remembers what was performed over a request of the other kind', () => {
    request(100, 100, 1);
    add({ tsn: 100, text: 'a', position: 'be' });
    resets.onIncomingRequest({ kind: 'incomingSsnResetRequest', requestSequenceNumber: 101, streamIds: [1] });
    expect(request(102, 100, 1)).toBe(ReconfigurationResult.successPerformed);
    expect(resetStreams).toEqual([[1]]);
  });

  it('does not take another request while one waits', () => {
    expect(request(100, 105, 1)).toBe(ReconfigurationResult.inProgress);
    expect(request(101, 106, 2)).toBe(ReconfigurationResult.requestAlreadyInProgress);
    expect(request(102, 105, 1)).toBe(ReconfigurationResult.inProgress);
  });

  it('has nothing to do when the peer asks for a reset of our streams', () => {
    const ask = (requestSequenceNumber: number): number =>
      resets.onIncomingRequest({ kind: 'incomingSsnResetRequest', requestSequenceNumber, streamIds: [1] }).result;
    expect(ask(100)).toBe(ReconfigurationResult.successNothingToDo);
    expect(ask(100)).toBe(ReconfigurationResult.successNothingToDo);
    expect(ask(102)).toBe(ReconfigurationResult.badSequenceNumber);
    expect(ask(101)).toBe(ReconfigurationResult.successNothingToDo);
    expect(resetStreams).toEqual([]);
  });

  it('stays bounded when the peer gives up data again and again behind a reset that waits', () => {
    expect(request(100, 0x7fffffff, 1)).toBe(ReconfigurationResult.inProgress);
    receiver.onForwardTsn({ newCumulativeTsn: 0x7ffffffe, skippedStreams: [] });
    const outcomes = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      outcomes.add(
        receiver.onForwardTsn({
          newCumulativeTsn: (0x80000000 + i) >>> 0,
          skippedStreams: [{ streamId: 1, unordered: false, messageId: i & 0xffff }],
        }),
      );
    }
    expect(receiver.queue.heldBytes).toBeLessThan(100_000 + 1000);
    expect(receiver.queue.isFull).toBe(true);
    resets.onPacketEnd();
    expect(receiver.queue.heldBytes).toBe(0);
  });
});
