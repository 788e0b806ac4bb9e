import { localDate } from '../../world/calendar.ts';
import type { Medication } from '../../world/clinical-records.ts';
import type { Declaration, Site } from '../declaration.ts';
import { type Resource, refuse } from '../outcome.ts';
import { subjectOf } from '../search.ts';
import { encounterReference, patientReference, practitionerReference } from './display.ts';

const orderSystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.798268';
const statuses = [
  'active',
  'completed',
  'stopped',
  'on-hold',
  'cancelled',
  'entered-in-error',
  'draft',
  'unknown',
];

/** MedicationRequest: read and search. */
export function medicationRequests(site: Site): Declaration<Medication> {
  const { hospital } = site;
  return {
    type: 'MedicationRequest',
    interactions: { R4: ['read', 'search'], STU3: ['read', 'search'] },
    native: [
      { name: 'category', type: 'token', documentation: 'community, inpatient and others.', at: 'category' },
      {
        name: 'date',
        type: 'date',
        documentation: 'When it was ordered.',
        span: ({ orderedAt }) => [orderedAt, orderedAt],
      },
      { name: 'intent', type: 'token', documentation: 'The intent of the request.', at: 'intent' },
      { name: 'patient', type: 'reference', documentation: 'Whose medication.', include: 'subject' },
      {
        name: 'status',
        type: 'token',
        documentation: 'The status of the order.',
        at: 'status',
        known: { values: statuses, remark: 59101 },
      },
      { name: 'subject', type: 'reference', documentation: 'Whose medication.', include: 'subject' },
    ],
    postFilters: [
      { name: 'authoredon', type: 'date', at: 'authoredOn' },
      { name: 'encounter', type: 'reference', at: 'encounter' },
      { name: 'identifier', type: 'token', at: 'identifier' },
      { name: 'medication', type: 'reference', at: 'medicationReference' },
      { name: 'requester', type: 'reference', at: 'requester' },
    ],
    find: (id) => hospital.record('MedicationRequest', id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: ({ patient }) => hospital.patients.get(patient),
    chart: (patient) => hospital.chart('MedicationRequest', patient),
    candidates(query) {
      const patient = subjectOf(site, query, ['patient', 'subject']);
      if (!patient) throw refuse(59108, { element: 'patient' });
      return hospital.chart('MedicationRequest', patient);
    },
    render: (medication) => requestResource(site, medication),
    older: { STU3: { to: toStu3 } },
  };
}

/** Medication: what a request is for. Read only, by the references of requests. */
export function medications({ hospital }: Site): Declaration<Medication> {
  const idOf = ({ number }: Medication) => hospital.identities.fhirId('Medication', number);
  return {
    type: 'Medication',
    interactions: { R4: ['read'], STU3: ['read'], DSTU2: ['read'] },
    native: [],
    postFilters: [],
    find(id) {
      const named = hospital.identities.read(id);
      return named?.kind === 'Medication' ? hospital.numbered('MedicationRequest', named.number) : undefined;
    },
    idOf,
    render: (medication) => ({
      resourceType: 'Medication',
      id: idOf(medication),
      code: {
        coding: [
          {
            system: 'http://www.nlm.nih.gov/research/umls/rxnorm',
            code: medication.drug.rxnorm,
            display: medication.drug.display,
          },
        ],
        text: medication.drug.display,
      },
    }),
  };
}

function requestResource({ hospital }: Site, medication: Medication): Resource {
  const { number, drug, orderedAt, visit } = medication;
  const encounter = encounterReference(hospital, visit);
  const terminology = 'http://terminology.hl7.org/CodeSystem/medicationrequest-category';
  const date = localDate(orderedAt, hospital.timeZone);
  return {
    resourceType: 'MedicationRequest',
    id: medication.fhirId,
    identifier: [{ use: 'usual', system: orderSystem, value: String(number) }],
    status: medication.status,
    intent: 'order',
    category: [
      { coding: [{ system: terminology, code: 'community', display: 'Community' }], text: 'Community' },
    ],
    medicationReference: {
      reference: `Medication/${hospital.identities.fhirId('Medication', number)}`,
      display: drug.display,
    },
    subject: patientReference(hospital, medication.patient),
    ...(encounter ? { encounter } : {}),
    authoredOn: date,
    requester: requesterOf(medication),
    dosageInstruction: [{ text: drug.dose, patientInstruction: drug.dose, asNeededBoolean: false }],
    dispenseRequest: { validityPeriod: { start: date } },
  };
}

function requesterOf({ provider }: Medication) {
  const { reference, display } = practitionerReference(provider);
  return { reference, type: 'Practitioner', display };
}

/** STU3: one category, the encounter is the context, the requester an agent. */
function toStu3({ category, encounter, requester, ...rest }: Resource): Resource {
  const [first] = category as readonly unknown[];
  const { type: _type, ...agent } = requester as Readonly<Record<string, unknown>>;
  return { ...rest, category: first, requester: { agent }, ...(encounter ? { context: encounter } : {}) };
}
