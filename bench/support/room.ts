import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { types } from 'tsfu';
import { SRTP_SUITES, masterLength, type SrtpSuiteName } from '../../src/srtp/srtp-suite.js';
import { type GeneratorStream } from './load.js';

/** How packets travel: in clear, or encrypted with a suite. */
export type Protection = 'plain' | 'CM' | 'GCM';

const SUITES: Record<Protection, SrtpSuiteName | undefined> = {
  plain: undefined,
  CM: 'AES_CM_128_HMAC_SHA1_80',
  GCM: 'AEAD_AES_128_GCM',
};

const codecs: types.RtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2, preferredPayloadType: 100 },
  {
    kind: 'video',
    mimeType: 'video/VP8',
    clockRate: 90000,
    preferredPayloadType: 101,
    rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  },
];

/** What receivers can do: all that the router can, but for congestion control, whose answers nobody would send. */
const receiverCapabilities: types.RtpCapabilities = { codecs, headerExtensions: [] };

export function createRouter(worker: types.Worker): Promise<types.Router> {
  return worker.createRouter({
    mediaCodecs: codecs.map(({ rtcpFeedback: _, ...codec }) => codec as types.RouterRtpCodecCapability),
  });
}

/** A PlainTransport connected to a port of ours, and the keys with which packets go to it. */
export interface Peer {
  transport: types.PlainTransport;
  srtp: GeneratorStream['srtp'];
}

export async function connectPeer(router: types.Router, protection: Protection, port: number): Promise<Peer> {
  const suite = SUITES[protection];
  const transport = await router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: '127.0.0.1' },
    enableSrtp: suite !== undefined,
    srtpCryptoSuite: suite,
    comedia: port === 0,
  });
  const srtp = suite && { suite, key: randomBytes(masterLength(SRTP_SUITES[suite])).toString('base64') };
  await transport.connect({
    ...(port !== 0 && { ip: '127.0.0.1', port }),
    ...(srtp && { srtpParameters: { cryptoSuite: srtp.suite, keyBase64: srtp.key } }),
  });
  return { transport, srtp };
}

/** A Producer, and the stream that feeds it: VP8 of which each packet is a key frame, or Opus. */
export async function produce(
  { transport, srtp }: Peer,
  kind: types.MediaKind,
  ssrc: number,
): Promise<{ producer: types.Producer; stream: GeneratorStream }> {
  const { mimeType, clockRate, channels, preferredPayloadType, rtcpFeedback } = codecs[kind === 'audio' ? 0 : 1];
  const producer = await transport.produce({
    kind,
    rtpParameters: {
      codecs: [{ mimeType, clockRate, channels, payloadType: preferredPayloadType, rtcpFeedback }],
      encodings: [{ ssrc }],
      rtcp: { cname: `c${ssrc}` },
    },
  });
  const payload = kind === 'audio' ? [] : [0x10, 0x00];
  const { localPort: port } = transport.tuple as { localPort: number };
  return { producer, stream: { port, ssrc, payloadType: preferredPayloadType, payload, srtp } };
}

export async function consume({ transport }: Peer, producer: types.Producer): Promise<types.Consumer> {
  return transport.consume({ producerId: producer.id, rtpCapabilities: receiverCapabilities });
}

/** Packets that a Producer has received. */
export async function packetsReceived(producer: types.Producer): Promise<number> {
  const stats = await producer.getStats();
  return stats.reduce((sum, { packetCount }) => sum + packetCount, 0);
}

/** Resolves when a Producer receives nothing any more: the worker has worked off what was sent. */
export async function drained(producer: types.Producer): Promise<void> {
  for (let before = -1, now = 0; now !== before;) {
    await sleep(QUIET);
    before = now;
    now = await packetsReceived(producer);
  }
}

/** ms */
const QUIET = 20;
