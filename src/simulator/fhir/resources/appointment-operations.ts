import { day, minute } from '../../world/calendar.ts';
import { systems } from '../../world/identity.ts';
import type { Patient, Provider, VisitType } from '../../world/records.ts';
import { guardPatient } from '../access.ts';
import { readDate } from '../date-search.ts';
import type { Site, Version, Write } from '../declaration.ts';
import type { Edition } from '../edition.ts';
import { idIn, plain } from '../matching.ts';
import { type Issue, issue, operationOutcome, type Resource, refuse } from '../outcome.ts';
import type { Operation } from '../server.ts';
import { instant, locationReference, patientReference, practitionerReference } from './display.ts';
import {
  bookedBetween,
  freeTimes,
  isFree,
  type Offer,
  offerId,
  offerOfId,
  slotReference,
} from './schedule.ts';

const mostProposed = 20;
const usualDays = 14;

interface Parameter {
  readonly name?: string;
  readonly resource?: Resource;
  readonly [value: `value${string}`]: unknown;
}
interface Concept {
  readonly coding?: readonly { readonly system?: string; readonly code?: string }[];
  readonly text?: string;
}

/** `Appointment/$find` and `$book`: STU3, and not in the metadata; in R4 only where the switch `r4Book` says so. */
export function schedulingOperations(site: Site): readonly Operation[] {
  const isOn = (version: Version) =>
    site.behaviour.scheduling && (version === 'STU3' || (version === 'R4' && site.behaviour.r4Book));
  const operation = (name: string, run: Operation['run']): Operation => ({
    type: 'Appointment',
    name,
    listed: false,
    interaction: name === 'find' ? 'search' : 'create',
    isOn,
    run,
  });
  return [
    operation('find', (write, edition, base) => find(site, write, edition, base)),
    operation('book', (write, edition) => book(site, write, edition)),
  ];
}

/** Offers times. Nothing that fits is 200 with the reasons. */
function find(site: Site, write: Write, edition: Edition, base: string) {
  const { hospital } = site;
  const given = parametersIn(write.resource);
  const patient = patientIn(site, write, given.get('patient'));
  const from = instantIn(site, given, 'startTime');
  if (from === undefined) throw refuse(59108, { element: 'startTime' });
  const to = instantIn(site, given, 'endTime') ?? from + usualDays * day;
  const visitType = visitTypeIn(site, given, patient);
  if (!visitType) return nothing([issue(59200), issue(4101)]);
  const providers = providersIn(site, given);
  const offers = freeTimes(hospital, {
    from: Math.max(from, hospital.now()),
    to,
    providers,
    visitType,
    half: halfIn(given),
    most: mostProposed,
  });
  if (offers.length === 0) return nothing([issue(59134), issue(4101)]);
  const entry = offers.map((offer) => {
    const resource = proposal(site, edition.version, patient, offer);
    return { fullUrl: `${base}/Appointment/${resource.id}`, resource, search: { mode: 'match' } };
  });
  return { status: 200, resource: searchset(offers.length, entry) };
}

/** Books an offered time, if it is still free. */
function book(site: Site, write: Write, edition: Edition) {
  const { hospital } = site;
  const given = parametersIn(write.resource);
  const patient = patientIn(site, write, given.get('patient'));
  const wanted = textOf(given.get('appointment'));
  if (wanted === undefined) throw refuse(59108, { element: 'appointment' });
  const offer = offerOfId(hospital, idIn(wanted));
  if (!offer) throw refuse(59144, { element: 'appointment', diagnostics: 'invalid appointment ID' });
  const end = offer.start + offer.visitType.minutes * minute;
  const isLate = offer.start < hospital.now();
  if (isLate || !isFree(bookedBetween(hospital, offer.start, end), offer)) {
    throw refuse(59159, { element: 'appointment', diagnostics: 'The time is no longer available' });
  }
  const note = given.get('appointmentNote')?.valueString;
  const appointment = hospital.scheduling.book(hospital.act('fhir'), {
    patient: patient.number,
    start: offer.start,
    provider: offer.provider,
    visitType: offer.visitType,
    ...(typeof note === 'string' && note !== '' ? { note } : {}),
  });
  const declaration = edition.declaration('Appointment');
  if (!declaration) throw refuse(59177);
  return { status: 200, resource: edition.shape(declaration, appointment) };
}

function nothing(issues: readonly Issue[]) {
  const outcome = { resource: operationOutcome(issues), search: { mode: 'outcome' } };
  return { status: 200, resource: searchset(0, [outcome]) };
}

function searchset(total: number, entry: readonly unknown[]): Resource {
  return { resourceType: 'Bundle', type: 'searchset', total, entry };
}

function proposal(site: Site, version: Version, patient: Patient, offer: Offer): Resource {
  const { hospital } = site;
  const { provider, visitType, start } = offer;
  const serviceType = {
    coding: [{ system: systems.visitType, code: visitType.id, display: visitType.name }],
    text: visitType.name,
  };
  const participant = (actor: unknown, status: string) => ({ actor, required: 'required', status });
  const place = hospital.facility.clinicOf(provider);
  return {
    resourceType: 'Appointment',
    id: offerId(hospital, offer),
    status: 'proposed',
    serviceType: [serviceType],
    start: instant(start),
    end: instant(start + visitType.minutes * minute),
    minutesDuration: visitType.minutes,
    ...(version === 'STU3' ? { slot: [slotReference(hospital, offer)] } : {}),
    participant: [
      participant(patientReference(hospital, patient.number), 'accepted'),
      participant(practitionerReference(provider), 'needs-action'),
      participant(locationReference(place), 'needs-action'),
    ],
  };
}

function parametersIn({ parameter }: Resource): ReadonlyMap<string, Parameter> {
  if (!Array.isArray(parameter) || parameter.length === 0) throw refuse(4110);
  return new Map((parameter as readonly Parameter[]).map((each) => [each.name ?? '', each]));
}

/** The text of a parameter: of an identifier its value. */
function textOf(parameter: Parameter | undefined): string | undefined {
  if (!parameter) return undefined;
  const [, value] = Object.entries(parameter).find(([name]) => name.startsWith('value')) ?? [];
  const inner = value as { readonly value?: unknown; readonly reference?: unknown } | string | undefined;
  const text = typeof inner === 'object' ? (inner.value ?? inner.reference) : inner;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function patientIn(site: Site, { caller }: Write, parameter: Parameter | undefined): Patient {
  const { hospital } = site;
  const named = parameter?.resource ? String(parameter.resource.id ?? '') : textOf(parameter);
  if (!named) throw refuse(59108, { element: 'patient' });
  const patient = hospital.patientByAny(idIn(named));
  if (!patient) throw refuse(59102, { element: 'patient' });
  guardPatient(site, patient, caller);
  return patient;
}

function instantIn(
  { hospital }: Site,
  given: ReadonlyMap<string, Parameter>,
  name: string,
): number | undefined {
  const text = textOf(given.get(name));
  if (text === undefined) return undefined;
  const read = readDate(text, hospital.timeZone);
  if (!read) throw refuse(59111, { element: name });
  return read.begin;
}

/** By what was asked for; without a word by whether the hospital has seen the patient before. */
function visitTypeIn(
  { hospital }: Site,
  given: ReadonlyMap<string, Parameter>,
  patient: Patient,
): VisitType | undefined {
  const { visitTypes } = hospital.facility;
  const asked = given.get('serviceType')?.valueCodeableConcept as Concept | undefined;
  if (asked) {
    const codes = (asked.coding ?? []).map(({ code }) => code);
    return visitTypes.find(({ id, name }) => codes.includes(id) || plain(name) === plain(asked.text ?? ''));
  }
  const isKnown = hospital.chart('Encounter', patient).length > 0;
  return visitTypes.find(({ name }) => name === (isKnown ? 'Office Visit' : 'New Patient')) ?? visitTypes[0];
}

function providersIn({ hospital }: Site, given: ReadonlyMap<string, Parameter>): readonly Provider[] {
  const { providers, clinicOf } = hospital.facility;
  const place = given.get('location-reference')?.valueReference as
    | { readonly reference?: string }
    | undefined;
  const specialty = given.get('specialties')?.valueCodeableConcept as Concept | undefined;
  const words = [specialty?.text, ...(specialty?.coding ?? []).map(({ code }) => code)].filter(
    (each) => each !== undefined,
  );
  return providers.filter(
    (provider) =>
      (!place?.reference || clinicOf(provider).fhirId === idIn(place.reference)) &&
      (words.length === 0 || words.some((word) => plain(word) === plain(provider.specialty))),
  );
}

function halfIn(given: ReadonlyMap<string, Parameter>): 'morning' | 'afternoon' | undefined {
  const word = textOf(given.get('time-of-day'))?.toLowerCase();
  if (word === 'am' || word === 'morning') return 'morning';
  return word === 'pm' || word === 'afternoon' ? 'afternoon' : undefined;
}
