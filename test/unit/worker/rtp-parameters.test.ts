import { describe, expect, it } from 'vitest';
import * as Fbs from '../../../src/channel/fbs/rtp-parameters.js';
import { parseRtpMapping } from '../../../src/worker/rtp-mapping.js';
import {
  codecForEncoding,
  headerExtensionIds,
  parseRtpParameters,
  parseScalabilityMode,
  rtxCodecForEncoding,
  serializeRtpParameters,
} from '../../../src/worker/rtp-parameters.js';
import { rtpParameters } from './media-support.js';

const apt = (value: number) => ({ name: 'apt', valueType: Fbs.Value.Integer32, value: { value } });
const codec = (mimeType: string, payloadType: number, parameters: Fbs.Parameter[] = []) => ({
  mimeType,
  payloadType,
  clockRate: 90_000,
  parameters,
  rtcpFeedback: [],
});

/** Valid parameters of VP8, changed. */
function changed(change: (parameters: Fbs.RtpParameters) => void): Fbs.RtpParameters {
  const parameters = rtpParameters({ rtxPayloadType: 99 });
  change(parameters);
  return parameters;
}

describe('RTP parameters', () => {
  it.each<[string, (parameters: Fbs.RtpParameters) => void]>([
    ['empty codecs', p => (p.codecs = [])],
    ['empty encodings', p => (p.encodings = [])],
    ['missing cname', p => delete p.rtcp.cname],
    ['empty cname', p => (p.rtcp.cname = '')],
    ['wrong codec MIME', p => (p.codecs[0].mimeType = 'VP8')],
    ['wrong codec MIME', p => (p.codecs[0].mimeType = '/VP8')],
    ['wrong codec MIME', p => (p.codecs[0].mimeType = 'video/')],
    ["unknown codec MIME type 'text'", p => (p.codecs[0].mimeType = 'Text/VP8')],
    ["unknown codec MIME subtype 'h266'", p => (p.codecs[0].mimeType = 'video/H266')],
    ['missing apt parameter in RTX codec', p => (p.codecs[1].parameters = [])],
    ['missing apt parameter in RTX codec', p => (p.codecs[1].parameters = [apt(-1)])],
    ['duplicated payloadType', p => (p.codecs[1].payloadType = 100)],
    ['apt in RTX codec points to a RTX codec', p => (p.codecs[1].parameters = [apt(99)])],
    ['apt in RTX codec points to a ULPFEC codec', p => (p.codecs[0].mimeType = 'video/ulpfec')],
    ['apt in RTX codec points to a FLEXFEC codec', p => (p.codecs[0].mimeType = 'video/flexfec')],
    ['apt in RTX codec points to a non existing codec', p => (p.codecs[1].parameters = [apt(98)])],
    ['no media codecs found', p => (p.codecs = [codec('audio/CN', 13)])],
    [
      'cannot use both simulcast and encodings with multiple SVC spatial layers',
      p => (p.encodings = [{ ssrc: 1, dtx: false, scalabilityMode: 'L2T1' }, p.encodings[0]]),
    ],
    ['unknown codecPayloadType', p => (p.encodings[0].codecPayloadType = 1)],
    ['invalid codecPayloadType', p => (p.encodings[0].codecPayloadType = 99)],
    [
      'invalid id 0',
      p => (p.headerExtensions = [{ uri: Fbs.RtpHeaderExtensionUri.Mid, id: 0, encrypt: false, parameters: [] }]),
    ],
  ])('are refused: %s', (message, change) => {
    expect(() => parseRtpParameters(changed(change))).toThrow(new TypeError(message));
  });

  it('tell media codecs, in any case of letters, from what comes beside them', () => {
    const parse = (mimeType: string) => parseRtpParameters(changed(p => (p.codecs = [codec(mimeType, 100)])));
    const audio = ['opus', 'multiopus', 'PCMA', 'PCMU', 'ISAC', 'G722', 'iLBC', 'SILK'].map(name => `audio/${name}`);
    const video = ['VP8', 'VP9', 'H264', 'H265', 'AV1'].map(name => `video/${name}`);
    for (const mimeType of [...audio, ...video]) {
      expect(parse(mimeType.toUpperCase()).codecs[0].mimeType).toBe(mimeType);
    }
    for (const subtype of ['CN', 'telephone-event', 'ulpfec', 'x-ulpfecuc', 'flexfec', 'red']) {
      expect(() => parse(`audio/${subtype}`)).toThrow(new TypeError('no media codecs found'));
    }
  });

  it('may have RTX of RED', () => {
    const given = changed(p => {
      p.codecs.unshift(codec('video/red', 110));
      p.codecs[2].parameters = [apt(110)];
    });
    expect(() => parseRtpParameters(given)).not.toThrow();
  });

  it('find the codecs of an encoding', () => {
    const parameters = parseRtpParameters(changed(p => p.codecs.unshift(codec('video/red', 110))));
    const [encoding] = parameters.encodings;
    expect(encoding.codecPayloadType).toBe(100);
    expect(codecForEncoding(parameters, encoding).mimeType).toBe('video/VP8');
    expect(rtxCodecForEncoding(parameters, encoding)?.payloadType).toBe(99);
  });

  it('take the first id of each header extension', () => {
    const extensions: [keyof typeof Fbs.RtpHeaderExtensionUri, number][] = [
      ['Mid', 5],
      ['Mid', 6],
      ['MediasoupPacketId', 7],
    ];
    const ids = headerExtensionIds(parseRtpParameters(rtpParameters({ extensions })));
    expect([ids[1], ids[12]]).toEqual([5, 7]);
  });

  it('are written as they were understood', () => {
    const given = changed(p => {
      p.mid = 'm';
      p.msid = 's t';
      p.codecs[0].mimeType = 'VIDEO/vp8';
      p.codecs[0].channels = 1;
      p.codecs[0].rtcpFeedback.push({ type: 'transport-cc' });
      p.codecs[0].parameters = [
        { name: 'a', valueType: Fbs.Value.Boolean, value: { value: 1 } },
        { name: 'b', valueType: Fbs.Value.String, value: { value: 'x' } },
        { name: 'b', valueType: Fbs.Value.String, value: { value: 'y' } },
      ];
      p.encodings = [
        { ssrc: 0, rid: '', rtx: { ssrc: 7 }, dtx: true, scalabilityMode: 'nonsense', maxBitrate: 1000n },
        { ssrc: 2, rid: 'r', codecPayloadType: 100, dtx: false, scalabilityMode: 'S1T3' },
      ];
    });
    expect(serializeRtpParameters(parseRtpParameters(given))).toMatchObject({
      mid: 'm',
      msid: 's t',
      codecs: [
        {
          mimeType: 'video/VP8',
          channels: undefined,
          parameters: [{ name: 'b', value: { value: 'x' } }],
          rtcpFeedback: [
            { type: 'nack', parameter: undefined },
            {},
            {},
            { type: 'transport-cc', parameter: undefined },
          ],
        },
        { mimeType: 'video/rtx' },
      ],
      encodings: [
        {
          ssrc: undefined,
          rid: undefined,
          codecPayloadType: 100,
          rtx: { ssrc: 7 },
          dtx: true,
          scalabilityMode: 'S1T1',
        },
        { ssrc: 2, rid: 'r', codecPayloadType: 100, rtx: undefined, dtx: false, scalabilityMode: 'S1T3' },
      ],
      rtcp: { cname: 'cname', reducedSize: true },
    });
  });
});

describe('scalability mode', () => {
  it.each([
    ['L1T3', 1, 3, false],
    ['S1T3', 1, 3, false],
    ['L3T2_KEY', 3, 2, true],
    ['L3T2_KEY_SHIFT', 3, 2, true],
    ['S2T3', 2, 3, false],
    ['S20T3', 20, 3, false],
    ['S200T3', 1, 1, false],
    ['S0T3', 1, 1, false],
    ['S1T0', 1, 1, false],
    ['foo', 1, 1, false],
    ['', 1, 1, false],
  ])('%j means %d spatial and %d temporal layers, K-SVC: %s', (mode, spatialLayers, temporalLayers, ksvc) => {
    expect(parseScalabilityMode(mode)).toMatchObject({ spatialLayers, temporalLayers, ksvc });
  });
});

describe('RTP mapping', () => {
  const mapping = (...encodings: Fbs.EncodingMapping[]) => ({ codecs: [], encodings });
  const parameters = (mid: string | undefined, count = 1) =>
    parseRtpParameters(rtpParameters({ mid, encodings: Array.from({ length: count }, () => ({ ssrc: 1 })) }));

  it.each<[string, Fbs.RtpMapping, string | undefined]>([
    ['wrong entry in rtpMapping.encodings (missing mappedSsrc)', mapping({ ssrc: 1, mappedSsrc: 0 }), 'm'],
    [
      'wrong entry in rtpMapping.encodings (missing ssrc or rid, or rtpParameters.mid)',
      mapping({ mappedSsrc: 1 }),
      undefined,
    ],
    [
      'wrong entry in rtpMapping.encodings (missing ssrc or rid)',
      mapping({ rid: '', mappedSsrc: 1 }, { mappedSsrc: 2 }),
      'm',
    ],
    ['rtpParameters.encodings size does not match rtpMapping.encodings size', mapping(), 'm'],
  ])('is refused: %s', (message, fbs, mid) => {
    expect(() => parseRtpMapping(fbs, parameters(mid))).toThrow(new TypeError(message));
  });

  it('needs neither SSRC nor RID with a MID', () => {
    expect(parseRtpMapping(mapping({ mappedSsrc: 9 }), parameters('m')).encodings).toEqual([
      { ssrc: 0, mappedSsrc: 9 },
    ]);
  });
});
