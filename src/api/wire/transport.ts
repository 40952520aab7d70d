import {
  BweType,
  type BweTraceInfo,
  type Dump,
  type ListenInfo,
  type Options,
  Protocol,
  type Stats,
  TraceEventType,
  type TraceNotification,
  type Tuple,
} from '../../channel/fbs/transport.js';
import {
  type BaseTransportDump,
  type BaseTransportStats,
  type SctpTransportOptions,
  type TransportListenInfo,
  type TransportListenIp,
  type TransportProtocol,
  type TransportTraceEventData,
  type TransportTraceEventType,
  type TransportTuple,
} from '../types/transport.js';
import { EnumNames, plain } from './convert.js';
import { sctpParametersFromFbs, sctpStates } from './sctp-parameters.js';
import { traceDirections } from './trace.js';

export const transportTraceEventTypes = new EnumNames<TransportTraceEventType, TraceEventType>(
  'Transport.TraceEventType',
  { probation: TraceEventType.PROBATION, bwe: TraceEventType.BWE },
);

export const protocols = new EnumNames<TransportProtocol, Protocol>('Transport.Protocol', {
  udp: Protocol.UDP,
  tcp: Protocol.TCP,
});

const bweTypes = new EnumNames('Transport.BweType', {
  'transport-cc': BweType.TRANSPORT_CC,
  remb: BweType.REMB,
});

export const listenInfoToFbs = (info: TransportListenInfo): ListenInfo => ({
  protocol: info.protocol === 'udp' ? Protocol.UDP : Protocol.TCP,
  ip: info.ip,
  announcedAddress: info.announcedAddress ?? info.announcedIp,
  exposeInternalIp: Boolean(info.exposeInternalIp),
  port: info.port ?? 0,
  portRange: { min: info.portRange?.min ?? 0, max: info.portRange?.max ?? 0 },
  flags: { ipv6Only: Boolean(info.flags?.ipv6Only), udpReusePort: Boolean(info.flags?.udpReusePort) },
  sendBufferSize: info.sendBufferSize ?? 0,
  recvBufferSize: info.recvBufferSize ?? 0,
});

/** What `listenIp` and `port`, the older way to say it, mean. */
export function listenIpToListenInfo(
  listenIp: TransportListenIp | string,
  protocol: TransportProtocol,
  port?: number,
): TransportListenInfo {
  const { ip, announcedIp } = typeof listenIp === 'string' ? { ip: listenIp } : listenIp;
  return { protocol, ip, announcedAddress: announcedIp, port };
}

/** Options that all transports have, with their defaults. */
export const transportOptionsToFbs = (options: SctpTransportOptions, rest: Partial<Options> = {}): Options => ({
  direct: false,
  enableSctp: Boolean(options.enableSctp),
  maxSendMessageSize: options.maxSendMessageSize ?? 262144,
  maxReceiveMessageSize: options.maxReceiveMessageSize ?? 262144,
  sctpSendBufferSize: options.sctpSendBufferSize ?? 2000000,
  sctpPerStreamSendQueueLimit: options.sctpPerStreamSendQueueLimit ?? 2000000,
  sctpMaxReceiverWindowBufferSize: options.sctpMaxReceiverWindowBufferSize ?? 5242880,
  sctpDefaultStreamBufferedAmountLowThreshold: options.sctpDefaultStreamBufferedAmountLowThreshold ?? 1024,
  isDataChannel: false,
  ...rest,
});

export function tupleFromFbs(tuple: Tuple): TransportTuple {
  const localAddress = tuple.localAddress;
  return {
    localIp: localAddress,
    localAddress,
    localPort: tuple.localPort,
    remoteIp: tuple.remoteIp,
    remotePort: tuple.remotePort,
    protocol: protocols.toName(tuple.protocol),
  };
}

/** The same, undefined if there is none. */
export const optionalTupleFromFbs = (tuple?: Tuple): TransportTuple | undefined =>
  tuple ? tupleFromFbs(tuple) : undefined;

export function baseDumpFromFbs(dump: Dump): BaseTransportDump {
  const { direct: _direct, ...base } = plain<BaseTransportDump & { direct: boolean }>(dump);
  return {
    ...base,
    sctpParameters: dump.sctpParameters ? sctpParametersFromFbs(dump.sctpParameters) : undefined,
    sctpState: dump.sctpState === undefined ? undefined : sctpStates.toName(dump.sctpState),
    traceEventTypes: dump.traceEventTypes.map(type => transportTraceEventTypes.toName(type)),
  };
}

export const baseStatsFromFbs = (stats: Stats): BaseTransportStats => ({
  ...plain<BaseTransportStats>(stats),
  sctpState: stats.sctpState === undefined ? undefined : sctpStates.toName(stats.sctpState),
});

export function transportTraceFromFbs(trace: TraceNotification): TransportTraceEventData {
  let info: unknown = {};
  if (trace.type === TraceEventType.BWE) {
    const bwe = trace.info as BweTraceInfo;
    info = { ...plain<object>(bwe), bweType: bweTypes.toName(bwe.bweType) };
  }
  return {
    type: transportTraceEventTypes.toName(trace.type),
    timestamp: Number(trace.timestamp),
    direction: traceDirections.toName(trace.direction),
    info,
  };
}
