/**
 * Groups packets that were sent within a few ms (a frame, or a burst of a pacer), and tells by how much more time than
 * the groups were sent apart they arrived apart: what queues on the way show themselves in. From
 * draft-ietf-rmcat-gcc-02 §5.2 to §5.3, as libwebrtc does it.
 */
export class InterArrival {
  /** Results of `update`: ms between the last two groups, as sent and as received, and how many bytes larger the last was. */
  sendDelta = 0;
  receiveDelta = 0;
  sizeDelta = 0;

  #current = new PacketGroup();
  #previous = new PacketGroup();
  #reordered = 0;
  readonly #maxBurst: number;

  /** @param maxBurst longest time between the first and the last arrival of a burst, ms */
  constructor(maxBurst = MAX_BURST_MS) {
    this.#maxBurst = maxBurst;
  }

  /**
   * Takes a packet, in the order of arrival.
   *
   * @param sendTime 32 bits that wrap, in 2^-26 s: abs-send-time << 8
   * @param arrival ms
   * @param now ms, when it is handled
   * @returns whether a group is complete, and there are new results.
   */
  update(sendTime: number, arrival: number, now: number, size: number): boolean {
    const current = this.#current;
    let hasDeltas = false;
    if (current.isEmpty) {
      current.begin(sendTime, arrival);
    } else if (!isAtOrAfter(sendTime, current.firstSendTime)) {
      return false;
    } else if (this.#startsGroup(sendTime, arrival)) {
      if (!this.#previous.isEmpty) {
        if (!this.#compareGroups()) return false;
        hasDeltas = true;
      }
      this.#current = this.#previous;
      this.#previous = current;
      this.#current.begin(sendTime, arrival);
    } else if (isAtOrAfter(sendTime, current.sendTime)) {
      current.sendTime = sendTime;
    }
    this.#current.size += size;
    this.#current.completeAt = arrival;
    this.#current.handledAt = now;
    return hasDeltas;
  }

  #startsGroup(sendTime: number, arrival: number): boolean {
    const current = this.#current;
    const sendDelta = Math.floor(((sendTime - current.sendTime) >>> 0) * TICK_MS + 0.5);
    const arrivalDelta = arrival - current.completeAt;
    // Packets that arrive faster than they were sent had to wait for each other: they are one burst.
    const isBurst =
      sendDelta === 0 ||
      (arrivalDelta < sendDelta && arrivalDelta <= BURST_DELTA_MS && arrival - current.firstArrival < this.#maxBurst);
    return !isBurst && (sendTime - current.firstSendTime) >>> 0 > GROUP_TICKS;
  }

  /** Sets the results. False if arrivals went backwards, or the clock jumped. */
  #compareGroups(): boolean {
    const current = this.#current;
    const previous = this.#previous;
    this.sendDelta = ((current.sendTime - previous.sendTime) >>> 0) * TICK_MS;
    this.receiveDelta = current.completeAt - previous.completeAt;
    this.sizeDelta = current.size - previous.size;
    if (this.receiveDelta - (current.handledAt - previous.handledAt) >= CLOCK_JUMP_MS) {
      this.#reset();
      return false;
    }
    if (this.receiveDelta < 0) {
      if (++this.#reordered >= MAX_REORDERED) this.#reset();
      return false;
    }
    this.#reordered = 0;
    return true;
  }

  #reset(): void {
    this.#reordered = 0;
    this.#current.clear();
    this.#previous.clear();
  }
}

class PacketGroup {
  isEmpty = true;
  size = 0;
  firstSendTime = 0;
  /** Of the packet sent last. */
  sendTime = 0;
  firstArrival = 0;
  /** When the last packet arrived, and was handled. */
  completeAt = 0;
  handledAt = 0;

  begin(sendTime: number, arrival: number): void {
    this.isEmpty = false;
    this.size = 0;
    this.firstSendTime = sendTime;
    this.sendTime = sendTime;
    this.firstArrival = arrival;
  }

  clear(): void {
    this.isEmpty = true;
  }
}

/** Of send times, in ms. */
const TICK_MS = 1000 / 2 ** 26;
/** 5 ms. */
const GROUP_TICKS = Math.floor((5 * 2 ** 26) / 1000);
const BURST_DELTA_MS = 5;
const MAX_BURST_MS = 100;
const CLOCK_JUMP_MS = 3000;
const MAX_REORDERED = 3;

function isAtOrAfter(a: number, b: number): boolean {
  const distance = (a - b) >>> 0;
  return distance === 0x80000000 ? a > b : distance < 0x80000000;
}
