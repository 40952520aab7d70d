import { type RtpListener as FbsRtpListener } from '../channel/fbs/transport.js';
import { type RtpPacket } from '../rtp/rtp-packet.js';
import { type Producer } from './producer.js';

/** How many SSRCs are remembered; those of further packets are looked up by MID or RID each time. */
const MAX_SSRCS = 1000;

/** A Transport's table of which Producer a received packet belongs to: by SSRC, else by MID, else by RID (RFC 8843 §9.2). */
export class RtpListener {
  readonly #ssrcs = new Map<number, Producer>();
  readonly #mids = new Map<string, Producer>();
  readonly #rids = new Map<string, Producer>();

  /** @throws Error if the Producer cannot be told from another one; then nothing has changed */
  addProducer(producer: Producer): void {
    const { encodings, mid } = producer.rtpParameters;
    try {
      for (const { ssrc, rtxSsrc } of encodings) {
        if (ssrc !== 0) this.#addSsrc(ssrc, producer, 'ssrc');
        if (rtxSsrc !== undefined && rtxSsrc !== 0) this.#addSsrc(rtxSsrc, producer, 'RTX ssrc');
      }
      if (mid !== '') {
        if (this.#mids.has(mid)) throw new Error(`MID already exists in RTP listener [mid:${mid}]`);
        this.#mids.set(mid, producer);
      }
      for (const { rid } of encodings) {
        if (rid === '') continue;
        if (!this.#rids.has(rid)) this.#rids.set(rid, producer);
        else if (mid === '') throw new Error(`RID already exists in RTP listener and no MID is given [rid:${rid}]`);
      }
    } catch (error) {
      this.removeProducer(producer);
      throw error;
    }
  }

  removeProducer(producer: Producer): void {
    removeValue(this.#ssrcs, producer);
    removeValue(this.#mids, producer);
    removeValue(this.#rids, producer);
  }

  /**
   * The Producer that a packet belongs to. Learns the SSRC of a packet that was found by MID or RID. `packet` must have
   * the transport's extension ids. A packet with an unknown MID is not looked up by RID.
   */
  getProducer(packet: RtpPacket): Producer | undefined {
    return this.#ssrcs.get(packet.ssrc) ?? this.#learn(packet);
  }

  /** For RTCP. */
  getProducerBySsrc(ssrc: number): Producer | undefined {
    return this.#ssrcs.get(ssrc);
  }

  dump(): FbsRtpListener {
    return {
      ssrcTable: [...this.#ssrcs].map(([ssrc, producer]) => ({ key: ssrc, value: producer.id })),
      midTable: [...this.#mids].map(([mid, producer]) => ({ key: mid, value: producer.id })),
      ridTable: [...this.#rids].map(([rid, producer]) => ({ key: rid, value: producer.id })),
    };
  }

  #learn(packet: RtpPacket): Producer | undefined {
    const mid = this.#mids.size + this.#rids.size > 0 ? packet.readMid() : undefined;
    const producer = mid !== undefined ? this.#mids.get(mid) : this.#findByRid(packet);
    if (producer !== undefined && this.#ssrcs.size < MAX_SSRCS) this.#ssrcs.set(packet.ssrc, producer);
    return producer;
  }

  #findByRid(packet: RtpPacket): Producer | undefined {
    if (this.#rids.size === 0) return undefined;
    const rid = packet.readRid();
    return rid === undefined ? undefined : this.#rids.get(rid);
  }

  #addSsrc(ssrc: number, producer: Producer, name: string): void {
    if (this.#ssrcs.has(ssrc)) throw new Error(`${name} already exists in RTP listener [ssrc:${ssrc}]`);
    this.#ssrcs.set(ssrc, producer);
  }
}

function removeValue<Key>(table: Map<Key, Producer>, producer: Producer): void {
  for (const [key, value] of table) if (value === producer) table.delete(key);
}
