import type {
  Allergy,
  Condition,
  Coverage,
  Medication,
  Note,
  Observation,
  Order,
} from './clinical-records.ts';
import { patientOfCsn, patientOfNumber } from './numbers.ts';
import type { Appointment, Visit } from './records.ts';

/** The records of a chart, by the resource type that shows them. */
export interface ChartRecords {
  Appointment: Appointment;
  Encounter: Visit;
  Observation: Observation;
  ServiceRequest: Order;
  DocumentReference: Note;
  Condition: Condition;
  AllergyIntolerance: Allergy;
  MedicationRequest: Medication;
  Coverage: Coverage;
}
export type ChartKind = keyof ChartRecords;
export type ChartRecord = ChartRecords[ChartKind];

export const chartKinds: readonly ChartKind[] = [
  'Appointment',
  'Encounter',
  'Observation',
  'ServiceRequest',
  'DocumentReference',
  'Condition',
  'AllergyIntolerance',
  'MedicationRequest',
  'Coverage',
];

/** How many records that the day made a chart keeps, so that a simulator left running stays small. */
const mostPassing: Readonly<Record<ChartKind, number>> = {
  Appointment: 60,
  Encounter: 60,
  Observation: 600,
  ServiceRequest: 100,
  DocumentReference: 120,
  Condition: 60,
  AllergyIntolerance: 60,
  MedicationRequest: 60,
  Coverage: 60,
};

/** What the seed says of one patient, made anew whenever it is asked for. */
export interface History {
  of<K extends ChartKind>(kind: K, patient: number): readonly ChartRecords[K][];
}

/** The number a record is kept under: the CSN of a contact, or its own. */
export function numberOf(record: ChartRecord): number {
  return 'csn' in record ? record.csn : record.number;
}

/**
 * Every chart: the history that the seed gives, and over it what has changed since. Only the changes take up memory.
 */
export class Charts {
  readonly #history: History;
  readonly #changed = new Map<ChartKind, Map<number, ChartRecord>>(
    chartKinds.map((kind) => [kind, new Map()]),
  );
  /** Numbers of records that came after the start, by patient, in the order in which they came. */
  readonly #added = new Map<ChartKind, Map<number, number[]>>(chartKinds.map((kind) => [kind, new Map()]));
  /** Those of `#added` that the day made by itself. */
  readonly #passing = new Map<ChartKind, Map<number, number[]>>(chartKinds.map((kind) => [kind, new Map()]));
  /** How many records of a patient's history were changed: without any the history can be given as it is. */
  readonly #altered = new Map<ChartKind, Map<number, number>>(chartKinds.map((kind) => [kind, new Map()]));

  constructor(history: History) {
    this.#history = history;
  }

  /** How many records have changed or come since the start. */
  get changedCount(): number {
    let count = 0;
    for (const records of this.#changed.values()) count += records.size;
    return count;
  }

  isChanged(kind: ChartKind, number: number): boolean {
    return this.#of(this.#changed, kind).has(number);
  }

  get<K extends ChartKind>(kind: K, number: number): ChartRecords[K] | undefined {
    const changed = this.#of(this.#changed, kind).get(number) as ChartRecords[K] | undefined;
    if (changed) return changed;
    const contact = kind === 'Appointment' || kind === 'Encounter';
    const patient = contact ? patientOfCsn(number) : patientOfNumber(number);
    if (patient === undefined) return undefined;
    return this.#history.of(kind, patient).find((record) => numberOf(record) === number);
  }

  /** The records of one kind that a chart holds, history first, in the order in which they came. */
  list<K extends ChartKind>(kind: K, patient: number): readonly ChartRecords[K][] {
    const history = this.#history.of(kind, patient);
    const changed = this.#of(this.#changed, kind) as Map<number, ChartRecords[K]>;
    const added = this.#of(this.#added, kind).get(patient);
    const altered = this.#of(this.#altered, kind).has(patient);
    if (!added && !altered) return history;
    const now = altered ? history.map((record) => changed.get(numberOf(record)) ?? record) : history;
    return added ? [...now, ...added.map((number) => changed.get(number) as ChartRecords[K])] : now;
  }

  /**
   * Puts a record in the place of the one with its number, or adds it. A `passing` one may be forgotten when it is
   * over and its chart has grown long; what was asked for from outside never is.
   */
  put<K extends ChartKind>(kind: K, record: ChartRecords[K], passing: boolean): void {
    const number = numberOf(record);
    const changed = this.#of(this.#changed, kind);
    if (!changed.has(number)) {
      // A visit that keeps an appointment of the history has a number of the history, and yet is new.
      if (this.#history.of(kind, record.patient).some((each) => numberOf(each) === number)) {
        const altered = this.#of(this.#altered, kind);
        altered.set(record.patient, (altered.get(record.patient) ?? 0) + 1);
      } else {
        append(this.#of(this.#added, kind), record.patient, number);
        if (passing) append(this.#of(this.#passing, kind), record.patient, number);
      }
    }
    changed.set(number, record);
  }

  /** Forgets the oldest passing record that is over, when a chart holds too many. Returns what was forgotten. */
  trim<K extends ChartKind>(
    kind: K,
    patient: number,
    over: (record: ChartRecords[K]) => boolean,
  ): ChartRecords[K] | undefined {
    const passing = this.#of(this.#passing, kind).get(patient) ?? [];
    if (passing.length <= mostPassing[kind]) return undefined;
    const changed = this.#of(this.#changed, kind) as Map<number, ChartRecords[K]>;
    const index = passing.findIndex((number) => over(changed.get(number) as ChartRecords[K]));
    if (index < 0) return undefined;
    const [number] = passing.splice(index, 1) as [number];
    const added = this.#of(this.#added, kind).get(patient) as number[];
    added.splice(added.indexOf(number), 1);
    const record = changed.get(number);
    changed.delete(number);
    return record;
  }

  #of<V>(table: Map<ChartKind, V>, kind: ChartKind): V {
    return table.get(kind) as V;
  }
}

function append(lists: Map<number, number[]>, patient: number, number: number): void {
  const numbers = lists.get(patient);
  if (numbers) numbers.push(number);
  else lists.set(patient, [number]);
}
