/** Weighted average of the latest samples: the newest counts most, the oldest least. */
export class PacketLossHistory {
  readonly #samples = new Float64Array(LENGTH);
  #count = 0;
  /** Where the next sample goes. */
  #next = 0;

  /** 0..1 */
  average = 0;

  /** @param loss 0..1 */
  add(loss: number): void {
    this.#samples[this.#next] = loss;
    this.#next = (this.#next + 1) % LENGTH;
    if (this.#count < LENGTH) this.#count++;
    let sum = 0;
    let weights = 0;
    for (let weight = 1; weight <= this.#count; weight++) {
      sum += weight * this.#samples[(this.#next - this.#count + weight - 1 + LENGTH) % LENGTH];
      weights += weight;
    }
    this.average = sum / weights;
  }
}

const LENGTH = 24;
