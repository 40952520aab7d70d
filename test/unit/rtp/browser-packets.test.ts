import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createPayloadParser, type PayloadParser } from '../../../src/rtp/codecs/registry.js';
import { PacketMangler } from '../../../src/rtp/packet-mangler.js';
import { type RtpPacket } from '../../../src/rtp/rtp-packet.js';
import { hex, packetBytes, parse } from './support.js';

/** The first packets of recorded sessions of Chromium and Firefox; payloads are cut to 24 bytes. */
interface Session {
  name: string;
  client: string;
  /** By payload type. */
  codecs: Record<string, { mimeType?: string; rtxFor?: number }>;
  extensionIds: number[];
  packets: string[];
}

const sessions = JSON.parse(
  readFileSync(new URL('../../fixtures/rtp/browser-packets.json', import.meta.url), 'utf8'),
) as Session[];

interface Summary {
  /** By SSRC, in order of appearance. */
  keyFrames: number[];
  /** Spatial and temporal layer. */
  layers: string;
  /** MIDs and RIDs. */
  names: string;
  /** Packets that the codec's parser can say nothing about. */
  withoutDescriptor: number;
  /** RTX packets that are only padding; the recordings were cut after two of them. */
  probes: number;
  dtx: number;
}

const video = { withoutDescriptor: 0, probes: 2, dtx: 0 };
const audio = { keyFrames: [0], layers: '00', withoutDescriptor: 0, probes: 0 };
const nineLayers = '00 01 02 10 11 12 20 21 22';

const expected: Record<string, Summary> = {
  'chromium-audio-video-bundle': { ...video, keyFrames: [0, 1, 1, 1], layers: '00 01 02', names: '0 1/r0 1/r1 1/r2' },
  'chromium-av1-l1t3': { ...video, keyFrames: [1], layers: '00 01 02', names: '0' },
  'chromium-av1-l3t3': { ...video, keyFrames: [1], layers: nineLayers, names: '0' },
  'chromium-h264-simulcast': { ...video, keyFrames: [1, 1, 1], layers: '00 01 02', names: '0/r0 0/r1 0/r2' },
  'chromium-opus-dtx': { ...audio, names: '', dtx: 6 },
  'chromium-vp8': { ...video, keyFrames: [2], layers: '00', names: '0' },
  'chromium-vp8-simulcast': { ...video, keyFrames: [1, 1, 1], layers: '00 01 02', names: '0/r0 0/r1 0/r2' },
  'chromium-vp9-l1t3': { ...video, keyFrames: [1], layers: '00 01 02', names: '0' },
  'chromium-vp9-l3t3-key': { ...video, keyFrames: [1], layers: nineLayers, names: '0' },
  // No dependency descriptor.
  'firefox-av1': { ...video, keyFrames: [0], layers: '00', names: '0', withoutDescriptor: 18 },
  'firefox-opus': { ...audio, names: '0', dtx: 0 },
  'firefox-vp8-simulcast': { ...video, keyFrames: [1, 1, 1], layers: '00 01', names: '0/r0 0/r1 0/r2' },
  'firefox-vp9': { ...video, keyFrames: [1], layers: '00', names: '0' },
};

function readSession(session: Session, visit?: (packet: RtpPacket) => void): Summary {
  const parsers = new Map<string, PayloadParser | undefined>();
  const keyFrames = new Map<number, number>();
  const layers = new Set<string>();
  const names = new Set<string>();
  const summary = { withoutDescriptor: 0, probes: 0, dtx: 0 };
  for (const text of session.packets) {
    const packet = parse(hex(text), 80);
    if (packet === undefined) throw new Error(`not parsed: ${text}`);
    packet.extensionIds = Uint8Array.from(session.extensionIds);
    const name = [packet.readMid(), packet.readRid()].filter(part => part !== undefined).join('/');
    if (name !== '') names.add(name);
    const { rtxFor } = session.codecs[packet.payloadType];
    if (rtxFor !== undefined && !packet.decodeRtx(rtxFor, packet.ssrc)) {
      summary.probes++;
      continue;
    }
    if (packet.payloadLength === 0) continue;
    const { mimeType } = session.codecs[packet.payloadType];
    const key = rtxFor === undefined ? String(packet.ssrc) : 'rtx';
    if (!parsers.has(key)) parsers.set(key, createPayloadParser(mimeType!));
    parsers.get(key)!(packet);
    visit?.(packet);
    if (!packet.descriptor.present) summary.withoutDescriptor++;
    if (packet.descriptor.isDtx) summary.dtx++;
    if (rtxFor === undefined)
      keyFrames.set(packet.ssrc, (keyFrames.get(packet.ssrc) ?? 0) + (packet.isKeyFrame ? 1 : 0));
    layers.add(`${packet.spatialLayer}${packet.temporalLayer}`);
  }
  return {
    ...summary,
    keyFrames: [...keyFrames.values()],
    layers: [...layers].sort().join(' '),
    names: [...names].sort().join(' '),
  };
}

describe('packets of browsers', () => {
  it.each(sessions.map(session => [session.name, session] as const))('%s', (_, session) => {
    expect(readSession(session)).toEqual(expected[session.name]);
  });

  it.each(sessions.map(session => [session.name, session] as const))('%s: are mangled reversibly', (_, session) => {
    const extensionIds = Uint8Array.from(session.extensionIds);
    readSession(session, packet => {
      const before = packetBytes(packet);
      const [orientation, playoutDelay] = [packet.readVideoOrientation(), packet.readPlayoutDelay()];
      const headerLength = packet.headerLength;
      expect(new PacketMangler({ kind: 'video', extensionIds }).mangle(packet, 77, 88)).toBe(true);
      const again = parse(packetBytes(packet))!;
      expect(again).toMatchObject({ payloadType: 77, ssrc: 88, sequenceNumber: packet.sequenceNumber });
      expect(packetBytes(again).slice(again.headerLength)).toEqual(before.slice(headerLength));
      expect([again.readVideoOrientation(), again.readPlayoutDelay()]).toEqual([orientation, playoutDelay]);
      expect([again.readAbsSendTime(), again.readTransportWideCc(), again.readRid()]).toEqual([0, 0, undefined]);
    });
  });
});
