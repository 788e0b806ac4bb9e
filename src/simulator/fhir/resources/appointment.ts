import { localDate, minute } from '../../world/calendar.ts';
import { systems } from '../../world/identity.ts';
import type { Appointment } from '../../world/records.ts';
import type { Declaration, Query, Site } from '../declaration.ts';
import { readToken, valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf, valuesOf } from '../search.ts';
import { instant, locationReference, patientReference, practitionerReference } from './display.ts';

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
const category = 'http://open.epic.com/FHIR/StructureDefinition/appointment-service-category';

/** Appointment: read and search; there is no create, no `_lastUpdated`, and no population search. */
export function appointments(site: Site): Declaration<Appointment> {
  const { hospital } = site;
  return {
    type: 'Appointment',
    get interactions() {
      const both = ['read', 'search'] as const;
      // Reported of some sites, and so a switch: cancelling by PUT.
      return { R4: site.behaviour.r4Book ? [...both, 'update' as const] : both, STU3: both };
    },
    native: [
      {
        name: 'date',
        type: 'date',
        documentation: 'When the appointment takes place.',
        span: ({ start }) => [start, start],
      },
      { name: 'identifier', type: 'token', documentation: 'The contact serial number (CSN).' },
      {
        name: 'onlyscannable',
        type: 'token',
        documentation: 'Appointments that documents can be scanned to.',
      },
      {
        name: 'patient',
        type: 'reference',
        documentation: 'Whose appointments.',
        include: 'participant.actor',
      },
      {
        name: 'service-category',
        type: 'token',
        documentation: 'surgery or appointment.',
        at: 'serviceCategory',
        known: { values: ['surgery', 'appointment'], remark: 59109 },
      },
      {
        name: 'status',
        type: 'token',
        documentation: 'The status of the appointment.',
        at: 'status',
        known: { values: statuses, remark: 59101 },
      },
    ],
    postFilters: [
      { name: 'actor', type: 'reference', at: 'participant.actor' },
      { name: 'appointment-type', type: 'token', at: 'appointmentType' },
      { name: 'based-on', type: 'reference', at: 'basedOn' },
      { name: 'location', type: 'reference', at: 'participant.actor' },
      { name: 'part-status', type: 'token', at: 'participant.status' },
      { name: 'practitioner', type: 'reference', at: 'participant.actor' },
      { name: 'reason-code', type: 'token', at: 'reasonCode' },
      { name: 'reason-reference', type: 'reference', at: 'reasonReference' },
      { name: 'service-type', type: 'token', at: 'serviceType' },
      { name: 'slot', type: 'reference', at: 'slot' },
      { name: 'specialty', type: 'token', at: 'specialty' },
      { name: 'supporting-info', type: 'reference', at: 'supportingInformation' },
    ],
    find: (id) => hospital.record('Appointment', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => inOrder(hospital.chart('Appointment', patient)),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient']);
      const named = byCsn(site, query);
      if (named) return named.filter((each) => !patient || each.patient === patient.number);
      if (!patient) throw refuse(59108, { element: 'patient' });
      return inOrder(hospital.chart('Appointment', patient));
    },
    render: (appointment) => appointmentResource(site, appointment),
    older: { STU3: { to: toStu3 } },
    updates: [
      {
        name: 'Appointment.Update (Cancel)',
        specification: 0,
        accepts: ({ status }) => status === 'cancelled',
        file({ resource }, { csn, status }) {
          if (status !== 'booked') throw refuse(59159, { element: 'status' });
          const [reason] = valuesAt(resource, 'cancelationReason.text');
          hospital.scheduling.cancel(
            hospital.act('fhir'),
            csn,
            typeof reason === 'string' ? reason : undefined,
          );
        },
      },
    ],
  };
}

function inOrder(records: readonly Appointment[]): readonly Appointment[] {
  return records.toSorted((a, b) => a.start - b.start);
}

/** Appointments by the contact numbers asked for; undefined when none was. */
function byCsn({ hospital }: Site, { parameters }: Query): readonly Appointment[] | undefined {
  const [token] = valuesOf(parameters, 'identifier');
  if (token === undefined) return undefined;
  return token.split(',').flatMap((each) => {
    const { system, value } = readToken(each);
    return system && system !== systems.csn ? [] : (hospital.numbered('Appointment', Number(value)) ?? []);
  });
}

function appointmentResource({ hospital }: Site, appointment: Appointment): Resource {
  const { patient, provider, department, visitType, status, reason, note } = appointment;
  const start = instant(appointment.start);
  const end = instant(appointment.start + visitType.minutes * minute);
  const participant = (actor: unknown) => ({
    actor,
    required: 'required',
    status: 'accepted',
    period: { start, end },
  });
  return {
    resourceType: 'Appointment',
    id: appointment.fhirId,
    identifier: [{ use: 'usual', system: systems.csn, value: String(appointment.csn) }],
    status,
    ...(status === 'cancelled' && reason
      ? { cancelationReason: { coding: [{ system: systems.cancelReason, display: reason }], text: reason } }
      : {}),
    serviceCategory: [
      { coding: [{ system: category, code: 'appointment', display: 'appointment' }], text: 'appointment' },
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
    ...(note === undefined ? {} : { comment: note }),
    patientInstruction: 'Please arrive 15 minutes early & bring your insurance card.',
    participant: [
      participant(patientReference(hospital, patient)),
      participant(practitionerReference(provider)),
      participant(locationReference(department)),
    ],
  };
}

/** STU3 has one category, calls the reason otherwise, and knows neither a cancelation reason nor an instruction. */
function toStu3({ serviceCategory, cancelationReason, patientInstruction, ...rest }: Resource): Resource {
  const [first] = serviceCategory as readonly unknown[];
  const participants = rest.participant as readonly Readonly<Record<string, unknown>>[];
  return {
    ...rest,
    serviceCategory: first,
    participant: participants.map(({ period, ...each }) => each),
  };
}
