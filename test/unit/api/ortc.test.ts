import { Builder } from 'flatbuffers';
import * as reference from 'mediasoup';
import { describe, expect, it } from 'vitest';
import { UnsupportedError } from '../../../src/errors.js';
import * as ortc from '../../../src/ortc.js';
import { getSupportedRtpCapabilities } from '../../../src/api/supported-rtp-capabilities.js';
import type { RouterRtpCodecCapability, RtpCapabilities, RtpParameters } from '../../../src/types.js';

const opus: RouterRtpCodecCapability = { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 };
const vp8: RouterRtpCodecCapability = { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 };
const h264 = (profileLevelId: string, packetizationMode = 1): RouterRtpCodecCapability => ({
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90000,
  parameters: { 'packetization-mode': packetizationMode, 'profile-level-id': profileLevelId },
});

const payloadTypes = (caps: RtpCapabilities): [string, number][] =>
  caps.codecs!.map(({ mimeType, preferredPayloadType }) => [mimeType, preferredPayloadType]);

describe('getSupportedRtpCapabilities()', () => {
  it('lists codecs and extensions in a fixed order', () => {
    const { codecs, headerExtensions } = getSupportedRtpCapabilities();
    expect(codecs!.map(({ mimeType, clockRate, preferredPayloadType }) => [mimeType, clockRate, preferredPayloadType]))
      .toEqual([
        ['audio/opus', 48000, undefined],
        ['audio/multiopus', 48000, undefined],
        ['audio/multiopus', 48000, undefined],
        ['audio/multiopus', 48000, undefined],
        ['audio/PCMU', 8000, 0],
        ['audio/PCMA', 8000, 8],
        ['audio/ISAC', 32000, undefined],
        ['audio/ISAC', 16000, undefined],
        ['audio/G722', 8000, 9],
        ['audio/iLBC', 8000, undefined],
        ...[24000, 16000, 12000, 8000].map(rate => ['audio/SILK', rate, undefined]),
        ...[32000, 16000, 8000].map(rate => ['audio/CN', rate, 13]),
        ...[48000, 32000, 16000, 8000].map(rate => ['audio/telephone-event', rate, undefined]),
        ['video/VP8', 90000, undefined],
        ['video/VP9', 90000, undefined],
        ['video/H264', 90000, undefined],
        ['video/H265', 90000, undefined],
        ['video/AV1', 90000, undefined],
      ]); // prettier-ignore
    expect(headerExtensions!.map(({ kind, preferredId, direction }) => `${kind} ${preferredId} ${direction}`)).toEqual([
      'audio 1 sendrecv',
      'video 1 sendrecv',
      'video 2 recvonly',
      'video 3 recvonly',
      'audio 4 sendrecv',
      'video 4 sendrecv',
      'audio 5 recvonly',
      'video 5 sendrecv',
      'audio 6 sendrecv',
      'video 7 recvonly',
      'video 8 sendrecv',
      'video 9 sendrecv',
      'audio 10 sendrecv',
      'video 10 sendrecv',
      'audio 11 sendrecv',
      'video 11 sendrecv',
      'audio 12 sendrecv',
      'video 12 sendrecv',
    ]);
  });

  it('is not changed by what is done with the result, or by routers', () => {
    const before = structuredClone(getSupportedRtpCapabilities());
    getSupportedRtpCapabilities().codecs!.length = 0;
    ortc.generateRouterRtpCapabilities([opus, vp8]);
    expect(getSupportedRtpCapabilities()).toEqual(before);
  });
});

describe('generateRouterRtpCapabilities()', () => {
  it('gives payload types from 100 on, RTX after each video codec', () => {
    expect(payloadTypes(ortc.generateRouterRtpCapabilities([opus, vp8, h264('42e01f')]))).toEqual([
      ['audio/opus', 100],
      ['video/VP8', 101],
      ['video/rtx', 102],
      ['video/H264', 103],
      ['video/rtx', 104],
    ]);
  });

  it('keeps payload types that are given or fixed, and leaves them out of the pool', () => {
    const pcmu: RouterRtpCodecCapability = { kind: 'audio', mimeType: 'audio/PCMU', clockRate: 8000 };
    expect(payloadTypes(ortc.generateRouterRtpCapabilities([{ ...vp8, preferredPayloadType: 100 }, pcmu, opus])))
      .toEqual([['video/VP8', 100], ['video/rtx', 101], ['audio/PCMU', 0], ['audio/opus', 102]]); // prettier-ignore
  });

  it('takes parameters of both, everything else from the table', () => {
    const { codecs } = ortc.generateRouterRtpCapabilities([
      { ...h264('42e01f'), mimeType: 'video/h264', rtcpFeedback: [{ type: 'foo' }] } as RouterRtpCodecCapability,
    ]);
    expect(codecs).toEqual([
      {
        kind: 'video',
        mimeType: 'video/H264',
        clockRate: 90000,
        preferredPayloadType: 100,
        parameters: { 'level-asymmetry-allowed': 1, 'packetization-mode': 1, 'profile-level-id': '42e01f' },
        rtcpFeedback: [
          { type: 'nack', parameter: '' },
          { type: 'nack', parameter: 'pli' },
          { type: 'ccm', parameter: 'fir' },
          { type: 'goog-remb', parameter: '' },
          { type: 'transport-cc', parameter: '' },
        ],
      },
      {
        kind: 'video',
        mimeType: 'video/rtx',
        clockRate: 90000,
        preferredPayloadType: 101,
        parameters: { apt: 100 },
        rtcpFeedback: [],
      },
    ]);
  });

  it('lists all header extensions, whatever the codecs', () => {
    expect(ortc.generateRouterRtpCapabilities([]).headerExtensions).toHaveLength(18);
  });

  it.each<[unknown, unknown]>([
    [{}, new TypeError('mediaCodecs must be an Array')],
    [[{ ...opus, channels: 1 }], new UnsupportedError('media codec not supported [mimeType:audio/opus]')],
    [[{ ...vp8, mimeType: 'video/rtx' }], new UnsupportedError('media codec not supported [mimeType:video/rtx]')],
    [
      [
        { ...opus, preferredPayloadType: 110 },
        { ...vp8, preferredPayloadType: 110 },
      ],
      new TypeError('duplicated codec.preferredPayloadType'),
    ],
    [[opus, { ...vp8, preferredPayloadType: 100 }], new TypeError('duplicated codec.preferredPayloadType')],
    [Array(17).fill(vp8), new Error('cannot allocate more dynamic codec payload types')],
  ])('rejects %j', (mediaCodecs, error) => {
    expect(() => ortc.generateRouterRtpCapabilities(mediaCodecs as never)).toThrow(error);
    expect(() => ortc.generateRouterRtpCapabilities(mediaCodecs as never)).toThrow((error as Error).constructor);
  });

  it('has 32 payload types to give', () => {
    expect(
      payloadTypes(ortc.generateRouterRtpCapabilities(Array<RouterRtpCodecCapability>(16).fill(vp8))).map(
        ([, pt]) => pt,
      ),
    ).toEqual([...Array.from({ length: 28 }, (_, i) => 100 + i), ...[96, 97, 98, 99]]);
  });
});

/** RtpParameters of one codec, normalised. */
function video(codec: object, rest: object = {}): RtpParameters {
  const params = {
    mid: '0',
    codecs: [{ mimeType: 'video/H264', payloadType: 120, clockRate: 90000, ...codec }],
    encodings: [{ ssrc: 1 }],
    ...rest,
  } as RtpParameters;
  ortc.validateAndNormalizeRtpParameters(params);
  return params;
}

describe('getProducerRtpParametersMapping()', () => {
  // Recorded from the reference.
  const caps = ortc.generateRouterRtpCapabilities([
    { ...opus, preferredPayloadType: 100 },
    h264('42e01f'),
    h264('640032'),
    h264('4d0032', 0),
    { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 2 } },
    { ...vp8, mimeType: 'video/vp8' },
  ]);

  it.each<[object, number, string | undefined]>([
    [{ parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' } }, 101, '42e01f'],
    [{ mimeType: 'video/h264', parameters: { 'packetization-mode': 1, 'profile-level-id': '42e034' } }, 101, '42e01f'],
    [{ parameters: { 'packetization-mode': 1, 'profile-level-id': '64001f' } }, 103, '64001f'],
    [{ parameters: { 'packetization-mode': 0, 'profile-level-id': '4d001f' } }, 105, '4d001f'],
    [{ parameters: { 'packetization-mode': 1 } }, 101, '42e01f'],
    [{ mimeType: 'video/VP9', parameters: { 'profile-id': 2 } }, 107, undefined],
    [{ mimeType: 'video/VP8', parameters: { foo: 'bar' } }, 109, undefined],
  ])('maps %j to %j, profile %j', (codec, mappedPayloadType, profile) => {
    const params = video(codec);
    expect(ortc.getProducerRtpParametersMapping(params, caps).codecs).toEqual([
      { payloadType: 120, mappedPayloadType },
    ]);
    expect(params.codecs[0].parameters!['profile-level-id']).toBe(profile);
  });

  it.each<[object]>([
    [{ parameters: { 'packetization-mode': 0, 'profile-level-id': '42e01f' } }],
    [{ mimeType: 'video/VP9', parameters: { 'profile-id': 0 } }],
    [{ mimeType: 'video/AV1' }],
  ])('has nothing for %j', codec => {
    const params = video(codec);
    const { mimeType } = params.codecs[0];
    expect(() => ortc.getProducerRtpParametersMapping(params, caps)).toThrow(
      new UnsupportedError(`unsupported codec [mimeType:${mimeType}, payloadType:120]`),
    );
  });

  // RFC 7798 §7.1 and §7.2.2.
  it.each<[Record<string, unknown> | undefined, number | undefined]>([
    [undefined, 100],
    [{ 'profile-id': 1, 'tier-flag': 0, 'level-id': 93, 'tx-mode': 'SRST' }, 100],
    [{ 'profile-id': 1, 'level-id': 180, 'tx-mode': 'srst' }, 100],
    [{ 'profile-id': '1' }, 100],
    [{ 'profile-id': 2, 'level-id': 180 }, 102],
    [{ 'profile-id': 1, 'tier-flag': 1, 'level-id': 150 }, 104],
    [{ 'profile-id': 2, 'tier-flag': 1, 'level-id': 150 }, undefined],
    [{ 'profile-id': 4 }, undefined],
    [{ 'tx-mode': 'MRST' }, undefined],
  ])('maps H265 with %j to %j', (parameters, mappedPayloadType) => {
    const h265 = (parameters: object): RouterRtpCodecCapability => ({
      kind: 'video',
      mimeType: 'video/H265',
      clockRate: 90000,
      parameters: parameters as Record<string, unknown>,
    });
    const caps = ortc.generateRouterRtpCapabilities([
      h265({ 'level-id': 120 }),
      h265({ 'profile-id': 2, 'level-id': 120 }),
      h265({ 'tier-flag': 1, 'level-id': 120 }),
    ]);
    const params = video({ mimeType: 'video/h265', parameters });
    if (mappedPayloadType === undefined) {
      expect(() => ortc.getProducerRtpParametersMapping(params, caps)).toThrow(UnsupportedError);
      return;
    }
    const mapping = ortc.getProducerRtpParametersMapping(params, caps);
    expect(mapping.codecs).toEqual([{ payloadType: 120, mappedPayloadType }]);
    // Consumers get to know what the stream is, and can be told by the same rule whether they can decode it.
    const consumable = ortc.getConsumableRtpParameters('video', params, caps, mapping);
    expect(consumable.codecs[0].parameters).toEqual(parameters ?? {});
    const canConsume = (codec: RtpCapabilities['codecs']): boolean => ortc.canConsume(consumable, { codecs: codec });
    expect(caps.codecs!.map(codec => canConsume([codec]))).toEqual(
      caps.codecs!.map(codec => codec.preferredPayloadType === mappedPayloadType),
    );
  });

  it('maps RTX by its media codec, after all media', () => {
    const params = video(
      {},
      {
        codecs: [
          { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
          { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 },
        ],
        encodings: [{ rid: 'a' }, { rid: 'b', ssrc: 7 }],
      },
    );
    const mapping = ortc.getProducerRtpParametersMapping(params, caps);
    expect(mapping.codecs).toEqual([
      { payloadType: 96, mappedPayloadType: 109 },
      { payloadType: 97, mappedPayloadType: 110 },
    ]);
    const [{ mappedSsrc }] = mapping.encodings;
    expect(mapping.encodings).toEqual([
      { rid: 'a', ssrc: undefined, mappedSsrc },
      { rid: 'b', ssrc: 7, mappedSsrc: mappedSsrc + 1 },
    ]);
    expect(mappedSsrc).toBeGreaterThanOrEqual(100_000_000);
  });

  it('rejects RTX of nothing', () => {
    const rtx = { mimeType: 'video/rtx', parameters: { apt: 96 }, payloadType: 97 };
    expect(() => ortc.getProducerRtpParametersMapping(video(rtx), caps)).toThrow(
      new TypeError('missing media codec found for RTX PT 97'),
    );
    const noRtx: RtpCapabilities = { ...caps, codecs: caps.codecs!.filter(one => one.mimeType !== 'video/rtx') };
    const both = video(
      {},
      {
        codecs: [
          { ...rtx, clockRate: 90000 },
          { ...video({}).codecs[0], ...{ payloadType: 96, mimeType: 'video/VP8' } },
        ],
      },
    );
    expect(() => ortc.getProducerRtpParametersMapping(both, noRtx)).toThrow(
      new UnsupportedError('no RTX codec for capability codec PT 109'),
    );
  });
});

describe('consumption', () => {
  const caps = ortc.generateRouterRtpCapabilities([opus, vp8]);
  const captureTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

  const consumable = (rest: object = {}): RtpParameters => {
    const params = video(
      {},
      {
        codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, parameters: { foo: 1 } }],
        encodings: [
          { rid: 'a', rtx: { ssrc: 9 }, codecPayloadType: 96, scalabilityMode: 'L1T3', maxBitrate: 1000 },
          { rid: 'b', maxBitrate: 5000 },
        ],
        rtcp: { cname: 'cat' },
        msid: 'stream track',
        ...rest,
      },
    );
    const mapping = ortc.getProducerRtpParametersMapping(params, caps);
    mapping.encodings.forEach((encoding, index) => (encoding.mappedSsrc = 1000 + index));
    return ortc.getConsumableRtpParameters('video', params, caps, mapping);
  };
  const remote = (extensions: number[], rest: Partial<RtpCapabilities> = {}): RtpCapabilities => ({
    codecs: caps.codecs,
    headerExtensions: caps.headerExtensions!.filter(
      ({ kind, preferredId }) => kind === 'video' && extensions.includes(preferredId),
    ),
    ...rest,
  });
  const consume = (remoteRtpCapabilities: RtpCapabilities, { pipe = false, enableRtx = true } = {}): RtpParameters =>
    ortc.getConsumerRtpParameters({
      consumableRtpParameters: consumable(),
      remoteRtpCapabilities: structuredClone(remoteRtpCapabilities),
      pipe,
      enableRtx,
    });
  const feedback = (params: RtpParameters): string[] =>
    params.codecs[0].rtcpFeedback!.map(({ type, parameter }) => (parameter ? `${type} ${parameter}` : type));

  it('forwards with payload types, extensions and SSRCs of the router', () => {
    const params = consumable();
    expect(params).toMatchObject({
      codecs: [
        { mimeType: 'video/VP8', payloadType: 101, clockRate: 90000, parameters: { foo: 1 } },
        { mimeType: 'video/rtx', payloadType: 102, clockRate: 90000, parameters: { apt: 101 } },
      ],
      encodings: [
        { ssrc: 1000, dtx: false, scalabilityMode: 'L1T3', maxBitrate: 1000 },
        { ssrc: 1001, dtx: false, maxBitrate: 5000 },
      ],
      rtcp: { cname: 'cat', reducedSize: true },
      msid: 'stream track',
    });
    expect(params.mid).toBeUndefined();
    expect(Object.keys(params.encodings![0]).sort()).toEqual(['dtx', 'maxBitrate', 'scalabilityMode', 'ssrc']);
    expect(params.headerExtensions!.map(({ id }) => id)).toEqual([1, 4, 5, 8, 9, 11, 12]);
  });

  it('forwards the capture time only if the producer sends it', () => {
    const params = consumable({ headerExtensions: [{ uri: captureTime, id: 3 }] });
    expect(params.headerExtensions!.map(({ id }) => id)).toEqual([1, 4, 5, 8, 9, 10, 11, 12]);
  });

  it('gives an endpoint one stream whose layers are those of simulcast', () => {
    const { codecs, encodings, headerExtensions } = consume(remote([1, 4, 5]));
    const [{ ssrc }] = encodings!;
    expect(codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8', 'video/rtx']);
    expect(encodings).toEqual([{ ssrc, rtx: { ssrc: ssrc! + 1 }, scalabilityMode: 'L2T3', maxBitrate: 5000 }]);
    expect(headerExtensions!.map(({ id }) => id)).toEqual([1, 4, 5]);
  });

  it.each<[string, string, number[]]>([
    ['AV1', 'L3T3', [1, 4, 5, 7]],
    ['AV1', 'L2T1_KEY', [1, 4, 5, 7]],
    ['AV1', 'L1T3', [1, 4, 5]],
    ['VP9', 'L3T3', [1, 4, 5]],
  ])('gives an endpoint the dependency descriptor where it needs it: %s %s', (name, scalabilityMode, expected) => {
    const codec = { mimeType: `video/${name}`, clockRate: 90000 };
    const caps = ortc.generateRouterRtpCapabilities([{ kind: 'video', ...codec } as RouterRtpCodecCapability]);
    const params = video({ ...codec, payloadType: 45 }, { encodings: [{ ssrc: 1, scalabilityMode }] });
    const mapping = ortc.getProducerRtpParametersMapping(params, caps);
    const { headerExtensions } = ortc.getConsumerRtpParameters({
      consumableRtpParameters: ortc.getConsumableRtpParameters('video', params, caps, mapping),
      remoteRtpCapabilities: { ...remote([1, 4, 5]), codecs: caps.codecs },
      pipe: false,
      enableRtx: true,
    });
    expect(headerExtensions!.map(({ id }) => id)).toEqual(expected);
  });

  it('gives a pipe all streams', () => {
    const { encodings } = consume(remote([]), { pipe: true });
    const [{ ssrc, rtx }] = encodings!;
    expect(encodings).toMatchObject([
      { ssrc, rtx, scalabilityMode: 'L1T3', maxBitrate: 1000 },
      { ssrc: ssrc! + 1, rtx: { ssrc: rtx!.ssrc + 1 }, maxBitrate: 5000 },
    ]);
  });

  it.each<[number[], string[]]>([
    [
      [4, 5],
      ['nack', 'nack pli', 'ccm fir', 'transport-cc'],
    ],
    [[4], ['nack', 'nack pli', 'ccm fir', 'goog-remb']],
    [[1], ['nack', 'nack pli', 'ccm fir']],
  ])('with extensions %j it leaves the feedback %j', (extensions, expected) => {
    expect(feedback(consume(remote(extensions)))).toEqual(expected);
  });

  it('without RTX it leaves neither the codec nor NACK', () => {
    const params = consume(remote([]), { enableRtx: false });
    expect(params.codecs).toHaveLength(1);
    expect(feedback(params)).toEqual(['nack pli', 'ccm fir']);
    expect(params.encodings![0].rtx).toBeUndefined();
  });

  it('takes the feedback of the endpoint', () => {
    const codecs = structuredClone(caps.codecs!).map(codec => ({
      ...codec,
      rtcpFeedback: [{ type: 'ccm', parameter: 'fir' }],
    }));
    expect(feedback(consume(remote([], { codecs })))).toEqual(['ccm fir']);
  });

  it('finds that an endpoint has no codec', () => {
    const codecs = caps.codecs!.filter(({ kind }) => kind === 'audio');
    expect(() => consume(remote([], { codecs }))).toThrow(new UnsupportedError('no compatible media codecs'));
    expect(ortc.canConsume(consumable(), { codecs })).toBe(false);
    expect(ortc.canConsume(consumable(), {})).toBe(false);
    expect(ortc.canConsume(consumable(), structuredClone(caps))).toBe(true);
    expect(() => ortc.canConsume(consumable(), undefined as never)).toThrow(TypeError);
  });

  it('pipes to another router with the dependency descriptor, without bandwidth estimation and MID', () => {
    const consumableRtpParameters = consumable();
    const params = ortc.getPipeConsumerRtpParameters({ consumableRtpParameters, enableRtx: false });
    expect(params.codecs).toHaveLength(1);
    expect(feedback(params)).toEqual(['nack pli', 'ccm fir']);
    expect(params.headerExtensions!.map(({ id }) => id)).toEqual([7, 8, 9, 11, 12]);
    const [{ ssrc }] = params.encodings!;
    expect(params.encodings!.map(encoding => [encoding.ssrc, encoding.rtx])).toEqual([
      [ssrc, undefined],
      [ssrc! + 1, undefined],
    ]);

    const withRtx = ortc.getPipeConsumerRtpParameters({ consumableRtpParameters, enableRtx: true });
    expect(withRtx.codecs).toHaveLength(2);
    expect(feedback(withRtx)).toEqual(['nack', 'nack pli', 'ccm fir']);
    const [first, second] = withRtx.encodings!;
    expect(second.rtx!.ssrc).toBe(first.rtx!.ssrc + 1);
  });
});

describe('serializeRtpMapping()', () => {
  it.each([
    { codecs: [], encodings: [] },
    {
      codecs: [
        { payloadType: 96, mappedPayloadType: 101 },
        { payloadType: 0, mappedPayloadType: 255 },
      ],
      encodings: [{ mappedSsrc: 4294967295 }, { rid: 'r0', mappedSsrc: 1 }, { ssrc: 0, mappedSsrc: 0 }],
    },
  ])('writes the same bytes as the reference: %j', mapping => {
    const bytes = ({ serializeRtpMapping }: Pick<typeof ortc, 'serializeRtpMapping'>): Uint8Array => {
      const builder = new Builder();
      builder.finish(serializeRtpMapping(builder, mapping));
      return builder.asUint8Array();
    };
    const theirs = (reference.ortc as unknown as Pick<typeof ortc, 'serializeRtpMapping'>).serializeRtpMapping;
    expect(bytes(ortc)).toEqual(bytes({ serializeRtpMapping: theirs }));
  });
});
