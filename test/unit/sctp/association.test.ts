import { describe, expect, it } from 'vitest';
import { Pair } from './association-support.js';

describe('an association', () => {
  it('takes four packets to connect (RFC 9260 §5.1)', () => {
    const pair = new Pair();
    pair.a.association.connect(pair.now);
    expect(pair.a.association.state).toBe('connecting');
    pair.exchange();
    expect(pair.a.sentChunks).toEqual(['init', 'cookieEcho']);
    expect(pair.z.sentChunks).toEqual(['initAck', 'cookieAck']);
    expect(pair.a.events).toEqual(['connecting', 'connecting', 'negotiated out 65535 in 65535', 'connected']);
    expect(pair.z.events).toEqual(['negotiated out 65535 in 65535', 'connected']);
    expect(pair.a.association.state).toBe('connected');
  });

  it('carries messages both ways', () => {
    const pair = new Pair().connect();
    expect(pair.a.send(1, 'hello', pair.now, {}, 51)).toBe('sent');
    pair.z.send(1, 'hi', pair.now);
    pair.exchange();
    expect(pair.z.messages.map(({ streamId, ppid }) => [streamId, ppid])).toEqual([[1, 51]]);
    expect(pair.z.receivedTexts).toEqual(['hello']);
    expect(pair.a.receivedTexts).toEqual(['hi']);
  });

  it('carries large messages in both directions over a lossy network', () => {
    const pair = new Pair().connect();
    const payload = new Uint8Array(200_000).map((_, i) => i * 7);
    let n = 0;
    pair.a.send(1, payload, pair.now);
    pair.z.send(2, payload, pair.now);
    pair.run(60_000, () => n++ % 10 === 3);
    expect(pair.z.messages.map(m => Buffer.compare(m.payload, payload))).toEqual([0]);
    expect(pair.a.messages.map(m => Buffer.compare(m.payload, payload))).toEqual([0]);
  });
});
