import {
  type IceCandidate as FbsIceCandidate,
  type IceParameters as FbsIceParameters,
  IceRole as FbsIceRole,
  IceState as FbsIceState,
} from '../../channel/fbs/web-rtc-transport.js';
import { type IceCandidate, type IceParameters, type IceRole, type IceState } from '../types/web-rtc-transport.js';
import { EnumNames, plain } from './convert.js';
import { protocols } from './transport.js';

export const iceRoles = new EnumNames<IceRole, FbsIceRole>('IceRole', {
  controlled: FbsIceRole.CONTROLLED,
  controlling: FbsIceRole.CONTROLLING,
});

/** The API's own state `closed` is never sent. */
export const iceStates = new EnumNames<Exclude<IceState, 'closed'>, FbsIceState>('IceState', {
  new: FbsIceState.NEW,
  connected: FbsIceState.CONNECTED,
  completed: FbsIceState.COMPLETED,
  disconnected: FbsIceState.DISCONNECTED,
});

export const iceParametersFromFbs = (parameters: FbsIceParameters): IceParameters => plain(parameters);

export const iceCandidateFromFbs = (candidate: FbsIceCandidate): IceCandidate => ({
  foundation: candidate.foundation,
  priority: candidate.priority,
  ip: candidate.address,
  address: candidate.address,
  protocol: protocols.toName(candidate.protocol),
  port: candidate.port,
  type: 'host',
  tcpType: candidate.tcpType === undefined ? undefined : 'passive',
});
