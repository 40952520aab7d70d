import { describe, expect, it } from 'vitest';
import { type EncodingContext, NO_REWRITE } from '../../../../src/rtp/codecs/encoding-context.js';
import { createEncodingContext, createPayloadParser, type PayloadParser } from '../../../../src/rtp/codecs/registry.js';
import { hex } from '../support.js';
import { frame, received, structure } from './support.js';

/** L1T3 with five templates, from a report about libwebrtc (webrtc:42225660). Frame 303, not the end of the frame. */
const L1T3 = '80012f800214eaa860414d1410208426';

describe('the dependency descriptor', () => {
  const read = (parser: PayloadParser, descriptor: string) => ({ ...received(parser, [1], descriptor).descriptor });

  it('tells layers by templates that came with a key frame', () => {
    const parser = createPayloadParser('video/AV1')!;
    expect(read(parser, L1T3)).toMatchObject({
      present: true,
      isKeyFrame: true,
      startOfFrame: true,
      endOfFrame: false,
      spatialLayer: 0,
      temporalLayer: 0,
    });
    const layers = [0, 1, 2, 3, 4].map(template => read(parser, frame(template, 'SE')).temporalLayer);
    expect(layers).toEqual([0, 0, 1, 2, 2]);
    expect(read(parser, frame(2, 'E'))).toMatchObject({ isKeyFrame: false, startOfFrame: false, endOfFrame: true });
    // There are five templates.
    expect(read(parser, frame(5, 'SE'))).toMatchObject({ present: false, endOfFrame: false });
  });

  it('counts template ids from the offset of the structure, modulo 64', () => {
    const parser = createPayloadParser('video/AV1')!;
    const layers: [number, number][] = [[0, 0], [0, 1], [1, 0], [1, 1]]; // prettier-ignore
    expect(read(parser, structure(layers, { offset: 62 }))).toMatchObject({ isKeyFrame: true, spatialLayer: 0 });
    expect([62, 63, 0, 1].map(id => read(parser, frame(id, 'S'))).map(one => [one.spatialLayer, one.temporalLayer])).toEqual(layers); // prettier-ignore
    expect(read(parser, frame(2, 'S')).present).toBe(false);
  });

  it.each([
    [1, 0],
    [3, 1],
    [9, 3],
    [9, 9],
    [32, 5],
    [32, 32],
  ])('with %i decode targets and %i chains', (decodeTargets, chains) => {
    const parser = createPayloadParser('video/AV1')!;
    const whole = structure([[0, 0], [0, 1], [1, 0]], { decodeTargets, chains }); // prettier-ignore
    expect(read(parser, whole)).toMatchObject({ present: true, isKeyFrame: true });
    expect(read(parser, frame(2, 'S'))).toMatchObject({ spatialLayer: 1 });
    // What it needs is needed: any shorter one is refused.
    const length = whole.length / 2;
    for (let cut = 4; cut < length; cut++) expect(read(parser, whole.slice(0, cut * 2)).present, `${cut}`).toBe(false);
  });

  it('needs three bytes, a structure first, and all its active decode targets', () => {
    const parser = createPayloadParser('video/AV1')!;
    expect(read(parser, '8000').present).toBe(false);
    expect(read(parser, frame(0, 'S')).present).toBe(false);
    read(parser, structure([[0, 0]], { decodeTargets: 32 }));
    expect(read(parser, frame(0, 'S')).present).toBe(true);
    expect(read(parser, `${frame(0, 'S')}40ffffff`).present).toBe(false);
    expect(read(parser, `${frame(0, 'S')}40ffffffff`).present).toBe(true);
  });

  it('is absent in an AV1 packet without the extension', () => {
    const packet = received('video/AV1', hex('08 0a'));
    expect(packet.descriptor.present).toBe(false);
    const context = createEncodingContext('video/AV1', { spatialLayers: 1, temporalLayers: 1, ksvc: false })!;
    expect(context.process(packet)).toBe(true);
  });

  it('belongs to one stream', () => {
    const [one, other] = [createPayloadParser('video/AV1')!, createPayloadParser('video/AV1')!];
    read(one, L1T3);
    expect(read(other, frame(0, 'S')).present).toBe(false);
  });
});

describe('Av1EncodingContext', () => {
  const templates: [number, number][] = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [2, 0], [2, 1], [2, 2]]; // prettier-ignore

  function setUp(current: [number, number], target: [number, number], announced: [number, number] = [3, 3]) {
    const context = createEncodingContext('video/AV1', { spatialLayers: announced[0], temporalLayers: announced[1], ksvc: false })!; // prettier-ignore
    [context.currentSpatialLayer, context.currentTemporalLayer] = current;
    [context.targetSpatialLayer, context.targetTemporalLayer] = target;
    const parser = createPayloadParser('video/AV1')!;
    received(parser, [1], structure(templates));
    const send = (s: number, t: number, flags: 'S' | 'E' | 'SE' | '' = 'SE', isMarked = false): boolean =>
      context.process(received(parser, [1], frame(s * 3 + t, flags), isMarked));
    const sendKey = (): boolean => context.process(received(parser, [1], structure(templates)));
    return { context, send, sendKey };
  }
  const layers = (context: EncodingContext): number[] => [context.currentSpatialLayer, context.currentTemporalLayer];

  it('sends nothing before a key frame', () => {
    const { context, send, sendKey } = setUp([-1, -1], [2, 2]);
    expect(send(0, 0)).toBe(false);
    expect(sendKey()).toBe(true);
    expect(layers(context)).toEqual([2, 0]);
    expect([send(1, 0), send(2, 0)]).toEqual([true, true]);
    expect([send(0, 1), send(2, 1), send(0, 2)]).toEqual([true, true, true]);
    expect(layers(context)).toEqual([2, 2]);
  });

  it('drops layers that were not announced', () => {
    const { send } = setUp([1, 1], [1, 1], [2, 2]);
    expect([send(2, 0), send(0, 2), send(1, 1)]).toEqual([false, false, true]);
  });

  it('raises the spatial layer at a key frame, and lowers it at the end of a frame of the target layer', () => {
    const { context, send, sendKey } = setUp([1, 0], [2, 0]);
    expect(send(2, 0)).toBe(false);
    sendKey();
    expect(layers(context)).toEqual([2, 0]);
    context.targetSpatialLayer = 0;
    expect(send(0, 0, 'S')).toBe(true);
    expect(layers(context)).toEqual([2, 0]);
    expect(send(0, 0, 'E')).toBe(true);
    expect(layers(context)).toEqual([0, 0]);
    expect(send(1, 0)).toBe(false);
  });

  it('starts a new spatial layer with the lowest temporal layer', () => {
    const { context, send, sendKey } = setUp([0, 2], [1, 2]);
    sendKey();
    expect(layers(context)).toEqual([1, 0]);
    expect([send(0, 2), send(1, 2), layers(context)]).toEqual([true, true, [1, 2]]);
  });

  it('lowers the spatial layer in a picture of any temporal layer, all of which is sent up to there', () => {
    const { context, send } = setUp([2, 2], [1, 2]);
    expect([send(0, 2), send(1, 2), send(2, 2)]).toEqual([true, true, false]);
    expect(layers(context)).toEqual([1, 2]);
  });

  it('raises the temporal layer at the beginning of a picture that can be decoded, and lowers it at the end of a frame of the target layer', () => {
    const { context, send } = setUp([1, 0], [1, 0]);
    expect([send(0, 0), send(1, 0), send(0, 1)]).toEqual([true, true, false]);
    context.targetTemporalLayer = 2;
    // In the middle of a picture, in the middle of a frame; and it may refer to the one of layer 1 that was left out.
    expect([send(1, 1), send(0, 1, ''), send(0, 2)]).toEqual([false, false, false]);
    expect([send(0, 0), send(1, 0)]).toEqual([true, true]);
    expect([send(0, 2), send(1, 2), layers(context)]).toEqual([true, true, [1, 2]]);
    context.targetTemporalLayer = 1;
    expect([send(0, 2), send(0, 1, 'S'), layers(context)]).toEqual([true, true, [1, 2]]);
    expect([send(0, 1, 'E'), layers(context)]).toEqual([true, [1, 1]]);
    expect(send(0, 2)).toBe(false);
  });

  it('adds the marker at the end of the highest layer that is sent, and takes none away', () => {
    const { context, send } = setUp([1, 0], [1, 0]);
    const marker = (s: number, flags: 'S' | 'E'): boolean => {
      expect(send(s, 0, flags)).toBe(true);
      expect(context.rewrite).toBe(NO_REWRITE);
      return context.marker;
    };
    expect([marker(0, 'E'), marker(1, 'S'), marker(1, 'E')]).toEqual([false, false, true]);
    expect([send(0, 0, 'E', true), context.marker]).toEqual([true, true]);
  });
});
