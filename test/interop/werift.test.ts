import { createWorker, type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';
import { mediaCodecs, until } from './support/router.js';
import { dtlsParametersOf, offerOf } from './support/sdp.js';

const opus = { name: 'opus', payloadType: 111, clockRate: 48000, channels: 2 };
const vp8 = { name: 'VP8', payloadType: 96, clockRate: 90000 };

let worker: types.Worker;
let router: types.Router;
const cleanUps: (() => unknown)[] = [];

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'warn' });
});

beforeEach(async () => {
  router = await worker.createRouter({ mediaCodecs });
});

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  router.close();
});

afterAll(() => worker.close());

describe.each(['client', 'server'] as const)('werift as DTLS %s', role => {
  it.each([
    ['audio', opus],
    ['video', vp8],
  ] as const)('sends %s, and another werift receives every packet as it was', async (kind, codec) => {
    const { track, producer } = await createSender(role, kind, codec);
    const received = await createReceiver(role, producer);
    const sent: string[] = [];
    // What goes out before both ends are ready is nobody's: the first packet that arrives starts the comparison.
    for (let sequenceNumber = 1; received.length < 50; sequenceNumber++) {
      const payload = payloadOf(kind, sequenceNumber);
      sent.push(payload.toString('hex'));
      const header = new RtpHeader({
        payloadType: codec.payloadType,
        sequenceNumber,
        timestamp: sequenceNumber * 960,
        ssrc: 1,
        marker: true,
      });
      track.writeRtp(new RtpPacket(header, payload));
      await new Promise(resolve => setTimeout(resolve, 5));
      if (sequenceNumber > 2000) break;
    }
    const start = sent.indexOf(received[0]);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(received).toEqual(sent.slice(start, start + received.length));
    expect(received.length).toBeGreaterThanOrEqual(50);
    const [stats] = await producer.getStats();
    expect(stats).toMatchObject({ packetsLost: 0, fractionLost: 0 });
  });
});

/** Distinct bytes that are a valid payload: for VP8 a descriptor and the start of a key frame. */
function payloadOf(kind: types.MediaKind, number: number): Buffer {
  const payload = Buffer.alloc(100, number & 0xff);
  payload.writeUInt32BE(number, 50);
  if (kind === 'video') Buffer.from([0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a]).copy(payload);
  return payload;
}

async function createSender(role: types.DtlsRole, kind: types.MediaKind, codec: typeof opus | typeof vp8) {
  const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const peer = createPeer(kind, codec);
  const track = new MediaStreamTrack({ kind });
  const transceiver = peer.addTransceiver(track, { direction: 'sendonly' });
  await negotiate(peer, transport, offerOf(transport, { kind, direction: 'recvonly', codec }, setupFor(role)), role);
  const producer = await transport.produce({
    kind,
    rtpParameters: {
      codecs: [codecParameters(kind, codec)],
      encodings: [{ ssrc: transceiver.sender.ssrc }],
      rtcp: { cname: 'werift' },
    },
  });
  return { track, producer };
}

/** Payloads that arrive at a second peer, in order of arrival. */
async function createReceiver(role: types.DtlsRole, producer: types.Producer): Promise<string[]> {
  const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: router.rtpCapabilities,
    enableRtx: false,
    paused: true,
  });
  const { kind } = consumer;
  const [{ mimeType, payloadType, clockRate, channels }] = consumer.rtpParameters.codecs;
  const codec = { name: mimeType.split('/')[1], payloadType, clockRate, channels };
  const peer = createPeer(kind, codec);
  const received: string[] = [];
  peer.onTrack.subscribe(track => {
    track.onReceiveRtp.subscribe(({ payload }) => received.push(payload.toString('hex')));
  });
  if (role === 'server') peer.addTransceiver(kind, { direction: 'recvonly' });
  const { ssrc } = consumer.rtpParameters.encodings![0];
  await negotiate(
    peer,
    transport,
    offerOf(transport, { kind, direction: 'sendonly', codec, ssrc }, setupFor(role)),
    role,
  );
  await until(() => transport.dtlsState === 'connected');
  await consumer.resume();
  return received;
}

function createPeer(
  kind: types.MediaKind,
  codec: { name: string; payloadType: number; clockRate: number; channels?: number },
) {
  const parameters = new RTCRtpCodecParameters({
    mimeType: `${kind}/${codec.name}`,
    clockRate: codec.clockRate,
    channels: codec.channels,
    payloadType: codec.payloadType,
    rtcpFeedback: kind === 'video' ? [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }] : [],
  });
  const peer = new RTCPeerConnection({
    codecs: { [kind]: [parameters] },
    iceServers: [],
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  cleanUps.push(() => peer.close());
  return peer;
}

/** werift takes the role of the DTLS client where it answers, and leaves the choice to the worker where it offers. */
async function negotiate(
  peer: RTCPeerConnection,
  transport: types.WebRtcTransport,
  sdp: string,
  role: types.DtlsRole,
): Promise<void> {
  if (role === 'client') {
    await peer.setRemoteDescription({ type: 'offer', sdp });
    await peer.setLocalDescription(await peer.createAnswer());
  } else {
    await peer.setLocalDescription(await peer.createOffer());
    await peer.setRemoteDescription({ type: 'answer', sdp });
  }
  const { fingerprints } = dtlsParametersOf(peer.localDescription!.sdp);
  await transport.connect({ dtlsParameters: { role, fingerprints } });
  expect(transport.dtlsParameters.role).toBe(role === 'client' ? 'server' : 'client');
}

const setupFor = (role: types.DtlsRole): 'active' | 'passive' => (role === 'client' ? 'passive' : 'active');

function codecParameters(kind: types.MediaKind, codec: typeof opus | typeof vp8): types.RtpCodecParameters {
  const { payloadType, clockRate } = codec;
  return {
    mimeType: `${kind}/${codec.name}`,
    payloadType,
    clockRate,
    ...('channels' in codec ? { channels: codec.channels } : {}),
  };
}
