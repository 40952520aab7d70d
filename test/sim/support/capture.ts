import { readdirSync, readFileSync } from 'node:fs';
import { type ProducerType } from '../../../src/api/types/producer.js';
import { type MediaKind, type RtpParameters } from '../../../src/api/types/rtp-parameters.js';
import { readRtpDump, type RecordedDatagram } from '../../../src/testing/rtp-dump.js';

/** What a browser sent: see test/fixtures/captures/README.md. */
export interface Capture {
  client: string;
  producers: { kind: MediaKind; type: ProducerType; rtpParameters: RtpParameters }[];
  /** Which layers were preferred from when on, ms. */
  preferredLayers?: [at: number, layers: string][];
  datagrams: RecordedDatagram[];
  /** ms, with a bit of silence after the last datagram. */
  duration: number;
}

const folder = new URL('../../fixtures/captures/', import.meta.url);

export const captureNames: string[] = readdirSync(folder)
  .filter(name => name.endsWith('.rtpdump'))
  .map(name => name.slice(0, -'.rtpdump'.length));

export function readCapture(name: string): Capture {
  const description = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Omit<Capture, 'datagrams'>;
  const datagrams = readRtpDump(readFileSync(new URL(`${name}.rtpdump`, folder)));
  return { ...description, datagrams, duration: datagrams.at(-1)!.at + 300 };
}
