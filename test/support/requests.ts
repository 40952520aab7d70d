import * as FbsConsumer from '../../src/channel/fbs/consumer.js';
import * as FbsDataConsumer from '../../src/channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../../src/channel/fbs/data-producer.js';
import * as FbsDirectTransport from '../../src/channel/fbs/direct-transport.js';
import * as FbsPipeTransport from '../../src/channel/fbs/pipe-transport.js';
import * as FbsPlainTransport from '../../src/channel/fbs/plain-transport.js';
import * as FbsRouter from '../../src/channel/fbs/router.js';
import * as FbsRtpParameters from '../../src/channel/fbs/rtp-parameters.js';
import * as FbsSctpParameters from '../../src/channel/fbs/sctp-parameters.js';
import * as FbsSrtpParameters from '../../src/channel/fbs/srtp-parameters.js';
import * as FbsTransport from '../../src/channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../../src/channel/fbs/web-rtc-transport.js';
import { Method } from '../../src/channel/fbs/request.js';
import * as FbsWorker from '../../src/channel/fbs/worker.js';
import { type TestWorker, WORKER_IP } from './test-worker.js';

/** Bodies of requests with sensible values, and requests that many tests begin with. */

const MAX_MESSAGE_SIZE = 262144;

export function listenInfo(changes: Partial<FbsTransport.ListenInfoT> = {}): FbsTransport.ListenInfoT {
  const info = new FbsTransport.ListenInfoT(FbsTransport.Protocol.UDP, WORKER_IP);
  info.portRange = new FbsTransport.PortRangeT(0, 0);
  info.flags = new FbsTransport.SocketFlagsT(false, false);
  return Object.assign(info, changes);
}

export function transportOptions(changes: Partial<FbsTransport.OptionsT> = {}): FbsTransport.OptionsT {
  const options = new FbsTransport.OptionsT();
  options.maxSendMessageSize = MAX_MESSAGE_SIZE;
  options.maxReceiveMessageSize = MAX_MESSAGE_SIZE;
  options.sctpSendBufferSize = 2_000_000;
  options.sctpPerStreamSendQueueLimit = 2_000_000;
  options.sctpMaxReceiverWindowBufferSize = 5_242_880;
  options.sctpDefaultStreamBufferedAmountLowThreshold = 1024;
  return Object.assign(options, changes);
}

export async function createRouter(worker: TestWorker, id = 'router'): Promise<string> {
  await worker.request(Method.WORKER_CREATE_ROUTER, '', new FbsWorker.CreateRouterRequestT(id));
  return id;
}

export function createPlainTransport(
  worker: TestWorker,
  id: string,
  options: { comedia?: boolean; rtcpMux?: boolean; srtp?: boolean; listen?: FbsTransport.ListenInfoT } = {},
  base = transportOptions(),
): Promise<FbsPlainTransport.DumpResponseT> {
  const { comedia = false, rtcpMux = true, srtp = false, listen = listenInfo() } = options;
  const suite = srtp ? FbsSrtpParameters.SrtpCryptoSuite.AES_CM_128_HMAC_SHA1_80 : null;
  return worker.request(
    Method.ROUTER_CREATE_PLAINTRANSPORT,
    'router',
    new FbsRouter.CreatePlainTransportRequestT(
      id,
      new FbsPlainTransport.PlainTransportOptionsT(base, listen, null, rtcpMux, comedia, srtp, suite),
    ),
  );
}

export function createPipeTransport(
  worker: TestWorker,
  id: string,
  { srtp = false, rtx = false, sctp = false } = {},
): Promise<FbsPipeTransport.DumpResponseT> {
  const base = transportOptions({ enableSctp: sctp });
  return worker.request(
    Method.ROUTER_CREATE_PIPETRANSPORT,
    'router',
    new FbsRouter.CreatePipeTransportRequestT(
      id,
      new FbsPipeTransport.PipeTransportOptionsT(base, listenInfo(), rtx, srtp),
    ),
  );
}

export function createDirectTransport(
  worker: TestWorker,
  id: string,
  base = transportOptions(),
): Promise<FbsDirectTransport.DumpResponseT> {
  base.direct = true;
  return worker.request(
    Method.ROUTER_CREATE_DIRECTTRANSPORT,
    'router',
    new FbsRouter.CreateDirectTransportRequestT(id, new FbsDirectTransport.DirectTransportOptionsT(base)),
  );
}

export function webRtcTransportRequest(
  id: string,
  listenInfos: FbsTransport.ListenInfoT[] = [listenInfo()],
  base = transportOptions({ isDataChannel: true }),
): FbsRouter.CreateWebRtcTransportRequestT {
  const options = new FbsWebRtcTransport.WebRtcTransportOptionsT(
    base,
    FbsWebRtcTransport.Listen.ListenIndividual,
    new FbsWebRtcTransport.ListenIndividualT(listenInfos),
  );
  return new FbsRouter.CreateWebRtcTransportRequestT(id, options);
}

export function createWebRtcTransport(
  worker: TestWorker,
  id: string,
  listenInfos?: FbsTransport.ListenInfoT[],
): Promise<FbsWebRtcTransport.DumpResponseT> {
  return worker.request(Method.ROUTER_CREATE_WEBRTCTRANSPORT, 'router', webRtcTransportRequest(id, listenInfos));
}

export function webRtcTransportWithServerRequest(
  id: string,
  serverId: string,
  changes: Partial<FbsWebRtcTransport.WebRtcTransportOptionsT> = {},
): FbsRouter.CreateWebRtcTransportRequestT {
  const options = new FbsWebRtcTransport.WebRtcTransportOptionsT(
    transportOptions({ isDataChannel: true }),
    FbsWebRtcTransport.Listen.ListenServer,
    new FbsWebRtcTransport.ListenServerT(serverId),
  );
  return new FbsRouter.CreateWebRtcTransportRequestT(id, Object.assign(options, changes));
}

const { Mid, SsrcAudioLevel } = FbsRtpParameters.RtpHeaderExtensionUri;

export function opusParameters(ssrc: number, payloadType: number, mid: string | null = null) {
  return new FbsRtpParameters.RtpParametersT(
    mid,
    [new FbsRtpParameters.RtpCodecParametersT('audio/opus', payloadType, 48000, 2)],
    [
      new FbsRtpParameters.RtpHeaderExtensionParametersT(Mid, 1),
      new FbsRtpParameters.RtpHeaderExtensionParametersT(SsrcAudioLevel, 6),
    ],
    [encoding(ssrc)],
    new FbsRtpParameters.RtcpParametersT('cname', true),
  );
}

function encoding(ssrc: number): FbsRtpParameters.RtpEncodingParametersT {
  return new FbsRtpParameters.RtpEncodingParametersT(ssrc);
}

/** A Producer of Opus: payload type 111, mapped to 100, SSRC mapped to `ssrc + 1`. */
export function produceRequest(id: string, ssrc: number, paused = false): FbsTransport.ProduceRequestT {
  return new FbsTransport.ProduceRequestT(
    id,
    FbsRtpParameters.MediaKind.AUDIO,
    opusParameters(ssrc, 111),
    new FbsRtpParameters.RtpMappingT(
      [new FbsRtpParameters.CodecMappingT(111, 100)],
      [new FbsRtpParameters.EncodingMappingT(null, ssrc, ssrc + 1)],
    ),
    paused,
  );
}

/** A Consumer of what `produceRequest` makes. */
export function consumeRequest(
  id: string,
  producerId: string,
  producerSsrc: number,
  ssrc: number,
): FbsTransport.ConsumeRequestT {
  return new FbsTransport.ConsumeRequestT(
    id,
    producerId,
    FbsRtpParameters.MediaKind.AUDIO,
    opusParameters(ssrc, 100, '7'),
    FbsRtpParameters.Type.SIMPLE,
    [encoding(producerSsrc + 1)],
  );
}

export function produceDataRequest(
  id: string,
  changes: Partial<FbsTransport.ProduceDataRequestT> = {},
): FbsTransport.ProduceDataRequestT {
  return Object.assign(new FbsTransport.ProduceDataRequestT(id, FbsDataProducer.Type.DIRECT, null, '', ''), changes);
}

export function consumeDataRequest(
  id: string,
  dataProducerId: string,
  changes: Partial<FbsTransport.ConsumeDataRequestT> = {},
): FbsTransport.ConsumeDataRequestT {
  return Object.assign(
    new FbsTransport.ConsumeDataRequestT(id, dataProducerId, FbsDataConsumer.Type.DIRECT, null, '', ''),
    changes,
  );
}

export function streamParameters(streamId: number): FbsSctpParameters.SctpStreamParametersT {
  return new FbsSctpParameters.SctpStreamParametersT(streamId, true);
}

export function layers(spatial: number): FbsConsumer.ConsumerLayersT {
  return new FbsConsumer.ConsumerLayersT(spatial);
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
