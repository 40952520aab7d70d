import {
  SctpState as FbsSctpState,
  type SctpNegotiatedCapabilities as FbsSctpNegotiatedCapabilities,
} from '../../channel/fbs/sctp-association.js';
import {
  type SctpParameters as FbsSctpParameters,
  type SctpStreamParameters as FbsSctpStreamParameters,
} from '../../channel/fbs/sctp-parameters.js';
import {
  type SctpNegotiatedCapabilities,
  type SctpParameters,
  type SctpStreamParameters,
} from '../types/sctp-parameters.js';
import { type SctpState } from '../types/transport.js';
import { EnumNames, numberOrAbsent, plain } from './convert.js';

/** Streams that the worker announces in each direction, and that data consumers get theirs from. */
export const maxSctpStreams = 65535;

export const sctpStates = new EnumNames<SctpState, FbsSctpState>('SctpState', {
  new: FbsSctpState.NEW,
  connecting: FbsSctpState.CONNECTING,
  connected: FbsSctpState.CONNECTED,
  failed: FbsSctpState.FAILED,
  closed: FbsSctpState.CLOSED,
});

export const sctpParametersFromFbs = (parameters: FbsSctpParameters): SctpParameters => ({
  ...plain<Omit<SctpParameters, 'OS' | 'MIS' | 'maxMessageSize'>>(parameters),
  OS: maxSctpStreams,
  MIS: maxSctpStreams,
  maxMessageSize: parameters.maxReceiveMessageSize,
});

export const sctpNegotiatedCapabilitiesFromFbs = (
  capabilities: FbsSctpNegotiatedCapabilities,
): SctpNegotiatedCapabilities => plain(capabilities);

export const sctpStreamParametersToFbs = (parameters: SctpStreamParameters): FbsSctpStreamParameters => ({
  streamId: parameters.streamId,
  ordered: parameters.ordered === undefined ? undefined : Boolean(parameters.ordered),
  maxPacketLifeTime: numberOrAbsent(parameters.maxPacketLifeTime),
  maxRetransmits: numberOrAbsent(parameters.maxRetransmits),
});

export const sctpStreamParametersFromFbs = (parameters: FbsSctpStreamParameters): SctpStreamParameters =>
  plain(parameters);
