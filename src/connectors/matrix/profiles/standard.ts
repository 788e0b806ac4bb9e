/** A FHIR R4 server of which nothing is known but the standard: everything must be seen. */
import type { EhrProfile, ResourceFacts } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { unknown } = factsFrom('standard', 'confirmed');

const ask = unknown('FHIR leaves it to the server; its CapabilityStatement says.');
const facts: ResourceFacts = {
  read: ask,
  search: ask,
  create: ask,
  update: ask,
  lastUpdated: unknown('Common, and to be checked: some servers list it and ignore it.'),
};

export const standard: EhrProfile = {
  id: 'fhir',
  name: 'FHIR R4 server',
  vendors: [],
  verified: true,
  sources: { standard: { title: 'HL7 FHIR R4', address: 'https://hl7.org/fhir/R4/' } },
  fhirVersions: ['R4'],
  resources: {
    Patient: facts,
    Appointment: facts,
    Encounter: facts,
    Observation: facts,
    DocumentReference: facts,
  },
  services: {
    'bulk export': unknown('The CapabilityStatement says whether a Group can be exported.'),
    'CDS Hooks': unknown('A CDS client calls us; no server says so.'),
    Subscription: unknown('The CapabilityStatement says whether Subscription can be created.'),
    'patient match': unknown('The CapabilityStatement says whether Patient/$match is there.'),
    'backend sign-in': unknown('The SMART configuration says whether a program may sign in by itself.'),
  },
  notes: [],
};
