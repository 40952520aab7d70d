import type * as FbsConsumer from '../../src/channel/fbs/consumer.js';
import * as FbsDataConsumer from '../../src/channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../../src/channel/fbs/data-producer.js';
import type * as FbsDirectTransport from '../../src/channel/fbs/direct-transport.js';
import type * as FbsPipeTransport from '../../src/channel/fbs/pipe-transport.js';
import type * as FbsPlainTransport from '../../src/channel/fbs/plain-transport.js';
import type * as FbsRouter from '../../src/channel/fbs/router.js';
import * as FbsRtpParameters from '../../src/channel/fbs/rtp-parameters.js';
import type * as FbsSctpParameters from '../../src/channel/fbs/sctp-parameters.js';
import * as FbsSrtpParameters from '../../src/channel/fbs/srtp-parameters.js';
import * as FbsTransport from '../../src/channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../../src/channel/fbs/web-rtc-transport.js';
import { Method } from '../../src/channel/fbs/request.js';
import { type TestWorker, WORKER_IP } from './test-worker.js';

/** Bodies of requests with sensible values, and requests that many tests begin with. */

const MAX_MESSAGE_SIZE = 262144;

export function listenInfo(changes: Partial<FbsTransport.ListenInfo> = {}): FbsTransport.ListenInfo {
  return {
    protocol: FbsTransport.Protocol.UDP,
    ip: WORKER_IP,
    exposeInternalIp: false,
    port: 0,
    portRange: { min: 0, max: 0 },
    flags: { ipv6Only: false, udpReusePort: false },
    sendBufferSize: 0,
    recvBufferSize: 0,
    ...changes,
  };
}

export function transportOptions(changes: Partial<FbsTransport.Options> = {}): FbsTransport.Options {
  return {
    direct: false,
    enableSctp: false,
    maxSendMessageSize: MAX_MESSAGE_SIZE,
    maxReceiveMessageSize: MAX_MESSAGE_SIZE,
    sctpSendBufferSize: 2_000_000,
    sctpPerStreamSendQueueLimit: 2_000_000,
    sctpMaxReceiverWindowBufferSize: 5_242_880,
    sctpDefaultStreamBufferedAmountLowThreshold: 1024,
    isDataChannel: false,
    ...changes,
  };
}

export async function createRouter(worker: TestWorker, id = 'router'): Promise<string> {
  await worker.request(Method.WORKER_CREATE_ROUTER, '', { routerId: id });
  return id;
}

export function createPlainTransport(
  worker: TestWorker,
  id: string,
  options: { comedia?: boolean; rtcpMux?: boolean; srtp?: boolean; listen?: FbsTransport.ListenInfo } = {},
  base = transportOptions(),
): Promise<FbsPlainTransport.DumpResponse> {
  const { comedia = false, rtcpMux = true, srtp = false, listen = listenInfo() } = options;
  const suite = srtp ? FbsSrtpParameters.SrtpCryptoSuite.AES_CM_128_HMAC_SHA1_80 : null;
  return worker.request(Method.ROUTER_CREATE_PLAINTRANSPORT, 'router', {
    transportId: id,
    options: { base, listenInfo: listen, rtcpMux, comedia, enableSrtp: srtp, srtpCryptoSuite: suite },
  });
}

export function createPipeTransport(
  worker: TestWorker,
  id: string,
  { srtp = false, rtx = false, sctp = false } = {},
): Promise<FbsPipeTransport.DumpResponse> {
  const base = transportOptions({ enableSctp: sctp });
  return worker.request(Method.ROUTER_CREATE_PIPETRANSPORT, 'router', {
    transportId: id,
    options: { base, listenInfo: listenInfo(), enableRtx: rtx, enableSrtp: srtp },
  });
}

export function createDirectTransport(
  worker: TestWorker,
  id: string,
  base = transportOptions(),
): Promise<FbsDirectTransport.DumpResponse> {
  base.direct = true;
  return worker.request(Method.ROUTER_CREATE_DIRECTTRANSPORT, 'router', { transportId: id, options: { base } });
}

export function webRtcTransportRequest(
  id: string,
  listenInfos: FbsTransport.ListenInfo[] = [listenInfo()],
  base = transportOptions({ isDataChannel: true }),
): FbsRouter.CreateWebRtcTransportRequest {
  const options: FbsWebRtcTransport.WebRtcTransportOptions = {
    base,
    listenType: FbsWebRtcTransport.Listen.ListenIndividual,
    listen: { listenInfos },
    enableUdp: true,
    enableTcp: true,
    preferUdp: false,
    preferTcp: false,
    iceConsentTimeout: 30,
  };
  return { transportId: id, options };
}

export function createWebRtcTransport(
  worker: TestWorker,
  id: string,
  listenInfos?: FbsTransport.ListenInfo[],
): Promise<FbsWebRtcTransport.DumpResponse> {
  return worker.request(Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', webRtcTransportRequest(id, listenInfos));
}

export function webRtcTransportWithServerRequest(
  id: string,
  serverId: string,
  changes: Partial<FbsWebRtcTransport.WebRtcTransportOptions> = {},
): FbsRouter.CreateWebRtcTransportRequest {
  const options: FbsWebRtcTransport.WebRtcTransportOptions = {
    base: transportOptions({ isDataChannel: true }),
    listenType: FbsWebRtcTransport.Listen.ListenServer,
    listen: { webRtcServerId: serverId },
    enableUdp: true,
    enableTcp: true,
    preferUdp: false,
    preferTcp: false,
    iceConsentTimeout: 30,
  };
  return { transportId: id, options: Object.assign(options, changes) };
}

const { Mid, SsrcAudioLevel } = FbsRtpParameters.RtpHeaderExtensionUri;

export function opusParameters(ssrc: number, payloadType: number, mid?: string) {
  return {
    mid,
    codecs: [{ mimeType: 'audio/opus', payloadType, clockRate: 48000, channels: 2, parameters: [], rtcpFeedback: [] }],
    headerExtensions: [
      { uri: Mid, id: 1, encrypt: false, parameters: [] },
      { uri: SsrcAudioLevel, id: 6, encrypt: false, parameters: [] },
    ],
    encodings: [encoding(ssrc)],
    rtcp: { cname: 'cname', reducedSize: true },
  };
}

function encoding(ssrc: number): FbsRtpParameters.RtpEncodingParameters {
  return { ssrc, dtx: false };
}

/** A Producer of Opus: payload type 111, mapped to 100, SSRC mapped to `ssrc + 1`. */
export function produceRequest(id: string, ssrc: number, paused = false): FbsTransport.ProduceRequest {
  return {
    producerId: id,
    kind: FbsRtpParameters.MediaKind.AUDIO,
    rtpParameters: opusParameters(ssrc, 111),
    rtpMapping: { codecs: [{ payloadType: 111, mappedPayloadType: 100 }], encodings: [{ ssrc, mappedSsrc: ssrc + 1 }] },
    paused,
    keyFrameRequestDelay: 0,
    enableMediasoupPacketIdHeaderExtension: false,
  };
}

/** A Consumer of what `produceRequest` makes. */
export function consumeRequest(
  id: string,
  producerId: string,
  producerSsrc: number,
  ssrc: number,
): FbsTransport.ConsumeRequest {
  return {
    consumerId: id,
    producerId,
    kind: FbsRtpParameters.MediaKind.AUDIO,
    rtpParameters: opusParameters(ssrc, 100, '7'),
    type: FbsRtpParameters.Type.SIMPLE,
    consumableRtpEncodings: [encoding(producerSsrc + 1)],
    paused: false,
    ignoreDtx: false,
  };
}

export function produceDataRequest(
  id: string,
  changes: Partial<FbsTransport.ProduceDataRequest> = {},
): FbsTransport.ProduceDataRequest {
  return Object.assign(
    { dataProducerId: id, type: FbsDataProducer.Type.DIRECT, label: '', protocol: '', paused: false },
    changes,
  );
}

export function consumeDataRequest(
  id: string,
  dataProducerId: string,
  changes: Partial<FbsTransport.ConsumeDataRequest> = {},
): FbsTransport.ConsumeDataRequest {
  return Object.assign(
    {
      dataConsumerId: id,
      dataProducerId,
      type: FbsDataConsumer.Type.DIRECT,
      label: '',
      protocol: '',
      paused: false,
      subchannels: [],
    },
    changes,
  );
}

export function streamParameters(streamId: number): FbsSctpParameters.SctpStreamParameters {
  return { streamId, ordered: true };
}

export function layers(spatial: number): FbsConsumer.ConsumerLayers {
  return { spatialLayer: spatial };
}

/** An Opus packet of 20 bytes payload, with an audio level (-dBov) in extension 6. */
export function opusPacket(ssrc: number, sequenceNumber: number, level = 30): Uint8Array {
  const packet = new Uint8Array(12 + 8 + 20);
  const view = new DataView(packet.buffer);
  packet[0] = 0x90;
  packet[1] = 111;
  view.setUint16(2, sequenceNumber);
  view.setUint32(4, sequenceNumber * 960);
  view.setUint32(8, ssrc);
  view.setUint32(12, 0xbede0001);
  packet[16] = 6 << 4;
  packet[17] = level;
  packet.fill(0xab, 20);
  return packet;
}
