/** eClinicalWorks. Read in documentation and in a copy of its server's statement; no server of it was asked. */
import type { EhrProfile, ResourceFacts } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { yes, no, unknown } = factsFrom('statement', 'not verified');
const docs = factsFrom('documentation', 'not verified');
const listed = yes('Listed in the FHIR R4 statement.');
const noLastUpdated = no('_lastUpdated is not listed.', {
  alternative: 'Ask patient by patient, or export a Group.',
});
/** The statement lists none; the portal has a catalogue that depends on practice and build. */
const portal = (what: string) =>
  docs.when(`The statement lists no create of ${what}; the developer portal documents one.`, {
    conditions: ['Ask the practice whether its build has the write-back, and probe: the statement says no.'],
  });
const neither = no('Neither the statement nor the list of write-backs names it.');

const rows = (native: readonly string[], create: ResourceFacts['create']): ResourceFacts => ({
  read: listed,
  search: listed,
  create,
  update: neither,
  parameters: { native },
  lastUpdated: noLastUpdated,
});

export const eclinicalworks: EhrProfile = {
  id: 'eclinicalworks',
  name: 'eClinicalWorks',
  vendors: ['eclinicalworks', 'ecw'],
  verified: false,
  sources: {
    statement: {
      title: 'CapabilityStatement of the eCW FHIR Facade 1.6 (copy of 2026-08-14)',
      address: 'https://fhir4.eclinicalworks.com/fhir/r4/FEIGCD/metadata',
    },
    documentation: {
      title: 'eClinicalWorks, FHIR developer documentation',
      address: 'https://fhir.eclinicalworks.com/ecwopendev/documentation',
    },
  },
  fhirVersions: ['R4'],
  resources: {
    Patient: rows(
      ['_id', 'birthdate', 'family', 'gender', 'given', 'identifier', 'name', 'phone'],
      portal('patients'),
    ),
    Appointment: {
      read: no('Appointment is not among the types of the statement.'),
      search: no('Appointment is not among the types of the statement.'),
      create: no('Appointment is not among the types of the statement.'),
      update: no('Appointment is not among the types of the statement.'),
      lastUpdated: noLastUpdated,
    },
    Encounter: rows(
      ['_id', 'date', 'location', 'patient', 'practitioner'],
      portal('telephone and web encounters'),
    ),
    Observation: rows(
      ['_id', '_since', 'category', 'code', 'date', 'encounter', 'identifier', 'patient', 'status'],
      portal('vital signs'),
    ),
    DocumentReference: rows(
      ['_id', 'category', 'contenttype', 'date', 'encounter', 'patient', 'type'],
      portal('notes, C-CDA documents and PDF'),
    ),
  },
  services: {
    'bulk export': docs.yes('Group export by Bulk Data 1.0.1, with _type, _since and _outputFormat.'),
    'CDS Hooks': docs.when('Documented as a way to integrate an application of a provider.', {
      conditions: ['Which hooks are called was not found.'],
    }),
    Subscription: no('Subscription is not among the types of the statement.'),
    'patient match': unknown('Nothing was found about it.'),
    'backend sign-in': docs.when('The SMART configuration names client_credentials.', {
      conditions: ['Register the client with each practice.'],
    }),
  },
  notes: [
    {
      text: 'Each practice has a base address of its own with its practice code; ids are not the same in two of them.',
      source: 'statement',
    },
    {
      text: 'The statement lists less than the portal documents: probe, and ask the practice.',
      source: 'documentation',
    },
  ],
};
