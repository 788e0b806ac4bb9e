import { minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { createRandom, type Random } from '../world/random.ts';
import type { Agenda } from './clock.ts';
import { type KindName, kindNames, kinds } from './kinds.ts';

/**
 * The ordinary day: events come at random intervals around the wanted rate, of kinds in their usual proportion.
 * `occur` returns false when the hospital has no fitting patient for a kind; then another kind is tried.
 */
export class Routine implements Agenda {
  readonly #hospital: Hospital;
  readonly #random: Random;
  readonly #occur: (kind: KindName) => boolean;
  readonly #perMinute: number;
  #due: number;

  constructor(hospital: Hospital, start: number, perMinute: number, occur: (kind: KindName) => boolean) {
    this.#hospital = hospital;
    this.#random = createRandom(hospital.seed, 'routine');
    this.#perMinute = perMinute;
    this.#occur = occur;
    this.#due = start + this.#interval();
  }

  due(): number {
    return this.#due;
  }

  occur(): void {
    for (let attempt = 0; attempt < 12; attempt += 1) {
      if (this.#occur(this.#kind())) break;
    }
    this.#due += this.#interval();
  }

  /** Independent arrivals: exponential intervals, at least a millisecond. No events at all for a rate of 0. */
  #interval(): number {
    if (this.#perMinute <= 0) return Number.POSITIVE_INFINITY;
    const mean = minute / this.#perMinute;
    return Math.max(1, Math.round(-Math.log(1 - this.#random.fraction()) * mean));
  }

  #kind(): KindName {
    const weights = kindNames.map((name) => kinds[name].weight(this.#hospital));
    let left = this.#random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, name] of kindNames.entries()) {
      left -= weights[index] as number;
      if (left < 0) return name;
    }
    return 'update';
  }
}
