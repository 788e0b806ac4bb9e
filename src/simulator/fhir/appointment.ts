import { localDate, minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { systems } from '../world/identity.ts';
import type { Appointment, Patient } from '../world/records.ts';
import { locationReference, patientReference, practitionerReference } from './display.ts';
import { type Issue, issue, Refusal, type Resource } from './outcome.ts';
import {
  type ResourceService,
  readToken,
  searchById,
  subjectOf,
  withinDates,
  withStatus,
} from './service.ts';

const statuses = [
  'proposed',
  'pending',
  'booked',
  'arrived',
  'fulfilled',
  'cancelled',
  'noshow',
  'entered-in-error',
];

/** Appointment: read, and search by patient with dates and status. There is no `_lastUpdated`, and no population search. */
export function appointmentService(hospital: Hospital): ResourceService {
  function read(id: string): Resource | undefined {
    const appointment = hospital.appointment(id);
    return appointment && appointmentResource(hospital, appointment);
  }
  return {
    type: 'Appointment',
    parameters: [
      { name: 'date', type: 'date' },
      { name: 'identifier', type: 'token' },
      { name: 'patient', type: 'reference' },
      { name: 'service-category', type: 'token' },
      { name: 'status', type: 'token' },
      { name: '_count', type: 'number' },
      { name: '_id', type: 'token' },
    ],
    read,
    search(query) {
      const id = query.get('_id');
      if (id) return searchById({ read }, id);
      const patient = subjectOf(hospital, query, ['patient']);
      const identifier = query.get('identifier');
      if (!patient && !identifier) throw new Refusal(400, issue(59108, { element: 'patient' }));
      const issues: Issue[] = [];
      let found: readonly Appointment[] = patient ? hospital.chart('Appointment', patient) : [];
      if (identifier) {
        const { system, value } = readToken(identifier);
        const named = hospital.appointmentByCsn(Number(value));
        found =
          named && (!system || system === systems.csn) && (!patient || named.patient === patient.number)
            ? [named]
            : [];
      }
      // This hospital books no surgery; the category is the only thing that could tell.
      const category = query.get('service-category');
      if (category && readToken(category).value === 'surgery') found = [];
      found = withinDates(hospital, found, query, ({ start }) => [start, start], issues);
      found = withStatus(found, query, statuses, ({ status }) => status, issues);
      const ids = [...found].sort((a, b) => a.start - b.start).map(({ fhirId }) => fhirId);
      return { ids, issues };
    },
  };
}

function appointmentResource(hospital: Hospital, appointment: Appointment): Resource {
  const { provider, department, visitType, status, reason } = appointment;
  const patient = hospital.patients.get(appointment.patient) as Patient;
  const start = new Date(appointment.start).toISOString().replace('.000', '');
  const end = new Date(appointment.start + visitType.minutes * minute).toISOString().replace('.000', '');
  const participant = (actor: unknown) => ({
    actor,
    required: 'required',
    status: 'accepted',
    period: { start, end },
  });
  const category = { code: 'appointment', display: 'appointment' };
  return {
    resourceType: 'Appointment',
    id: appointment.fhirId,
    identifier: [{ use: 'usual', system: systems.csn, value: String(appointment.csn) }],
    status,
    ...(status === 'cancelled' && reason
      ? { cancelationReason: { coding: [{ system: systems.cancelReason, display: reason }], text: reason } }
      : {}),
    serviceCategory: [
      {
        coding: [
          {
            system: 'http://open.epic.com/FHIR/StructureDefinition/appointment-service-category',
            ...category,
          },
        ],
        text: category.display,
      },
    ],
    serviceType: [
      {
        coding: [{ system: systems.visitType, code: visitType.id, display: visitType.name }],
        text: visitType.name,
      },
    ],
    appointmentType: {
      coding: [
        { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB', display: 'ambulatory' },
      ],
    },
    start,
    end,
    minutesDuration: visitType.minutes,
    // A date without a time, which is all Epic tells.
    created: localDate(appointment.bookedAt, hospital.timeZone),
    patientInstruction: 'Please arrive 15 minutes early & bring your insurance card.',
    participant: [
      participant(patientReference(patient)),
      participant(practitionerReference(provider)),
      participant(locationReference(department)),
    ],
  };
}
