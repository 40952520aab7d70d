import { describe, expect, it } from 'vitest';
import { encodeHeartbeatAck } from '../../../src/sctp/chunks/heartbeat-ack.js';
import { parseHeartbeat } from '../../../src/sctp/chunks/heartbeat.js';
import { Heartbeat } from '../../../src/sctp/heartbeat.js';
import { defaultSctpOptions } from '../../../src/sctp/options.js';
import { RetransmissionTimeout } from '../../../src/sctp/retransmission-timeout.js';
import { chunksOf, Pair } from './association-support.js';

const INTERVAL = 30_000;

const setUp = (heartbeatInterval = INTERVAL) => {
  const log: string[] = [];
  const sent: Uint8Array[] = [];
  const rto = new RetransmissionTimeout(defaultSctpOptions);
  const heartbeat = new Heartbeat(
    {
      options: { heartbeatInterval, heartbeatIntervalIncludesRtt: false },
      rto,
      isEstablished: true,
      sendChunk: chunk => sent.push(chunk),
      onAlive: () => log.push('alive'),
      onHeartbeatLost: () => log.push('lost'),
      onMalformedAck: () => log.push('malformed'),
    },
    0,
  );
  return { heartbeat, rto, log, sent };
};

describe('heartbeats (RFC 9260 §8.3)', () => {
  it('are sent after an interval in which no data were', () => {
    const { heartbeat, sent } = setUp();
    expect(heartbeat.nextDeadline).toBe(INTERVAL);
    heartbeat.restart(10_000);
    heartbeat.onTimeout(INTERVAL);
    expect(sent).toEqual([]);
    heartbeat.onTimeout(10_000 + INTERVAL);
    expect(sent).toHaveLength(1);
  });

  it('measure the round trip time', () => {
    const { heartbeat, rto, log, sent } = setUp();
    heartbeat.onTimeout(INTERVAL);
    heartbeat.onHeartbeatAck(parseHeartbeat(sent[0], 0, sent[0].length)!, INTERVAL + 313);
    expect(rto.srtt).toBe(313);
    expect(log).toEqual(['alive']);
    heartbeat.onTimeout(INTERVAL + 500);
    expect(log).toEqual(['alive']);
  });

  it('of the future measure nothing', () => {
    const { heartbeat, rto, log, sent } = setUp();
    heartbeat.onTimeout(INTERVAL);
    heartbeat.onHeartbeatAck(parseHeartbeat(sent[0], 0, sent[0].length)!, INTERVAL - 1);
    expect(rto.isMeasured).toBe(false);
    expect(log).toEqual(['alive']);
  });

  it('that are not answered within the RTO count as errors', () => {
    const { heartbeat, log } = setUp();
    heartbeat.onTimeout(INTERVAL);
    heartbeat.onTimeout(INTERVAL + 499);
    expect(log).toEqual([]);
    heartbeat.onTimeout(INTERVAL + 500);
    expect(log).toEqual(['lost']);
    expect(heartbeat.nextDeadline).toBe(2 * INTERVAL);
  });

  it('answered with something else prove nothing', () => {
    const { heartbeat, log } = setUp();
    heartbeat.onHeartbeatAck({ parameters: [] }, 1);
    heartbeat.onHeartbeatAck({ parameters: [{ kind: 'heartbeatInfo', info: new Uint8Array(7) }] }, 1);
    expect(log).toEqual(['malformed', 'malformed']);
  });

  it('are not sent with an interval of 0', () => {
    expect(setUp(0).heartbeat.nextDeadline).toBe(Infinity);
  });

  it('are answered with what they contain', () => {
    const { heartbeat, sent } = setUp();
    const chunk = { parameters: [{ kind: 'heartbeatInfo', info: Uint8Array.of(1, 2, 3) } as const] };
    heartbeat.onHeartbeat(chunk);
    expect(sent).toEqual([encodeHeartbeatAck(chunk)]);
  });
});

describe('an idle association', () => {
  it('sends heartbeats from both sides, each at its own time', () => {
    const pair = new Pair({ heartbeatIntervalIncludesRtt: false }).connect();
    pair.wait(10_000);
    pair.a.send(1, 'x', pair.now);
    pair.exchange();
    pair.run(20_000);
    expect(pair.z.sentChunks).toEqual(['sack', 'heartbeat']);
    pair.run(10_000);
    expect(pair.a.sentChunks).toEqual(['iData', 'heartbeatAck', 'heartbeat']);
    pair.run(20_000);
    expect(pair.z.sentChunks.slice(2)).toEqual(['heartbeatAck', 'heartbeat']);
  });

  it('adds the RTO to the interval', () => {
    const pair = new Pair().connect();
    pair.run(30_499);
    expect(pair.a.sent).toEqual([]);
    pair.run(1);
    expect(pair.a.sentChunks).toContain('heartbeat');
  });

  it('closes when heartbeats are not answered', () => {
    const pair = new Pair({ heartbeatIntervalIncludesRtt: false }).connect();
    pair.run(10 * INTERVAL + 1000, () => true);
    expect(pair.a.association.state).toBe('connected');
    pair.run(INTERVAL, () => true);
    expect(pair.a.events).toEqual(['error tooManyRetries', 'closed']);
  });

  it('goes on if the last chance is answered', () => {
    const pair = new Pair({ heartbeatIntervalIncludesRtt: false, initialRto: 1000 }).connect();
    pair.run(10 * INTERVAL + 1000, () => true);
    // All ten were lost; the eleventh one is answered just in time.
    pair.wait(INTERVAL - 1000);
    expect(pair.a.outbox.map(chunksOf)).toEqual([['heartbeat']]);
    pair.wait(999);
    pair.exchange();
    pair.run(10 * INTERVAL, () => true);
    expect(pair.a.association.state).toBe('connected');
    pair.run(5 * INTERVAL);
    expect(pair.a.association.state).toBe('connected');
  });
});
