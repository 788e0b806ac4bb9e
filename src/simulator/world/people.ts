import type { Facility } from './facility.ts';
import { externalIdOf, type Identities, mrnOf, patientNumberOf } from './identity.ts';
import { createPatient } from './population.ts';
import type { Patient } from './records.ts';

export interface PeopleOptions {
  readonly seed: string;
  readonly patients: number;
  readonly now: number;
}

const day = 86_400_000;

const peopleAtHand = 2_000;

/**
 * Everyone the hospital knows. The first ones are made from the seed whenever they are asked for; only those who
 * changed or came later are kept. Reads like a list.
 */
export class People {
  readonly #options: PeopleOptions;
  readonly #identities: Identities;
  readonly #facility: Facility;
  readonly #changed = new Map<number, Patient>();
  readonly #atHand = new Map<number, Patient>();
  /** Everything a changed person can be found by beside the numbers of the seed. */
  readonly #byValue = new Map<string, Set<number>>();
  /** Charts that ended in a merge, by the one that carries them on. */
  readonly #absorbed = new Map<number, number[]>();
  /** Days since 1970 of the first people's birth dates, so that a search by birth date makes few people. */
  #birthDays: Int32Array | undefined;
  #length: number;

  constructor(options: PeopleOptions, identities: Identities, facility: Facility) {
    this.#options = options;
    this.#identities = identities;
    this.#facility = facility;
    this.#length = options.patients;
  }

  get length(): number {
    return this.#length;
  }
  /** How many are kept because they changed or came after the start. */
  get changedCount(): number {
    return this.#changed.size;
  }

  /** Someone by number, whatever their standing. Numbers count from 1. */
  get(number: number): Patient | undefined {
    if (!Number.isInteger(number) || number < 1 || number > this.#length) return undefined;
    return this.#changed.get(number) ?? this.seeded(number);
  }

  /** Someone as the seed made them, whatever became of them since. */
  seeded(number: number): Patient {
    const known = this.#atHand.get(number);
    if (known) return known;
    const made = this.#made(number);
    if (this.#atHand.size >= peopleAtHand) this.#atHand.clear();
    this.#atHand.set(number, made);
    return made;
  }

  /** Takes in a person under the next number. */
  add(make: (number: number) => Patient): Patient {
    const patient = make(this.#length + 1);
    this.#length += 1;
    this.put(patient);
    return patient;
  }

  put(patient: Patient): void {
    const before = this.#changed.get(patient.number);
    if (before) for (const value of valuesOf(before)) this.#byValue.get(value)?.delete(before.number);
    this.#changed.set(patient.number, patient);
    for (const value of valuesOf(patient)) {
      const numbers = this.#byValue.get(value) ?? new Set();
      this.#byValue.set(value, numbers.add(patient.number));
    }
  }

  /** The charts that a chart carries on since they were merged into it. */
  absorbedBy(number: number): readonly number[] {
    return this.#absorbed.get(number) ?? [];
  }
  absorb(survivor: number, ended: number): void {
    this.#absorbed.set(survivor, [...this.absorbedBy(survivor), ended]);
  }
  release(survivor: number, ended: number): void {
    this.#absorbed.set(
      survivor,
      this.absorbedBy(survivor).filter((each) => each !== ended),
    );
  }

  /** The chart that carries on the one with this number: itself, unless it was merged. */
  survivor(number: number): Patient | undefined {
    let patient = this.get(number);
    while (patient?.mergedInto !== undefined) patient = this.get(patient.mergedInto);
    return patient;
  }

  /** Everyone who carries this value as MRN, `Z...`, `E...` or further identifier: more than one is possible. */
  withIdentifier(value: string): Patient[] {
    const wanted = value.trim();
    const numbers = new Set(this.#byValue.get(wanted));
    const computed = patientNumberOf(wanted);
    if (computed !== undefined) numbers.add(computed);
    return [...numbers]
      .sort((a, b) => a - b)
      .map((number) => this.get(number))
      .filter((patient): patient is Patient => patient !== undefined && carries(patient, wanted));
  }

  /** Everyone born on a date, `YYYY-MM-DD`. */
  bornOn(date: string): Patient[] {
    const wanted = Date.parse(date) / day;
    if (!this.#birthDays) {
      this.#birthDays = new Int32Array(this.#options.patients + 1);
      for (let number = 1; number <= this.#options.patients; number += 1) {
        this.#birthDays[number] = Date.parse(this.#made(number).birthDate) / day;
      }
    }
    const found: Patient[] = [];
    for (let number = 1; number <= this.#options.patients; number += 1) {
      if (this.#birthDays[number] === wanted && !this.#changed.has(number)) found.push(this.#made(number));
    }
    for (const patient of this.#changed.values()) if (patient.birthDate === date) found.push(patient);
    return found.sort((a, b) => a.number - b.number);
  }

  *[Symbol.iterator](): Generator<Patient> {
    for (let number = 1; number <= this.#length; number += 1) {
      yield this.#changed.get(number) ?? this.#made(number);
    }
  }
  values(): Generator<Patient> {
    return this[Symbol.iterator]();
  }
  filter(keep: (patient: Patient) => boolean): Patient[] {
    const kept: Patient[] = [];
    for (const patient of this) if (keep(patient)) kept.push(patient);
    return kept;
  }
  map<T>(make: (patient: Patient) => T): T[] {
    return Array.from(this, make);
  }

  #made(number: number): Patient {
    const { now, seed } = this.#options;
    return createPatient(number, now, seed, this.#identities, this.#facility);
  }
}

function valuesOf(patient: Patient): string[] {
  const usual = patient.mrn === mrnOf(patient.number) ? [] : [patient.mrn];
  return [...usual, ...patient.further.map(({ value }) => value)];
}

function carries(patient: Patient, value: string): boolean {
  if (patient.mrn === value || patient.further.some((each) => each.value === value)) return true;
  // The Z and E numbers never change hands; a computed MRN may have been replaced.
  return patientNumberOf(value) === patient.number && value !== mrnOf(patient.number)
    ? true
    : value === externalIdOf(patient.number);
}
