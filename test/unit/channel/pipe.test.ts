import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_PAYLOAD_LENGTH } from '../../../src/channel/framing.js';
import { ApiPipe } from '../../../src/channel/pipe.js';

/** A program that runs in a child process, where `pipe` is a `WorkerPipe` on the file descriptors 3 and 4. */
const program = (body: string): string => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `import { WorkerPipe } from './pipe.ts'; const pipe = new WorkerPipe(); ${body}`,
      resolveDir: fileURLToPath(new URL('../../../src/channel', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return outputFiles[0].text;
};

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach(child => child.kill('SIGKILL')));

const start = (body: string) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(body)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
  children.push(child);
  const [toWorker, fromWorker] = [child.stdio[3] as Writable, child.stdio[4] as Readable];
  return { child, toWorker, fromWorker, exit: once(child, 'exit') };
};

const echo = `
  pipe.onMessage = message => pipe.send(message);
  pipe.onClosed = () => process.exit(23);
`;

describe('the pipes to a child process', () => {
  it('carry messages of every size both ways', async () => {
    const { child, toWorker, fromWorker, exit } = start(echo);
    const pipe = new ApiPipe(toWorker, fromWorker);
    const sizes = [1, 0, 70_000, 3, MAX_PAYLOAD_LENGTH, 5];
    const received: number[] = [];
    const done = new Promise<void>(resolve => {
      pipe.onMessage = message => {
        expect(Buffer.alloc(message.length, sizes.length - received.length).equals(message)).toBe(true);
        if (received.push(message.length) === sizes.length) resolve();
      };
    });
    sizes.forEach((size, index) => pipe.send(new Uint8Array(size).fill(sizes.length - index)));
    await done;
    expect(received).toEqual(sizes);
    expect(child.exitCode).toBeNull();
    // The worker sees end of file.
    pipe.close();
    expect(await exit).toEqual([23, null]);
  });

  it('deliver all that a worker sent before it ends itself', async () => {
    const { toWorker, fromWorker, exit } = start(`
      for (let index = 0; index < 100; index++) pipe.send(new Uint8Array(50_000).fill(index));
      pipe.close();
      await pipe.flushed();
      process.exit(0);
    `);
    const pipe = new ApiPipe(toWorker, fromWorker);
    const received: number[] = [];
    pipe.onMessage = message => received.push(message[49_999]);
    const closed = new Promise<void>(resolve => (pipe.onClosed = resolve));
    expect(await exit).toEqual([0, null]);
    await closed;
    expect(received).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  it('tell the API that the worker has died', async () => {
    const { child, toWorker, fromWorker } = start(echo);
    const pipe = new ApiPipe(toWorker, fromWorker);
    const ready = new Promise<void>(resolve => (pipe.onMessage = () => resolve()));
    pipe.send(Uint8Array.of(1));
    await ready;
    const closed = new Promise<void>(resolve => (pipe.onClosed = resolve));
    child.kill('SIGKILL');
    await closed;
    expect(() => pipe.send(new Uint8Array(100_000))).not.toThrow();
  });

  it('do not keep a worker waiting for a parent that has gone', async () => {
    const { toWorker, fromWorker, exit } = start(`
      pipe.onMessage = () => {
        for (let index = 0; index < 100; index++) pipe.send(new Uint8Array(50_000));
      };
      pipe.onClosed = () => pipe.flushed().then(() => process.exit(24));
    `);
    toWorker.write(Uint8Array.of(1, 0, 0, 0, 9));
    await once(fromWorker, 'readable');
    for (const stream of [toWorker, fromWorker]) stream.on('error', () => {}).destroy();
    expect(await exit).toEqual([24, null]);
  });

  it('are closed by a worker that is sent a message longer than the protocol allows', async () => {
    const { toWorker, exit } = start(echo);
    toWorker.on('error', () => {});
    toWorker.write(Uint8Array.of(0, 0, 128, 0, 1, 2, 3));
    expect(await exit).toEqual([23, null]);
  });
});
