import { day, hour, minute, workingMornings } from '../calendar.ts';
import { historyCsn } from '../numbers.ts';
import { createRandom, type Random } from '../random.ts';
import type { Appointment, Bed, Department, Provider, Visit, VisitKind } from '../records.ts';
import { cancelReasons, complaints } from '../vocabulary.ts';
import { type HistoryParts, type Inmate, slot } from './parts.ts';

export interface Contacts {
  readonly appointments: readonly Appointment[];
  readonly visits: readonly Visit[];
}

/** How many days ahead the book is kept. */
const daysAhead = 28;
/** How far a history reaches back. */
const historyDays = 1_100;
// Places in a patient's list of contacts: the book first, then the past, then the bed of an inmate.
const firstPast = 8;
const mostPast = 16;
const inmatePlace = 127;
/** In a small hospital everyone is expected; in a large one three in ten are, within the month. */
const livelyPopulation = 2_000;
const shareExpected = 0.3;
/** Hospital accounts of a history are counted like its contacts. */
const firstAccount = 200_000_000;

/** Makes the contacts of one patient after the other. */
export function contactsMaker(parts: HistoryParts, inmates: ReadonlyMap<number, Inmate>) {
  const { seed, now, timeZone, patients, identities, facility, people } = parts;
  const lately = workingMornings(now, timeZone, -5, 0);
  const coming = workingMornings(now, timeZone, 0, daysAhead);

  /** The book: the last days have happened, the coming weeks are booked. */
  function book(patient: number): Appointment[] {
    const random = createRandom(seed, `book ${patient}`);
    const expected = patients <= livelyPopulation || random.chance(shareExpected);
    const count = expected ? 1 + random.integer(3) : 0;
    return Array.from({ length: count }, (_, index): Appointment => {
      const start = slot(random, lately.length > 0 && random.chance(0.25) ? lately : coming);
      const provider = random.pick(facility.providers);
      return appointment(random, patient, index, start, provider);
    });
  }

  function appointment(
    random: Random,
    patient: number,
    place: number,
    start: number,
    provider: Provider,
  ): Appointment {
    const csn = historyCsn(patient, place);
    const bookedAt = Math.min(now, start) - (1 + random.integer(480)) * hour;
    const fate = start < now - 2 * hour ? random.fraction() : undefined;
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
      changedAt: fate === undefined ? bookedAt : Math.max(bookedAt, start),
    };
  }

  function visit(
    patient: number,
    place: number,
    kind: VisitKind,
    where: { department: Department; bed?: Bed },
    details: Pick<Visit, 'provider' | 'complaint' | 'startedAt'>,
    ended: number | undefined,
  ): Visit {
    const csn = historyCsn(patient, place);
    const { startedAt } = details;
    const end = ended === undefined ? {} : { endedAt: ended };
    return {
      csn,
      fhirId: identities.fhirId('Encounter', csn),
      account: firstAccount + csn,
      patient,
      kind,
      status: ended === undefined ? 'in-progress' : 'finished',
      ...where,
      ...details,
      ...end,
      ...(kind === 'clinic' ? { appointment: csn } : {}),
      stays: [{ ...where, from: startedAt, ...(ended === undefined ? {} : { to: ended }) }],
      statuses: [
        { status: 'in-progress', from: startedAt },
        ...(ended === undefined ? [] : [{ status: 'finished' as const, from: ended }]),
      ],
      changedAt: ended ?? startedAt,
    };
  }

  function kept(random: Random, place: number, from: Appointment): Visit {
    const { department, provider, start, visitType, patient } = from;
    const complaint = random.pick(complaints);
    const details = { provider, complaint, startedAt: start };
    return visit(patient, place, 'clinic', { department }, details, start + visitType.minutes * minute);
  }

  return {
    book,
    /** Everything up to the start, and what is booked beyond it. */
    of(patient: number): Contacts {
      const inmate = inmates.get(patient);
      const person = people.seeded(patient);
      const random = createRandom(seed, `contacts ${patient}`);
      const appointments: Appointment[] = [];
      const visits: Visit[] = [];
      const age = (now - Date.parse(person.birthDate)) / (365 * day);
      const since = Math.max(now - historyDays * day, Date.parse(person.birthDate));
      const count = Math.min(mostPast, random.integer(4) + random.integer(2 + Math.floor(age / 12)));
      for (let index = 0; index < count; index += 1) {
        const startedAt = since + Math.floor(random.fraction() * (now - 7 * day - since));
        if (startedAt < since) continue;
        const place = firstPast + index;
        const manner = random.fraction();
        if (manner < 0.75) {
          const [morning = startedAt] = workingMornings(startedAt, timeZone, 0, 3);
          const provider = random.chance(0.6) ? person.provider : random.pick(facility.providers);
          const one = appointment(random, patient, place, slot(random, [morning]), provider);
          appointments.push(one);
          if (one.status === 'fulfilled') visits.push(kept(random, place, one));
        } else {
          const bed = manner > 0.9 && facility.beds.length > 0 ? random.pick(facility.beds) : undefined;
          const lasted = (bed ? 30 + random.integer(130) : 2 + random.integer(7)) * hour;
          const details = {
            provider: random.pick(facility.providers),
            complaint: random.pick(complaints),
            startedAt,
          };
          const where = bed ? { department: bed.department, bed } : { department: facility.emergency };
          const kind = bed ? 'inpatient' : 'emergency';
          visits.push(visit(patient, place, kind, where, details, Math.min(startedAt + lasted, now - hour)));
        }
      }
      for (const [index, one] of book(patient).entries()) {
        appointments.push(one);
        if (one.status === 'fulfilled') visits.push(kept(random, index, one));
      }
      if (inmate) {
        const { bed, since: startedAt, provider, complaint } = inmate;
        const where = { department: bed.department, bed };
        visits.push(
          visit(patient, inmatePlace, 'inpatient', where, { provider, complaint, startedAt }, undefined),
        );
      }
      appointments.sort((a, b) => a.start - b.start || a.csn - b.csn);
      visits.sort((a, b) => a.startedAt - b.startedAt || a.csn - b.csn);
      return { appointments, visits };
    },
  };
}
