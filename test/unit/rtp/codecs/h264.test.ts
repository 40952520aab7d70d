import { describe, expect, it } from 'vitest';
import { createEncodingContext, createPayloadParser } from '../../../../src/rtp/codecs/registry.js';
import { hex } from '../support.js';
import { frame, received, structure } from './support.js';

describe('an H264 packet', () => {
  // RFC 6184 §5.4 to §5.8.
  it.each<[string, string, boolean]>([
    ['single SPS', '67 42 00', true],
    ['single SPS, one byte', '67', false],
    ['single IDR slice', '65 88 84', false],
    ['single PPS', '68 ce', false],
    ['STAP-A, SPS first', '78 0002 67 42 0002 68 ce', true],
    ['STAP-A, SPS second', '78 0002 09 f0 0002 67 42', true],
    ['STAP-A, without SPS', '78 0002 68 ce 0003 65 88 84', false],
    ['STAP-A, NAL unit longer than the packet', '78 00ff 68 ce 0002 67 42', false],
    ['STAP-A, SPS longer than the packet', '78 00ff 67', true],
    ['STAP-A, cut in the size', '78 0001 68 00', false],
    ['STAP-A, empty NAL units', '78 0000 0000 0000', false],
    ['FU-A, start of SPS', '7c 87 42', true],
    ['FU-A, middle of SPS', '7c 07 42', false],
    ['FU-A, end of SPS', '7c 47 42', false],
    ['FU-A, start of IDR slice', '7c 85 88', false],
    ['FU-B, start of SPS', '7d 87 00 01 42', true],
    ['empty', '', false],
  ])('%s: key frame %s', (_, payload, isKeyFrame) => {
    expect(received('video/H264', hex(payload)).descriptor).toMatchObject({ present: true, isKeyFrame, temporalLayer: 0 });
  }); // prettier-ignore

  it('takes layers and key frames from the dependency descriptor', () => {
    const parser = createPayloadParser('video/H264')!;
    const key = received(parser, hex('65 88'), '80012f800214eaa860414d1410208426');
    expect(key.descriptor).toMatchObject({ isKeyFrame: true, temporalLayer: 0, startOfFrame: true, endOfFrame: false });
    const layer2 = received(parser, hex('67 42'), 'c40130');
    expect(layer2.descriptor).toMatchObject({ isKeyFrame: false, temporalLayer: 2, spatialLayer: 0 });
    received(parser, hex('65 88'), structure([[0, 0], [1, 0], [1, 1]])); // prettier-ignore
    expect(received(parser, hex('61'), frame(2, 'E')).descriptor).toMatchObject({ spatialLayer: 0, temporalLayer: 1 });
    // One that cannot be read leaves it to the NAL units.
    expect(received(parser, hex('67 42'), 'ff0130').descriptor).toMatchObject({ isKeyFrame: true, temporalLayer: 0 });
  });
});

describe('H264EncodingContext', () => {
  it('follows the temporal layers up to the target', () => {
    const context = createEncodingContext('video/H264', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
    const parser = createPayloadParser('video/H264')!;
    received(parser, hex('65 88'), '80012f800214eaa860414d1410208426');
    /** Templates 1, 2 and 3 of that structure have temporal layers 0, 1 and 2. */
    const process = (layer: number): boolean =>
      context.process(received(parser, hex('61 88'), `${(0xc1 + layer).toString(16)}0130`, true));
    context.targetTemporalLayer = 1;
    expect([process(0), context.currentTemporalLayer, context.currentSpatialLayer]).toEqual([true, 0, 0]);
    expect([process(2), context.currentTemporalLayer]).toEqual([false, 0]);
    expect([process(1), context.currentTemporalLayer]).toEqual([true, 1]);
    expect([process(0), context.currentTemporalLayer]).toEqual([true, 1]);
    context.targetTemporalLayer = 0;
    expect([process(1), context.currentTemporalLayer]).toEqual([false, 1]);
    expect([process(0), context.currentTemporalLayer]).toEqual([true, 0]);
    expect(context.marker).toBe(true);
  });

  it('goes up at the beginning of a frame that can be decoded', () => {
    const context = createEncodingContext('video/H264', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
    const parser = createPayloadParser('video/H264')!;
    received(parser, hex('65 88'), '80012f800214eaa860414d1410208426');
    context.targetTemporalLayer = 0;
    const process = (layer: number, start: boolean): boolean =>
      context.process(received(parser, hex('61 88'), `${((start ? 0xc1 : 0x41) + layer).toString(16)}0130`));
    expect([process(0, true), process(1, true)]).toEqual([true, false]);
    context.targetTemporalLayer = 2;
    // It may refer to the one of layer 1 that was left out.
    expect([process(1, false), process(2, true)]).toEqual([false, false]);
    expect([process(0, true), process(2, true), context.currentTemporalLayer]).toEqual([true, true, 2]);
  });
});
