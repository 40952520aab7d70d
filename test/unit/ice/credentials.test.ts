import { describe, expect, it } from 'vitest';
import { IceCredentials } from '../../../src/ice/credentials.js';

describe('ICE credentials', () => {
  it('are 32 characters of a-z and 0-9, each as likely as the other', () => {
    let next = 0;
    const counts = new Map<string, number>();
    // Every byte value equally often: characters come equally often, because those that would favour some are dropped.
    const random = { fill: (bytes: Uint8Array) => bytes.forEach((_, i) => (bytes[i] = next++)) };
    for (let i = 0; i < 63; i++) {
      const { usernameFragment, password } = IceCredentials.generate(random);
      for (const text of [usernameFragment, password]) {
        expect(text).toMatch(/^[0-9a-z]{32}$/);
        for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
      }
    }
    expect(counts.size).toBe(36);
  });

  it('drops bytes that would favour some characters', () => {
    const fills = [new Uint8Array(64).fill(252), new Uint8Array(64).fill(251)];
    const random = { fill: (bytes: Uint8Array) => bytes.set(fills.shift() ?? new Uint8Array(64)) };
    expect(IceCredentials.generate(random)).toMatchObject({
      usernameFragment: '9'.repeat(32),
      password: 'a'.repeat(32),
    });
  });
});
