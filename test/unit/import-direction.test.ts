import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));

/** Which folders a folder may import from, besides itself. This is the only place where the rule is code. */
const mayImport: Record<string, string[]> = {
  common: [],
  rtp: ['common'],
  ice: ['common'],
  dtls: ['common'],
  srtp: ['common'],
  sctp: ['common'],
  bwe: ['common'],
  channel: ['common'],
  worker: ['common', 'rtp', 'ice', 'dtls', 'srtp', 'sctp', 'bwe', 'channel'],
  io: ['common', 'worker'],
  api: ['common', 'channel'],
  // The simulator, and what it simulates.
  testing: ['common', 'rtp', 'bwe', 'channel', 'worker', 'api'],
  // The package's entries.
  '.': ['api', 'common', 'testing'],
};

/** Files that tie the worker to the outside world, and so may import what their folder may not. */
const composition: Record<string, string[]> = {
  'worker/thread.ts': [],
  'worker/worker-thread.ts': ['io'],
  'worker/process.ts': ['io'],
  'worker/worker-process.ts': ['io'],
  'same-thread.ts': ['worker', 'io', 'channel'],
};

const outsideWorld = /^(node:)?(dgram|net|tls|http|https|dns|timers|worker_threads|child_process|fs|os|process)(\/|$)/;
const mayTouchOutsideWorld = (file: string): boolean =>
  /^(io|api|channel)\//.test(file) || file in composition || !file.includes('/');

interface Import {
  file: string;
  target: string;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map(file => file.replaceAll(path.sep, '/'))
  // AssemblyScript, which is compiled on its own.
  .filter(file => !file.startsWith('srtp/kernel/assembly/'));

const imports: Import[] = files.flatMap(file =>
  [
    ...readFileSync(path.join(src, file), 'utf8').matchAll(/^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm),
  ].map(match => ({ file, target: match[1] })),
);

const folderOf = (file: string): string => (file.includes('/') ? file.split('/')[0] : '.');
const resolved = ({ file, target }: Import): string => path.posix.join(path.posix.dirname(file), target);

describe('imports', () => {
  it('are found at all', () => {
    expect(imports.length).toBeGreaterThan(1);
  });

  it('point in one direction', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .filter(one => {
        const [from, to] = [folderOf(one.file), folderOf(resolved(one))];
        return from !== to && ![...(mayImport[from] ?? []), ...(composition[one.file] ?? [])].includes(to);
      });
    expect(wrong.map(one => `${one.file} imports ${resolved(one)}`)).toEqual([]);
  });

  it('leave sockets, timers and threads to io, api, channel and the entries', () => {
    const wrong = imports.filter(({ file, target }) => outsideWorld.test(target) && !mayTouchOutsideWorld(file));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('go through no barrel inside a folder', () => {
    expect(files.filter(file => file.includes('/') && path.posix.basename(file) === 'index.ts')).toEqual([]);
  });

  it('form no cycle', () => {
    const graph = new Map<string, string[]>(files.map(file => [file, []]));
    for (const one of imports.filter(({ target }) => target.startsWith('.'))) {
      graph.get(one.file)!.push(resolved(one).replace(/\.js$/, '.ts'));
    }
    for (const file of [...graph.keys()].filter(name => name.startsWith('channel/fbs/'))) graph.delete(file);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, trail: string[]): void => {
      if (trail.includes(file)) cycles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '));
      if (done.has(file) || trail.includes(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });
});
