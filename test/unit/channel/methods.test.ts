import { describe, expect, it } from 'vitest';
import { Event } from '../../../src/channel/fbs/notification.js';
import { Body as NotificationBody } from '../../../src/channel/fbs/notification.js';
import { Method } from '../../../src/channel/fbs/request.js';
import { Body as RequestBody } from '../../../src/channel/fbs/request.js';
import { Body as ResponseBody } from '../../../src/channel/fbs/response.js';
import { eventInfo, methodInfo } from '../../../src/channel/methods.js';

type RequestRow = [number: number, name: string, dottedName: string, requestBody: string, responseBodies: string[]];
const requests: RequestRow[] = [
  [0, 'WORKER_DUMP', 'worker.dump', 'NONE', ['Worker_DumpResponse']],
  [1, 'WORKER_GET_RESOURCE_USAGE', 'worker.getResourceUsage', 'NONE', ['Worker_ResourceUsageResponse']],
  [2, 'WORKER_UPDATE_SETTINGS', 'worker.updateSettings', 'Worker_UpdateSettingsRequest', []],
  [3, 'WORKER_CREATE_WEBRTCSERVER', 'worker.createWebRtcServer', 'Worker_CreateWebRtcServerRequest', []],
  [4, 'WORKER_CREATE_ROUTER', 'worker.createRouter', 'Worker_CreateRouterRequest', []],
  [5, 'WORKER_WEBRTCSERVER_CLOSE', 'worker.closeWebRtcServer', 'Worker_CloseWebRtcServerRequest', []],
  [6, 'WORKER_CLOSE_ROUTER', 'worker.closeRouter', 'Worker_CloseRouterRequest', []],
  [7, 'WEBRTCSERVER_DUMP', 'webRtcServer.dump', 'NONE', ['WebRtcServer_DumpResponse']],
  [8, 'ROUTER_DUMP', 'router.dump', 'NONE', ['Router_DumpResponse']],
  [
    9,
    'ROUTER_CREATE_WEBRTCTRANSPORT',
    'router.createWebRtcTransport',
    'Router_CreateWebRtcTransportRequest',
    ['WebRtcTransport_DumpResponse'],
  ],
  [
    10,
    'ROUTER_CREATE_WEBRTCTRANSPORT_WITH_SERVER',
    'router.createWebRtcTransportWithServer',
    'Router_CreateWebRtcTransportRequest',
    ['WebRtcTransport_DumpResponse'],
  ],
  [
    11,
    'ROUTER_CREATE_PLAINTRANSPORT',
    'router.createPlainTransport',
    'Router_CreatePlainTransportRequest',
    ['PlainTransport_DumpResponse'],
  ],
  [
    12,
    'ROUTER_CREATE_PIPETRANSPORT',
    'router.createPipeTransport',
    'Router_CreatePipeTransportRequest',
    ['PipeTransport_DumpResponse'],
  ],
  [
    13,
    'ROUTER_CREATE_DIRECTTRANSPORT',
    'router.createDirectTransport',
    'Router_CreateDirectTransportRequest',
    ['DirectTransport_DumpResponse'],
  ],
  [14, 'ROUTER_CLOSE_TRANSPORT', 'router.closeTransport', 'Router_CloseTransportRequest', []],
  [
    15,
    'ROUTER_CREATE_ACTIVESPEAKEROBSERVER',
    'router.createActiveSpeakerObserver',
    'Router_CreateActiveSpeakerObserverRequest',
    [],
  ],
  [
    16,
    'ROUTER_CREATE_AUDIOLEVELOBSERVER',
    'router.createAudioLevelObserver',
    'Router_CreateAudioLevelObserverRequest',
    [],
  ],
  [17, 'ROUTER_CLOSE_RTPOBSERVER', 'router.closeRtpObserver', 'Router_CloseRtpObserverRequest', []],
  [
    18,
    'TRANSPORT_DUMP',
    'transport.dump',
    'NONE',
    [
      'WebRtcTransport_DumpResponse',
      'PlainTransport_DumpResponse',
      'PipeTransport_DumpResponse',
      'DirectTransport_DumpResponse',
    ],
  ],
  [
    19,
    'TRANSPORT_GET_STATS',
    'transport.getStats',
    'NONE',
    [
      'WebRtcTransport_GetStatsResponse',
      'PlainTransport_GetStatsResponse',
      'PipeTransport_GetStatsResponse',
      'DirectTransport_GetStatsResponse',
    ],
  ],
  [20, 'TRANSPORT_CONNECT', 'transport.connect', 'NONE', []],
  [
    21,
    'TRANSPORT_SET_MAX_INCOMING_BITRATE',
    'transport.setMaxIncomingBitrate',
    'Transport_SetMaxIncomingBitrateRequest',
    [],
  ],
  [
    22,
    'TRANSPORT_SET_MAX_OUTGOING_BITRATE',
    'transport.setMaxOutgoingBitrate',
    'Transport_SetMaxOutgoingBitrateRequest',
    [],
  ],
  [
    23,
    'TRANSPORT_SET_MIN_OUTGOING_BITRATE',
    'transport.setMinOutgoingBitrate',
    'Transport_SetMinOutgoingBitrateRequest',
    [],
  ],
  [24, 'TRANSPORT_RESTART_ICE', 'transport.restartIce', 'NONE', ['Transport_RestartIceResponse']],
  [25, 'TRANSPORT_PRODUCE', 'transport.produce', 'Transport_ProduceRequest', ['Transport_ProduceResponse']],
  [
    26,
    'TRANSPORT_PRODUCE_DATA',
    'transport.produceData',
    'Transport_ProduceDataRequest',
    ['DataProducer_DumpResponse'],
  ],
  [27, 'TRANSPORT_CONSUME', 'transport.consume', 'Transport_ConsumeRequest', ['Transport_ConsumeResponse']],
  [
    28,
    'TRANSPORT_CONSUME_DATA',
    'transport.consumeData',
    'Transport_ConsumeDataRequest',
    ['DataConsumer_DumpResponse'],
  ],
  [29, 'TRANSPORT_ENABLE_TRACE_EVENT', 'transport.enableTraceEvent', 'Transport_EnableTraceEventRequest', []],
  [30, 'TRANSPORT_CLOSE_PRODUCER', 'transport.closeProducer', 'Transport_CloseProducerRequest', []],
  [31, 'TRANSPORT_CLOSE_CONSUMER', 'transport.closeConsumer', 'Transport_CloseConsumerRequest', []],
  [32, 'TRANSPORT_CLOSE_DATAPRODUCER', 'transport.closeDataProducer', 'Transport_CloseDataProducerRequest', []],
  [33, 'TRANSPORT_CLOSE_DATACONSUMER', 'transport.closeDataConsumer', 'Transport_CloseDataConsumerRequest', []],
  [
    34,
    'PLAINTRANSPORT_CONNECT',
    'plainTransport.connect',
    'PlainTransport_ConnectRequest',
    ['PlainTransport_ConnectResponse'],
  ],
  [
    35,
    'PIPETRANSPORT_CONNECT',
    'pipeTransport.connect',
    'PipeTransport_ConnectRequest',
    ['PipeTransport_ConnectResponse'],
  ],
  [
    36,
    'WEBRTCTRANSPORT_CONNECT',
    'webRtcTransport.connect',
    'WebRtcTransport_ConnectRequest',
    ['WebRtcTransport_ConnectResponse'],
  ],
  [37, 'PRODUCER_DUMP', 'producer.dump', 'NONE', ['Producer_DumpResponse']],
  [38, 'PRODUCER_GET_STATS', 'producer.getStats', 'NONE', ['Producer_GetStatsResponse']],
  [39, 'PRODUCER_PAUSE', 'producer.pause', 'NONE', []],
  [40, 'PRODUCER_RESUME', 'producer.resume', 'NONE', []],
  [41, 'PRODUCER_ENABLE_TRACE_EVENT', 'producer.enableTraceEvent', 'Producer_EnableTraceEventRequest', []],
  [42, 'CONSUMER_DUMP', 'consumer.dump', 'NONE', ['Consumer_DumpResponse']],
  [43, 'CONSUMER_GET_STATS', 'consumer.getStats', 'NONE', ['Consumer_GetStatsResponse']],
  [44, 'CONSUMER_PAUSE', 'consumer.pause', 'NONE', []],
  [45, 'CONSUMER_RESUME', 'consumer.resume', 'NONE', []],
  [
    46,
    'CONSUMER_SET_PREFERRED_LAYERS',
    'consumer.setPreferredLayers',
    'Consumer_SetPreferredLayersRequest',
    ['Consumer_SetPreferredLayersResponse'],
  ],
  [
    47,
    'CONSUMER_SET_PRIORITY',
    'consumer.setPriority',
    'Consumer_SetPriorityRequest',
    ['Consumer_SetPriorityResponse'],
  ],
  [48, 'CONSUMER_REQUEST_KEY_FRAME', 'consumer.requestKeyFrame', 'NONE', []],
  [49, 'CONSUMER_ENABLE_TRACE_EVENT', 'consumer.enableTraceEvent', 'Consumer_EnableTraceEventRequest', []],
  [50, 'DATAPRODUCER_DUMP', 'dataProducer.dump', 'NONE', ['DataProducer_DumpResponse']],
  [51, 'DATAPRODUCER_GET_STATS', 'dataProducer.getStats', 'NONE', ['DataProducer_GetStatsResponse']],
  [52, 'DATAPRODUCER_PAUSE', 'dataProducer.pause', 'NONE', []],
  [53, 'DATAPRODUCER_RESUME', 'dataProducer.resume', 'NONE', []],
  [54, 'DATACONSUMER_DUMP', 'dataConsumer.dump', 'NONE', ['DataConsumer_DumpResponse']],
  [55, 'DATACONSUMER_GET_STATS', 'dataConsumer.getStats', 'NONE', ['DataConsumer_GetStatsResponse']],
  [56, 'DATACONSUMER_PAUSE', 'dataConsumer.pause', 'NONE', []],
  [57, 'DATACONSUMER_RESUME', 'dataConsumer.resume', 'NONE', []],
  [
    58,
    'DATACONSUMER_GET_BUFFERED_AMOUNT',
    'dataConsumer.getBufferedAmount',
    'NONE',
    ['DataConsumer_GetBufferedAmountResponse'],
  ],
  [
    59,
    'DATACONSUMER_SET_BUFFERED_AMOUNT_LOW_THRESHOLD',
    'dataConsumer.setBufferedAmountLowThreshold',
    'DataConsumer_SetBufferedAmountLowThresholdRequest',
    [],
  ],
  [60, 'DATACONSUMER_SEND', 'dataConsumer.send', 'DataConsumer_SendRequest', ['DataConsumer_SendResponse']],
  [
    61,
    'DATACONSUMER_SET_SUBCHANNELS',
    'dataConsumer.setSubchannels',
    'DataConsumer_SetSubchannelsRequest',
    ['DataConsumer_SetSubchannelsResponse'],
  ],
  [
    62,
    'DATACONSUMER_ADD_SUBCHANNEL',
    'dataConsumer.addSubchannel',
    'DataConsumer_AddSubchannelRequest',
    ['DataConsumer_AddSubchannelResponse'],
  ],
  [
    63,
    'DATACONSUMER_REMOVE_SUBCHANNEL',
    'dataConsumer.removeSubchannel',
    'DataConsumer_RemoveSubchannelRequest',
    ['DataConsumer_RemoveSubchannelResponse'],
  ],
  [64, 'RTPOBSERVER_PAUSE', 'rtpObserver.pause', 'NONE', []],
  [65, 'RTPOBSERVER_RESUME', 'rtpObserver.resume', 'NONE', []],
  [66, 'RTPOBSERVER_ADD_PRODUCER', 'rtpObserver.addProducer', 'RtpObserver_AddProducerRequest', []],
  [67, 'RTPOBSERVER_REMOVE_PRODUCER', 'rtpObserver.removeProducer', 'RtpObserver_RemoveProducerRequest', []],
];

type EventRow = [number: number, name: string, body: string, dottedName?: string];
const events: EventRow[] = [
  [0, 'WORKER_CLOSE', 'NONE', 'worker.close'],
  [1, 'TRANSPORT_SEND_RTCP', 'Transport_SendRtcpNotification', 'transport.sendRtcp'],
  [2, 'PRODUCER_SEND', 'Producer_SendNotification', 'producer.send'],
  [3, 'DATAPRODUCER_SEND', 'DataProducer_SendNotification', 'dataProducer.send'],
  [4, 'WORKER_RUNNING', 'NONE'],
  [5, 'TRANSPORT_SCTP_STATE_CHANGE', 'Transport_SctpStateChangeNotification'],
  [6, 'TRANSPORT_SCTP_NEGOTIATED_CAPABILITIES', 'Transport_SctpNegotiatedCapabilitiesNotification'],
  [7, 'TRANSPORT_TRACE', 'Transport_TraceNotification'],
  [8, 'WEBRTCTRANSPORT_ICE_SELECTED_TUPLE_CHANGE', 'WebRtcTransport_IceSelectedTupleChangeNotification'],
  [9, 'WEBRTCTRANSPORT_ICE_STATE_CHANGE', 'WebRtcTransport_IceStateChangeNotification'],
  [10, 'WEBRTCTRANSPORT_DTLS_STATE_CHANGE', 'WebRtcTransport_DtlsStateChangeNotification'],
  [11, 'PLAINTRANSPORT_TUPLE', 'PlainTransport_TupleNotification'],
  [12, 'PLAINTRANSPORT_RTCP_TUPLE', 'PlainTransport_RtcpTupleNotification'],
  [13, 'DIRECTTRANSPORT_RTCP', 'DirectTransport_RtcpNotification'],
  [14, 'PRODUCER_SCORE', 'Producer_ScoreNotification'],
  [15, 'PRODUCER_TRACE', 'Producer_TraceNotification'],
  [16, 'PRODUCER_VIDEO_ORIENTATION_CHANGE', 'Producer_VideoOrientationChangeNotification'],
  [17, 'CONSUMER_PRODUCER_PAUSE', 'NONE'],
  [18, 'CONSUMER_PRODUCER_RESUME', 'NONE'],
  [19, 'CONSUMER_PRODUCER_CLOSE', 'NONE'],
  [20, 'CONSUMER_LAYERS_CHANGE', 'Consumer_LayersChangeNotification'],
  [21, 'CONSUMER_RTP', 'Consumer_RtpNotification'],
  [22, 'CONSUMER_SCORE', 'Consumer_ScoreNotification'],
  [23, 'CONSUMER_TRACE', 'Consumer_TraceNotification'],
  [24, 'DATACONSUMER_BUFFERED_AMOUNT_LOW', 'DataConsumer_BufferedAmountLowNotification'],
  [25, 'DATACONSUMER_SCTP_SENDBUFFER_FULL', 'NONE'],
  [26, 'DATACONSUMER_DATAPRODUCER_PAUSE', 'NONE'],
  [27, 'DATACONSUMER_DATAPRODUCER_RESUME', 'NONE'],
  [28, 'DATACONSUMER_DATAPRODUCER_CLOSE', 'NONE'],
  [29, 'DATACONSUMER_MESSAGE', 'DataConsumer_MessageNotification'],
  [30, 'ACTIVESPEAKEROBSERVER_DOMINANT_SPEAKER', 'ActiveSpeakerObserver_DominantSpeakerNotification'],
  [31, 'AUDIOLEVELOBSERVER_SILENCE', 'NONE'],
  [32, 'AUDIOLEVELOBSERVER_VOLUMES', 'AudioLevelObserver_VolumesNotification'],
];

describe('methods', () => {
  it.each(requests)('%i is %s', (number, name, dottedName, requestBody, responseBodies) => {
    expect(Method[name as keyof typeof Method]).toBe(number);
    expect(methodInfo(number)).toEqual({
      name,
      dottedName,
      requestBody: RequestBody[requestBody as keyof typeof RequestBody],
      responseBodies: responseBodies.map(body => ResponseBody[body as keyof typeof ResponseBody]),
    });
  });

  it('are all here, and no others', () => {
    expect(requests.map(([, name]) => name)).toEqual(Object.keys(Method));
    expect(methodInfo(requests.length)).toBeUndefined();
    expect(methodInfo(255)).toBeUndefined();
  });

  it('use every request body, and every response body', () => {
    const requestBodies = new Set(requests.map(([number]) => methodInfo(number)!.requestBody));
    expect(requestBodies.size).toBe(Object.keys(RequestBody).length);
    const responseBodies = new Set(requests.flatMap(([number]) => methodInfo(number)!.responseBodies));
    expect(responseBodies.size).toBe(Object.keys(ResponseBody).length - 1);
  });
});

describe('events', () => {
  it.each(events)('%i is %s', (number, name, body, dottedName?) => {
    expect(Event[name as keyof typeof Event]).toBe(number);
    expect(eventInfo(number)).toEqual({
      name,
      dottedName,
      body: NotificationBody[body as keyof typeof NotificationBody],
    });
  });

  it('are all here, and no others', () => {
    expect(events.map(([, name]) => name)).toEqual(Object.keys(Event));
    expect(eventInfo(events.length)).toBeUndefined();
  });

  it('use every body', () => {
    const bodies = new Set(events.map(([number]) => eventInfo(number)!.body));
    expect(bodies.size).toBe(Object.keys(NotificationBody).length);
  });
});
