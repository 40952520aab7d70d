import { type ByteBuffer } from 'flatbuffers';
import * as FbsConsumer from '../channel/fbs/consumer.js';
import * as FbsDataConsumer from '../channel/fbs/data-consumer.js';
import * as FbsDataProducer from '../channel/fbs/data-producer.js';
import * as FbsDirectTransport from '../channel/fbs/direct-transport.js';
import { Event, type Notification } from '../channel/fbs/notification.js';
import * as FbsPipeTransport from '../channel/fbs/pipe-transport.js';
import * as FbsPlainTransport from '../channel/fbs/plain-transport.js';
import * as FbsProducer from '../channel/fbs/producer.js';
import { Method, type Request } from '../channel/fbs/request.js';
import { Body as ResponseBodyType } from '../channel/fbs/response.js';
import * as FbsRouter from '../channel/fbs/router.js';
import * as FbsRtpObserver from '../channel/fbs/rtp-observer.js';
import * as FbsTransport from '../channel/fbs/transport.js';
import * as FbsWebRtcTransport from '../channel/fbs/web-rtc-transport.js';
import * as FbsWorker from '../channel/fbs/worker.js';
import { type MethodInfo } from '../channel/methods.js';

/** Which generated class reads the body of which request and notification, and what handlers are given of it. */

const requestTables = {
  [Method.WORKER_UPDATE_SETTINGS]: FbsWorker.UpdateSettingsRequest,
  [Method.WORKER_CREATE_WEBRTCSERVER]: FbsWorker.CreateWebRtcServerRequest,
  [Method.WORKER_WEBRTCSERVER_CLOSE]: FbsWorker.CloseWebRtcServerRequest,
  [Method.WORKER_CREATE_ROUTER]: FbsWorker.CreateRouterRequest,
  [Method.WORKER_CLOSE_ROUTER]: FbsWorker.CloseRouterRequest,
  [Method.ROUTER_CREATE_WEBRTCTRANSPORT]: FbsRouter.CreateWebRtcTransportRequest,
  [Method.ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER]: FbsRouter.CreateWebRtcTransportRequest,
  [Method.ROUTER_CREATE_PLAINTRANSPORT]: FbsRouter.CreatePlainTransportRequest,
  [Method.ROUTER_CREATE_PIPETRANSPORT]: FbsRouter.CreatePipeTransportRequest,
  [Method.ROUTER_CREATE_DIRECTTRANSPORT]: FbsRouter.CreateDirectTransportRequest,
  [Method.ROUTER_CREATE_ACTIVESPEAKEROBSERVER]: FbsRouter.CreateActiveSpeakerObserverRequest,
  [Method.ROUTER_CREATE_AUDIOLEVELOBSERVER]: FbsRouter.CreateAudioLevelObserverRequest,
  [Method.ROUTER_CLOSE_TRANSPORT]: FbsRouter.CloseTransportRequest,
  [Method.ROUTER_CLOSE_RTPOBSERVER]: FbsRouter.CloseRtpObserverRequest,
  [Method.TRANSPORT_SET_MAX_INCOMING_BITRATE]: FbsTransport.SetMaxIncomingBitrateRequest,
  [Method.TRANSPORT_SET_MAX_OUTGOING_BITRATE]: FbsTransport.SetMaxOutgoingBitrateRequest,
  [Method.TRANSPORT_SET_MIN_OUTGOING_BITRATE]: FbsTransport.SetMinOutgoingBitrateRequest,
  [Method.TRANSPORT_PRODUCE]: FbsTransport.ProduceRequest,
  [Method.TRANSPORT_CONSUME]: FbsTransport.ConsumeRequest,
  [Method.TRANSPORT_PRODUCE_DATA]: FbsTransport.ProduceDataRequest,
  [Method.TRANSPORT_CONSUME_DATA]: FbsTransport.ConsumeDataRequest,
  [Method.TRANSPORT_ENABLE_TRACE_EVENT]: FbsTransport.EnableTraceEventRequest,
  [Method.TRANSPORT_CLOSE_PRODUCER]: FbsTransport.CloseProducerRequest,
  [Method.TRANSPORT_CLOSE_CONSUMER]: FbsTransport.CloseConsumerRequest,
  [Method.TRANSPORT_CLOSE_DATAPRODUCER]: FbsTransport.CloseDataProducerRequest,
  [Method.TRANSPORT_CLOSE_DATACONSUMER]: FbsTransport.CloseDataConsumerRequest,
  [Method.PLAINTRANSPORT_CONNECT]: FbsPlainTransport.ConnectRequest,
  [Method.PIPETRANSPORT_CONNECT]: FbsPipeTransport.ConnectRequest,
  [Method.WEBRTCTRANSPORT_CONNECT]: FbsWebRtcTransport.ConnectRequest,
  [Method.PRODUCER_ENABLE_TRACE_EVENT]: FbsProducer.EnableTraceEventRequest,
  [Method.CONSUMER_SET_PREFERRED_LAYERS]: FbsConsumer.SetPreferredLayersRequest,
  [Method.CONSUMER_SET_PRIORITY]: FbsConsumer.SetPriorityRequest,
  [Method.CONSUMER_ENABLE_TRACE_EVENT]: FbsConsumer.EnableTraceEventRequest,
  [Method.DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD]: FbsDataConsumer.SetBufferedAmountLowThresholdRequest,
  [Method.DATACONSUMER_SEND]: FbsDataConsumer.SendRequest,
  [Method.DATACONSUMER_SET_SUBCHANNELS]: FbsDataConsumer.SetSubchannelsRequest,
  [Method.DATACONSUMER_ADD_SUBCHANNEL]: FbsDataConsumer.AddSubchannelRequest,
  [Method.DATACONSUMER_REMOVE_SUBCHANNEL]: FbsDataConsumer.RemoveSubchannelRequest,
  [Method.RTPOBSERVER_ADD_PRODUCER]: FbsRtpObserver.AddProducerRequest,
  [Method.RTPOBSERVER_REMOVE_PRODUCER]: FbsRtpObserver.RemoveProducerRequest,
};

const notificationTables = {
  [Event.TRANSPORT_SEND_RTCP]: FbsTransport.SendRtcpNotification,
  [Event.PRODUCER_SEND]: FbsProducer.SendNotification,
  [Event.DATAPRODUCER_SEND]: FbsDataProducer.SendNotification,
};

interface Table {
  __init(position: number, buffer: ByteBuffer): Table;
}

/** A body with payload is handed over as it is: unpacking would make an array of numbers of the payload. */
interface PayloadTable extends Table {
  dataArray(): Uint8Array;
}

type BodyOf<T> = T extends PayloadTable ? T : T extends { unpack(): infer Unpacked } ? Unpacked : never;
type RequestTables = typeof requestTables;
type NotificationTables = typeof notificationTables;

/** What a handler of this method gets: the body, or undefined for a method without one. */
export type RequestBody<M extends Method> = M extends keyof RequestTables
  ? BodyOf<InstanceType<RequestTables[M]>>
  : undefined;

export type NotificationBody<E extends Event> = E extends keyof NotificationTables
  ? BodyOf<InstanceType<NotificationTables[E]>>
  : undefined;

/** The body of a request of this method; null if it has none or another one. */
export function readRequestBody(request: Request, info: MethodInfo): unknown {
  const table = (requestTables as Partial<Record<Method, new () => Table>>)[request.method()];
  if (!table) return undefined;
  return request.bodyType() === info.requestBody ? readBody(request, new table()) : null;
}

export function readNotificationBody(notification: Notification, bodyType: number): unknown {
  const table = (notificationTables as Partial<Record<Event, new () => Table>>)[notification.event()];
  if (!table) return undefined;
  return notification.bodyType() === bodyType ? readBody(notification, new table()) : null;
}

function readBody(message: { body(table: Table): unknown }, table: Table): unknown {
  if (message.body(table) === null) return null;
  return 'dataArray' in table ? table : (table as Table & { unpack(): unknown }).unpack();
}

type AnyClass = abstract new (...args: never[]) => unknown;

/** Where a method has one response body per kind of transport, the class tells which one it is. */
const transportResponses = new Map<AnyClass, ResponseBodyType>([
  [FbsWebRtcTransport.DumpResponseT, ResponseBodyType.WebRtcTransport_DumpResponse],
  [FbsWebRtcTransport.GetStatsResponseT, ResponseBodyType.WebRtcTransport_GetStatsResponse],
  [FbsPlainTransport.DumpResponseT, ResponseBodyType.PlainTransport_DumpResponse],
  [FbsPlainTransport.GetStatsResponseT, ResponseBodyType.PlainTransport_GetStatsResponse],
  [FbsPipeTransport.DumpResponseT, ResponseBodyType.PipeTransport_DumpResponse],
  [FbsPipeTransport.GetStatsResponseT, ResponseBodyType.PipeTransport_GetStatsResponse],
  [FbsDirectTransport.DumpResponseT, ResponseBodyType.DirectTransport_DumpResponse],
  [FbsDirectTransport.GetStatsResponseT, ResponseBodyType.DirectTransport_GetStatsResponse],
]);

/** The union tag of a response body. */
export function responseBodyType(info: MethodInfo, body: object): ResponseBodyType {
  const { responseBodies } = info;
  const type = responseBodies.length === 1 ? responseBodies[0] : transportResponses.get(body.constructor as AnyClass);
  if (type === undefined) throw new Error(`${body.constructor.name} is no response to ${info.dottedName}`);
  return type;
}
