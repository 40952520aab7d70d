import { readFileSync } from 'node:fs';

export const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
export const hex = (of: Uint8Array): string => Buffer.from(of).toString('hex');

/** A copy in the middle of other memory, which a parser must not look at. */
export const embedded = (of: Uint8Array): { memory: Uint8Array; offset: number; length: number } => {
  const offset = 8;
  const memory = new Uint8Array(of.length + 2 * offset).fill(0xff);
  memory.set(of, offset);
  return { memory, offset, length: of.length };
};

export interface RecordedPacket {
  /** ms */
  readonly at: number;
  /** `up`: from the browser. */
  readonly direction: 'up' | 'down';
  readonly packet: Uint8Array;
}

/**
 * SCTP packets between a browser and the reference worker: two data channels, messages of several sizes, one channel
 * closed, heartbeats, the end. Chromium sends DATA, Firefox I-DATA.
 */
export const recorded = (session: 'chromium-publisher' | 'firefox-publisher'): RecordedPacket[] =>
  readFileSync(new URL(`../../fixtures/sctp/sctp-${session}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => JSON.parse(line) as { t: number; dir: 'up' | 'down'; hex: string })
    .map(({ t, dir, hex: text }) => ({ at: t, direction: dir, packet: bytes(text) }));
