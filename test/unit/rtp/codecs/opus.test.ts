import { describe, expect, it } from 'vitest';
import { createEncodingContext, createPayloadParser } from '../../../../src/rtp/codecs/registry.js';
import { hex } from '../support.js';
import { received } from './support.js';

describe('an Opus packet', () => {
  // RFC 6716 §3.2.
  it.each<[string, string, object]>([
    ['code 0, no frame data', 'fc', { present: true, isDtx: true }],
    ['code 0', 'fc 01', { present: true, isDtx: false }],
    ['code 1, no frame data', 'fd', { present: true, isDtx: true }],
    ['code 1', 'fd 01 02', { present: true, isDtx: false }],
    ['code 2, too short', 'fe', { present: false, isDtx: false }],
    ['code 2, no frame data', 'fe 00', { present: true, isDtx: true }],
    ['code 2', 'fe 01 02', { present: true, isDtx: false }],
    ['code 3, too short', 'ff', { present: false, isDtx: false }],
    ['code 3', 'ff 01', { present: true, isDtx: false }],
    ['empty', '', { present: false, isDtx: false }],
  ])('%s', (_, payload, expected) => {
    expect(received('audio/opus', hex(payload)).descriptor).toMatchObject({ ...expected, isKeyFrame: false });
  });

  it('is left out if it is DTX and that is wanted', () => {
    const context = createEncodingContext('audio/multiopus', { spatialLayers: 1, temporalLayers: 1, ksvc: false })!;
    const [dtx, voice, invalid] = ['f8', 'f8 01', 'ff'].map(text => received('audio/multiopus', hex(text)));
    expect([dtx, voice, invalid].map(packet => context.process(packet))).toEqual([true, true, true]);
    context.ignoreDtx = true;
    expect([dtx, voice, invalid].map(packet => context.process(packet))).toEqual([false, true, true]);
  });
});

describe('the registry', () => {
  it('knows codecs by MIME type in any case, and nothing of others', () => {
    const parameters = { spatialLayers: 1, temporalLayers: 1, ksvc: false };
    for (const type of [
      'audio/opus',
      'audio/multiopus',
      'VIDEO/vp8',
      'video/VP9',
      'video/h264',
      'video/AV1',
      'video/H265',
    ]) {
      expect(createPayloadParser(type)).toBeDefined();
      expect(createEncodingContext(type, parameters)).toBeDefined();
    }
    for (const type of ['audio/PCMU', 'video/rtx', 'video/H266', 'video/opus']) {
      expect(createPayloadParser(type)).toBeUndefined();
      expect(createEncodingContext(type, parameters)).toBeUndefined();
    }
  });
});
