import { describe, expect, it } from 'vitest';
import { type EncodingContext, NO_REWRITE } from '../../../../src/rtp/codecs/encoding-context.js';
import { rewritePayload, rewrittenLength } from '../../../../src/rtp/codecs/payload-rewrite.js';
import { createEncodingContext } from '../../../../src/rtp/codecs/registry.js';
import { buildPacket, hex, parse, payloadBytes } from '../support.js';
import { parseVp8 } from '../../../../src/rtp/codecs/vp8.js';
import { received } from './support.js';

/** Payload with 15 bit picture id, TL0PICIDX and TID. */
const payload = (pictureId: number, tl0: number, layer: number, sync: boolean, frame = 0x01): number[] =>
  [0x90, 0xe0, 0x80 | (pictureId >> 8), pictureId & 0xff, tl0, (layer << 6) | (sync ? 0x20 : 0), frame]; // prettier-ignore

describe('the VP8 payload descriptor', () => {
  // RFC 7741 §4.2 and its examples in §4.6.
  it.each<[string, string, object]>([
    ['X=0, key frame', '10 00', { present: true, isKeyFrame: true, pictureId: -1, tl0PictureIndex: -1 }],
    ['X=0, inter frame', '10 01', { isKeyFrame: false, startOfFrame: true }],
    ['X=0, continuation', '00 00', { isKeyFrame: false, startOfFrame: false }],
    ['X=0, second partition', '11 00', { isKeyFrame: false, startOfFrame: false }],
    ['X=0, no frame header', '10', { present: true, isKeyFrame: false }],
    ['15 bit picture id', '90 80 92 34 00', { pictureId: 0x1234, isKeyFrame: true, hasTemporalLayer: false }],
    ['all fields', '90 f0 80 05 03 a7 00', { pictureId: 5, tl0PictureIndex: 3, temporalLayer: 2, switchingPoint: true }],
    ['K without T still has the layer byte', '90 10 40 00', { hasTemporalLayer: true, temporalLayer: 1, switchingPoint: false }],
    ['TL0PICIDX alone', '90 40 09 01', { tl0PictureIndex: 9, pictureId: -1, hasTemporalLayer: false }],
    ['reserved bits set', 'f8 0f 00', { present: true, isKeyFrame: true }],
  ])('%s', (_, text, expected) => {
    expect(received('video/VP8', hex(text)).descriptor).toMatchObject(expected);
  }); // prettier-ignore

  it.each([
    ['empty payload', ''],
    ['X', '90'],
    ['I', '90 80'],
    ['M', '90 80 80'],
    ['L', '90 c0 80 01'],
    ['T', '90 e0 80 01 02'],
    ['K', '90 10'],
  ])('is not there when cut short: %s', (_, text) => {
    const packet = received('video/VP8', hex(text));
    expect(packet.descriptor).toMatchObject({ present: false, isKeyFrame: false, temporalLayer: 0 });
    expect(payloadBytes(packet)).toEqual(hex(text));
  });

  it('gets a picture id of two bytes', () => {
    const packet = received('video/VP8', hex('90 e0 11 03 40 00 ff'));
    expect(payloadBytes(packet)).toEqual(hex('90 e0 80 11 03 40 00 ff'));
    expect(packet.descriptor).toMatchObject({
      pictureId: 0x11,
      tl0PictureIndex: 3,
      temporalLayer: 1,
      isKeyFrame: true,
    });
    const again = received('video/VP8', payloadBytes(packet));
    expect({ ...again.descriptor }).toEqual({ ...packet.descriptor });
    expect(payloadBytes(again)).toEqual(payloadBytes(packet));
  });

  it('is left alone if there is no room to widen the picture id', () => {
    const packet = parse(buildPacket({ payload: hex('90 80 11 00') }), 0)!;
    parseVp8(packet);
    expect(packet.descriptor.present).toBe(false);
    expect(payloadBytes(packet)).toEqual(hex('90 80 11 00'));
  });
});

describe('Vp8EncodingContext', () => {
  function contextAt(current: number, target: number, sync = true): EncodingContext {
    const context = createEncodingContext('video/VP8', { spatialLayers: 1, temporalLayers: 3, ksvc: false })!;
    context.currentTemporalLayer = current;
    context.targetTemporalLayer = target;
    if (sync) context.requireSync();
    return context;
  }

  /** Picture id and TL0PICIDX as sent, or 'dropped'. */
  function send(context: EncodingContext, pictureId: number, tl0: number, layer: number, sync = true): [number, number] | 'dropped' {
    const packet = received('video/VP8', payload(pictureId, tl0, layer, sync));
    if (!context.process(packet)) return 'dropped';
    const bytes = Uint8Array.from(payloadBytes(packet));
    expect(rewrittenLength(context.rewrite)).toBe(5);
    rewritePayload(bytes, 0, context.rewrite);
    const { descriptor } = received('video/VP8', [...bytes]);
    expect(descriptor.temporalLayer).toBe(layer);
    return [descriptor.pictureId, descriptor.tl0PictureIndex];
  } // prettier-ignore

  it('starts with 1 and stays contiguous while a layer is left out', () => {
    const context = contextAt(-1, 0);
    expect(send(context, 500, 200, 0)).toEqual([1, 1]);
    expect(send(context, 501, 200, 2)).toBe('dropped');
    expect(send(context, 502, 200, 1)).toBe('dropped');
    expect(send(context, 503, 201, 0)).toEqual([2, 2]);
    // A second packet of a picture has its numbers.
    expect(send(context, 503, 201, 0)).toEqual([2, 2]);
    expect(send(context, 502, 200, 1)).toBe('dropped');
  });

  it('does not take TL0PICIDX away with a picture of a higher layer', () => {
    const context = contextAt(0, 0, false);
    expect(send(context, 0, 0, 0)).toEqual([0, 0]);
    expect(send(context, 2, 1, 1)).toBe('dropped');
    expect(send(context, 1, 1, 0)).toEqual([1, 1]);
  });

  it('drops higher layers also after the picture id wrapped', () => {
    const context = contextAt(0, 0);
    expect(send(context, 32767, 0, 0)).toEqual([1, 1]);
    expect(send(context, 0, 0, 0)).toEqual([2, 1]);
    expect(send(context, 1, 0, 1)).toBe('dropped');
    expect(send(context, 2, 1, 0)).toEqual([3, 2]);
  });

  it('drops a late picture of a higher layer', () => {
    const context = contextAt(0, 0);
    expect(send(context, 1, 0, 0)).toEqual([1, 1]);
    expect(send(context, 2, 0, 0)).toEqual([2, 1]);
    expect(send(context, 0, 0, 1)).toBe('dropped');
    expect(context.currentTemporalLayer).toBe(0);
  });

  it('takes the highest layer there is, once it is clear that the target does not exist', () => {
    const context = contextAt(0, 2);
    let picture = 0;
    const sendTwoLayers = () => {
      const base = send(context, ++picture, picture, 0);
      return [base, send(context, ++picture, picture - 1, 1)];
    };
    for (let i = 0; i < 15; i++) expect(sendTwoLayers()).toEqual([expect.any(Array), 'dropped']);
    expect(sendTwoLayers()).toEqual([[31, 31], [32, 31]]);
    expect(context.currentTemporalLayer).toBe(1);
    expect(sendTwoLayers()).toEqual([[33, 33], [34, 33]]);
    // There it is after all.
    expect(send(context, ++picture, picture, 2)).not.toBe('dropped');
    expect(context.currentTemporalLayer).toBe(2);
  }); // prettier-ignore

  it('rises only with a picture of exactly the target layer', () => {
    const context = contextAt(0, 0);
    expect(send(context, 1, 0, 0)).toEqual([1, 1]);
    context.targetTemporalLayer = 2;
    // A switching point of a layer between: its picture id is used up, the packet is not sent.
    expect(send(context, 2, 0, 1)).toBe('dropped');
    expect(context.currentTemporalLayer).toBe(0);
    // Not a switching point.
    expect(send(context, 3, 0, 2, false)).toBe('dropped');
    expect(send(context, 4, 0, 2)).toEqual([3, 1]);
    expect(context.currentTemporalLayer).toBe(2);
    expect(send(context, 5, 0, 1, false)).toEqual([4, 1]);
  });

  it('falls at once', () => {
    const context = contextAt(2, 2);
    expect(send(context, 1, 0, 2)).toEqual([1, 1]);
    context.targetTemporalLayer = 0;
    expect(send(context, 2, 0, 2)).toBe('dropped');
    expect(send(context, 3, 1, 0)).toEqual([2, 2]);
    expect(context.currentTemporalLayer).toBe(0);
  });

  it('goes back to a layer that it left only with a picture that refers to nothing it left out', () => {
    const context = contextAt(2, 2);
    expect(send(context, 1, 0, 0)).toEqual([1, 1]);
    // Down and up again without a picture of layer 0 in between.
    context.targetTemporalLayer = 0;
    expect(send(context, 2, 0, 1, false)).toBe('dropped');
    context.targetTemporalLayer = 2;
    expect(send(context, 3, 0, 2, false)).toBe('dropped');
    expect(send(context, 4, 1, 0)).toEqual([2, 2]);
    expect(send(context, 5, 1, 1, false)).toBe('dropped');
    expect(send(context, 6, 1, 1, true)).toEqual([3, 2]);
    expect(send(context, 7, 1, 2, false)).toBe('dropped');
    expect(send(context, 8, 2, 0)).toEqual([4, 3]);
    expect(send(context, 9, 2, 1, false)).toEqual([5, 3]);
    expect(send(context, 10, 2, 2, true)).toEqual([6, 3]);
    expect(send(context, 11, 2, 2, false)).toEqual([7, 3]);
  });

  it('falls also with a picture below the target', () => {
    const context = contextAt(2, 2);
    expect(send(context, 1, 0, 2)).toEqual([1, 1]);
    context.targetTemporalLayer = 1;
    expect(send(context, 2, 1, 0)).toEqual([2, 2]);
    expect(context.currentTemporalLayer).toBe(1);
  });

  it('takes TL0PICIDX away with a picture of layer 0', () => {
    const context = contextAt(-1, 0);
    // Without a layer even layer 0 needs a switching point to begin with.
    expect(send(context, 7, 4, 0, false)).toBe('dropped');
    expect(send(context, 8, 5, 0)).toEqual([1, 1]);
  });

  it('continues where it was when the stream is another one', () => {
    const context = contextAt(0, 0);
    expect(send(context, 7, 7, 0)).toEqual([1, 1]);
    context.requireSync();
    expect(send(context, 30000, 100, 0)).toEqual([2, 2]);
    context.requireSync();
    expect(send(context, 0, 0, 0)).toEqual([3, 3]);
  });

  it('rewrites nothing without both picture id and TL0PICIDX', () => {
    const context = contextAt(-1, 0);
    for (const text of ['90 80 80 05 01', '90 40 05 01', '10 01', '90 20 20 01', '90']) {
      const packet = received('video/VP8', hex(text));
      expect(context.process(packet)).toBe(true);
      expect(context.rewrite).toBe(NO_REWRITE);
    }
    expect(rewrittenLength(NO_REWRITE)).toBe(0);
  });

  it('keeps the marker', () => {
    const context = contextAt(0, 0);
    for (const marker of [true, false]) {
      context.process(received('video/VP8', payload(1, 1, 0, true), undefined, marker));
      expect(context.marker).toBe(marker);
    }
  });

  it('writes every number', () => {
    const bytes = new Uint8Array(8);
    for (const [pictureId, tl0] of [[0, 0], [0x7fff, 0xff], [0x1234, 0x56]]) {
      rewritePayload(bytes, 1, (pictureId << 8) | tl0);
      expect([...bytes]).toEqual([0, 0, 0, 0x80 | (pictureId >> 8), pictureId & 0xff, tl0, 0, 0]);
    }
  }); // prettier-ignore
});
