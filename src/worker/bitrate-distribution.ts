import { type Consumer } from './consumer.js';
import { type NetworkConditions } from './producer-stream-manager.js';

/**
 * Less than the present layers need, by no more than this, is put up with for a short time, ms, unless the path is
 * congested: the key frame that a switch takes makes a queue of its own, and another switch would not shorten it.
 */
const TOLERATED_SHORTAGE = 0.2;
const TOLERATED_SHORTAGE_TIME = 2500;
/** Of the bitrate to spare, at a time: each switch takes a key frame, and all of them at once would be a large burst. */
const UPGRADE_SHARE = 0.5;
/** What a key frame takes within a second, of the stream's bitrate. */
const KEY_FRAME_SHARE = 0.3;

/** Decides which layers the Consumers of a Transport send. */
export class BitrateDistribution {
  /** Since when the bitrate has been too low for the present layers; Infinity: it is not. */
  #shortSince = Infinity;

  /** Whether the present layers may stay although they need more than is available. */
  toleratesShortage(
    consumers: Iterable<Consumer>,
    available: number,
    network: NetworkConditions,
    now: number,
  ): boolean {
    let needed = 0;
    for (const consumer of consumers) needed += consumer.targetBitrate(now);
    if (needed <= available) {
      this.#shortSince = Infinity;
      return false;
    }
    if (network.isCongested || needed - available > TOLERATED_SHORTAGE * needed) return false;
    this.#shortSince = Math.min(this.#shortSince, now);
    return now - this.#shortSince < TOLERATED_SHORTAGE_TIME;
  }

  /**
   * Gives the available bitrate to those Consumers that have a priority: first one layer to each that one fits for, then,
   * round after round, up to as many layers as its priority says. Those with higher priority come first, among equals
   * those that were made last. Then makes them send what they got; if that is more than before, one after the other.
   *
   * @param available bps
   * @returns false if there is nobody to give to
   */
  distribute(consumers: Iterable<Consumer>, available: number, network: NetworkConditions, now: number): boolean {
    const takers = [...consumers].filter(consumer => consumer.bitratePriority > 0).reverse();
    if (takers.length === 0) return false;
    takers.sort((one, other) => other.bitratePriority - one.bitratePriority);

    let left = available;
    let layersAtOnce = 1;
    for (let previous = Infinity; left > 0 && left !== previous; layersAtOnce = Infinity) {
      previous = left;
      for (const consumer of takers)
        left -= takeLayers(consumer, Math.min(layersAtOnce, consumer.bitratePriority), left, network, now);
    }
    applyLayers(takers, available, now);
    return true;
  }
}

/** Up to `count` layers; returns what they cost. */
function takeLayers(
  consumer: Consumer,
  count: number,
  available: number,
  network: NetworkConditions,
  now: number,
): number {
  let left = available;
  for (let layer = 0; layer < count; layer++) {
    const cost = consumer.increaseLayer(left, network, now);
    if (cost <= 0) break;
    left -= cost;
  }
  return available - left;
}

function applyLayers(takers: readonly Consumer[], available: number, now: number): void {
  let used = 0;
  for (const consumer of takers) used += consumer.targetBitrate(now);
  let spare = UPGRADE_SHARE * (available - used);
  let isFirst = true;
  for (const consumer of takers) {
    let increase = consumer.provisionalBitrate - consumer.targetBitrate(now);
    if (increase > 0 && consumer.takesKeyFrame) increase += KEY_FRAME_SHARE * consumer.provisionalBitrate;
    if (increase > 0 && increase > spare && !isFirst) {
      consumer.discardLayers();
      continue;
    }
    if (increase > 0) {
      spare -= increase;
      isFirst = false;
    }
    consumer.applyLayers(now);
  }
}
