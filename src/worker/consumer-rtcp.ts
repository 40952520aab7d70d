import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type CompoundBuilder } from '../rtp/rtcp/compound.js';
import { type RtpStreamSend } from '../rtp/rtp-stream-send.js';
import { type ConsumerOutput } from './consumer-output.js';
import { type ConsumerTraces } from './consumer-traces.js';
import { isReportDue, type RtcpReporter } from './rtcp-reporter.js';

/** What a Consumer does for its RTCP. */
export interface ConsumerRtcpOwner {
  readonly kind: MediaKind;
  readonly active: boolean;
  onReceiverNeedsKeyFrame(now: number): void;
}

/** The RTCP of a Consumer: reports about what it sends, and what its receiver reports and asks for. */
export class ConsumerRtcp implements RtcpReporter {
  readonly #cname: Uint8Array;
  readonly #outputs: readonly ConsumerOutput[];
  readonly #traces: ConsumerTraces;
  readonly #owner: ConsumerRtcpOwner;
  #lastRtcpAt = -Infinity;

  constructor(cname: string, outputs: readonly ConsumerOutput[], traces: ConsumerTraces, owner: ConsumerRtcpOwner) {
    this.#cname = new TextEncoder().encode(cname);
    this.#outputs = outputs;
    this.#traces = traces;
    this.#owner = owner;
  }

  /**
   * Adds the reports that are due on all streams. False: they do not fit, and are to be asked for again with an empty
   * compound packet.
   */
  getRtcp(compound: CompoundBuilder, now: number): boolean {
    if (!isReportDue(this.#lastRtcpAt, now)) return true;
    const contributions = this.#outputs.flatMap(({ stream }) => {
      const report = stream.senderReport(now);
      return report === undefined
        ? []
        : [{ report, cname: this.#cname, delay: stream.delaySinceLastReceiverReport(now) }];
    });
    if (!compound.addSenders(contributions)) return false;
    this.#lastRtcpAt = now;
    return true;
  }

  /** A NACK for one of `mediaSsrcs` begins; its items follow. */
  receiveNack(ssrc: number, now: number): void {
    if (!this.#owner.active) return;
    this.#traces.nack(now);
    const stream = this.#streamOf(ssrc);
    if (stream !== undefined) stream.nackCount++;
  }

  receiveNackItem(ssrc: number, packetId: number, lostPacketsBitmask: number, now: number): void {
    if (this.#owner.active) this.#streamOf(ssrc)?.receiveNackItem(packetId, lostPacketsBitmask, now);
  }

  receiveKeyFrameRequest(ssrc: number, type: 'pli' | 'fir', now: number): void {
    const stream = this.#streamOf(ssrc);
    if (this.#owner.kind !== MediaKind.VIDEO || stream === undefined) return;
    if (type === 'pli') {
      this.#traces.pli(ssrc, now);
      stream.pliCount++;
    } else {
      this.#traces.fir(ssrc, now);
      stream.firCount++;
    }
    if (this.#owner.active) this.#owner.onReceiverNeedsKeyFrame(now);
  }

  receiveReceiverReport(
    ssrc: number,
    fractionLost: number,
    totalLost: number,
    jitter: number,
    lastSenderReport: number,
    delaySinceLastSenderReport: number,
    now: number,
  ): void {
    this.#streamOf(ssrc)?.receiveReceptionReport(
      fractionLost,
      totalLost,
      jitter,
      lastSenderReport,
      delaySinceLastSenderReport,
      now,
    );
  }

  /** An RRT block (RFC 3611 §4.4) from the receiver. */
  receiveReceiverReferenceTime(ntpSeconds: number, ntpFraction: number, now: number): void {
    for (const { stream } of this.#outputs) stream.receiveReceiverReferenceTime(ntpSeconds, ntpFraction, now);
  }

  #streamOf(ssrc: number): RtpStreamSend | undefined {
    return this.#outputs.find(({ stream }) => stream.params.ssrc === ssrc)?.stream;
  }
}
