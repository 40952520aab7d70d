import type * as FbsSctpParameters from '../channel/fbs/sctp-parameters.js';

/** How one direction of a data channel behaves. */
export interface SctpStreamParameters {
  readonly streamId: number;
  readonly ordered: boolean;
  /** ms; 0: no limit. */
  readonly maxPacketLifeTime: number;
  /** 0: no limit. */
  readonly maxRetransmits: number;
}

/** Highest usable stream id: 65535 is reserved (RFC 8831 §6.2). */
const MAX_STREAM_ID = 65534;

/** @throws TypeError if the parameters contradict each other */
export function sctpStreamParameters(given: FbsSctpParameters.SctpStreamParameters): SctpStreamParameters {
  const { streamId } = given;
  const maxPacketLifeTime = given.maxPacketLifeTime ?? 0;
  const maxRetransmits = given.maxRetransmits ?? 0;
  if (streamId > MAX_STREAM_ID) throw new TypeError(`streamId must not be greater than ${MAX_STREAM_ID}`);
  if (maxPacketLifeTime > 0 && maxRetransmits > 0) {
    throw new TypeError('cannot provide both maxPacketLifeTime and maxRetransmits');
  }
  const limited = maxPacketLifeTime > 0 || maxRetransmits > 0;
  if (given.ordered === true && limited) {
    throw new TypeError('cannot be ordered with maxPacketLifeTime or maxRetransmits');
  }
  return { streamId, ordered: given.ordered ?? !limited, maxPacketLifeTime, maxRetransmits };
}

export function sctpStreamParametersDump(parameters: SctpStreamParameters): FbsSctpParameters.SctpStreamParameters {
  return {
    streamId: parameters.streamId,
    ordered: parameters.ordered,
    maxPacketLifeTime: parameters.maxPacketLifeTime || undefined,
    maxRetransmits: parameters.maxRetransmits || undefined,
  };
}
