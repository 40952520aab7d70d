import { describe, expect, it } from 'vitest';
import { type EncodingContext, NO_REWRITE } from '../../../../src/rtp/codecs/encoding-context.js';
import { createEncodingContext } from '../../../../src/rtp/codecs/registry.js';
import { LayerChanges } from '../../../../src/rtp/codecs/vp9.js';
import { hex } from '../support.js';
import { received } from './support.js';

describe('the VP9 payload descriptor', () => {
  // RFC 9628 §4.2.
  it.each<[string, string, object]>([
    ['nothing but the first byte', '08', { present: true, isKeyFrame: true, pictureId: -1, tl0PictureIndex: -1 }],
    ['7 bit picture id', '8c 7f', { pictureId: 127, startOfFrame: true, endOfFrame: true, isKeyFrame: true }],
    ['15 bit picture id', '88 ff ff', { pictureId: 32767, endOfFrame: false }],
    ['inter picture', '48', { interPicture: true, isKeyFrame: false }],
    ['layers, not flexible', 'a8 01 55 09', { spatialLayer: 2, temporalLayer: 2, switchingPoint: true, tl0PictureIndex: 9 }],
    ['layers, flexible', 'b8 01 e1 06', { spatialLayer: 0, temporalLayer: 7, switchingPoint: false, tl0PictureIndex: -1 }],
    ['key picture of a higher spatial layer', 'a8 01 02 09', { spatialLayer: 1, isKeyFrame: false, hasTemporalLayer: true }],
    ['with scalability structure', 'aa 01 00 01 18', { isKeyFrame: true }],
  ])('%s', (_, text, expected) => {
    expect(received('video/VP9', hex(text)).descriptor).toMatchObject(expected);
  }); // prettier-ignore

  it.each([
    ['empty payload', ''],
    ['I', '80'],
    ['M', '80 80'],
    ['L', '20'],
    ['nothing behind the layers', '20 00'],
    ['nothing behind the layers, flexible', '30 00'],
    ['layers behind the picture id', 'a0 01 00'],
  ])('is not there when cut short: %s', (_, text) => {
    expect(received('video/VP9', hex(text)).descriptor).toMatchObject({ present: false, isKeyFrame: false, pictureId: -1 });
  }); // prettier-ignore
});

interface Picture {
  id?: number;
  s?: number;
  t?: number;
  /** Flags: P inter picture, U switching up point, B begin, E end, M marker of the packet. */
  flags?: string;
}

function process(context: EncodingContext, { id, s = 0, t = 0, flags = 'PUBE' }: Picture): boolean {
  const bit = (flag: string, value: number): number => (flags.includes(flag) ? value : 0);
  const payload = [(id === undefined ? 0 : 0x80) | bit('P', 0x40) | 0x20 | bit('B', 8) | bit('E', 4)];
  if (id !== undefined) payload.push(0x80 | (id >> 8), id & 0xff);
  payload.push((t << 5) | bit('U', 0x10) | (s << 1), 0, 0);
  return context.process(received('video/VP9', payload, undefined, flags.includes('M')));
}

describe('Vp9EncodingContext', () => {
  function contextAt(mode: [number, number, boolean], current: [number, number], target: [number, number]): EncodingContext {
    const [spatialLayers, temporalLayers, ksvc] = mode;
    const context = createEncodingContext('video/VP9', { spatialLayers, temporalLayers, ksvc })!;
    [context.currentSpatialLayer, context.currentTemporalLayer] = current;
    [context.targetSpatialLayer, context.targetTemporalLayer] = target;
    context.requireSync();
    return context;
  } // prettier-ignore
  const layers = (context: EncodingContext): number[] => [context.currentSpatialLayer, context.currentTemporalLayer];

  it('drops layers that were not announced', () => {
    const context = contextAt([2, 2, false], [1, 1], [1, 1]);
    expect(process(context, { id: 1, s: 2 })).toBe(false);
    expect(process(context, { id: 1, t: 2 })).toBe(false);
    expect(process(context, { id: 1, s: 1, t: 1 })).toBe(true);
    // Neither while there is no layer yet, and nothing is held back else.
    const first = contextAt([2, 2, false], [-1, -1], [1, 1]);
    expect([process(first, { id: 1, s: 2, flags: 'PE' }), process(first, { id: 1, t: 2, flags: 'PE' })]).toEqual([false, false]); // prettier-ignore
  });

  it('starts a new spatial layer with the lowest temporal layer', () => {
    const context = contextAt([3, 3, false], [0, 2], [2, 2]);
    expect(process(context, { id: 1, flags: 'BE' })).toBe(true);
    expect(layers(context)).toEqual([2, 0]);
  });

  it('raises the spatial layer at a key frame only', () => {
    const context = contextAt([3, 3, false], [0, 0], [2, 0]);
    expect(process(context, { id: 1, s: 1 })).toBe(false);
    expect(process(context, { id: 2, flags: 'PBE' })).toBe(true);
    expect(layers(context)).toEqual([0, 0]);
    expect(process(context, { id: 3, flags: 'BE' })).toBe(true);
    expect(layers(context)).toEqual([2, 0]);
    expect(process(context, { id: 3, s: 2, flags: 'E' })).toBe(true);
  });

  it('lowers the spatial layer at the end of a frame of the target layer', () => {
    const context = contextAt([3, 1, false], [2, 0], [0, 0]);
    expect(process(context, { id: 1, s: 0, flags: 'PB' })).toBe(true);
    expect(layers(context)).toEqual([2, 0]);
    expect(process(context, { id: 1, s: 0, flags: 'PE' })).toBe(true);
    expect(layers(context)).toEqual([0, 0]);
    expect(process(context, { id: 1, s: 1, flags: 'PBE' })).toBe(false);
  });

  it('K-SVC: lowers the spatial layer at a key frame, and sends inter pictures of the current layer only', () => {
    const context = contextAt([3, 1, true], [2, 0], [1, 0]);
    expect(process(context, { id: 1, s: 1 })).toBe(false);
    expect(process(context, { id: 1, s: 2 })).toBe(true);
    expect(process(context, { id: 2, s: 0, flags: 'BE' })).toBe(true);
    expect(layers(context)).toEqual([1, 0]);
    expect(process(context, { id: 2, s: 1, flags: 'E' })).toBe(true);
    expect(process(context, { id: 3, s: 0 })).toBe(false);
    expect(process(context, { id: 3, s: 1 })).toBe(true);
  });

  it('raises the temporal layer at a switching up point that begins a picture that can be decoded', () => {
    const context = contextAt([2, 3, false], [1, 0], [1, 2]);
    expect(process(context, { id: 1, t: 2, flags: 'PB' })).toBe(false);
    expect(process(context, { id: 1, t: 1, flags: 'PU' })).toBe(false);
    expect(process(context, { id: 1, s: 1, t: 1, flags: 'PUB' })).toBe(false);
    // It may refer to the one of layer 1 that was left out.
    expect(process(context, { id: 2, t: 2, flags: 'PUB' })).toBe(false);
    expect(process(context, { id: 3, t: 0, flags: 'PUB' })).toBe(true);
    expect(process(context, { id: 4, t: 2, flags: 'PUB' })).toBe(true);
    expect(process(context, { id: 4, s: 1, t: 2, flags: 'PUB' })).toBe(true);
    expect(layers(context)).toEqual([1, 2]);
  });

  it('K-SVC: raises the temporal layer in the spatial layer that is sent', () => {
    const context = contextAt([2, 3, true], [1, 0], [1, 2]);
    expect(process(context, { id: 1, s: 1, t: 1, flags: 'PUB' })).toBe(true);
    expect(layers(context)).toEqual([1, 1]);
  });

  it('lowers the spatial layer in a picture of any temporal layer, all of which is sent up to there', () => {
    const context = contextAt([3, 3, false], [2, 2], [1, 2]);
    expect(process(context, { id: 1, s: 0, t: 2 })).toBe(true);
    expect(process(context, { id: 1, s: 1, t: 2 })).toBe(true);
    expect(process(context, { id: 1, s: 2, t: 2 })).toBe(false);
    expect(layers(context)).toEqual([1, 2]);
  });

  it('needs no switching up point for the first temporal layer, and may overshoot the target', () => {
    const context = contextAt([1, 3, false], [0, -1], [0, 1]);
    expect(process(context, { id: 1, t: 2, flags: 'PB' })).toBe(true);
    expect(layers(context)).toEqual([0, 2]);
    expect(process(context, { id: 2, t: 1, flags: 'PBE' })).toBe(true);
    expect(layers(context)).toEqual([0, 1]);
    expect(process(context, { id: 3, t: 2, flags: 'PBE' })).toBe(false);
  });

  it('holds back nothing while there is no layer yet', () => {
    const context = contextAt([3, 3, false], [-1, -1], [2, 2]);
    expect(process(context, { id: 1, s: 2, t: 0, flags: 'PE' })).toBe(true);
    expect(layers(context)).toEqual([-1, -1]);
    expect(process(contextAt([3, 3, true], [-1, -1], [2, 2]), { id: 1, s: 2, t: 0, flags: 'P' })).toBe(false);
  });

  it('adds the marker at the end of the highest layer that is sent, and takes none away', () => {
    const context = contextAt([3, 1, false], [1, 0], [1, 0]);
    const marker = (picture: Picture): boolean => {
      expect(process(context, picture)).toBe(true);
      expect(context.rewrite).toBe(NO_REWRITE);
      return context.marker;
    };
    expect(marker({ id: 1, s: 0, flags: 'PBE' })).toBe(false);
    expect(marker({ id: 1, s: 1, flags: 'PB' })).toBe(false);
    expect(marker({ id: 1, s: 1, flags: 'PE' })).toBe(true);
    expect(marker({ id: 2, s: 0, flags: 'PBM' })).toBe(true);
  });

  it('drops a higher layer also after the picture id wrapped', () => {
    const context = contextAt([1, 3, false], [0, 0], [0, 0]);
    expect(process(context, { id: 32767 })).toBe(true);
    expect(process(context, { id: 0 })).toBe(true);
    expect(process(context, { id: 1, t: 1 })).toBe(false);
  });

  it('judges late pictures by the layers of their time', () => {
    const context = contextAt([1, 3, false], [0, -1], [0, 0]);
    const start = 32767 - 20;
    const table: [number, number, number | undefined, boolean][] = [
      // Picture, temporal layer, new target, sent?
      [start, 0, undefined, true],
      [start, 1, undefined, false],
      [start + 2, 0, undefined, true],
      [start + 2, 1, undefined, false],
      [start + 10, 0, 1, true],
      [start + 10, 1, undefined, true],
      [start + 11, 1, undefined, true],
      [start + 3, 0, undefined, true],
      [start + 3, 1, undefined, false],
      [start + 14, 0, 0, true],
      [start + 14, 1, undefined, false],
      [start + 13, 0, undefined, true],
      [start + 13, 1, undefined, true],
      [start + 15, 0, 1, true],
      [start + 15, 1, undefined, true],
      [0, 0, 0, true],
      [0, 1, undefined, false],
      [start + 16, 0, undefined, true],
      [start + 16, 1, undefined, true],
    ];
    for (const [id, t, target, sent] of table) {
      if (target !== undefined) context.targetTemporalLayer = target;
      expect(process(context, { id, t }), `picture ${id}, layer ${t}`).toBe(sent);
    }
  });

  it('judges late pictures by the spatial layers of their time', () => {
    const context = contextAt([2, 1, false], [-1, -1], [1, 0]);
    expect(process(context, { id: 10, flags: 'BE' })).toBe(true);
    context.targetSpatialLayer = 0;
    expect(process(context, { id: 20 })).toBe(true);
    expect([layers(context), process(context, { id: 20, s: 1 })]).toEqual([[0, 0], false]);
    expect(process(context, { id: 15, s: 1 })).toBe(true);
  });

  it('works without picture ids', () => {
    const context = contextAt([2, 2, false], [-1, -1], [1, 1]);
    expect(process(context, { flags: 'BE' })).toBe(true);
    expect(process(context, { s: 1, flags: 'BE' })).toBe(true);
    expect(process(context, { s: 0, t: 1, flags: 'PUBE' })).toBe(true);
    expect(process(context, { s: 1, t: 1, flags: 'PUBE' })).toBe(true);
    expect(layers(context)).toEqual([1, 1]);
  });
});

describe('LayerChanges', () => {
  it('finds the layer before the next change', () => {
    const changes = new LayerChanges();
    changes.push(100, 0);
    expect(changes.layerAt(99, 9)).toBe(9);
    changes.push(101, 1);
    changes.push(105, 2);
    changes.push(106, 0);
    expect([99, 100, 101, 102, 104, 105].map(id => changes.layerAt(id, 9))).toEqual([0, 0, 1, 1, 1, 2]);
    expect([106, 107, 5000].map(id => changes.layerAt(id, 9))).toEqual([9, 9, 9]);
  });

  it('forgets what is more than 1000 pictures back, also over the wrap', () => {
    const changes = new LayerChanges();
    const start = 32767 - 2000;
    changes.push(start, 0);
    changes.push(start + 1, 1);
    changes.push(start + 1000, 2);
    expect(changes.layerAt(start, 9)).toBe(0);
    changes.push(start + 1001, 0);
    expect(changes.layerAt(start, 9)).toBe(1);
    changes.push(0, 1);
    expect(changes.layerAt(start, 9)).toBe(2);
    expect(changes.layerAt(start + 1500, 9)).toBe(0);
    expect(changes.layerAt(0, 9)).toBe(9);
  });
});
