import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
let tarball: string;

/** Packs the project and installs the tarball into an empty folder, as a user does. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tsfu-package-'));
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8' }),
  ) as [{ filename: string }];
  tarball = path.join(folder, filename);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packed package', () => {
  it('brings the two runtime dependencies and nothing else', () => {
    const { dependencies } = manifest('tsfu');
    expect(Object.keys(dependencies ?? {}).sort()).toEqual(['debug', 'h264-profile-level-id']);
    expect(installed()).toEqual(['debug', 'h264-profile-level-id', 'ms', 'tsfu']);
  });

  it('has no install script and no native file', () => {
    for (const name of installed()) {
      const scripts = Object.keys(manifest(name).scripts ?? {});
      expect(scripts.filter(script => /^(pre|post)?install$/.test(script))).toEqual([]);
    }
    const files = readdirSync(path.join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' });
    expect(files.filter(file => /\.(node|gyp|so|dll|dylib|a|o)$/.test(file))).toEqual([]);
  });

  it('starts a worker and a Router in a thread', () => {
    expect(runModule('const worker = await createWorker();' + routerTest)).toBe('audio/opus');
  });

  it('starts a worker and a Router in a process', () => {
    const bin = path.join(folder, 'node_modules/.bin/tsfu-worker');
    expect(runModule(`const worker = await createWorker({ workerBin: '${bin}' });` + routerTest)).toBe('audio/opus');
  });

  it('starts a worker and a Router in the same thread', () => {
    const create = `(await import('tsfu/same-thread')).createWorker`;
    expect(runModule(`const worker = await ${create}();` + routerTest)).toBe('audio/opus');
  });

  it.each([
    ['tsfu', 'createWorker'],
    ['tsfu/types', ''],
    ['tsfu/errors', 'WorkerClosedError'],
    ['tsfu/ortc', 'generateRouterRtpCapabilities'],
    ['tsfu/extras', 'EnhancedEventEmitter'],
    ['tsfu/testing', 'Simulation'],
    ['tsfu/same-thread', 'createWorker'],
  ])('offers %s', (entry, name) => {
    const names = run('node', '--input-type=module', '-e', `console.log(Object.keys(await import('${entry}')).join())`);
    if (name) expect(names.trim().split(',')).toContain(name);
    const { exports } = manifest('tsfu');
    const types = exports![entry.replace('tsfu', '.')].types;
    expect(readFileSync(path.join(folder, 'node_modules/tsfu', types), 'utf8')).not.toBe('');
  });
});

describe('an application written against mediasoup', () => {
  const application = path.join(root, 'test/fixtures/api/application.ts');

  it('compiles with the types of mediasoup, so it is one', () => {
    compile(application);
  }, 120_000);

  it('compiles and runs with this package under that name', () => {
    run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', `mediasoup@${tarball}`);
    const copy = path.join(folder, 'application.ts');
    cpSync(application, copy);
    compile(copy);
    const { code } = transformSync(readFileSync(copy, 'utf8'), { loader: 'ts', format: 'esm', target: 'node20' });
    writeFileSync(path.join(folder, 'application.mjs'), code);
    expect(run('node', 'application.mjs')).toBe('worker, router, webrtc transport\n');
  }, 120_000);

  function compile(file: string): void {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck'];
    const types = ['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
    run('node', path.join(root, 'node_modules/typescript/bin/tsc'), ...options, ...types, file);
  }
});

const routerTest = `
  const router = await worker.createRouter({
    mediaCodecs: [{ kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 }],
  });
  console.log(router.rtpCapabilities.codecs[0].mimeType);
  worker.close();`;

/** Runs a module in the user's folder; answers what it prints. It has to end by itself. */
function runModule(code: string): string {
  return run('node', '--input-type=module', '-e', `import { createWorker } from 'tsfu';\n${code}`).trim();
}

function run(command: string, ...args: string[]): string {
  const environment = { ...process.env };
  delete environment.MEDIASOUP_WORKER_BIN;
  return execFileSync(command, args, { cwd: folder, encoding: 'utf8', env: environment, timeout: 60_000 });
}

function installed(): string[] {
  return readdirSync(path.join(folder, 'node_modules')).filter(name => !name.startsWith('.'));
}

interface Manifest {
  dependencies?: Record<string, string>;
  scripts?: Record<string, string>;
  exports?: Record<string, { types: string }>;
}

function manifest(name: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;
}
