import {
  BweType,
  type BweTraceInfoT,
  type DumpT,
  ListenInfoT,
  OptionsT,
  PortRangeT,
  Protocol,
  SocketFlagsT,
  type StatsT,
  TraceEventType,
  type TraceNotificationT,
  type TupleT,
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
import { EnumNames, plain, table } from './convert.js';
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

export const listenInfoToFbs = (info: TransportListenInfo): ListenInfoT =>
  table(ListenInfoT, {
    protocol: info.protocol === 'udp' ? Protocol.UDP : Protocol.TCP,
    ip: info.ip,
    announcedAddress: info.announcedAddress ?? info.announcedIp,
    exposeInternalIp: Boolean(info.exposeInternalIp),
    port: info.port,
    portRange: new PortRangeT(info.portRange?.min, info.portRange?.max),
    flags: new SocketFlagsT(Boolean(info.flags?.ipv6Only), Boolean(info.flags?.udpReusePort)),
    sendBufferSize: info.sendBufferSize,
    recvBufferSize: info.recvBufferSize,
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
export const transportOptionsToFbs = (options: SctpTransportOptions, rest: Partial<OptionsT> = {}): OptionsT =>
  table(OptionsT, {
    enableSctp: Boolean(options.enableSctp),
    maxSendMessageSize: options.maxSendMessageSize ?? 262144,
    maxReceiveMessageSize: options.maxReceiveMessageSize ?? 262144,
    sctpSendBufferSize: options.sctpSendBufferSize ?? 2000000,
    sctpPerStreamSendQueueLimit: options.sctpPerStreamSendQueueLimit ?? 2000000,
    sctpMaxReceiverWindowBufferSize: options.sctpMaxReceiverWindowBufferSize ?? 5242880,
    sctpDefaultStreamBufferedAmountLowThreshold: options.sctpDefaultStreamBufferedAmountLowThreshold ?? 1024,
    ...rest,
  });

export function tupleFromFbs(tuple: TupleT): TransportTuple {
  const localAddress = tuple.localAddress as string;
  return {
    localIp: localAddress,
    localAddress,
    localPort: tuple.localPort,
    remoteIp: (tuple.remoteIp as string | null) ?? undefined,
    remotePort: tuple.remotePort,
    protocol: protocols.toName(tuple.protocol),
  };
}

/** The same, undefined if there is none. */
export const optionalTupleFromFbs = (tuple: TupleT | null): TransportTuple | undefined =>
  tuple ? tupleFromFbs(tuple) : undefined;

export function baseDumpFromFbs(dump: DumpT): BaseTransportDump {
  const { direct: _direct, ...base } = plain<BaseTransportDump & { direct: boolean }>(dump);
  return {
    ...base,
    sctpParameters: dump.sctpParameters ? sctpParametersFromFbs(dump.sctpParameters) : undefined,
    sctpState: dump.sctpState === null ? undefined : sctpStates.toName(dump.sctpState),
    traceEventTypes: dump.traceEventTypes.map(type => transportTraceEventTypes.toName(type)),
  };
}

export const baseStatsFromFbs = (stats: StatsT): BaseTransportStats => ({
  ...plain<BaseTransportStats>(stats),
  sctpState: stats.sctpState === null ? undefined : sctpStates.toName(stats.sctpState),
});

export function transportTraceFromFbs(trace: TraceNotificationT): TransportTraceEventData {
  let info: unknown = {};
  if (trace.type === TraceEventType.BWE) {
    const bwe = trace.info as BweTraceInfoT;
    info = { ...plain<object>(bwe), bweType: bweTypes.toName(bwe.bweType) };
  }
  return {
    type: transportTraceEventTypes.toName(trace.type),
    timestamp: Number(trace.timestamp),
    direction: traceDirections.toName(trace.direction),
    info,
  };
}
