import type { ChartKind, ChartRecords, History } from '../charts.ts';
import type { Visit } from '../records.ts';
import { type Contacts, contactsMaker } from './contacts.ts';
import { inmatesOf } from './house.ts';
import { notesOf } from './notes.ts';
import type { HistoryParts } from './parts.ts';
import { problemsOf } from './problems.ts';
import { readingsOf } from './readings.ts';

export interface SeededHistory extends History {
  /** What stands in the book when the simulator starts. */
  booked(): { readonly csn: number; readonly start: number }[];
  /** The visits of those who are in the house when the simulator starts. */
  inHouse(): Visit[];
}

type Section = 'contacts' | 'readings' | 'notes' | 'problems';
type Shelf = Partial<Record<ChartKind, readonly ChartRecords[ChartKind][]>>;

const sectionOf: Readonly<Record<ChartKind, Section>> = {
  Appointment: 'contacts',
  Encounter: 'contacts',
  Observation: 'readings',
  ServiceRequest: 'readings',
  DocumentReference: 'notes',
  Condition: 'problems',
  AllergyIntolerance: 'problems',
  MedicationRequest: 'problems',
  Coverage: 'problems',
};

// What was asked for lately is likely to be asked for again: about 30 MB of it is kept at hand.
const recordsAtHand = 60_000;

/**
 * What happened before the simulator started, made from the seed whenever it is asked for: a hundred thousand
 * histories take no memory until someone reads them.
 */
export function createHistory(parts: HistoryParts): SeededHistory {
  const { patients } = parts;
  const inmates = inmatesOf(parts);
  const contacts = contactsMaker(parts, inmates);
  const atHand = new Map<string, Shelf>();
  let count = 0;

  function shelf(section: Section, patient: number): Shelf {
    const key = `${section} ${patient}`;
    const known = atHand.get(key);
    if (known) {
      // The order of the map is the order of use.
      atHand.delete(key);
      atHand.set(key, known);
      return known;
    }
    const made = make(section, patient);
    atHand.set(key, made);
    count += sizeOf(made);
    for (const [oldest, records] of atHand) {
      if (count <= recordsAtHand || oldest === key) break;
      atHand.delete(oldest);
      count -= sizeOf(records);
    }
    return made;
  }

  function visitsOf(patient: number): readonly Visit[] {
    return (shelf('contacts', patient).Encounter ?? []) as readonly Visit[];
  }

  function make(section: Section, patient: number): Shelf {
    switch (section) {
      case 'contacts': {
        const { appointments, visits }: Contacts = contacts.of(patient);
        return { Appointment: appointments, Encounter: visits };
      }
      case 'readings': {
        const { observations, orders } = readingsOf(parts, patient, visitsOf(patient));
        return { Observation: observations, ServiceRequest: orders };
      }
      case 'notes':
        return { DocumentReference: notesOf(parts, patient, visitsOf(patient)) };
      case 'problems': {
        const { conditions, allergies, medications, coverages } = problemsOf(parts, patient);
        return {
          Condition: conditions,
          AllergyIntolerance: allergies,
          MedicationRequest: medications,
          Coverage: coverages,
        };
      }
    }
  }

  return {
    of<K extends ChartKind>(kind: K, patient: number): readonly ChartRecords[K][] {
      // Whoever came after the start has no history here.
      if (patient < 1 || patient > patients) return [];
      return (shelf(sectionOf[kind], patient)[kind] ?? []) as readonly ChartRecords[K][];
    },
    booked() {
      const found: { csn: number; start: number }[] = [];
      for (let patient = 1; patient <= patients; patient += 1) {
        for (const { csn, start, status } of contacts.book(patient)) {
          if (status === 'booked') found.push({ csn, start });
        }
      }
      return found;
    },
    inHouse: () =>
      [...inmates.keys()].flatMap((patient) =>
        contacts.of(patient).visits.filter(({ status }) => status === 'in-progress'),
      ),
  };
}

function sizeOf(shelf: Shelf): number {
  return 1 + Object.values(shelf).reduce((sum, records) => sum + records.length, 0);
}
