import { HeaderExtension } from '../rtp/header-extension.js';
import { absSendTime } from '../rtp/time.js';
import { MediaKind } from '../channel/fbs/rtp-parameters.js';
import { type Consumer } from './consumer.js';
import { type EgressPacket } from './egress.js';

/**
 * Congestion control for what a Transport sends: by transport-wide feedback, or by REMB, or none until a video Consumer
 * negotiates one of them. What the first one negotiates stays.
 *
 * The available bitrate stays what it is said to be initially, and layers are not chosen by it.
 */
export class OutgoingCongestion {
  readonly #initialBitrate: number;
  #type: 'transport-cc' | 'remb' | undefined = undefined;
  #connected = false;
  /** Of the last packet. */
  #transportWideSequenceNumber = 0;

  /** @param initialBitrate bps */
  constructor(initialBitrate: number) {
    this.#initialBitrate = Math.max(initialBitrate, MIN_BITRATE);
  }

  /** bps, 0 while there is no connection; undefined if nothing was negotiated. */
  get availableBitrate(): number | undefined {
    if (this.#type === undefined) return undefined;
    return this.#connected ? this.#initialBitrate : 0;
  }

  /** 0..1; undefined if nothing was negotiated. */
  get packetLoss(): number | undefined {
    return this.#type === undefined ? undefined : 0;
  }

  /** A Consumer was added. */
  negotiate({ kind, extensionIds, rtpParameters }: Consumer, connected: boolean): void {
    this.#connected = connected;
    if (this.#type !== undefined || kind !== MediaKind.VIDEO) return;
    const hasFeedback = (type: string): boolean =>
      rtpParameters.codecs.some(codec => codec.rtcpFeedback.some(feedback => feedback.type === type));
    if (extensionIds[HeaderExtension.transportWideCc] !== 0 && hasFeedback('transport-cc')) {
      this.#type = 'transport-cc';
    } else if (extensionIds[HeaderExtension.absSendTime] !== 0 && hasFeedback('goog-remb')) {
      this.#type = 'remb';
    }
  }

  connected(): void {
    this.#connected = true;
  }

  disconnected(): void {
    this.#connected = false;
  }

  /** Writes into a packet what says when it was sent, and which one of the transport it is. */
  stampPacket(packet: EgressPacket, now: number): void {
    packet.writeAbsSendTime(absSendTime(now * 1000));
    if (this.#type !== 'transport-cc') return;
    const sequenceNumber = (this.#transportWideSequenceNumber + 1) & 0xffff;
    if (packet.writeTransportWideCc(sequenceNumber)) this.#transportWideSequenceNumber = sequenceNumber;
  }
}

/** bps, below which nothing useful can be sent. */
const MIN_BITRATE = 30_000;
