import { Body as NotificationBody, type BodyTypes as NotificationTypes, type Event } from './fbs/notification.js';
import { Body as RequestBody, type BodyTypes as RequestTypes, type Method } from './fbs/request.js';
import { Body as ResponseBody, type BodyTypes as ResponseTypes } from './fbs/response.js';

/** A request: what it is called, what it carries, and what a successful response to it carries. */
export interface MethodInfo<Request extends RequestBody = RequestBody, Response extends ResponseBody = ResponseBody> {
  /** The schema's name, as the API's error texts have it. */
  readonly name: keyof typeof Method;
  /** The name in a worker's error texts, such as `router.dump`. */
  readonly dottedName: string;
  readonly requestBody: Request;
  /** Empty if a successful response has no body; several if it depends on the kind of transport. */
  readonly responseBodies: readonly Response[];
}

/** A notification: what it is called and what it carries. */
export interface EventInfo<Notification extends NotificationBody = NotificationBody> {
  /** The schema's name, as the API's error texts have it. */
  readonly name: keyof typeof Event;
  readonly body: Notification;
  /** The name in a worker's log, such as `producer.send`. Only what the API sends to a worker has one. */
  readonly dottedName: string | undefined;
}

/** Undefined for a number that is no method. */
export function methodInfo(method: number): MethodInfo | undefined {
  return METHODS[method];
}

/** Undefined for a number that is no event. */
export function eventInfo(event: number): EventInfo | undefined {
  return EVENTS[event];
}

/** The body of a request; undefined for a method without one. */
export type RequestBodyOf<M extends Method> =
  Methods[M] extends MethodInfo<infer Tag> ? TypeOf<RequestTypes, Tag> : never;

/** The body of a successful response; undefined if it has none. */
export type ResponseBodyOf<M extends Method> =
  Methods[M] extends MethodInfo<RequestBody, infer Tag> ? TypeOf<ResponseTypes, Tag> : never;

/** The body of a notification; undefined for an event without one. */
export type NotificationBodyOf<E extends Event> =
  Events[E] extends EventInfo<infer Tag> ? TypeOf<NotificationTypes, Tag> : never;

/** What a request takes besides its method and handler. */
export type RequestArguments<M extends Method> = [RequestBodyOf<M>] extends [undefined] ? [] : [body: RequestBodyOf<M>];

/** What a notification takes besides its event and handler. */
export type NotificationArguments<E extends Event> = [NotificationBodyOf<E>] extends [undefined]
  ? []
  : [body: NotificationBodyOf<E>];

type TypeOf<Types, Tag> = [Tag] extends [never] ? undefined : Tag extends keyof Types ? Types[Tag] : undefined;
type Methods = typeof METHODS;
type Events = typeof EVENTS;

const request = <const Request extends RequestBody, const Response extends ResponseBody = never>(
  name: keyof typeof Method,
  dottedName: string,
  requestBody: Request,
  ...responseBodies: Response[]
): MethodInfo<Request, Response> => ({ name, dottedName, requestBody, responseBodies });

const notification = <const Notification extends NotificationBody>(
  name: keyof typeof Event,
  body: Notification,
  dottedName?: string,
): EventInfo<Notification> => ({ name, body, dottedName });

/** By number of the method. */
const METHODS = [
  request('WORKER_DUMP', 'worker.dump', RequestBody.NONE, ResponseBody.Worker_DumpResponse),
  request(
    'WORKER_GET_RESOURCE_USAGE',
    'worker.getResourceUsage',
    RequestBody.NONE,
    ResponseBody.Worker_ResourceUsageResponse,
  ),
  request('WORKER_UPDATE_SETTINGS', 'worker.updateSettings', RequestBody.Worker_UpdateSettingsRequest),
  request('WORKER_CREATE_WEBRTCSERVER', 'worker.createWebRtcServer', RequestBody.Worker_CreateWebRtcServerRequest),
  request('WORKER_CREATE_ROUTER', 'worker.createRouter', RequestBody.Worker_CreateRouterRequest),
  request('WORKER_WEBRTCSERVER_CLOSE', 'worker.closeWebRtcServer', RequestBody.Worker_CloseWebRtcServerRequest),
  request('WORKER_CLOSE_ROUTER', 'worker.closeRouter', RequestBody.Worker_CloseRouterRequest),
  request('WEBRTCSERVER_DUMP', 'webRtcServer.dump', RequestBody.NONE, ResponseBody.WebRtcServer_DumpResponse),
  request('ROUTER_DUMP', 'router.dump', RequestBody.NONE, ResponseBody.Router_DumpResponse),
  request(
    'ROUTER_CREATE_WEBRTCTRANSPORT',
    'router.createWebRtcTransport',
    RequestBody.Router_CreateWebRtcTransportRequest,
    ResponseBody.WebRtcTransport_DumpResponse,
  ),
  request(
    'ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER',
    'router.createWebRtcTransportWithServer',
    RequestBody.Router_CreateWebRtcTransportRequest,
    ResponseBody.WebRtcTransport_DumpResponse,
  ),
  request(
    'ROUTER_CREATE_PLAINTRANSPORT',
    'router.createPlainTransport',
    RequestBody.Router_CreatePlainTransportRequest,
    ResponseBody.PlainTransport_DumpResponse,
  ),
  request(
    'ROUTER_CREATE_PIPETRANSPORT',
    'router.createPipeTransport',
    RequestBody.Router_CreatePipeTransportRequest,
    ResponseBody.PipeTransport_DumpResponse,
  ),
  request(
    'ROUTER_CREATE_DIRECTTRANSPORT',
    'router.createDirectTransport',
    RequestBody.Router_CreateDirectTransportRequest,
    ResponseBody.DirectTransport_DumpResponse,
  ),
  request('ROUTER_CLOSE_TRANSPORT', 'router.closeTransport', RequestBody.Router_CloseTransportRequest),
  request(
    'ROUTER_CREATE_ACTIVESPEAKEROBSERVER',
    'router.createActiveSpeakerObserver',
    RequestBody.Router_CreateActiveSpeakerObserverRequest,
  ),
  request(
    'ROUTER_CREATE_AUDIOLEVELOBSERVER',
    'router.createAudioLevelObserver',
    RequestBody.Router_CreateAudioLevelObserverRequest,
  ),
  request('ROUTER_CLOSE_RTPOBSERVER', 'router.closeRtpObserver', RequestBody.Router_CloseRtpObserverRequest),
  request(
    'TRANSPORT_DUMP',
    'transport.dump',
    RequestBody.NONE,
    ResponseBody.WebRtcTransport_DumpResponse,
    ResponseBody.PlainTransport_DumpResponse,
    ResponseBody.PipeTransport_DumpResponse,
    ResponseBody.DirectTransport_DumpResponse,
  ),
  request(
    'TRANSPORT_GET_STATS',
    'transport.getStats',
    RequestBody.NONE,
    ResponseBody.WebRtcTransport_GetStatsResponse,
    ResponseBody.PlainTransport_GetStatsResponse,
    ResponseBody.PipeTransport_GetStatsResponse,
    ResponseBody.DirectTransport_GetStatsResponse,
  ),
  request('TRANSPORT_CONNECT', 'transport.connect', RequestBody.NONE),
  request(
    'TRANSPORT_SET_MAX_INCOMING_BITRATE',
    'transport.setMaxIncomingBitrate',
    RequestBody.Transport_SetMaxIncomingBitrateRequest,
  ),
  request(
    'TRANSPORT_SET_MAX_OUTGOING_BITRATE',
    'transport.setMaxOutgoingBitrate',
    RequestBody.Transport_SetMaxOutgoingBitrateRequest,
  ),
  request(
    'TRANSPORT_SET_MIN_OUTGOING_BITRATE',
    'transport.setMinOutgoingBitrate',
    RequestBody.Transport_SetMinOutgoingBitrateRequest,
  ),
  request('TRANSPORT_RESTART_ICE', 'transport.restartIce', RequestBody.NONE, ResponseBody.Transport_RestartIceResponse),
  request(
    'TRANSPORT_PRODUCE',
    'transport.produce',
    RequestBody.Transport_ProduceRequest,
    ResponseBody.Transport_ProduceResponse,
  ),
  request(
    'TRANSPORT_PRODUCE_DATA',
    'transport.produceData',
    RequestBody.Transport_ProduceDataRequest,
    ResponseBody.DataProducer_DumpResponse,
  ),
  request(
    'TRANSPORT_CONSUME',
    'transport.consume',
    RequestBody.Transport_ConsumeRequest,
    ResponseBody.Transport_ConsumeResponse,
  ),
  request(
    'TRANSPORT_CONSUME_DATA',
    'transport.consumeData',
    RequestBody.Transport_ConsumeDataRequest,
    ResponseBody.DataConsumer_DumpResponse,
  ),
  request('TRANSPORT_ENABLE_TRACE_EVENT', 'transport.enableTraceEvent', RequestBody.Transport_EnableTraceEventRequest),
  request('TRANSPORT_CLOSE_PRODUCER', 'transport.closeProducer', RequestBody.Transport_CloseProducerRequest),
  request('TRANSPORT_CLOSE_CONSUMER', 'transport.closeConsumer', RequestBody.Transport_CloseConsumerRequest),
  request(
    'TRANSPORT_CLOSE_DATAPRODUCER',
    'transport.closeDataProducer',
    RequestBody.Transport_CloseDataProducerRequest,
  ),
  request(
    'TRANSPORT_CLOSE_DATACONSUMER',
    'transport.closeDataConsumer',
    RequestBody.Transport_CloseDataConsumerRequest,
  ),
  request(
    'PLAINTRANSPORT_CONNECT',
    'plainTransport.connect',
    RequestBody.PlainTransport_ConnectRequest,
    ResponseBody.PlainTransport_ConnectResponse,
  ),
  request(
    'PIPETRANSPORT_CONNECT',
    'pipeTransport.connect',
    RequestBody.PipeTransport_ConnectRequest,
    ResponseBody.PipeTransport_ConnectResponse,
  ),
  request(
    'WEBRTCTRANSPORT_CONNECT',
    'webRtcTransport.connect',
    RequestBody.WebRtcTransport_ConnectRequest,
    ResponseBody.WebRtcTransport_ConnectResponse,
  ),
  request('PRODUCER_DUMP', 'producer.dump', RequestBody.NONE, ResponseBody.Producer_DumpResponse),
  request('PRODUCER_GET_STATS', 'producer.getStats', RequestBody.NONE, ResponseBody.Producer_GetStatsResponse),
  request('PRODUCER_PAUSE', 'producer.pause', RequestBody.NONE),
  request('PRODUCER_RESUME', 'producer.resume', RequestBody.NONE),
  request('PRODUCER_ENABLE_TRACE_EVENT', 'producer.enableTraceEvent', RequestBody.Producer_EnableTraceEventRequest),
  request('CONSUMER_DUMP', 'consumer.dump', RequestBody.NONE, ResponseBody.Consumer_DumpResponse),
  request('CONSUMER_GET_STATS', 'consumer.getStats', RequestBody.NONE, ResponseBody.Consumer_GetStatsResponse),
  request('CONSUMER_PAUSE', 'consumer.pause', RequestBody.NONE),
  request('CONSUMER_RESUME', 'consumer.resume', RequestBody.NONE),
  request(
    'CONSUMER_SET_PREFERRED_LAYERS',
    'consumer.setPreferredLayers',
    RequestBody.Consumer_SetPreferredLayersRequest,
    ResponseBody.Consumer_SetPreferredLayersResponse,
  ),
  request(
    'CONSUMER_SET_PRIORITY',
    'consumer.setPriority',
    RequestBody.Consumer_SetPriorityRequest,
    ResponseBody.Consumer_SetPriorityResponse,
  ),
  request('CONSUMER_REQUEST_KEY_FRAME', 'consumer.requestKeyFrame', RequestBody.NONE),
  request('CONSUMER_ENABLE_TRACE_EVENT', 'consumer.enableTraceEvent', RequestBody.Consumer_EnableTraceEventRequest),
  request('DATAPRODUCER_DUMP', 'dataProducer.dump', RequestBody.NONE, ResponseBody.DataProducer_DumpResponse),
  request(
    'DATAPRODUCER_GET_STATS',
    'dataProducer.getStats',
    RequestBody.NONE,
    ResponseBody.DataProducer_GetStatsResponse,
  ),
  request('DATAPRODUCER_PAUSE', 'dataProducer.pause', RequestBody.NONE),
  request('DATAPRODUCER_RESUME', 'dataProducer.resume', RequestBody.NONE),
  request('DATACONSUMER_DUMP', 'dataConsumer.dump', RequestBody.NONE, ResponseBody.DataConsumer_DumpResponse),
  request(
    'DATACONSUMER_GET_STATS',
    'dataConsumer.getStats',
    RequestBody.NONE,
    ResponseBody.DataConsumer_GetStatsResponse,
  ),
  request('DATACONSUMER_PAUSE', 'dataConsumer.pause', RequestBody.NONE),
  request('DATACONSUMER_RESUME', 'dataConsumer.resume', RequestBody.NONE),
  request(
    'DATACONSUMER_GET_BUFFERED_AMOUNT',
    'dataConsumer.getBufferedAmount',
    RequestBody.NONE,
    ResponseBody.DataConsumer_GetBufferedAmountResponse,
  ),
  request(
    'DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD',
    'dataConsumer.setBufferedAmountLowThreshold',
    RequestBody.DataConsumer_SetBufferedAmountLowThresholdRequest,
  ),
  request(
    'DATACONSUMER_SEND',
    'dataConsumer.send',
    RequestBody.DataConsumer_SendRequest,
    ResponseBody.DataConsumer_SendResponse,
  ),
  request(
    'DATACONSUMER_SET_SUBCHANNELS',
    'dataConsumer.setSubchannels',
    RequestBody.DataConsumer_SetSubchannelsRequest,
    ResponseBody.DataConsumer_SetSubchannelsResponse,
  ),
  request(
    'DATACONSUMER_ADD_SUBCHANNEL',
    'dataConsumer.addSubchannel',
    RequestBody.DataConsumer_AddSubchannelRequest,
    ResponseBody.DataConsumer_AddSubchannelResponse,
  ),
  request(
    'DATACONSUMER_REMOVE_SUBCHANNEL',
    'dataConsumer.removeSubchannel',
    RequestBody.DataConsumer_RemoveSubchannelRequest,
    ResponseBody.DataConsumer_RemoveSubchannelResponse,
  ),
  request('RTPOBSERVER_PAUSE', 'rtpObserver.pause', RequestBody.NONE),
  request('RTPOBSERVER_RESUME', 'rtpObserver.resume', RequestBody.NONE),
  request('RTPOBSERVER_ADD_PRODUCER', 'rtpObserver.addProducer', RequestBody.RtpObserver_AddProducerRequest),
  request('RTPOBSERVER_REMOVE_PRODUCER', 'rtpObserver.removeProducer', RequestBody.RtpObserver_RemoveProducerRequest),
] as const satisfies readonly MethodInfo[];

/** By number of the event. */
const EVENTS = [
  notification('WORKER_CLOSE', NotificationBody.NONE, 'worker.close'),
  notification('TRANSPORT_SEND_RTCP', NotificationBody.Transport_SendRtcpNotification, 'transport.sendRtcp'),
  notification('PRODUCER_SEND', NotificationBody.Producer_SendNotification, 'producer.send'),
  notification('DATAPRODUCER_SEND', NotificationBody.DataProducer_SendNotification, 'dataProducer.send'),
  notification('WORKER_RUNNING', NotificationBody.NONE),
  notification('TRANSPORT_SCTP_STATE_CHANGE', NotificationBody.Transport_SctpStateChangeNotification),
  notification(
    'TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES',
    NotificationBody.Transport_SctpNegotiatedCapabilitiesNotification,
  ),
  notification('TRANSPORT_TRACE', NotificationBody.Transport_TraceNotification),
  notification(
    'WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE',
    NotificationBody.WebRtcTransport_IceSelectedTupleChangeNotification,
  ),
  notification('WEBRTCTRANSPORT_ICE_STATE_CHANGE', NotificationBody.WebRtcTransport_IceStateChangeNotification),
  notification('WEBRTCTRANSPORT_DTLS_STATE_CHANGE', NotificationBody.WebRtcTransport_DtlsStateChangeNotification),
  notification('PLAINTRANSPORT_TUPLE', NotificationBody.PlainTransport_TupleNotification),
  notification('PLAINTRANSPORT_RTCP_TUPLE', NotificationBody.PlainTransport_RtcpTupleNotification),
  notification('DIRECTTRANSPORT_RTCP', NotificationBody.DirectTransport_RtcpNotification),
  notification('PRODUCER_SCORE', NotificationBody.Producer_ScoreNotification),
  notification('PRODUCER_TRACE', NotificationBody.Producer_TraceNotification),
  notification('PRODUCER_VIDEO_ORIENTATION_CHANGE', NotificationBody.Producer_VideoOrientationChangeNotification),
  notification('CONSUMER_PRODUCER_PAUSE', NotificationBody.NONE),
  notification('CONSUMER_PRODUCER_RESUME', NotificationBody.NONE),
  notification('CONSUMER_PRODUCER_CLOSE', NotificationBody.NONE),
  notification('CONSUMER_LAYERS_CHANGE', NotificationBody.Consumer_LayersChangeNotification),
  notification('CONSUMER_RTP', NotificationBody.Consumer_RtpNotification),
  notification('CONSUMER_SCORE', NotificationBody.Consumer_ScoreNotification),
  notification('CONSUMER_TRACE', NotificationBody.Consumer_TraceNotification),
  notification('DATACONSUMER_BUFFERED_AMOUNT_LOW', NotificationBody.DataConsumer_BufferedAmountLowNotification),
  notification('DATACONSUMER_SCTP_SENDBUFFER_FULL', NotificationBody.NONE),
  notification('DATACONSUMER_DATAPRODUCER_PAUSE', NotificationBody.NONE),
  notification('DATACONSUMER_DATAPRODUCER_RESUME', NotificationBody.NONE),
  notification('DATACONSUMER_DATAPRODUCER_CLOSE', NotificationBody.NONE),
  notification('DATACONSUMER_MESSAGE', NotificationBody.DataConsumer_MessageNotification),
  notification(
    'ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER',
    NotificationBody.ActiveSpeakerObserver_DominantSpeakerNotification,
  ),
  notification('AUDIOLEVELOBSERVER_SILENCE', NotificationBody.NONE),
  notification('AUDIOLEVELOBSERVER_VOLUMES', NotificationBody.AudioLevelObserver_VolumesNotification),
] as const satisfies readonly EventInfo[];
