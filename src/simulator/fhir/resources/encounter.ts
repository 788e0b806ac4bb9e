import { localDate } from '../../world/calendar.ts';
import { systems } from '../../world/identity.ts';
import type { Visit } from '../../world/records.ts';
import type { Declaration, Query, Site } from '../declaration.ts';
import { readToken } from '../matching.ts';
import { issue, type Resource, refuse } from '../outcome.ts';
import { subjectOf, valuesOf } from '../search.ts';
import {
  encounterTypes,
  instant,
  locationReference,
  organizationReference,
  patientReference,
  practitionerReference,
} from './display.ts';

// Epic's own patient classes, not v3-ActCode. 4 and 13 were observed; 1 and 3 are our choice.
const classes = {
  inpatient: { code: '1', display: 'Inpatient' },
  emergency: { code: '3', display: 'Emergency' },
  clinic: { code: '13', display: 'Support OP Encounter' },
} as const;

/** Encounter: read and search. Nothing creates one over FHIR. */
export function encounters(site: Site): Declaration<Visit> {
  const { hospital } = site;
  return {
    type: 'Encounter',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'] },
    native: [
      {
        name: 'class',
        type: 'token',
        documentation: 'The patient class.',
        at: 'class',
        known: { values: Object.values(classes).map(({ code }) => code), remark: 59109 },
      },
      {
        name: 'date',
        type: 'date',
        documentation: 'When the encounter took place.',
        span: ({ startedAt, endedAt }) => [startedAt, endedAt],
      },
      { name: 'identifier', type: 'token', documentation: 'The contact serial number (CSN).' },
      { name: 'onlyscannable', type: 'token', documentation: 'Encounters that documents can be scanned to.' },
      { name: 'patient', type: 'reference', documentation: 'Whose encounters.', include: 'subject' },
      { name: 'subject', type: 'reference', documentation: 'Whose encounters.', include: 'subject' },
    ],
    postFilters: [
      { name: 'account', type: 'reference', at: 'account' },
      { name: 'appointment', type: 'reference', at: 'appointment' },
      { name: 'based-on', type: 'reference', at: 'basedOn' },
      { name: 'diagnosis', type: 'reference', at: 'diagnosis.condition' },
      { name: 'episode-of-care', type: 'reference', at: 'episodeOfCare' },
      { name: 'location', type: 'reference', at: 'location.location' },
      { name: 'location-period', type: 'date', at: 'location.period' },
      { name: 'part-of', type: 'reference', at: 'partOf' },
      { name: 'participant', type: 'reference', at: 'participant.individual' },
      { name: 'participant-type', type: 'token', at: 'participant.type' },
      { name: 'practitioner', type: 'reference', at: 'participant.individual' },
      { name: 'reason-code', type: 'token', at: 'reasonCode' },
      { name: 'reason-reference', type: 'reference', at: 'reasonReference' },
      { name: 'service-provider', type: 'reference', at: 'serviceProvider' },
      { name: 'special-arrangement', type: 'token', at: 'hospitalization.specialArrangement' },
      { name: 'status', type: 'token', at: 'status' },
      { name: 'type', type: 'token', at: 'type' },
    ],
    find: (id) => hospital.record('Encounter', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => inOrder(hospital.chart('Encounter', patient)),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'subject']);
      const named = byCsn(site, query);
      if (named) return named.filter((each) => !patient || each.patient === patient.number);
      if (patient) return inOrder(hospital.chart('Encounter', patient));
      remarkOnClass(query);
      throw refuse(59108, { element: 'patient' });
    },
    partNotGranted: () => 'Encounter - Outside Record',
    render: (visit) => encounterResource(site, visit),
    older: { STU3: { to: toStu3 } },
  };
}

function inOrder(records: readonly Visit[]): readonly Visit[] {
  return records.toSorted((a, b) => a.startedAt - b.startedAt);
}

/** What is wrong with an optional value is said before the call ends for want of a patient. */
function remarkOnClass(query: Query): void {
  const known = Object.values(classes).map<string>(({ code }) => code);
  for (const value of valuesOf(query.parameters, 'class')) {
    if (!value.split(',').every((each) => known.includes(readToken(each).value)))
      query.issues.push(issue(59109, { element: 'class' }));
  }
}

function byCsn({ hospital }: Site, { parameters }: Query): readonly Visit[] | undefined {
  const [token] = valuesOf(parameters, 'identifier');
  if (token === undefined) return undefined;
  return token.split(',').flatMap((each) => {
    const { system, value } = readToken(each);
    return system && system !== systems.csn ? [] : (hospital.numbered('Encounter', Number(value)) ?? []);
  });
}

/** Office visits that nobody closed stay in progress, though their period is past. */
function statusOf({ behaviour }: Site, { kind, status, csn }: Visit): string {
  const isForgotten = (Math.imul(csn, 2_654_435_761) >>> 0) % 1000 < behaviour.openEncountersPerThousand;
  return kind === 'clinic' && status === 'finished' && isForgotten ? 'in-progress' : status;
}

function encounterResource(site: Site, visit: Visit): Resource {
  const { hospital } = site;
  const { patient, kind, department, appointment, startedAt, endedAt } = visit;
  // Office visits carry dates only.
  const moment = (at: number) => (kind === 'clinic' ? localDate(at, hospital.timeZone) : instant(at));
  const period = (from: number, to: number | undefined) => ({
    start: moment(from),
    ...(to === undefined ? {} : { end: moment(to) }),
  });
  const booked = appointment === undefined ? undefined : hospital.numbered('Appointment', appointment);
  const stays = visit.stays.map(({ department: where, bed, from, to }) => {
    const place = locationReference(where);
    const display = bed ? `${where.name}, room ${bed.room}, bed ${bed.bed}` : place.display;
    return { location: { ...place, display }, ...(kind === 'clinic' ? {} : { period: period(from, to) }) };
  });
  return {
    resourceType: 'Encounter',
    id: visit.fhirId,
    identifier: [{ use: 'usual', system: systems.csn, value: String(visit.csn) }],
    status: statusOf(site, visit),
    class: { system: systems.patientClass, ...classes[kind] },
    type: [
      {
        coding: [{ system: systems.encounterType, ...encounterTypes[kind] }],
        text: encounterTypes[kind].display,
      },
    ],
    subject: patientReference(hospital, patient),
    participant: [{ period: period(startedAt, endedAt), individual: practitionerReference(visit.provider) }],
    ...(booked ? { appointment: [{ reference: `Appointment/${booked.fhirId}` }] } : {}),
    period: period(startedAt, endedAt),
    reasonCode: [{ text: visit.complaint }],
    account: [{ identifier: { value: String(visit.account) } }],
    location: stays.length > 0 ? stays : [{ location: locationReference(department) }],
    serviceProvider: organizationReference(hospital),
  };
}

/** STU3 calls the reason otherwise and has one appointment. */
function toStu3({ reasonCode, appointment, ...rest }: Resource): Resource {
  const [booked] = (appointment ?? []) as readonly unknown[];
  return { ...rest, reason: reasonCode, ...(booked ? { appointment: booked } : {}) };
}
