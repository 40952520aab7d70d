import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Readable, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const executable = fileURLToPath(new URL('../../dist/worker/process.js', import.meta.url));
const children: ChildProcess[] = [];

function start(args: string[] = [], environment: NodeJS.ProcessEnv = { MEDIASOUP_VERSION: '3.27.1' }) {
  const { MEDIASOUP_VERSION: _, ...inherited } = process.env;
  const child = spawn(executable, args, {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  let stderr = '';
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const toWorker = child.stdio[3] as Writable;
  toWorker.on('error', () => {});
  const exit = once(child, 'close').then(([code, signal]) => ({
    code: code as number,
    signal: signal as string,
    stderr,
  }));
  return { child, exit, toWorker, running: once(child.stdio[4] as Readable, 'data') };
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('the worker process', () => {
  it('ends with 41 if nobody said for which version it is started', async () => {
    expect(await start([], {}).exit).toMatchObject({
      code: 41,
      stderr: expect.stringContaining('MEDIASOUP_VERSION') as string,
    });
  });

  it.each([['--logLevel=verbose'], ['--fooBar=1'], ['--rtcMinPort=abc'], ['--dtlsCertificateFile=/none.pem']])(
    'ends with 42 on %s',
    async arg => {
      const { code, stderr } = await start([arg]).exit;
      expect(code).toBe(42);
      expect(stderr).not.toBe('');
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 0 on %s', async signal => {
    const { child, running, exit } = start();
    await running;
    child.kill(signal);
    expect(await exit).toMatchObject({ code: 0, signal: null });
  });

  it('ends with 0 when the channel ends', async () => {
    const { toWorker, running, exit } = start();
    await running;
    toWorker.destroy();
    expect(await exit).toEqual({ code: 0, signal: null, stderr: 'channel remotely closed, closing myself\n' });
  });

  it('lives on with other signals', async () => {
    const { child, running, exit } = start();
    await running;
    for (const signal of ['SIGPIPE', 'SIGHUP', 'SIGALRM', 'SIGUSR1', 'SIGUSR2'] as const) child.kill(signal);
    // What comes after them is still obeyed as usual.
    child.kill('SIGTERM');
    expect(await exit).toMatchObject({ code: 0, signal: null, stderr: '' });
  });

  it('says that it runs, with its own pid', async () => {
    const { child, running } = start();
    const [chunk] = (await running) as [Buffer];
    expect(chunk.readUInt32LE(0)).toBe(chunk.length - 4);
    expect(chunk.includes(String(child.pid))).toBe(true);
  });
});
