import { readCompound, type RtcpHandler } from '../../../src/rtp/rtcp/reader.js';
import { type Runtime, type UdpSocket } from '../../../src/worker/runtime.js';

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

/** A publisher's socket, with what it is asked for. */
export function publisherSocket({ udp }: Runtime, ip: string, onPli: (ssrc: number) => void): UdpSocket {
  const onDatagram = (bytes: Uint8Array): void => {
    if (isRtcp(bytes)) readRtcp(bytes, { onPli: (_, ssrc) => onPli(ssrc) });
  };
  return udp.bind({ ip, port: 0 }, { onDatagram });
}
