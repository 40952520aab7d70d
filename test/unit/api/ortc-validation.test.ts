import { describe, expect, it } from 'vitest';
import * as ortc from '../../../src/ortc.js';

const codec = { mimeType: 'video/VP8', payloadType: 101, clockRate: 90000 };
const ext = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 };
const capability = { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 };
const extCapability = { kind: 'video', uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', preferredId: 1 };

const without = (object: object, key: string): object => ({ ...object, [key]: undefined });
const message = (validate: (argument: never) => void, argument: unknown): string | undefined => {
  try {
    validate(argument as never);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return (error as Error).message;
  }
};

describe('validateAndNormalizeRtpCapabilities()', () => {
  const ofCodec = (fields: object): object => ({ codecs: [{ ...capability, ...fields }] });
  const ofExt = (fields: object): object => ({ headerExtensions: [{ ...extCapability, ...fields }] });

  it.each<[unknown, string]>([
    [undefined, 'caps is not an object'],
    ['x', 'caps is not an object'],
    [{ codecs: 'x' }, 'caps.codecs is not an array'],
    [{ headerExtensions: {} }, 'caps.headerExtensions is not an array'],
    [{ codecs: [3] }, 'codec is not an object'],
    [ofCodec({ mimeType: undefined }), 'missing codec.mimeType'],
    [ofCodec({ mimeType: 3 }), 'missing codec.mimeType'],
    [ofCodec({ mimeType: 'VP8' }), 'invalid codec.mimeType'],
    [ofCodec({ mimeType: 'video/' }), 'invalid codec.mimeType'],
    [ofCodec({ preferredPayloadType: '1' }), 'invalid codec.preferredPayloadType'],
    [ofCodec({ clockRate: undefined }), 'missing codec.clockRate'],
    [ofCodec({ parameters: { foo: true } }), 'invalid codec parameter [key:foos, value:true]'],
    [ofCodec({ parameters: { foo: null } }), 'invalid codec parameter [key:foos, value:null]'],
    [ofCodec({ parameters: { apt: '3' } }), 'invalid codec apt parameter'],
    [ofCodec({ rtcpFeedback: [1] }), 'fb is not an object'],
    [ofCodec({ rtcpFeedback: [{}] }), 'missing fb.type'],
    [{ headerExtensions: ['x'] }, 'ext is not an object'],
    [ofExt({ kind: 'x' }), 'invalid ext.kind'],
    [ofExt({ kind: undefined }), 'invalid ext.kind'],
    [ofExt({ uri: '' }), 'missing ext.uri'],
    [ofExt({ preferredId: '1' }), 'missing ext.preferredId'],
    [ofExt({ preferredEncrypt: 'yes' }), 'invalid ext.preferredEncrypt'],
    [ofExt({ direction: 1 }), 'invalid ext.direction'],
  ])('rejects %j', (caps, expected) => {
    expect(message(ortc.validateAndNormalizeRtpCapabilities, caps)).toBe(expected);
  });

  it('fills in what is absent, in place', () => {
    const caps = {
      codecs: [
        { ...capability, kind: 'audio', mimeType: 'Video/VP8', channels: 2, rtcpFeedback: [{ type: 'nack' }] },
        { mimeType: 'audio/opus', clockRate: 48000, parameters: { foo: undefined } },
      ],
      headerExtensions: [extCapability],
    };
    ortc.validateAndNormalizeRtpCapabilities(caps as never);
    expect(caps).toEqual({
      codecs: [
        {
          kind: 'video',
          mimeType: 'Video/VP8',
          clockRate: 90000,
          parameters: {},
          rtcpFeedback: [{ type: 'nack', parameter: '' }],
        },
        {
          kind: 'audio',
          mimeType: 'audio/opus',
          clockRate: 48000,
          channels: 1,
          parameters: { foo: '' },
          rtcpFeedback: [],
        },
      ],
      headerExtensions: [{ ...extCapability, preferredEncrypt: false, direction: 'sendrecv' }],
    });
    const empty = {};
    ortc.validateAndNormalizeRtpCapabilities(empty);
    expect(empty).toEqual({ codecs: [], headerExtensions: [] });
  });
});

describe('validateAndNormalizeRtpParameters()', () => {
  const valid = { codecs: [codec] };

  it.each<[unknown, string]>([
    [undefined, 'params is not an object'],
    [{ ...valid, mid: 3 }, 'params.mid is not a string'],
    [{}, 'missing params.codecs'],
    [{ codecs: {} }, 'missing params.codecs'],
    [{ codecs: [without(codec, 'payloadType')] }, 'missing codec.payloadType'],
    [{ codecs: [without(codec, 'clockRate')] }, 'missing codec.clockRate'],
    [{ ...valid, headerExtensions: 'x' }, 'params.headerExtensions is not an array'],
    [{ ...valid, headerExtensions: [1] }, 'ext is not an object'],
    [{ ...valid, headerExtensions: [without(ext, 'uri')] }, 'missing ext.uri'],
    [{ ...valid, headerExtensions: [without(ext, 'id')] }, 'missing ext.id'],
    [{ ...valid, headerExtensions: [{ ...ext, encrypt: 1 }] }, 'invalid ext.encrypt'],
    [{ ...valid, headerExtensions: [{ ...ext, parameters: { a: [] } }] }, 'invalid header extension parameter'],
    [{ ...valid, encodings: 'x' }, 'params.encodings is not an array'],
    [{ ...valid, encodings: [1] }, 'encoding is not an object'],
    [{ ...valid, encodings: [{ ssrc: '1' }] }, 'invalid encoding.ssrc'],
    [{ ...valid, encodings: [{ rid: 1 }] }, 'invalid encoding.rid'],
    [{ ...valid, encodings: [{ rtx: 1 }] }, 'invalid encoding.rtx'],
    [{ ...valid, encodings: [{ rtx: {} }] }, 'missing encoding.rtx.ssrc'],
    [{ ...valid, encodings: [{ scalabilityMode: 1 }] }, 'invalid encoding.scalabilityMode'],
    [{ ...valid, rtcp: 'x' }, 'params.rtcp is not an object'],
    [{ ...valid, msid: 1 }, 'params.msid is not a string'],
    [{ ...valid, rtcp: { cname: 1 } }, 'invalid rtcp.cname'],
  ])('rejects %j', (params, expected) => {
    expect(message(ortc.validateAndNormalizeRtpParameters, params)).toBe(expected);
  });

  it('fills in what is absent, in place; reduced-size RTCP is always on', () => {
    const params = { codecs: [codec], headerExtensions: [ext], encodings: [{ dtx: 1 }], rtcp: { reducedSize: false } };
    ortc.validateAndNormalizeRtpParameters(params as never);
    expect(params).toEqual({
      codecs: [{ ...codec, parameters: {}, rtcpFeedback: [] }],
      headerExtensions: [{ ...ext, encrypt: false, parameters: {} }],
      encodings: [{ dtx: false }],
      rtcp: { reducedSize: true },
    });
  });
});

describe('validateAndNormalizeSctpStreamParameters()', () => {
  it.each<[unknown, string]>([
    [undefined, 'params is not an object'],
    [{}, 'missing params.streamId'],
    [{ streamId: 1, maxPacketLifeTime: 'x' }, 'invalid params.maxPacketLifeTime'],
    [{ streamId: 1, maxRetransmits: 'x' }, 'invalid params.maxRetransmits'],
    [
      { streamId: 1, maxPacketLifeTime: 1, maxRetransmits: 1 },
      'cannot provide both maxPacketLifeTime and maxRetransmits',
    ],
    [{ streamId: 1, ordered: true, maxRetransmits: 1 }, 'cannot be ordered with maxPacketLifeTime or maxRetransmits'],
  ])('rejects %j', (params, expected) => {
    expect(message(ortc.validateAndNormalizeSctpStreamParameters, params)).toBe(expected);
  });

  it.each([
    [{ streamId: 1 }, true],
    [{ streamId: 1, ordered: false }, false],
    [{ streamId: 1, maxPacketLifeTime: 5 }, false],
    [{ streamId: 1, maxRetransmits: 0 }, true],
  ])('orders %j: %j', (params, ordered) => {
    ortc.validateAndNormalizeSctpStreamParameters(params);
    expect(params).toMatchObject({ ordered });
  });
});
