import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker, type types } from 'tsfu';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mediaCodecs, until } from './support/router.js';
import { dtlsParametersOf, offerOf, type OfferedMedia } from './support/sdp.js';

const h264 = { parameters: 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1' };
const codecs = {
  opus: { kind: 'audio', name: 'opus', payloadType: 111, clockRate: 48000, channels: 2 },
  VP8: { kind: 'video', name: 'VP8', payloadType: 96, clockRate: 90000 },
  H264: { kind: 'video', name: 'H264', payloadType: 102, clockRate: 90000, ...h264 },
} as const;
type Codec = OfferedMedia['codec'] & { kind: types.MediaKind };
const SSRC = 0x12345678;

let worker: types.Worker;
let router: types.Router;
const peers: PeerConnection[] = [];

beforeAll(async () => {
  worker = await createWorker({ logLevel: 'warn' });
});

beforeEach(async () => {
  router = await worker.createRouter({ mediaCodecs });
});

afterEach(() => {
  for (const peer of peers.splice(0)) peer.close();
  router.close();
});

afterAll(() => {
  worker.close();
});

describe.each(['client', 'server'] as const)('libdatachannel as DTLS %s', role => {
  it.each(['opus', 'VP8', 'H264'] as const)('sends %s, and another one receives every packet as it was', async name => {
    const codec: Codec = codecs[name];
    const { track, producer } = await createSender(role, codec);
    const received = await createReceiver(role, producer);
    await until(() => track.isOpen());
    const sent: string[] = [];
    for (let number = 1; received.length < 50 && number < 2000; number++) {
      const payload = payloadOf(codec.name, number);
      sent.push(payload.toString('hex'));
      track.sendMessageBinary(rtpPacket(codec.payloadType, number, payload));
      await sleep(5);
    }
    const start = sent.indexOf(received[0]);
    expect(start).toBeGreaterThanOrEqual(0);
    expect(received).toEqual(sent.slice(start, start + received.length));
    const [stats] = await producer.getStats();
    expect(stats).toMatchObject({ packetsLost: 0, ssrc: SSRC });
  });
});

async function createSender(role: types.DtlsRole, codec: Codec) {
  const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const { peer, track } = createPeer('SendOnly', codec, SSRC);
  await negotiate(peer, transport, { kind: codec.kind, direction: 'recvonly', codec }, role);
  const { name, payloadType, clockRate, channels } = codec;
  const parameters =
    name === 'H264' ? { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 } : {};
  const producer = await transport.produce({
    kind: codec.kind,
    rtpParameters: {
      codecs: [{ mimeType: `${codec.kind}/${name}`, payloadType, clockRate, channels, parameters }],
      encodings: [{ ssrc: SSRC }],
      rtcp: { cname: 'peer' },
    },
  });
  return { track, producer };
}

/** Payloads that arrive at a second peer, in order of arrival. */
async function createReceiver(role: types.DtlsRole, producer: types.Producer): Promise<string[]> {
  const transport = await router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }] });
  const { rtpCapabilities } = router;
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities,
    enableRtx: false,
    paused: true,
  });
  const [{ mimeType, payloadType, clockRate, channels }] = consumer.rtpParameters.codecs;
  const name = mimeType.split('/')[1];
  const codec: Codec = {
    kind: consumer.kind,
    name,
    payloadType,
    clockRate,
    channels,
    ...(name === 'H264' ? h264 : {}),
  };
  const { peer, track } = createPeer('RecvOnly', codec);
  const received: string[] = [];
  track.onMessage(message => {
    // RTCP comes the same way (RFC 5761).
    if ((message[1] & 0x7f) === payloadType) received.push(payloadIn(message).toString('hex'));
  });
  const { ssrc } = consumer.rtpParameters.encodings![0];
  await negotiate(peer, transport, { kind: consumer.kind, direction: 'sendonly', codec, ssrc }, role);
  await until(() => transport.dtlsState === 'connected');
  await consumer.resume();
  return received;
}

function createPeer(
  direction: 'SendOnly' | 'RecvOnly',
  codec: Codec,
  ssrc?: number,
): { peer: PeerConnection; track: Track } {
  const peer = new nodeDataChannel.PeerConnection('peer', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  peers.push(peer);
  const media =
    codec.kind === 'audio' ? new nodeDataChannel.Audio('0', direction) : new nodeDataChannel.Video('0', direction);
  if (codec.name === 'opus') (media as InstanceType<typeof nodeDataChannel.Audio>).addOpusCodec(codec.payloadType);
  else if (codec.name === 'VP8') (media as InstanceType<typeof nodeDataChannel.Video>).addVP8Codec(codec.payloadType);
  else (media as InstanceType<typeof nodeDataChannel.Video>).addH264Codec(codec.payloadType);
  if (ssrc) media.addSSRC(ssrc, 'peer', 'stream', 'track');
  return { peer, track: peer.addTrack(media) };
}

/** The peer is the DTLS client where the worker's description is passive, the server where it is active. */
async function negotiate(
  peer: PeerConnection,
  transport: types.WebRtcTransport,
  media: OfferedMedia,
  role: types.DtlsRole,
): Promise<void> {
  const local = new Promise<string>(resolve => peer.onLocalDescription(sdp => resolve(sdp)));
  if (role === 'client') {
    peer.setRemoteDescription(offerOf(transport, media, 'passive'), 'offer');
    peer.setLocalDescription('answer');
  } else {
    peer.setLocalDescription('offer');
  }
  const { fingerprints } = dtlsParametersOf(await local);
  if (role === 'server') peer.setRemoteDescription(offerOf(transport, media, 'active'), 'answer');
  await transport.connect({ dtlsParameters: { role, fingerprints } });
  expect(transport.dtlsParameters.role).toBe(role === 'client' ? 'server' : 'client');
}

function rtpPacket(payloadType: number, sequenceNumber: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = 0x80 | payloadType;
  header.writeUInt16BE(sequenceNumber, 2);
  header.writeUInt32BE(sequenceNumber * 960, 4);
  header.writeUInt32BE(SSRC, 8);
  return Buffer.concat([header, payload]);
}

/** What is behind the header: the worker adds an extension. */
function payloadIn(packet: Buffer): Buffer {
  const extension = (packet[0] & 0x10) === 0 ? 0 : 4 + 4 * packet.readUInt16BE(14);
  return packet.subarray(12 + extension);
}

/** Distinct bytes that start as a key frame does: a VP8 descriptor and frame header; an H264 sequence parameter set. */
function payloadOf(codec: string, number: number): Buffer {
  const payload = Buffer.alloc(100, number & 0xff);
  payload.writeUInt32BE(number, 50);
  if (codec === 'VP8') Buffer.from([0x10, 0x00, 0x00, 0x00, 0x9d, 0x01, 0x2a]).copy(payload);
  if (codec === 'H264') payload[0] = 0x67;
  return payload;
}
