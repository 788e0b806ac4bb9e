import { localHour, minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { createRandom, type Random } from '../world/random.ts';
import type { Agenda } from './clock.ts';
import { type KindName, kindNames, kinds } from './kinds.ts';

/** How much happens: so many events a minute, or `natural`: what a hospital of this size does at this hour. */
export type Pace = number | 'natural';

// Rates are looked at again at least this often, so that a quiet night does not put off the morning.
const longestWait = 15 * minute;
const ratesHold = 3 * minute;

/**
 * The ordinary day: events come at random intervals around the wanted rate, of kinds in their usual proportion.
 * `occur` returns false when the hospital has no fitting patient for a kind; then, at an even pace, another is tried.
 */
export class Routine implements Agenda {
  readonly #hospital: Hospital;
  readonly #random: Random;
  readonly #occur: (kind: KindName) => boolean;
  readonly #pace: Pace;
  #due: number;
  #known: number[] = [];
  #ratesOf = Number.NaN;
  /** Whether something happens when it is due, or the rates are only looked at again. */
  #happens = true;

  constructor(hospital: Hospital, start: number, pace: Pace, occur: (kind: KindName) => boolean) {
    this.#hospital = hospital;
    this.#random = createRandom(hospital.seed, 'routine');
    this.#pace = pace;
    this.#occur = occur;
    this.#due = start;
    this.#plan();
  }

  due(): number {
    return this.#due;
  }

  occur(): void {
    for (let attempt = 0; this.#happens && attempt < (this.#pace === 'natural' ? 1 : 12); attempt += 1) {
      if (this.#occur(this.#kind())) break;
    }
    this.#plan();
  }

  /** Independent arrivals: exponential intervals, at least a millisecond. No events at all for a rate of 0. */
  #plan(): void {
    const perMinute =
      this.#pace === 'natural' ? this.#rates().reduce((sum, rate) => sum + rate, 0) / 60 : this.#pace;
    if (perMinute <= 0 && this.#pace !== 'natural') {
      this.#due = Number.POSITIVE_INFINITY;
      return;
    }
    const wait =
      perMinute > 0
        ? Math.max(1, Math.round((-Math.log(1 - this.#random.fraction()) * minute) / perMinute))
        : longestWait;
    this.#happens = this.#pace !== 'natural' || wait < longestWait;
    this.#due += this.#happens ? wait : longestWait;
  }

  /** The natural rates, which change slowly: they are looked at again every few minutes of the hospital's time. */
  #rates(): number[] {
    const period = Math.floor(this.#due / ratesHold);
    if (period !== this.#ratesOf) {
      const at = localHour(this.#due, this.#hospital.timeZone);
      this.#known = kindNames.map((name) => kinds[name].perHour(this.#hospital, at));
      this.#ratesOf = period;
    }
    return this.#known;
  }

  #kind(): KindName {
    const weights =
      this.#pace === 'natural' ? this.#rates() : kindNames.map((name) => kinds[name].weight(this.#hospital));
    let left = this.#random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, name] of kindNames.entries()) {
      left -= weights[index] as number;
      if (left < 0) return name;
    }
    return 'update';
  }
}
