import { type WakeUp } from '../common/timer-queue.js';
import { type CongestionControlServer } from '../bwe/congestion-control-server.js';
import { RembServer } from '../bwe/remb-server.js';
import { TransportCcServer, type TransportCcOwner } from '../bwe/transport-cc-server.js';
import { HeaderExtension } from '../rtp/header-extension.js';
import { rembLength, writeRemb } from '../rtp/rtcp/remb.js';
import { RTCP_MAX_LENGTH } from '../rtp/rtcp/rtcp-packet.js';
import { TransportFeedbackBuilder } from '../rtp/rtcp/transport-feedback-builder.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type WorkerContext } from './context.js';
import { type Producer } from './producer.js';
import { type SendRtcp } from './send-rtcp.js';

/** Longest list of streams in a REMB. */
const MAX_REMB_SSRCS = 255;

/**
 * What a Transport tells its peer about what it receives: transport-wide feedback, or REMB, or nothing until a Producer
 * negotiates one of them. What the first one negotiates stays.
 */
export class IncomingCongestion implements TransportCcOwner<TransportFeedbackBuilder> {
  readonly #context: WorkerContext;
  readonly #sendRtcp: SendRtcp;
  readonly #buffer = new Uint8Array(Math.max(RTCP_MAX_LENGTH, rembLength(MAX_REMB_SSRCS)));
  readonly #view = new DataView(this.#buffer.buffer);
  #server: CongestionControlServer | undefined = undefined;
  #wakeUp: WakeUp | undefined = undefined;
  #maxIncomingBitrate = 0;

  constructor(context: WorkerContext, sendRtcp: SendRtcp) {
    this.#context = context;
    this.#sendRtcp = sendRtcp;
  }

  /** bps, 0 if it is not known; undefined if nothing was negotiated. */
  get availableBitrate(): number | undefined {
    return this.#server?.availableIncomingBitrate;
  }

  /** 0..1; undefined if nothing was negotiated. */
  get packetLoss(): number | undefined {
    return this.#server?.packetLoss;
  }

  /** A Producer was added. */
  negotiate(producer: Producer, connected: boolean, now: number): void {
    if (this.#server) return;
    const server = this.#createServer(producer);
    if (!server) return;
    this.#server = server;
    this.#wakeUp = this.#context.runtime.timers.register(server);
    if (this.#maxIncomingBitrate > 0) server.setMaxIncomingBitrate(this.#maxIncomingBitrate, now);
    if (connected) this.connected(now);
  }

  connected(now: number): void {
    this.#server?.transportConnected(now);
    this.#wakeUp?.update();
  }

  disconnected(): void {
    this.#server?.transportDisconnected();
  }

  receivePacket(packet: RtpPacket, now: number): void {
    this.#server?.receivePacket(packet, now);
  }

  /** @param bitrate bps; 0: no limit */
  setMaxIncomingBitrate(bitrate: number, now: number): void {
    this.#maxIncomingBitrate = bitrate;
    this.#server?.setMaxIncomingBitrate(bitrate, now);
  }

  close(): void {
    this.#wakeUp?.cancel();
    this.#server = undefined;
  }

  // TransportCcOwner, RembSink

  onSendTransportFeedback(feedback: TransportFeedbackBuilder): void {
    this.#sendRtcp(this.#buffer, 0, feedback.write(this.#view, 0));
  }

  onSendRemb(bitrate: number, ssrcs: readonly number[]): void {
    this.#sendRtcp(this.#buffer, 0, writeRemb(this.#view, 0, 0, 0, bitrate, ssrcs));
  }

  #createServer({ extensionIds, rtpParameters }: Producer): CongestionControlServer | undefined {
    const hasFeedback = (type: string): boolean =>
      rtpParameters.codecs.some(codec => codec.rtcpFeedback.some(feedback => feedback.type === type));
    if (extensionIds[HeaderExtension.transportWideCc] !== 0 && hasFeedback('transport-cc')) {
      return new TransportCcServer(new TransportFeedbackBuilder(), this);
    }
    if (extensionIds[HeaderExtension.absSendTime] !== 0 && hasFeedback('goog-remb')) return new RembServer(this);
    return undefined;
  }
}
