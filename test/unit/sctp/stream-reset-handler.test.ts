import { describe, expect, it } from 'vitest';
import { timestampDiff } from '../../../src/common/serial-number.js';
import { encodeReConfig, parseReConfig } from '../../../src/sctp/chunks/re-config.js';
import { parseInit } from '../../../src/sctp/chunks/init.js';
import { type Parameter } from '../../../src/sctp/parameters/parameter.js';
import { ReconfigurationResult } from '../../../src/sctp/parameters/reconfiguration-response.js';
import { chunkBytes, chunksOf, packetOf, Pair, type Peer } from './association-support.js';

const tagOf = (packet: Uint8Array): number => new DataView(packet.buffer, packet.byteOffset).getUint32(4);
const isReConfig = (packet: Uint8Array): boolean => chunksOf(packet).includes('reConfig');

/** Parameters of the RE-CONFIG chunks that a peer sent. */
const reConfigs = (peer: Peer): (readonly Parameter[])[] =>
  peer.sent
    .flatMap(chunkBytes)
    .filter(chunk => chunk[0] === 130)
    .map(chunk => parseReConfig(chunk, 0, chunk.length)!.parameters);

/** Gives `z` a RE-CONFIG of `a`'s, though `a` did not send it. */
const inject = (pair: Pair, ...parameters: Parameter[]): (readonly Parameter[])[] => {
  pair.a.send(9, 'x', pair.now);
  const packet = packetOf(tagOf(pair.a.sent.at(-1)!), encodeReConfig({ parameters }));
  pair.exchange();
  const before = reConfigs(pair.z).length;
  pair.z.association.onPacket(packet, 0, packet.length, pair.now);
  return reConfigs(pair.z).slice(before);
};

const respondWith = (pair: Pair, result: number): void => {
  const [request] = reConfigs(pair.a).at(-1)!;
  if (request.kind !== 'outgoingSsnResetRequest') throw new Error('no request');
  pair.z.send(9, 'x', pair.now);
  const response = {
    kind: 'reconfigurationResponse',
    responseSequenceNumber: request.requestSequenceNumber,
    result,
  } as const;
  const packet = packetOf(tagOf(pair.z.sent.at(-1)!), encodeReConfig({ parameters: [response] }));
  pair.a.association.onPacket(packet, 0, packet.length, pair.now);
};

describe('a reset of outgoing streams (RFC 6525 §5)', () => {
  it('is asked for and performed', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'one', pair.now);
    pair.exchange();
    expect(pair.a.association.resetStreams([1], pair.now)).toBe('requested');
    pair.exchange();
    expect(pair.z.events).toEqual(['stream 1 reset']);
    expect(pair.a.events).toEqual(['stream 1 low at 0', 'stream 1 reset performed']);
    pair.a.send(1, 'two', pair.now);
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['one', 'two']);
  });

  it.each([true, false])('starts numbers from the beginning, interleaving %s', messageInterleaving => {
    const pair = new Pair({ messageInterleaving }).connect();
    const lastNumber = (): number => {
      const [chunk] = chunkBytes(pair.a.sent.at(-1)!);
      return messageInterleaving ? new DataView(chunk.buffer).getUint32(12) : new DataView(chunk.buffer).getUint16(10);
    };
    for (const text of ['a', 'b', 'c']) pair.a.send(1, text, pair.now);
    expect(lastNumber()).toBe(2);
    pair.exchange();
    pair.a.association.resetStreams([1], pair.now);
    pair.exchange();
    pair.a.send(1, 'd', pair.now);
    expect(lastNumber()).toBe(0);
    pair.a.send(2, 'e', pair.now);
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('asks for all streams at once, and for later ones when that is done', () => {
    const pair = new Pair().connect();
    pair.a.association.resetStreams([40, 41, 42], pair.now);
    pair.a.association.resetStreams([43], pair.now);
    pair.a.association.resetStreams([44], pair.now);
    expect(reConfigs(pair.a)).toMatchObject([[{ streamIds: [40, 41, 42] }]]);
    pair.exchange();
    expect(reConfigs(pair.a).slice(1)).toMatchObject([[{ streamIds: [43, 44] }]]);
    const numbers = reConfigs(pair.a).map(
      ([request]) => 'requestSequenceNumber' in request && request.requestSequenceNumber,
    );
    expect(timestampDiff(Number(numbers[1]), Number(numbers[0]))).toBe(1);
    expect(pair.z.events).toHaveLength(5);
  });

  it('asks for more streams than fit a packet one packet after the other', () => {
    const pair = new Pair().connect();
    pair.a.association.resetStreams(
      Array.from({ length: 1000 }, (_, i) => i),
      pair.now,
    );
    pair.exchange();
    expect(pair.z.events).toHaveLength(1000);
  });

  it('waits for data on the way, which the peer still gets', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'lost at first', pair.now);
    pair.drop();
    pair.a.association.resetStreams([1], pair.now);
    pair.exchange();
    expect(reConfigs(pair.z)).toMatchObject([[{ result: ReconfigurationResult.inProgress }]]);
    pair.a.send(1, 'after', pair.now);
    pair.run(5000);
    expect(pair.z.receivedTexts).toEqual(['lost at first', 'after']);
    expect(pair.z.events).toEqual(['stream 1 reset']);
    expect(pair.a.events).toContain('stream 1 reset performed');
  });

  it('finishes the message that is partly sent, and discards those behind it (RFC 8831 §6.7)', () => {
    const pair = new Pair().connect();
    pair.a.send(1, new Uint8Array(50_000), pair.now);
    pair.a.send(1, 'discarded', pair.now, { lifecycleId: 5 });
    pair.a.association.resetStreams([1], pair.now);
    pair.a.send(1, 'after', pair.now);
    expect(reConfigs(pair.a)).toEqual([]);
    pair.run(1000);
    expect(pair.z.messages.map(({ payload }) => payload.length)).toEqual([50_000, 5]);
    expect(pair.a.events).toContain('message 5 expired');
    expect(pair.z.events).toEqual(['stream 1 reset']);
  });

  it('is asked for again, with the same number, when there is no answer', () => {
    const pair = new Pair().connect();
    pair.a.association.resetStreams([1], pair.now);
    pair.drop();
    pair.run(499);
    expect(reConfigs(pair.a)).toHaveLength(1);
    pair.run(1);
    const [first, second] = reConfigs(pair.a);
    expect(second).toEqual(first);
    expect(pair.a.events).toEqual(['stream 1 reset performed']);
    expect(pair.z.events).toEqual(['stream 1 reset']);
  });

  it('closes the association when it is never answered', () => {
    const pair = new Pair({ heartbeatInterval: 0 }).connect();
    pair.a.association.resetStreams([1], pair.now);
    pair.run(1_200_000, () => true);
    expect(pair.a.events).toEqual(['error tooManyRetries', 'closed']);
  });

  it('may be in progress for as long as it takes (RFC 6525 §5.2.7)', () => {
    const pair = new Pair({ heartbeatInterval: 0 }).connect();
    pair.a.association.resetStreams([1], pair.now);
    pair.drop();
    for (let i = 0; i < 50; i++) {
      respondWith(pair, ReconfigurationResult.inProgress);
      pair.run(500, isReConfig);
    }
    expect(pair.a.association.state).toBe('connected');
    expect(new Set(reConfigs(pair.a).map(parameters => JSON.stringify(parameters))).size).toBe(1);
    pair.run(60_000);
    expect(pair.a.events).toContain('stream 1 reset performed');
  });

  it.each([
    ReconfigurationResult.denied,
    ReconfigurationResult.wrongSsn,
    ReconfigurationResult.requestAlreadyInProgress,
    ReconfigurationResult.badSequenceNumber,
  ])('that fails with result %i lets the stream go on as it was', result => {
    const pair = new Pair().connect();
    pair.a.send(1, 'one', pair.now);
    pair.exchange();
    pair.a.association.resetStreams([1], pair.now);
    pair.drop();
    pair.a.send(1, 'two', pair.now);
    expect(pair.a.outbox).toEqual([]);
    respondWith(pair, result);
    expect(pair.a.events).toContain('stream 1 reset failed');
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['one', 'two']);
  });

  it('with the result "nothing to do" is performed', () => {
    const pair = new Pair().connect();
    pair.a.association.resetStreams([1], pair.now);
    pair.drop();
    respondWith(pair, ReconfigurationResult.successNothingToDo);
    expect(pair.a.events).toEqual(['stream 1 reset performed']);
  });

  it('is not possible if the peer does not know it', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    // As a peer without RE-CONFIG would say it.
    pair.deliver(pair.a);
    const [initAck] = pair.z.outbox.splice(0);
    const [chunk] = chunkBytes(initAck);
    chunk[chunk.lastIndexOf(130)] = 131;
    const changed = packetOf(tagOf(initAck), chunk);
    pair.a.association.onPacket(changed, 0, changed.length, pair.now);
    pair.exchange();
    expect(pair.a.association.negotiated?.reconfiguration).toBe(false);
    expect(pair.a.association.resetStreams([1], pair.now)).toBe('unsupported');
    expect(pair.a.send(1, 'goes on', pair.now)).toBe('sent');
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['goes on']);
  });

  it('that is wanted before there is an association is remembered', () => {
    const pair = new Pair();
    pair.a.send(1, 'discarded', pair.now);
    expect(pair.a.association.resetStreams([1], pair.now)).toBe('pending');
    pair.a.send(1, 'after', pair.now);
    pair.a.association.connect(pair.now);
    pair.exchange();
    expect(pair.z.receivedTexts).toEqual(['after']);
    expect(pair.z.events).toContain('stream 1 reset');
  });

  it('succeeds although what came before it was given up', () => {
    const pair = new Pair().connect();
    pair.a.send(1, 'given up', pair.now, { maxRetransmissions: 0 });
    pair.drop();
    pair.a.association.resetStreams([1], pair.now);
    pair.exchange();
    pair.a.send(1, 'arrives', pair.now);
    pair.run(10_000);
    expect(pair.z.receivedTexts).toEqual(['arrives']);
    expect(pair.a.events).toContain('stream 1 reset performed');
  });
});

describe('a RE-CONFIG chunk', () => {
  const outgoing = (requestSequenceNumber: number): Parameter => ({
    kind: 'outgoingSsnResetRequest',
    requestSequenceNumber,
    responseSequenceNumber: 0,
    lastAssignedTsn: 0,
    streamIds: [1],
  });

  it.each([
    ['no parameters', []],
    ['two outgoing requests', [outgoing(1), outgoing(2)]],
    ['three parameters', [outgoing(1), outgoing(2), outgoing(3)]],
    ['a parameter of another chunk', [{ kind: 'forwardTsnSupported' }]],
  ] as [string, Parameter[]][])('with %s is ignored', (_, parameters) => {
    const pair = new Pair().connect();
    expect(inject(pair, ...parameters)).toEqual([]);
    expect(pair.z.events).toEqual(['error parseFailed']);
  });

  it('with a bad sequence number is refused', () => {
    const pair = new Pair().connect();
    expect(inject(pair, outgoing(12345))).toMatchObject([[{ result: ReconfigurationResult.badSequenceNumber }]]);
    expect(pair.z.events).toEqual([]);
  });

  it('that asks for a reset of our streams is answered: nothing to do', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.exchange();
    const initialTsn = new DataView(chunkBytes(pair.a.sent[0])[0].buffer).getUint32(16);
    const request: Parameter = {
      kind: 'incomingSsnResetRequest',
      requestSequenceNumber: initialTsn,
      streamIds: [1],
    };
    expect(inject(pair, request)).toMatchObject([[{ result: ReconfigurationResult.successNothingToDo }]]);
  });

  it.each([
    ['no stream', [], 1],
    ['30000 streams', Array.from({ length: 30_000 }, (_, streamId) => streamId), 30_000],
  ] as const)('may name %s: all those are reset, or all in use', (_, streamIds, count) => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    pair.exchange();
    pair.z.send(3, 'x', pair.now);
    pair.exchange();
    const [init] = chunkBytes(pair.a.sent[0]);
    const { initialTsn } = parseInit(init, 0, init.length)!;
    const request: Parameter = {
      kind: 'outgoingSsnResetRequest',
      requestSequenceNumber: initialTsn,
      responseSequenceNumber: 0,
      lastAssignedTsn: initialTsn,
      streamIds,
    };
    expect(inject(pair, request)).toMatchObject([[{ result: ReconfigurationResult.successPerformed }]]);
    const reset = pair.z.events.filter(event => event.endsWith(' reset'));
    expect(reset).toContain('stream 3 reset');
    expect(reset).toHaveLength(count);
  });

  it('that answers nothing is ignored', () => {
    const pair = new Pair().connect();
    const response: Parameter = { kind: 'reconfigurationResponse', responseSequenceNumber: 7, result: 1 };
    expect(inject(pair, response)).toEqual([]);
    expect(pair.z.events).toEqual([]);
  });

  it.each([
    { kind: 'ssnTsnResetRequest', requestSequenceNumber: 1 },
    { kind: 'addOutgoingStreams', requestSequenceNumber: 1, newStreams: 5 },
    { kind: 'addIncomingStreams', requestSequenceNumber: 1, newStreams: 5 },
  ] as Parameter[])('with $kind is not answered', parameter => {
    const pair = new Pair().connect();
    expect(inject(pair, parameter)).toEqual([]);
    expect(pair.z.events).toEqual([]);
  });
});
