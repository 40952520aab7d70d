import { type Consumer } from './consumer.js';

/**
 * Gives the available bitrate to those Consumers that have a priority: first one layer to each that one fits for, then,
 * round after round, up to as many layers as its priority says. Those with higher priority come first, among equals
 * those that were made last. Then makes all of them send what they got.
 *
 * @param available bps
 * @param considerLoss whether the loss that a Consumer's receiver reports changes what it can be given
 * @returns false if there is nobody to give to
 */
export function distributeBitrate(
  consumers: Iterable<Consumer>,
  available: number,
  considerLoss: boolean,
  now: number,
): boolean {
  const takers = [...consumers].filter(consumer => consumer.bitratePriority > 0).reverse();
  if (takers.length === 0) return false;
  takers.sort((one, other) => other.bitratePriority - one.bitratePriority);

  let left = available;
  let layersAtOnce = 1;
  for (let previous = Infinity; left > 0 && left !== previous; layersAtOnce = Infinity) {
    previous = left;
    for (const consumer of takers)
      left -= takeLayers(consumer, Math.min(layersAtOnce, consumer.bitratePriority), left, considerLoss, now);
  }
  for (const consumer of takers) consumer.applyLayers(now);
  return true;
}

/** Up to `count` layers; returns what they cost. */
function takeLayers(consumer: Consumer, count: number, available: number, considerLoss: boolean, now: number): number {
  let left = available;
  for (let layer = 0; layer < count; layer++) {
    const cost = consumer.increaseLayer(left, considerLoss, now);
    if (cost <= 0) break;
    left -= cost;
  }
  return available - left;
}
