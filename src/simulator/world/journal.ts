import type { Change, Touched } from './change.ts';
import type { Hospital } from './hospital.ts';

/** One change as the journal keeps it. */
export interface JournalEntry {
  /** Counted from 1 without gaps. */
  readonly sequence: number;
  /** Hospital time, ISO 8601. */
  readonly at: string;
  readonly kind: string;
  /** `day`, `admin`, `fhir` or `hl7`: which way it came about. */
  readonly via: string;
  /** The user id of who did it. */
  readonly user: string;
  readonly patientId: string;
  /** Every resource that changed with it. */
  readonly resources: readonly Touched[];
}

/** What became of one resource in one change. */
export interface ResourceChange extends Omit<JournalEntry, 'resources' | 'patientId'> {
  readonly change: Touched['change'];
}

/** Everything that happened, the newest so many changes: the truth that a test compares what was learnt with. */
export class Journal {
  readonly #capacity: number;
  readonly #entries: JournalEntry[] = [];
  /** How many entries stand forgotten at the front of `#entries`. */
  #gone = 0;
  readonly #byResource = new Map<string, JournalEntry[]>();

  constructor(hospital: Hospital, capacity: number) {
    this.#capacity = capacity;
    hospital.onChange((change) => this.#add(change));
  }

  /** Changes after a sequence number, oldest first. */
  after(sequence: number, limit: number): JournalEntry[] {
    const first = this.#entries[this.#gone]?.sequence ?? 1;
    const from = this.#gone + Math.max(0, sequence + 1 - first);
    return this.#entries.slice(from, from + limit);
  }

  /** What became of one resource, oldest first, as far as the journal reaches back. */
  of(type: string, id: string): ResourceChange[] {
    return (this.#byResource.get(`${type}/${id}`) ?? []).map(
      ({ resources, patientId: _patient, ...entry }) => ({
        ...entry,
        change: resources.find((each) => each.type === type && each.id === id)?.change ?? 'updated',
      }),
    );
  }

  #add({ sequence, act, kind, patient, touched }: Change): void {
    const entry: JournalEntry = {
      sequence,
      at: new Date(act.at).toISOString(),
      kind,
      via: act.via,
      user: act.user.id,
      patientId: patient.fhirId,
      resources: touched,
    };
    this.#entries.push(entry);
    for (const { type, id } of touched) {
      const key = `${type}/${id}`;
      const known = this.#byResource.get(key);
      if (known) known.push(entry);
      else this.#byResource.set(key, [entry]);
    }
    if (this.#entries.length - this.#gone > this.#capacity) this.#forget();
  }

  #forget(): void {
    const oldest = this.#entries[this.#gone] as JournalEntry;
    this.#gone += 1;
    for (const { type, id } of oldest.resources) {
      const key = `${type}/${id}`;
      const left = (this.#byResource.get(key) ?? []).filter((entry) => entry !== oldest);
      if (left.length > 0) this.#byResource.set(key, left);
      else this.#byResource.delete(key);
    }
    // Moving a long list for each change would cost more than the changes.
    if (this.#gone > this.#capacity) {
      this.#entries.splice(0, this.#gone);
      this.#gone = 0;
    }
  }
}
