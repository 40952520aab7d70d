import { type Options } from '../channel/fbs/transport.js';
import { type SctpOptions } from './sctp.js';

/** The options that all kinds of transports have. */
export interface TransportOptions {
  /** The application itself is the other end. */
  readonly direct: boolean;
  /** bps */
  readonly initialAvailableOutgoingBitrate: number;
  /** Bytes. */
  readonly maxSendMessageSize: number;
  readonly maxReceiveMessageSize: number;
  /** Undefined: no SCTP. */
  readonly sctp: SctpOptions | undefined;
}

/** Highest bitrate that can be given: one less than what fits into a signed 64 bit number. */
export const MAX_BITRATE = 2n ** 63n - 2n;

const DEFAULT_INITIAL_AVAILABLE_OUTGOING_BITRATE = 600_000;

/** @throws TypeError */
export function readTransportOptions(given: Options): TransportOptions {
  const initialBitrate = given.initialAvailableOutgoingBitrate;
  if (initialBitrate !== undefined && initialBitrate > MAX_BITRATE) {
    throw new TypeError(`wrong initialAvailableOutgoingBitrate (must be <= ${MAX_BITRATE})`);
  }
  if (given.enableSctp && given.direct) throw new TypeError('cannot enable SCTP in a direct Transport');
  const { maxSendMessageSize, maxReceiveMessageSize } = given;
  return {
    direct: given.direct,
    initialAvailableOutgoingBitrate: Number(initialBitrate ?? DEFAULT_INITIAL_AVAILABLE_OUTGOING_BITRATE),
    maxSendMessageSize,
    maxReceiveMessageSize,
    sctp: given.enableSctp
      ? {
          maxSendMessageSize,
          maxReceiveMessageSize,
          sendBufferSize: given.sctpSendBufferSize,
          perStreamSendQueueLimit: given.sctpPerStreamSendQueueLimit,
          maxReceiverWindowBufferSize: given.sctpMaxReceiverWindowBufferSize,
          defaultStreamBufferedAmountLowThreshold: given.sctpDefaultStreamBufferedAmountLowThreshold,
          isDataChannel: given.isDataChannel,
        }
      : undefined,
  };
}
