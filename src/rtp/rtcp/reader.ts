import { DropReason } from '../../common/drop-reason.js';
import { type FirHandler, readFir } from './fir.js';
import { type NackHandler, readNack } from './nack.js';
import { type PliHandler, readPli } from './pli.js';
import { readReceiverReport, readReportBlocks, type ReportBlockHandler } from './receiver-report.js';
import { readRemb, type RembHandler } from './remb.js';
import {
  FEEDBACK_HEADER_LENGTH,
  isRtcp,
  PayloadFeedbackFormat,
  RtcpPacketType,
  RtpFeedbackFormat,
} from './rtcp-packet.js';
import { isSdes } from './sdes.js';
import { readSenderReport, SENDER_REPORT_LENGTH, type SenderReportHandler } from './sender-report.js';
import { TransportFeedbackReader } from './transport-feedback-reader.js';
import { type ExtendedReportHandler, readExtendedReport } from './xr.js';

/** What of RTCP the worker acts on. Packets of other kinds are checked and passed over. */
export interface RtcpHandler
  extends
    SenderReportHandler,
    ReportBlockHandler,
    ExtendedReportHandler,
    NackHandler,
    PliHandler,
    FirHandler,
    RembHandler {
  /** Transport-wide feedback. `feedback` is valid during the call only. */
  onTransportFeedback(senderSsrc: number, mediaSsrc: number, feedback: TransportFeedbackReader): void;
}

/**
 * Reads the RTCP packets in bytes[offset, offset + length), a compound packet or a reduced-size one (RFC 5506), and
 * calls the handler in their order. At a packet that is malformed or of an unknown kind it stops: what came before has
 * been handled, what comes behind is not looked at. Padding is not told from content.
 *
 * @param view of the same memory as `bytes`
 * @returns rtcpMalformed or rtcpUnsupported if it stopped before the end.
 */
export function readCompound(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  length: number,
  handler: RtcpHandler,
): DropReason {
  const end = offset + length;
  while (offset < end) {
    if (!isRtcp(bytes, offset, end - offset)) return DropReason.rtcpMalformed;
    const packetLength = (view.getUint16(offset + 2) + 1) * 4;
    if (offset + packetLength > end) return DropReason.rtcpMalformed;
    const reason = readPacket(view, offset, packetLength, handler);
    if (reason !== DropReason.none) return reason;
    offset += packetLength;
  }
  return DropReason.none;
}

function readPacket(view: DataView, offset: number, length: number, handler: RtcpHandler): DropReason {
  switch (view.getUint8(offset + 1)) {
    case RtcpPacketType.senderReport:
      readSenderReport(view, offset, length, handler);
      if ((view.getUint8(offset) & 0x1f) > 0 && length >= SENDER_REPORT_LENGTH) {
        readReportBlocks(view, offset, length, SENDER_REPORT_LENGTH, handler);
      }
      return DropReason.none;
    case RtcpPacketType.receiverReport:
      return wellFormed(readReceiverReport(view, offset, length, handler));
    case RtcpPacketType.sourceDescription:
      return wellFormed(isSdes(view, offset, length));
    case RtcpPacketType.bye:
      return DropReason.none;
    case RtcpPacketType.extendedReport:
      return wellFormed(readExtendedReport(view, offset, length, handler));
    case RtcpPacketType.rtpFeedback:
      return length < FEEDBACK_HEADER_LENGTH
        ? DropReason.rtcpMalformed
        : readRtpFeedback(view, offset, length, handler);
    case RtcpPacketType.payloadFeedback:
      return length < FEEDBACK_HEADER_LENGTH
        ? DropReason.rtcpMalformed
        : readPayloadFeedback(view, offset, length, handler);
    default:
      return DropReason.rtcpUnsupported;
  }
}

function readRtpFeedback(view: DataView, offset: number, length: number, handler: RtcpHandler): DropReason {
  switch (view.getUint8(offset) & 0x1f) {
    case RtpFeedbackFormat.nack:
      readNack(view, offset, length, handler);
      return DropReason.none;
    case RtpFeedbackFormat.transportWideCc:
      if (!transportFeedback.read(view, offset, length)) return DropReason.rtcpMalformed;
      handler.onTransportFeedback(view.getUint32(offset + 4), view.getUint32(offset + 8), transportFeedback);
      return DropReason.none;
    case RtpFeedbackFormat.tmmbr:
    case RtpFeedbackFormat.tmmbn:
    case RtpFeedbackFormat.srRequest:
    case RtpFeedbackFormat.tllei:
    case RtpFeedbackFormat.ecn:
      return DropReason.none;
    default:
      return DropReason.rtcpUnsupported;
  }
}

function readPayloadFeedback(view: DataView, offset: number, length: number, handler: RtcpHandler): DropReason {
  switch (view.getUint8(offset) & 0x1f) {
    case PayloadFeedbackFormat.pli:
      readPli(view, offset, handler);
      return DropReason.none;
    case PayloadFeedbackFormat.fir:
      readFir(view, offset, length, handler);
      return DropReason.none;
    case PayloadFeedbackFormat.application:
      return wellFormed(readRemb(view, offset, length, handler));
    case PayloadFeedbackFormat.sli:
    case PayloadFeedbackFormat.rpsi:
    case PayloadFeedbackFormat.tstr:
    case PayloadFeedbackFormat.tstn:
    case PayloadFeedbackFormat.vbcm:
    case PayloadFeedbackFormat.pslei:
      return DropReason.none;
    default:
      return DropReason.rtcpUnsupported;
  }
}

function wellFormed(is: boolean): DropReason {
  return is ? DropReason.none : DropReason.rtcpMalformed;
}

/** Lent to handlers, one packet after the other. */
const transportFeedback = new TransportFeedbackReader();
