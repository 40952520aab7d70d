import { type RtcpHandler } from '../rtp/rtcp/reader.js';

/** Hears all RTCP and does nothing about it: a peer overrides what it acts on. */
export class RtcpListener implements RtcpHandler {
  onSenderReport(_ssrc: number, _ntpSeconds: number, _ntpFraction: number): void {}
  onReportBlock(): void {}
  onReportBlocksEnd(): void {}
  onReceiverReferenceTime(): void {}
  onDelaySinceLastReceiverReport(): void {}
  onNack(_senderSsrc: number, _mediaSsrc: number): void {}
  onNackItem(_mediaSsrc: number, _packetId: number, _lostPacketsBitmask: number): void {}
  onPli(_senderSsrc: number, _mediaSsrc: number): void {}
  onFir(_senderSsrc: number, _mediaSsrc: number, _ssrc: number): void {}
  onRemb(): void {}
  onTransportFeedback(): void {}
}
