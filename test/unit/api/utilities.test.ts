import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Logger, setLogEventListeners } from '../../../src/api/logger.js';
import { tsfuVersion } from '../../../src/api/version.js';
import { SctpStreamIds } from '../../../src/api/sctp-stream-ids.js';
import { encodeDataMessage } from '../../../src/api/data-message.js';
import { clone } from '../../../src/api/utils.js';
import { EnhancedEventEmitter, enhancedOnce } from '../../../src/extras.js';
import * as index from '../../../src/index.js';

describe('the package', () => {
  it('exports what the reference exports, its own version, and H265', async () => {
    const reference = await import('mediasoup');
    const names = Object.keys(reference).filter(name => name !== 'default' && name !== 'module.exports');
    expect(Object.keys(index).sort()).toEqual([...names, 'tsfuVersion'].sort());
    for (const space of ['errors', 'extras', 'ortc'] as const) {
      expect(Object.keys(index[space]).sort()).toEqual(Object.keys(reference[space]).sort());
    }
    expect(index.version).toBe(reference.version);
    const { codecs, headerExtensions } = index.getSupportedRtpCapabilities();
    const known = codecs!.filter(({ mimeType }) => mimeType !== 'video/H265');
    expect(known).toHaveLength(codecs!.length - 1);
    expect({ codecs: known, headerExtensions }).toEqual(reference.getSupportedRtpCapabilities());
  });

  it('knows its version', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(tsfuVersion).toBe(version);
  });

  it.each([
    [index.errors.NotFoundError, 'NotFoundError'],
    [index.errors.UnsupportedError, 'UnsupportedError'],
    [index.errors.WorkerClosedError, 'WorkerClosedError'],
  ])('has errors with names', (type, name) => {
    const error = new type('why');
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe(`${name}: why`);
  });
});

describe('EnhancedEventEmitter', () => {
  it('has no limit of listeners', () => {
    expect(new EnhancedEventEmitter().getMaxListeners()).toBe(Infinity);
  });

  it('safeEmit() tells of a listener that throws, and stops there', () => {
    const emitter = new EnhancedEventEmitter<{ foo: [number] }>();
    const told = vi.fn();
    const next = vi.fn();
    const error = new Error('oops');
    emitter.on('listenererror', told);
    emitter.on('foo', () => {
      throw error;
    });
    emitter.on('foo', next);
    expect(emitter.safeEmit('foo', 1)).toBe(true);
    expect(told).toHaveBeenCalledWith('foo', error);
    expect(next).not.toHaveBeenCalled();
    emitter.on('listenererror', () => {
      throw error;
    });
    expect(emitter.safeEmit('foo', 1)).toBe(true);
    expect(emitter.removeAllListeners('foo').safeEmit('foo', 1)).toBe(false);
  });

  it('removes one event or all', () => {
    const emitter = new EnhancedEventEmitter<{ a: []; b: [] }>();
    emitter.on('a', () => {}).addListener('b', () => {});
    expect(emitter.removeAllListeners('a').eventNames()).toEqual(['b']);
    expect(emitter.removeAllListeners().eventNames()).toEqual([]);
  });

  it('enhancedOnce() waits', async () => {
    const emitter = new EnhancedEventEmitter<{ foo: [number, string] }>();
    const waiting = enhancedOnce<{ foo: [number, string] }>(emitter, 'foo');
    emitter.emit('foo', 1, 'x');
    expect(await waiting).toEqual([1, 'x']);
  });
});

describe('parseScalabilityMode()', () => {
  it.each([
    ['L1T3', 1, 3, false],
    ['L3T2_KEY', 3, 2, true],
    ['S2T3', 2, 3, false],
    ['L20T3', 20, 3, false],
    ['L3T3_KEY_SHIFT', 3, 3, true],
    ['foo', 1, 1, false],
    ['S0T3', 1, 1, false],
    ['S1T0', 1, 1, false],
    [undefined, 1, 1, false],
  ])('%j', (mode, spatialLayers, temporalLayers, ksvc) => {
    expect(index.parseScalabilityMode(mode)).toEqual({ spatialLayers, temporalLayers, ksvc });
  });
});

describe('Logger', () => {
  afterEach(() => setLogEventListeners());

  it('hands lines to the application until told not to', () => {
    const listeners = { ondebug: vi.fn(), onwarn: vi.fn(), onerror: vi.fn() };
    const error = new Error('x');
    setLogEventListeners(listeners);
    new Logger('Foo').debug('a');
    new Logger().warn('b');
    new Logger('Foo').error('c', error);
    expect(listeners.ondebug).toHaveBeenCalledWith('mediasoup:Foo', 'a');
    expect(listeners.onwarn).toHaveBeenCalledWith('mediasoup:WARN', 'b');
    expect(listeners.onerror).toHaveBeenCalledWith('mediasoup:ERROR:Foo', 'c', error);
    setLogEventListeners({ onwarn: listeners.onwarn });
    new Logger('Foo').debug('a');
    expect(listeners.ondebug).toHaveBeenCalledTimes(1);
  });

  it('does not mind listeners that throw', () => {
    setLogEventListeners({
      ondebug: () => {
        throw new Error('x');
      },
    });
    new Logger('Foo').debug('a');
  });
});

describe('SctpStreamIds', () => {
  it('goes around, past streams in use', () => {
    const ids = new SctpStreamIds();
    expect([ids.allocate(), ids.allocate(), ids.allocate()]).toEqual([0, 1, 2]);
    ids.free(0);
    expect(ids.allocate()).toBe(3);
    expect(ids.allocate(4)).toBe(0);
    expect(ids.allocate(4)).toBe(4);
  });

  it('ends', () => {
    const ids = new SctpStreamIds();
    for (let i = 0; i < 65535; i++) ids.allocate();
    expect(() => ids.allocate()).toThrow('no sctpStreamId available');
    ids.free(500);
    expect(ids.allocate()).toBe(500);
  });
});

describe('encodeDataMessage()', () => {
  it.each<[string | Buffer, number | undefined, number, string]>([
    ['hello', undefined, 51, 'hello'],
    ['', undefined, 56, ' '],
    [Buffer.from('hi'), undefined, 53, 'hi'],
    [Buffer.alloc(0), undefined, 57, '\0'],
    ['hello', 56, 56, ' '],
    [Buffer.from('hi'), 57, 57, '\0'],
    ['hello', 99, 99, 'hello'],
  ])('%j with PPID %j', (message, ppid, sentPpid, payload) => {
    const encoded = encodeDataMessage(message, ppid);
    expect([encoded.ppid, encoded.payload.toString()]).toEqual([sentPpid, payload]);
  });

  it('wants a string or a Buffer', () => {
    expect(() => encodeDataMessage(3 as never)).toThrow(new TypeError('message must be a string or a Buffer'));
  });
});

describe('clone()', () => {
  it('copies data at every depth, and leaves nothing shared', () => {
    const value = {
      text: 'a',
      list: [{ number: 1 }, null, undefined, 2n],
      none: undefined,
      bytes: Uint8Array.of(1, 2),
    };
    const copy = clone(value);
    expect(copy).toStrictEqual(value);
    copy.list.length = 1;
    (copy.list[0] as { number: number }).number = 2;
    copy.bytes[0] = 9;
    expect(value).toStrictEqual({
      ...{ text: 'a', list: [{ number: 1 }, null, undefined, 2n], none: undefined, bytes: Uint8Array.of(1, 2) },
    });
  });

  it('does not let a key change what an object inherits', () => {
    const copy = clone(JSON.parse('{"__proto__":{"admin":true}}') as { admin?: boolean });
    expect(copy.admin).toBeUndefined();
  });

  it.each([[() => {}], [{ deep: [() => {}] }], [new Proxy(() => {}, {})]])('refuses functions', value => {
    expect(() => clone<unknown>(value)).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
  });
});
