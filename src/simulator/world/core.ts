import { day } from './calendar.ts';
import type { Act, Change, ChangeKind, Subject, Touched } from './change.ts';
import {
  type ChartKind,
  type ChartRecord,
  type ChartRecords,
  Charts,
  type History,
  numberOf,
} from './charts.ts';
import type { Facility } from './facility.ts';
import type { IdentifiedKind, Identities } from './identity.ts';
import { firstNewCsn, firstNewNumber } from './numbers.ts';
import type { People } from './people.ts';
import type { Appointment } from './records.ts';

/** A change that the truth does not allow: a bed that is taken, a visit that is over. */
export class NotPossible extends Error {}

export type ChangeListener = (change: Change) => void;

/** What the desks of the hospital share: the people, the charts, new numbers, and the telling of what happened. */
export class Core {
  readonly identities: Identities;
  readonly facility: Facility;
  readonly people: People;
  readonly charts: Charts;
  readonly #listeners: ChangeListener[] = [];
  readonly #forgetting: ((appointment: Appointment) => void)[] = [];
  #lastCsn = firstNewCsn;
  #lastAccount = 600_100_000;
  #lastNumber = firstNewNumber;
  #sequence = 0;

  constructor(identities: Identities, facility: Facility, people: People, history: History) {
    this.identities = identities;
    this.facility = facility;
    this.people = people;
    this.charts = new Charts(history);
  }

  get changeCount(): number {
    return this.#sequence;
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.push(listener);
    return () => void this.#listeners.splice(this.#listeners.indexOf(listener), 1);
  }

  /** Tells everyone who listens. Nothing is changed after it was told. */
  tell(kind: ChangeKind, act: Act, subject: Subject, touched: readonly Touched[]): Change {
    this.#sequence += 1;
    const change: Change = { sequence: this.#sequence, kind, act, ...subject, touched };
    for (const listener of [...this.#listeners]) listener(change);
    return change;
  }

  /** Records of a chart, those of charts merged into it included. */
  list<K extends ChartKind>(kind: K, patient: number): readonly ChartRecords[K][] {
    const absorbed = this.people.absorbedBy(patient);
    const own = this.charts.list(kind, patient);
    if (absorbed.length === 0) return own;
    return [...own, ...absorbed.flatMap((each) => this.list(kind, each).map((it) => ({ ...it, patient })))];
  }

  /** A record by number, told of the chart that carries it now. */
  get<K extends ChartKind>(kind: K, number: number): ChartRecords[K] | undefined {
    const record = this.charts.get(kind, number);
    if (!record) return undefined;
    const patient = this.people.survivor(record.patient);
    if (!patient || patient.standing === 'deleted') return undefined;
    return patient.number === record.patient ? record : { ...record, patient: patient.number };
  }

  /** Puts a record into its chart. One that came by a merge stays in the chart it was written in. */
  put<K extends ChartKind>(act: Act, kind: K, record: ChartRecords[K]): ChartRecords[K] {
    const before = this.charts.get(kind, numberOf(record));
    const written = before ? { ...record, patient: before.patient } : record;
    this.charts.put(kind, written, act.via === 'day');
    if (!before) this.#forget(kind, written.patient, act.at);
    return record;
  }

  #forget(kind: ChartKind, patient: number, now: number): void {
    const old = this.charts.trim(kind, patient, (record) => isOver(record, now));
    if (old && kind === 'Appointment') for (const tell of this.#forgetting) tell(old as Appointment);
  }
  /** Called with each appointment that was forgotten. */
  onForgotten(listener: (appointment: Appointment) => void): void {
    this.#forgetting.push(listener);
  }

  nextCsn(): number {
    this.#lastCsn += 1;
    return this.#lastCsn;
  }
  nextAccount(): number {
    this.#lastAccount += 1;
    return this.#lastAccount;
  }
  /** A new number, and the id that goes with it. */
  nextNumber(kind: IdentifiedKind): { number: number; fhirId: string } {
    this.#lastNumber += 1;
    return { number: this.#lastNumber, fhirId: this.identities.fhirId(kind, this.#lastNumber) };
  }
}

export function touched(
  type: ChartKind | 'Patient',
  record: Pick<ChartRecord, 'fhirId'>,
  change: Touched['change'],
): Touched {
  return { type, id: record.fhirId, change };
}

/** Whether nothing more will come of a record. */
function isOver(record: ChartRecord, now: number): boolean {
  if ('bookedAt' in record) {
    return record.status !== 'arrived' && (record.status !== 'booked' || record.start < now - day);
  }
  if ('stays' in record) return record.status !== 'in-progress';
  if ('panel' in record) return record.status !== 'active';
  return true;
}
