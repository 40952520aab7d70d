import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startWorker } from '../../../src/api/create-worker.js';
import { setLogEventListeners } from '../../../src/api/logger.js';
import { ProcessBackend } from '../../../src/api/process-backend.js';
import { version } from '../../../src/api/version.js';

vi.mock('node:child_process', () => ({ spawn: vi.fn() }));

/** A child process that does nothing. */
class FakeChild extends EventEmitter {
  readonly pid = 4242;
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly stdio = [null, this.stdout, this.stderr, new PassThrough(), new PassThrough()];
}

let child: FakeChild;

beforeEach(() => {
  child = new FakeChild();
  vi.mocked(spawn).mockReset();
  vi.mocked(spawn).mockReturnValue(child as never);
});

afterEach(() => {
  vi.unstubAllEnvs();
  setLogEventListeners();
});

describe('ProcessBackend', () => {
  it('starts the worker with pipes for the channel and the version of the API', () => {
    vi.stubEnv('MEDIASOUP_VERSION', undefined);
    new ProcessBackend('/bin/worker', ['--logLevel=error']);
    expect(spawn).toHaveBeenCalledExactlyOnceWith('/bin/worker', ['--logLevel=error'], {
      env: { ...process.env, MEDIASOUP_VERSION: version },
      detached: false,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
  });

  it('leaves a version that the environment has', () => {
    vi.stubEnv('MEDIASOUP_VERSION', '1.2.3');
    new ProcessBackend('/bin/worker', []);
    expect(vi.mocked(spawn).mock.calls[0][2].env).toMatchObject({ MEDIASOUP_VERSION: '1.2.3' });
  });

  it('starts valgrind if the environment wants it', () => {
    vi.stubEnv('MEDIASOUP_USE_VALGRIND', 'true');
    new ProcessBackend('/bin/worker', ['--logLevel=error']);
    vi.stubEnv('MEDIASOUP_VALGRIND_BIN', '/bin/grind');
    vi.stubEnv('MEDIASOUP_VALGRIND_OPTIONS', '--tool=memcheck  --leak-check=full');
    new ProcessBackend('/bin/worker', ['--logLevel=error']);
    expect(vi.mocked(spawn).mock.calls.map(([command, args]) => [command, args])).toEqual([
      ['valgrind', ['/bin/worker', '--logLevel=error']],
      ['/bin/grind', ['--tool=memcheck', '--leak-check=full', '/bin/worker', '--logLevel=error']],
    ]);
  });

  it('logs what the worker prints, line by line', async () => {
    const lines: string[] = [];
    setLogEventListeners({ ondebug: (_, log) => lines.push(log), onerror: (_, log) => lines.push(log) });
    const starting = startWorker(new ProcessBackend('/bin/worker', []));
    child.stdout.write('one\n\ntwo\n');
    child.stderr.write('bad\n');
    await vi.waitFor(() => expect(lines.filter(line => line.startsWith('(std'))).toHaveLength(3));
    expect(lines.filter(line => line.startsWith('(std'))).toEqual(
      expect.arrayContaining(['(stdout) one', '(stdout) two', '(stderr) bad']),
    );
    child.emit('exit', 1, null);
    await expect(starting).rejects.toThrow('[pid:4242, code:1, signal:null]');
  });
});
