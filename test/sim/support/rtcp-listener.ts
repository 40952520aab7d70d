import { readCompound, type RtcpHandler } from '../../../src/rtp/rtcp/reader.js';

/** Hands RTCP packets to the handlers given, and passes over all others. */
export function readRtcp(bytes: Uint8Array, handlers: Partial<RtcpHandler>): void {
  const ignore = (): void => {};
  const handler: RtcpHandler = {
    onSenderReport: ignore,
    onReportBlock: ignore,
    onReportBlocksEnd: ignore,
    onReceiverReferenceTime: ignore,
    onDelaySinceLastReceiverReport: ignore,
    onNack: ignore,
    onNackItem: ignore,
    onPli: ignore,
    onFir: ignore,
    onRemb: ignore,
    onTransportFeedback: ignore,
    ...handlers,
  };
  readCompound(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length, handler);
}

export const isRtcp = (bytes: Uint8Array): boolean => bytes[1] >= 192 && bytes[1] <= 223;
