import type * as FbsSctpParameters from '../channel/fbs/sctp-parameters.js';

/** How one direction of a data channel behaves. */
export interface SctpStreamParameters {
  readonly streamId: number;
  readonly ordered: boolean;
  /** ms for which an unordered message is worth sending; undefined: for ever. */
  readonly maxPacketLifeTime: number | undefined;
  /** Times that a lost part of an unordered message is sent again; undefined: as often as it takes. */
  readonly maxRetransmits: number | undefined;
}

/** Highest usable stream id: 65535 is reserved (RFC 8831 §6.2). */
const MAX_STREAM_ID = 65534;

/** @throws TypeError if the parameters contradict each other */
export function sctpStreamParameters(given: FbsSctpParameters.SctpStreamParameters): SctpStreamParameters {
  const { streamId, maxPacketLifeTime, maxRetransmits } = given;
  if (streamId > MAX_STREAM_ID) throw new TypeError(`streamId must not be greater than ${MAX_STREAM_ID}`);
  if (maxPacketLifeTime && maxRetransmits) {
    throw new TypeError('cannot provide both maxPacketLifeTime and maxRetransmits');
  }
  // A limit of zero alone does not make a stream unordered, but it is one for a stream that is.
  const limited = Boolean(maxPacketLifeTime || maxRetransmits);
  if (given.ordered === true && limited) {
    throw new TypeError('cannot be ordered with maxPacketLifeTime or maxRetransmits');
  }
  return {
    streamId,
    ordered: given.ordered ?? !limited,
    maxPacketLifeTime: maxPacketLifeTime ?? undefined,
    maxRetransmits: maxRetransmits ?? undefined,
  };
}

export function sctpStreamParametersDump(parameters: SctpStreamParameters): FbsSctpParameters.SctpStreamParameters {
  return {
    streamId: parameters.streamId,
    ordered: parameters.ordered,
    maxPacketLifeTime: parameters.maxPacketLifeTime || undefined,
    maxRetransmits: parameters.maxRetransmits || undefined,
  };
}
