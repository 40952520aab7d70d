import fc from 'fast-check';
import * as reference from 'mediasoup/ortc';
import { describe, expect, it } from 'vitest';
import * as ours from '../../src/ortc.js';
import type { RtpCapabilities, RtpCodecParameters, RtpParameters } from '../../src/types.js';

/**
 * The same arguments for our functions and for those of the `mediasoup` package: the same results, the same changes of
 * the arguments, the same errors. Random SSRCs are numbered, as each of both draws its own.
 */
type Ortc = typeof reference;

const outcome = (run: () => unknown): unknown => {
  try {
    return numbered(run());
  } catch (error) {
    const { name, message } = error as Error;
    // Natively thrown TypeErrors (`null` where an object should be) have no text to rely on.
    return { name, message: /^Cannot |is not iterable|is not a function/.test(message) ? 'native' : message };
  }
};

/** Where the reference stumbles, any TypeError of ours will do. */
function expectSame(result: unknown, expected: unknown): void {
  if ((expected as { message?: string }).message === 'native') expect(result).toMatchObject({ name: 'TypeError' });
  else expect(result).toEqual(expected);
}

function numbered(result: unknown): unknown {
  const bases: number[] = [];
  return JSON.parse(
    JSON.stringify(result ?? null, (key, value: unknown) => {
      if ((key !== 'ssrc' && key !== 'mappedSsrc') || typeof value !== 'number' || value < 100_000_000) return value;
      const base = bases.findIndex(one => value >= one && value < one + 10);
      if (base !== -1) return `${base}+${value - bases[base]}`;
      bases.push(value);
      return `${bases.length - 1}+0`;
    }),
  );
}

/** Runs the whole way of some media through both implementations. */
function negotiate(ortc: Ortc, input: Input): unknown {
  const { mediaCodecs, kind, params, remote, pipe, enableRtx } = structuredClone(input);
  return outcome(() => {
    const router = ortc.generateRouterRtpCapabilities(mediaCodecs);
    ortc.validateAndNormalizeRtpParameters(params);
    const mapping = ortc.getProducerRtpParametersMapping(params, router);
    const consumable = ortc.getConsumableRtpParameters(kind, params, router, mapping);
    const consume = (caps: Parameters<Ortc['canConsume']>[1]): unknown =>
      outcome(() => {
        ortc.validateAndNormalizeRtpCapabilities(caps);
        const consumer = ortc.getConsumerRtpParameters({
          consumableRtpParameters: consumable,
          remoteRtpCapabilities: caps,
          pipe,
          enableRtx,
        });
        return { canConsume: ortc.canConsume(consumable, caps), consumer: withoutDeparture(consumer) };
      });
    return {
      router,
      params,
      mapping,
      consumable,
      consumer: consume(remote),
      own: consume(structuredClone(router)),
      piped: ortc.getPipeConsumerRtpParameters({ consumableRtpParameters: consumable, enableRtx }),
    };
  });
}

/** Consumers of AV1 with spatial layers get the dependency descriptor, which those of the reference do not. */
function withoutDeparture(parameters: RtpParameters): RtpParameters {
  const { codecs, encodings, headerExtensions } = parameters;
  const isAv1 = codecs[0].mimeType.toLowerCase() === 'video/av1';
  if (!isAv1 || !encodings?.some(({ scalabilityMode = '' }) => /^[LS][2-9]/.test(scalabilityMode))) return parameters;
  return {
    ...parameters,
    headerExtensions: headerExtensions!.filter(({ uri }) => !uri.includes('dependency-descriptor')),
  };
}

interface Input {
  mediaCodecs: NonNullable<RtpCapabilities['codecs']>;
  kind: 'audio' | 'video';
  params: RtpParameters;
  remote: RtpCapabilities;
  pipe: boolean;
  enableRtx: boolean;
}

const codecs = [
  { mimeType: 'audio/opus', clockRate: 48000, channels: 2, parameters: { useinbandfec: 1 } },
  { mimeType: 'audio/OPUS', clockRate: 48000, channels: 1 },
  { mimeType: 'audio/multiopus', clockRate: 48000, channels: 6, parameters: { num_streams: 4, coupled_streams: 2 } },
  { mimeType: 'audio/multiopus', clockRate: 48000, channels: 4, parameters: { num_streams: 2, coupled_streams: 1 } },
  { mimeType: 'audio/PCMU', clockRate: 8000 },
  { mimeType: 'video/VP8', clockRate: 90000, parameters: { foo: 'bar' } },
  { mimeType: 'video/vp8', clockRate: 90000, rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }] },
  { mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 2 } },
  { mimeType: 'video/VP9', clockRate: 90000 },
  { mimeType: 'video/AV1', clockRate: 90000 },
  ...['42e01f', '42e034', '640032', '4d0032', 'zzz'].flatMap(id =>
    [0, 1].map(mode => ({
      mimeType: 'video/H264',
      clockRate: 90000,
      parameters: { 'packetization-mode': mode, 'profile-level-id': id, 'level-asymmetry-allowed': 1 },
    })),
  ),
  { mimeType: 'video/h264', clockRate: 90000 },
  { mimeType: 'video/FOO', clockRate: 90000 },
  { mimeType: 'video/rtx', clockRate: 90000, parameters: { apt: 101 } },
];
const codec = fc.constantFrom(...codecs);
const uris = ours
  .generateRouterRtpCapabilities()
  .headerExtensions!.map(({ uri, preferredId }) => ({ uri, preferredId }));

const feedback = fc.subarray([
  { type: 'nack' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb' },
  { type: 'transport-cc' },
]);

const capability = fc
  .tuple(codec, fc.option(fc.integer({ min: 95, max: 127 }), { nil: undefined }), feedback)
  .map(([one, preferredPayloadType, rtcpFeedback]) => ({
    ...one,
    kind: one.mimeType.slice(0, 5),
    preferredPayloadType,
    rtcpFeedback,
  }));

const parameters = fc.record(
  {
    mid: fc.constantFrom('0', ''),
    codecs: fc.array(
      fc.tuple(codec, fc.integer({ min: 100, max: 103 })).map(([one, payloadType]) => ({ ...one, payloadType })),
      { minLength: 1, maxLength: 3 },
    ),
    headerExtensions: fc.array(
      fc.constantFrom(...uris).map(({ uri, preferredId }) => ({ uri, id: preferredId })),
      { maxLength: 4 },
    ),
    encodings: fc.array(
      fc.record(
        {
          ssrc: fc.integer({ min: 1, max: 9999 }),
          rid: fc.constantFrom('a', 'b'),
          rtx: fc.constant({ ssrc: 77 }),
          dtx: fc.boolean(),
          codecPayloadType: fc.constant(101),
          scalabilityMode: fc.constantFrom('L1T3', 'L3T2_KEY', 'S1T1', 'foo'),
          maxBitrate: fc.integer({ min: 0, max: 5000000 }),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    rtcp: fc.record({ cname: fc.constant('abc'), reducedSize: fc.boolean() }, { requiredKeys: [] }),
    msid: fc.constant('stream track'),
  },
  { requiredKeys: ['codecs'] },
) as unknown as fc.Arbitrary<RtpParameters>;

const input = fc.record({
  mediaCodecs: fc.array(capability, { maxLength: 4 }),
  kind: fc.constantFrom('audio', 'video'),
  params: parameters,
  remote: fc.record({
    codecs: fc.array(capability, { maxLength: 5 }),
    headerExtensions: fc.subarray(uris).map(exts => exts.map(ext => ({ ...ext, kind: 'video' }))),
  }),
  pipe: fc.boolean(),
  enableRtx: fc.boolean(),
}) as unknown as fc.Arbitrary<Input>;

/** The same, with codecs that fit each other, so that most runs come through. */
const fitting = input.chain(one =>
  fc.subarray(codecs.slice(0, 15), { minLength: 1, maxLength: 4 }).map(chosen => {
    const mediaCodecs = chosen.map(
      ({ rtcpFeedback: _, ...rest }: { rtcpFeedback?: unknown; mimeType: string }) => rest,
    );
    const withRtx = chosen.flatMap((media, index) => {
      const payloadType = 100 + 2 * index;
      const rtx = { mimeType: 'video/rtx', clockRate: 90000, parameters: { apt: payloadType } };
      return media.mimeType.startsWith('video') && index % 2 === 0
        ? [
            { ...media, payloadType },
            { ...rtx, payloadType: payloadType + 1 },
          ]
        : [{ ...media, payloadType }];
    }) as RtpCodecParameters[];
    return { ...one, mediaCodecs, params: { ...one.params, codecs: withRtx } } as unknown as Input;
  }),
);

describe('ortc', () => {
  it('negotiates as the reference does', () => {
    fc.assert(
      fc.property(fc.oneof(input, fitting), one => {
        expectSame(negotiate(ours as unknown as Ortc, one), negotiate(reference, one));
      }),
      { numRuns: 1000 },
    );
  });

  it('comes to a result often enough for this to mean something', () => {
    const results = fc.sample(fitting, { numRuns: 200, seed: 1 }).map(one => negotiate(reference, one) as object);
    expect(results.filter(result => 'consumer' in result).length).toBeGreaterThan(50);
  });

  const validators = [
    'validateAndNormalizeRtpCapabilities',
    'validateAndNormalizeRtpParameters',
    'validateAndNormalizeSctpStreamParameters',
  ] as const;

  it.each(validators)('%s treats every kind of rubbish as the reference does', name => {
    const value = fc.constantFrom<unknown>(undefined, null, true, false, 0, 5, '', 'audio/opus', 'x', [], {}, [null]);
    const members = [
      'mid codecs headerExtensions encodings rtcp msid cname reducedSize streamId ordered maxPacketLifeTime',
      'maxRetransmits mimeType payloadType preferredPayloadType clockRate channels parameters rtcpFeedback type',
      'parameter kind uri id preferredId preferredEncrypt encrypt direction ssrc rid rtx dtx scalabilityMode apt foo',
    ].flatMap(line => line.split(' '));
    const good: Record<string, unknown> = {
      ...{ mimeType: 'video/VP8', payloadType: 101, clockRate: 90000, kind: 'audio', uri: 'x', id: 1, preferredId: 1 },
      ...{ streamId: 1, type: 'nack' },
    };
    const rubbish = fc.letrec(tie => ({
      any: fc.oneof({ weight: 2, arbitrary: value }, tie('list'), tie('object')),
      list: fc.array(tie('object'), { maxLength: 2 }),
      object: fc
        .dictionary(fc.constantFrom(...members), tie('any'), { maxKeys: 5, noNullPrototype: true })
        .chain(some => fc.boolean().map(base => (base ? { ...good, ...some } : some))),
    }));
    const structured = fc.oneof(
      { depthSize: 'small' },
      rubbish.any,
      fc.record({ codecs: rubbish.list, headerExtensions: rubbish.list, encodings: rubbish.list, rtcp: rubbish.any }),
      fc.record({ codecs: fc.constant([good]), headerExtensions: fc.oneof(rubbish.any, fc.constant([good])) }),
      rubbish.object,
    );
    const run = (ortc: Ortc, argument: unknown): unknown =>
      outcome(() => {
        const copy = structuredClone(argument) as never;
        ortc[name](copy);
        return copy;
      });
    fc.assert(
      fc.property(structured, argument => {
        expectSame(run(ours as unknown as Ortc, argument), run(reference, argument));
      }),
      { numRuns: 1000 },
    );
  });
});
