/** A list that keeps its newest entries and counts all. */
export class Ring<T> {
  readonly #entries: T[] = [];
  readonly #capacity: number;
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get total(): number {
    return this.#total;
  }

  add(entry: T): void {
    this.#total += 1;
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  /** The newest entries, oldest of them first. */
  newest(limit: number): T[] {
    return limit <= 0 ? [] : this.#entries.slice(-limit);
  }
}
