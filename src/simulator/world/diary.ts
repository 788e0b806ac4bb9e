import { day } from './calendar.ts';
import type { Appointment } from './records.ts';

/** An appointment as it stands in the diary. */
interface Entry {
  readonly csn: number;
  readonly start: number;
}

/** Which appointments are booked for when, so that a day of a large hospital does not walk through every chart. */
export class Diary {
  /** What the seed had booked, sorted by start; never changed. */
  readonly #starts: Float64Array;
  readonly #csns: Float64Array;
  /** Whether an appointment of the seed has changed since, and is told of by `#days` when it is still booked. */
  readonly #isChanged: (csn: number) => boolean;
  readonly #days = new Map<number, Map<number, Entry>>();
  readonly #where = new Map<number, number>();
  #count: number;
  /** Seeded entries before this place have all changed. */
  #live = 0;

  constructor(seeded: readonly Entry[], isChanged: (csn: number) => boolean) {
    const sorted = [...seeded].sort((a, b) => a.start - b.start || a.csn - b.csn);
    this.#starts = Float64Array.from(sorted, ({ start }) => start);
    this.#csns = Float64Array.from(sorted, ({ csn }) => csn);
    this.#isChanged = isChanged;
    this.#count = sorted.length;
  }

  /** How many appointments stand in the book, those that were missed and not yet marked included. */
  get count(): number {
    return this.#count;
  }

  enter({ csn, start }: Appointment): void {
    const number = Math.floor(start / day);
    const entries = this.#days.get(number) ?? new Map<number, Entry>();
    this.#days.set(number, entries.set(csn, { csn, start }));
    this.#where.set(csn, number);
    this.#count += 1;
  }

  /** Takes a booked appointment out. Call it before the changed appointment is put into its chart. */
  strike(csn: number): void {
    this.#count -= 1;
    const number = this.#where.get(csn);
    // What the seed had booked is passed over from now on, because it has changed.
    if (number === undefined) return;
    const entries = this.#days.get(number);
    entries?.delete(csn);
    if (entries?.size === 0) this.#days.delete(number);
    this.#where.delete(csn);
  }

  /** CSNs of booked appointments that begin in `[from, to)`. */
  between(from: number, to: number): number[] {
    const found: number[] = [];
    while (this.#live < this.#csns.length && this.#isChanged(this.#csns[this.#live] as number))
      this.#live += 1;
    for (let index = Math.max(this.#live, this.#first(from)); index < this.#starts.length; index += 1) {
      if ((this.#starts[index] as number) >= to) break;
      const csn = this.#csns[index] as number;
      if (!this.#isChanged(csn)) found.push(csn);
    }
    for (let number = Math.floor(from / day); number <= Math.floor(to / day); number += 1) {
      for (const { csn, start } of this.#days.get(number)?.values() ?? []) {
        if (start >= from && start < to) found.push(csn);
      }
    }
    return found;
  }

  /** The first seeded entry that begins at or after an instant. */
  #first(from: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
