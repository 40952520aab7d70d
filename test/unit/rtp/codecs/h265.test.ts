import { describe, expect, it } from 'vitest';
import { createEncodingContext } from '../../../../src/rtp/codecs/registry.js';
import { hex } from '../support.js';
import { received } from './support.js';

describe('an H265 packet', () => {
  // RFC 7798 §4.4. The second byte is the layer plus 1.
  it.each<[string, string, { isKeyFrame?: boolean; temporalLayer?: number; switchingPoint?: boolean }]>([
    ['single VPS', '4001 0c', { isKeyFrame: true }],
    ['single SPS', '4201 01', { isKeyFrame: true }],
    ['single PPS', '4401 c1', {}],
    ['single IDR slice', '2601 af', { switchingPoint: true }],
    ['single CRA slice', '2a01 af', { switchingPoint: true }],
    ['single TRAIL_R slice', '0201 d0', {}],
    ['single TRAIL_R slice of layer 2', '0203 d0', { temporalLayer: 2 }],
    ['single TSA_N slice of layer 1', '0402 d0', { temporalLayer: 1, switchingPoint: true }],
    ['single STSA_R slice of layer 2', '0a03 d0', { temporalLayer: 2, switchingPoint: true }],
    ['single RADL_N slice', '0c01 d0', {}],
    ['aggregation, VPS first', '6001 0003 40010c 0003 420101 0003 4401c1', { isKeyFrame: true }],
    ['aggregation, SPS behind an access unit delimiter', '6001 0003 460150 0003 420101', { isKeyFrame: true }],
    ['aggregation, without parameter sets', '6001 0003 4401c1 0003 2601af', { switchingPoint: true }],
    ['aggregation, NAL unit longer than the packet', '6001 00ff 4401c1 0003 420101', {}],
    ['aggregation, cut in the size', '6001 0003 4401c1 00', {}],
    ['aggregation, empty NAL units', '6001 0000 0000 0000', {}],
    ['fragment, start of VPS', '6201 a0 0c', { isKeyFrame: true }],
    ['fragment, middle of VPS', '6201 20 0c', {}],
    ['fragment, start of IDR slice', '6201 93 af', { switchingPoint: true }],
    ['fragment, without its header', '6201', {}],
  ])('%s: %s', (_, payload, expected) => {
    expect(received('video/H265', hex(payload)).descriptor).toMatchObject({
      present: true,
      isKeyFrame: false,
      temporalLayer: 0,
      switchingPoint: false,
      ...expected,
    });
  });

  it.each([
    ['empty', ''],
    ['one byte', '40'],
    ['without a temporal id', '4000 0c'],
  ])('%s: nothing is known', (_, payload) => {
    expect(received('video/H265', hex(payload)).descriptor).toMatchObject({ present: false, isKeyFrame: false });
  });
});

describe('H265EncodingContext', () => {
  it('goes up to a temporal layer at its switching points, and down at once', () => {
    const context = createEncodingContext('video/H265', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
    const process = (payload: string): boolean => context.process(received('video/H265', hex(payload)));
    context.targetTemporalLayer = 0;
    expect([process('4001 0c'), context.currentTemporalLayer]).toEqual([true, 0]);
    context.targetTemporalLayer = 2;
    // TRAIL_N of layers 1 and 2, then TSA_N.
    expect([process('0002 d0'), process('0003 d0'), context.currentTemporalLayer]).toEqual([false, false, 0]);
    expect([process('0402 d0'), context.currentTemporalLayer]).toEqual([true, 1]);
    expect([process('0002 d0'), process('0003 d0'), context.currentTemporalLayer]).toEqual([true, false, 1]);
    expect([process('0403 d0'), process('0003 d0'), context.currentTemporalLayer]).toEqual([true, true, 2]);
    context.targetTemporalLayer = 0;
    expect([process('0002 d0'), process('0003 d0')]).toEqual([false, false]);
    expect([process('0201 d0'), context.currentTemporalLayer]).toEqual([true, 0]);
  });

  it('goes up to all temporal layers at a key frame', () => {
    const context = createEncodingContext('video/H265', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
    const process = (payload: string): boolean => context.process(received('video/H265', hex(payload)));
    context.targetTemporalLayer = 2;
    expect([process('4001 0c'), context.currentTemporalLayer]).toEqual([true, 2]);
    // TRAIL_N of layers 1 and 2.
    expect([process('0002 d0'), process('0003 d0')]).toEqual([true, true]);
  });
});
