/** Synthetic resources of one patient, her visit, her appointment, results and a document. */
import type { AnyResource, WritingOptions } from './index.ts';

const systems: Readonly<Record<string, { assigner: string; type: string }>> = {
  'urn:oid:1.2.3': { assigner: 'EPI', type: 'MR' },
  'urn:oid:1.2.8': { assigner: 'EPIC', type: 'CSN' },
  'urn:oid:1.2.9': { assigner: 'EPIC', type: 'PROVID' },
};

/** A site that knows three identifier systems. */
export const options = {
  controlId: '4711',
  time: '2026-01-31T18:00:00Z',
  timeZone: 'America/Chicago',
  sendingApplication: 'CAREAPP',
  receivingApplication: 'EPIC',
  receivingFacility: 'RIVERSIDE',
  user: 'CAREUSER',
  lookup: { identifier: (system) => systems[system] },
} as const satisfies Omit<WritingOptions, 'event'>;

const terminology = 'http://terminology.hl7.org/CodeSystem/';

export const patient = {
  resourceType: 'Patient',
  id: 'p',
  active: true,
  identifier: [{ use: 'usual', system: 'urn:oid:1.2.3', value: '203713' }],
  name: [{ use: 'official', family: 'LOPEZ & VON', given: ['CAMILA', 'MARIA'], prefix: ['DR'] }],
  telecom: [
    { system: 'phone', value: '(217)555-0199', use: 'home' },
    { system: 'phone', value: '217 5550111', use: 'work' },
    { system: 'email', value: 'c@example.org' },
  ],
  gender: 'female',
  birthDate: '1987-09-12',
  address: [
    { use: 'home', line: ['3268 W Main', 'Apt 2'], city: 'SPRINGFIELD', state: 'IL', postalCode: '62701' },
  ],
  maritalStatus: { coding: [{ system: `${terminology}v3-MaritalStatus`, code: 'M', display: 'Married' }] },
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en' }] } }],
};

export const doctor = {
  resourceType: 'Practitioner',
  id: 'd',
  identifier: [{ system: 'urn:oid:1.2.9', value: '017511' }],
  name: [{ family: 'TOBIAS', given: ['JON'], prefix: ['DR'] }],
};

export const clinic = {
  resourceType: 'Location',
  id: 'l',
  name: 'CARD CLINIC',
  partOf: { display: 'RIVERSIDE' },
};

export const visit = {
  resourceType: 'Encounter',
  id: 'e',
  status: 'arrived',
  class: { system: `${terminology}v3-ActCode`, code: 'AMB' },
  identifier: [{ system: 'urn:oid:1.2.8', value: '99001' }],
  subject: { reference: 'Patient/p' },
  participant: [
    {
      type: [{ coding: [{ system: `${terminology}v3-ParticipationType`, code: 'ATND' }] }],
      individual: { reference: 'Practitioner/d' },
    },
  ],
  location: [{ location: { reference: 'Location/l' } }],
  period: { start: '2026-01-31T17:55:00Z' },
};

export const appointment = {
  resourceType: 'Appointment',
  id: 'a',
  status: 'booked',
  identifier: [{ system: 'urn:oid:1.2.8', value: '99001' }],
  serviceType: [{ coding: [{ system: 'http://snomed.info/sct', code: '185389009', display: 'Follow-up' }] }],
  appointmentType: { coding: [{ system: `${terminology}v2-0277`, code: 'Normal', display: 'Routine' }] },
  reasonCode: [{ coding: [{ system: `${terminology}v2-0276`, code: 'FOLLOWUP' }] }],
  start: '2026-02-02T15:00:00Z',
  end: '2026-02-02T15:30:00Z',
  comment: 'Bring the list | and\nthe letter',
  participant: [
    { actor: { reference: 'Patient/p' }, status: 'accepted' },
    { actor: { reference: 'Practitioner/d' }, status: 'accepted' },
    { actor: { reference: 'Location/l' }, status: 'accepted' },
    { actor: { display: 'ECG 2', type: 'Device' }, status: 'accepted' },
  ],
};

/** A heart rate, or another Observation of the patient. */
export const observation = (more: object): AnyResource => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' }] },
  subject: { reference: 'Patient/p' },
  effectiveDateTime: '2026-01-31T17:00:00Z',
  ...more,
});

export const note = {
  resourceType: 'DocumentReference',
  id: 'n',
  status: 'current',
  docStatus: 'final',
  masterIdentifier: { system: 'urn:oid:1.7', value: 'DOC1' },
  type: { coding: [{ system: 'http://loinc.org', code: '11488-4', display: 'Consult note' }] },
  subject: { reference: 'Patient/p' },
  date: '2026-01-31T17:00:00Z',
  author: [{ reference: 'Practitioner/d' }],
  content: [
    {
      attachment: {
        contentType: 'text/plain',
        data: Buffer.from('Heart & lungs clear.\nSee again ^ in May.\n').toString('base64'),
      },
    },
  ],
};
