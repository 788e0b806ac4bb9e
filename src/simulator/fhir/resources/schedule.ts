import { day, localHour, minute, workingMornings } from '../../world/calendar.ts';
import type { Hospital } from '../../world/hospital.ts';
import type { Appointment, Provider, VisitType } from '../../world/records.ts';
import type { Declaration, Site } from '../declaration.ts';
import { instant, locationReference, practitionerReference } from './display.ts';

const quarterHour = 15 * minute;
/** A working day has 36 quarter hours, from 08:00 on. */
const quartersOfDay = 36;
const planningDays = 60;

/** A quarter hour of a provider's day. */
export interface Slot {
  readonly provider: Provider;
  readonly start: number;
}

/** A time that was offered: a slot, and what it would be for. */
export interface Offer extends Slot {
  readonly visitType: VisitType;
}

// An offer's number holds all it says, so that none has to be remembered: provider, visit type, quarter hour.
const mostProviders = 1024;
const mostVisitTypes = 64;

function numberOf({ facility }: Hospital, { provider, start, visitType }: Offer): number {
  const type = facility.visitTypes.indexOf(visitType);
  return (Math.floor(start / quarterHour) * mostVisitTypes + type) * mostProviders + provider.number;
}

/** The id of an offer: what `$find` gives and `$book` takes. */
export function offerId(hospital: Hospital, offer: Offer): string {
  return `f${hospital.identities.fhirId('Slot', numberOf(hospital, offer)).slice(1)}`;
}

function offerOfNumber({ facility }: Hospital, number: number): Offer | undefined {
  const provider = facility.providers[number % mostProviders];
  const rest = Math.floor(number / mostProviders);
  const visitType = facility.visitTypes[rest % mostVisitTypes];
  const start = Math.floor(rest / mostVisitTypes) * quarterHour;
  return provider && visitType ? { provider, visitType, start } : undefined;
}

export function offerOfId(hospital: Hospital, id: string): Offer | undefined {
  const named = id.startsWith('f') ? hospital.identities.read(`e${id.slice(1)}`) : undefined;
  return named?.kind === 'Slot' ? offerOfNumber(hospital, named.number) : undefined;
}

/** The appointments that are booked in `[from, to)`, and take up time in it. */
export function bookedBetween(hospital: Hospital, from: number, to: number): readonly Appointment[] {
  return hospital.booked(from - day / 8, to).flatMap((csn) => hospital.numbered('Appointment', csn) ?? []);
}

/** Whether a provider is free for so long. */
export function isFree(booked: readonly Appointment[], { provider, start, visitType }: Offer): boolean {
  const end = start + visitType.minutes * minute;
  return !booked.some(
    (each) =>
      each.provider.number === provider.number &&
      each.start < end &&
      each.start + each.visitType.minutes * minute > start,
  );
}

export interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly providers: readonly Provider[];
  readonly visitType: VisitType;
  readonly half: 'morning' | 'afternoon' | undefined;
  readonly most: number;
}

/** Free times, earliest first, day by day until there are enough. */
export function freeTimes(hospital: Hospital, wanted: Wanted): readonly Offer[] {
  const { from, to, providers, visitType, half, most } = wanted;
  const { timeZone } = hospital;
  const found: Offer[] = [];
  const days = Math.min(planningDays, Math.ceil((to - from) / day) + 1);
  for (const morning of workingMornings(from, timeZone, 0, days)) {
    if (found.length >= most) break;
    const evening = morning + quartersOfDay * quarterHour;
    if (evening <= from || morning >= to) continue;
    const booked = bookedBetween(hospital, morning, evening);
    for (let start = morning; start < evening; start += quarterHour) {
      if (start < from || start >= to) continue;
      const isMorning = localHour(start, timeZone) < 12;
      if (half !== undefined && isMorning !== (half === 'morning')) continue;
      for (const provider of providers) {
        const offer = { provider, start, visitType };
        if (found.length < most && isFree(booked, offer)) found.push(offer);
      }
    }
  }
  return found;
}

export function slotReference(hospital: Hospital, offer: Offer) {
  return { reference: `Slot/${hospital.identities.fhirId('Slot', numberOf(hospital, offer))}` };
}

/** Slot: STU3 alone, read by the reference of a proposed appointment. */
export function slots({ hospital }: Site): Declaration<Offer> {
  const idOf = (offer: Offer) => hospital.identities.fhirId('Slot', numberOf(hospital, offer));
  return {
    type: 'Slot',
    interactions: { STU3: ['read'] },
    native: [],
    postFilters: [],
    find(id) {
      const named = hospital.identities.read(id);
      return named?.kind === 'Slot' ? offerOfNumber(hospital, named.number) : undefined;
    },
    idOf,
    render: (offer) => ({
      resourceType: 'Slot',
      id: idOf(offer),
      schedule: { reference: `Schedule/${hospital.identities.fhirId('Schedule', offer.provider.number)}` },
      status: isFree(bookedBetween(hospital, offer.start, offer.start + quarterHour), offer)
        ? 'free'
        : 'busy',
      start: instant(offer.start),
      end: instant(offer.start + offer.visitType.minutes * minute),
    }),
  };
}

/** Schedule: STU3 alone. A provider's working days. */
export function schedules({ hospital }: Site): Declaration<Provider> {
  const idOf = ({ number }: Provider) => hospital.identities.fhirId('Schedule', number);
  return {
    type: 'Schedule',
    interactions: { STU3: ['read'] },
    native: [],
    postFilters: [],
    find(id) {
      const named = hospital.identities.read(id);
      return named?.kind === 'Schedule' ? hospital.facility.providers[named.number] : undefined;
    },
    idOf,
    render: (provider) => ({
      resourceType: 'Schedule',
      id: idOf(provider),
      active: true,
      actor: [practitionerReference(provider), locationReference(hospital.facility.clinicOf(provider))],
      planningHorizon: {
        start: instant(hospital.now()),
        end: instant(hospital.now() + planningDays * day),
      },
    }),
  };
}
