import { hour, minute, workingMornings } from './calendar.ts';
import type { ChartKind, ChartRecords, History } from './charts.ts';
import type { Facility } from './facility.ts';
import type { Identities } from './identity.ts';
import { historyCsn } from './numbers.ts';
import type { People } from './people.ts';
import { createRandom, type Random } from './random.ts';
import type { Appointment, Visit } from './records.ts';
import type { NewVisit } from './stays.ts';
import { cancelReasons, complaints } from './vocabulary.ts';

/** A quarter hour of a working day, 08:00 to 16:45, on one of the given mornings. */
export function slot(random: Random, mornings: readonly number[]): number {
  return random.pick(mornings) + random.integer(36) * 15 * minute;
}

export interface HistoryParts {
  readonly seed: string;
  readonly now: number;
  readonly timeZone: string;
  readonly patients: number;
  readonly identities: Identities;
  readonly facility: Facility;
  readonly people: People;
}

export interface SeededHistory extends History {
  /** What stands in the book when the simulator starts. */
  booked(): { readonly csn: number; readonly start: number }[];
  /** Who is in the house when the simulator starts, and since when. */
  inHouse(): (NewVisit & { readonly at: number })[];
}

/** What happened before the simulator started, made from the seed whenever it is asked for. */
export function createHistory(parts: HistoryParts): SeededHistory {
  const { seed, now, timeZone, patients, identities, facility } = parts;
  const past = workingMornings(now, timeZone, -5, 0);
  const coming = workingMornings(now, timeZone, 0, 28);

  function appointmentsOf(patient: number): Appointment[] {
    if (patient > patients) return [];
    const random = createRandom(seed, `book ${patient}`);
    const count = 1 + random.integer(3);
    return Array.from({ length: count }, (_, index): Appointment => {
      const csn = historyCsn(patient, index);
      const start = slot(random, past.length > 0 && random.chance(0.25) ? past : coming);
      const bookedAt = Math.min(now, start) - (1 + random.integer(480)) * hour;
      const provider = random.pick(facility.providers);
      const fate = start < now - hour ? random.fraction() : undefined;
      const status =
        fate === undefined ? 'booked' : fate < 0.1 ? 'noshow' : fate < 0.25 ? 'cancelled' : 'fulfilled';
      return {
        csn,
        fhirId: identities.fhirId('Appointment', csn),
        patient,
        provider,
        department: facility.clinicOf(provider),
        visitType: random.pick(facility.visitTypes),
        bookedAt,
        start,
        status,
        ...(status === 'cancelled' ? { reason: random.pick(cancelReasons) } : {}),
        changedAt: fate === undefined ? bookedAt : start,
      };
    });
  }

  function visitsOf(patient: number): Visit[] {
    const random = createRandom(seed, `visits ${patient}`);
    return appointmentsOf(patient)
      .filter(({ status }) => status === 'fulfilled')
      .map(({ csn, department, provider, start, visitType }): Visit => {
        const endedAt = start + visitType.minutes * minute;
        return {
          csn,
          fhirId: identities.fhirId('Encounter', csn),
          account: csn,
          patient,
          kind: 'clinic',
          status: 'finished',
          department,
          provider,
          complaint: random.pick(complaints),
          startedAt: start,
          endedAt,
          appointment: csn,
          stays: [{ department, from: start, to: endedAt }],
          statuses: [
            { status: 'in-progress', from: start },
            { status: 'finished', from: endedAt },
          ],
          changedAt: endedAt,
        };
      });
  }

  return {
    of<K extends ChartKind>(kind: K, patient: number): readonly ChartRecords[K][] {
      if (kind === 'Appointment') return appointmentsOf(patient) as ChartRecords[K][];
      if (kind === 'Encounter') return visitsOf(patient) as ChartRecords[K][];
      return [];
    },
    booked() {
      const found: { csn: number; start: number }[] = [];
      for (let patient = 1; patient <= patients; patient += 1) {
        for (const { csn, start, status } of appointmentsOf(patient)) {
          if (status === 'booked') found.push({ csn, start });
        }
      }
      return found;
    },
    inHouse() {
      const random = createRandom(seed, 'in house');
      const chosen = new Set<number>();
      const share = Math.min(patients * 0.08, facility.beds.length * 0.75);
      return facility.beds.slice(0, Math.round(share)).flatMap((bed) => {
        const patient = 1 + random.integer(patients);
        if (chosen.has(patient)) return [];
        chosen.add(patient);
        return [
          {
            patient,
            kind: 'inpatient' as const,
            bed,
            provider: random.pick(facility.providers),
            complaint: random.pick(complaints),
            at: now - (2 + random.integer(90)) * hour,
          },
        ];
      });
    },
  };
}
