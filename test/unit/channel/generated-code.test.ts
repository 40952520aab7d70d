import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const channel = fileURLToPath(new URL('../../../src/channel/', import.meta.url));
const script = new URL('../../../scripts/generate-channel.mjs', import.meta.url).href;
const { generateChannel } = (await import(script)) as { generateChannel: () => Promise<Map<string, string>> };

describe('the generated code', () => {
  it('is what the schema says', async () => {
    const generated = await generateChannel();
    const committed = readdirSync(path.join(channel, 'fbs'), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts'))
      .map(name => `fbs/${name.replaceAll(path.sep, '/')}`);
    expect(committed.sort()).toEqual([...generated.keys()].filter(name => name.startsWith('fbs/')).sort());
    for (const [name, text] of generated) {
      expect(readFileSync(path.join(channel, name), 'utf8'), name).toBe(text);
    }
  });
});
