import { localDate } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import type { Patient, Visit } from '../world/records.ts';
import { locationReference, patientReference, practitionerReference } from './display.ts';
import { type Issue, issue, Refusal, type Resource } from './outcome.ts';
import { type ResourceService, readToken, searchById, subjectOf, withinDates } from './service.ts';

// Epic's own patient classes, not v3-ActCode. 4 and 13 were observed; 1 and 3 are our choice.
const classes = {
  inpatient: { code: '1', display: 'Inpatient' },
  emergency: { code: '3', display: 'Emergency' },
  clinic: { code: '13', display: 'Support OP Encounter' },
} as const;

const types = {
  inpatient: { code: '3', display: 'Hospital Encounter' },
  emergency: { code: '3', display: 'Hospital Encounter' },
  clinic: { code: '101', display: 'Office Visit' },
} as const;

/** Encounter: read, and search by patient with dates and class. */
export function encounterService(hospital: Hospital): ResourceService {
  function read(id: string): Resource | undefined {
    const visit = hospital.visit(id);
    return visit && encounterResource(hospital, visit);
  }
  return {
    type: 'Encounter',
    parameters: [
      { name: 'class', type: 'token' },
      { name: 'date', type: 'date' },
      { name: 'identifier', type: 'token' },
      { name: 'patient', type: 'reference' },
      { name: 'subject', type: 'reference' },
      { name: '_count', type: 'number' },
      { name: '_id', type: 'token' },
    ],
    read,
    search(query) {
      const id = query.get('_id');
      if (id) return searchById({ read }, id);
      const issues: Issue[] = [];
      const wanted = query.get('class');
      const kind = wanted && kindOf(readToken(wanted).value);
      if (wanted && !kind) issues.push(issue(59109, { element: 'class' }));
      const patient = subjectOf(hospital, query, ['patient', 'subject']);
      const identifier = query.get('identifier');
      if (!patient && !identifier) throw new Refusal(400, ...issues, issue(59108, { element: 'patient' }));
      let found: readonly Visit[] = patient ? hospital.chart('Encounter', patient) : [];
      if (identifier) {
        const { system, value } = readToken(identifier);
        const named = hospital.visitByCsn(Number(value));
        found =
          named && (!system || system === systems.csn) && (!patient || named.patient === patient.number)
            ? [named]
            : [];
      }
      if (kind) found = found.filter((visit) => visit.kind === kind);
      found = withinDates(hospital, found, query, (visit) => [visit.startedAt, visit.endedAt], issues);
      const ids = [...found].sort((a, b) => a.startedAt - b.startedAt).map(({ fhirId }) => fhirId);
      return { ids, issues };
    },
  };
}

function kindOf(code: string): Visit['kind'] | undefined {
  return (Object.keys(classes) as Visit['kind'][]).find((kind) => classes[kind].code === code);
}

function encounterResource(hospital: Hospital, visit: Visit): Resource {
  const { kind, department, bed } = visit;
  const patient = hospital.patients.get(visit.patient) as Patient;
  const appointment =
    visit.appointment === undefined ? undefined : hospital.appointmentByCsn(visit.appointment);
  const ended = visit.endedAt !== undefined;
  // Office visits carry dates only.
  const moment = (instant: number) =>
    kind === 'clinic'
      ? localDate(instant, hospital.timeZone)
      : new Date(instant).toISOString().replace(/\.\d+/, '');
  const period = {
    start: moment(visit.startedAt),
    ...(visit.endedAt === undefined ? {} : { end: moment(visit.endedAt) }),
  };
  const place = locationReference(department);
  return {
    resourceType: 'Encounter',
    id: visit.fhirId,
    identifier: [{ use: 'usual', system: systems.csn, value: String(visit.csn) }],
    status: ended ? 'finished' : 'in-progress',
    class: { system: systems.patientClass, ...classes[kind] },
    type: [{ coding: [{ system: systems.encounterType, ...types[kind] }], text: types[kind].display }],
    subject: patientReference(patient),
    participant: [{ period, individual: practitionerReference(visit.provider) }],
    ...(appointment ? { appointment: [{ reference: `Appointment/${appointment.fhirId}` }] } : {}),
    period,
    reasonCode: [{ text: visit.complaint }],
    account: [{ identifier: { value: String(visit.account) } }],
    location: [
      {
        location: bed ? { ...place, display: `${department.name}, room ${bed.room}, bed ${bed.bed}` } : place,
      },
    ],
    serviceProvider: {
      reference: `Organization/${hospital.facility.organizationId}`,
      display: hospital.facility.name,
    },
  };
}
