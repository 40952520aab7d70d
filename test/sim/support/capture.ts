import { readdirSync, readFileSync } from 'node:fs';
import { type ProducerType } from '../../../src/api/types/producer.js';
import { type MediaKind, type RtpParameters } from '../../../src/api/types/rtp-parameters.js';

/** What a browser sent: see test/fixtures/captures/README.md. */
export interface Capture {
  client: string;
  producers: { kind: MediaKind; type: ProducerType; rtpParameters: RtpParameters }[];
  /** Which layers were preferred from when on, ms. */
  preferredLayers?: [at: number, layers: string][];
  datagrams: CapturedDatagram[];
  /** ms, with a bit of silence after the last datagram. */
  duration: number;
}

export interface CapturedDatagram {
  /** ms since the beginning. */
  at: number;
  isRtcp: boolean;
  bytes: Uint8Array;
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

/**
 * ```
 * "#!rtpplay1.0 address/port\n" | 16 bytes | record ...
 * record: length (16) | length of the RTP packet, 0: RTCP (16) | offset in ms (32) | bytes
 * ```
 * What has been cut off is filled with zeros.
 */
function readRtpDump(file: Uint8Array): CapturedDatagram[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const datagrams: CapturedDatagram[] = [];
  for (let offset = file.indexOf(0x0a) + 17; offset < file.length; offset += view.getUint16(offset)) {
    const rtpLength = view.getUint16(offset + 2);
    const recorded = file.subarray(offset + 8, offset + view.getUint16(offset));
    const bytes = new Uint8Array(Math.max(rtpLength, recorded.length));
    bytes.set(recorded);
    datagrams.push({ at: view.getUint32(offset + 4), isRtcp: rtpLength === 0, bytes });
  }
  return datagrams;
}
