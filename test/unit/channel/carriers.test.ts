import { PassThrough } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Carrier } from '../../../src/channel/carrier.js';
import { MAX_PAYLOAD_LENGTH } from '../../../src/channel/framing.js';
import { createLoopback } from '../../../src/channel/loopback.js';
import { ApiPipe } from '../../../src/channel/pipe.js';
import { PortCarrier } from '../../../src/channel/port.js';

const open: Carrier[] = [];
afterEach(() => open.splice(0).forEach(carrier => carrier.close()));

const kinds: Record<string, () => [Carrier, Carrier]> = {
  loopback: () => createLoopback(),
  port: () => {
    const { port1, port2 } = new MessageChannel();
    return [new PortCarrier(port1), new PortCarrier(port2)];
  },
  pipe: () => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    return [new ApiPipe(there, back), new ApiPipe(back, there)];
  },
};

/** Notes what a carrier receives, as numbers. */
const record = (carrier: Carrier): (number[] | string)[] => {
  const log: (number[] | string)[] = [];
  carrier.onMessage = message => log.push([...message]);
  carrier.onClosed = () => log.push('closed');
  carrier.onProblem = problem => log.push(problem);
  return log;
};

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(resolve => setImmediate(resolve));
};

describe.each(Object.entries(kinds))('a %s', (_kind, create) => {
  const pair = (): [Carrier, Carrier] => {
    const carriers = create();
    open.push(...carriers);
    return carriers;
  };

  it('carries messages both ways, in order, and not within send', async () => {
    const [one, other] = pair();
    const [atOne, atOther] = [record(one), record(other)];
    for (let index = 0; index < 100; index++) one.send(Uint8Array.of(index, index));
    other.send(Uint8Array.of(7));
    expect(atOther).toEqual([]);
    await until(() => atOther.length === 100 && atOne.length === 1);
    expect(atOther).toEqual(Array.from({ length: 100 }, (_, index) => [index, index]));
    expect(atOne).toEqual([[7]]);
  });

  it('is done with the bytes when send returns', async () => {
    const [one, other] = pair();
    const log = record(other);
    const bytes = Uint8Array.of(1, 2, 3);
    one.send(bytes.subarray(1));
    bytes.fill(0);
    await until(() => log.length > 0);
    expect(log).toEqual([[2, 3]]);
  });

  it('delivers what was sent before close, then says so at the other end only', async () => {
    const [one, other] = pair();
    const [atOne, atOther] = [record(one), record(other)];
    one.send(Uint8Array.of(1));
    one.close();
    one.close();
    one.send(Uint8Array.of(2));
    other.send(Uint8Array.of(3));
    await until(() => atOther.includes('closed'));
    expect(atOther).toEqual([[1], 'closed']);
    expect(atOne).toEqual([]);
    expect(() => other.send(Uint8Array.of(4))).not.toThrow();
  });

  it('hears nothing any more after close, not even the rest of what arrived together', async () => {
    const [one, other] = pair();
    let count = 0;
    other.onMessage = () => {
      count++;
      other.close();
    };
    const log = record(one);
    one.send(Uint8Array.of(1));
    one.send(Uint8Array.of(2));
    await until(() => log.includes('closed'));
    expect(count).toBe(1);
  });

  it('drops and reports a message that is too long', async () => {
    const [one, other] = pair();
    const [atOne, atOther] = [record(one), record(other)];
    one.send(new Uint8Array(MAX_PAYLOAD_LENGTH + 1));
    one.send(Uint8Array.of(1));
    await until(() => atOther.length > 0);
    expect(atOne).toEqual([`message of ${MAX_PAYLOAD_LENGTH + 1} bytes exceeds ${MAX_PAYLOAD_LENGTH}, dropped`]);
    expect(atOther).toEqual([[1]]);
  });
});

describe('a loopback', () => {
  it('delivers when its scheduler says so', async () => {
    const tasks: (() => void)[] = [];
    const [one, other] = createLoopback(task => tasks.push(task));
    const log = record(other);
    one.send(Uint8Array.of(1));
    one.send(Uint8Array.of(2));
    await Promise.resolve();
    expect(tasks.length).toBe(1);
    expect(log).toEqual([]);
    tasks.shift()!();
    expect(log).toEqual([[1], [2]]);
  });
});
