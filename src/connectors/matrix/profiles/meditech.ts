/** MEDITECH. Read in a copy of its Greenfield sandbox's statement; no server of it was asked. */
import type { EhrProfile } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { yes, unknown } = factsFrom('statement', 'not verified');
const configuration = factsFrom('configuration', 'not verified');
const listed = yes('Listed in the statement of the Greenfield sandbox.');
const reads = configuration.yes('The SMART configuration names a scope to read and search it.');
const unseen = configuration.unknown(
  'No scope to write it is named by the SMART configuration of the sandbox that was read.',
);
const named = configuration.when('The SMART configuration names a scope for it.', {
  conditions: ['A named scope is no proof: ask the site, and probe.'],
});
const lastUpdated = unknown('Not seen for this type in what was read of the statement.');

export const meditech: EhrProfile = {
  id: 'meditech',
  name: 'MEDITECH Expanse',
  vendors: ['meditech', 'expanse'],
  verified: false,
  sources: {
    statement: {
      title: 'CapabilityStatement of the Greenfield sandbox, US Core STU6 2.0.0 (copy of 2026-04-27)',
      address: 'https://greenfield-prod-apis.meditech.com/v2/uscore/STU6/metadata',
    },
    configuration: {
      title: 'SMART configuration of the Greenfield sandbox (as quoted by the-map, 2026-04-27)',
      address: 'https://greenfield-prod-apis.meditech.com/v2/uscore/STU6/.well-known/smart-configuration',
    },
    greenfield: {
      title: 'How to work in the Greenfield Workspace',
      address: 'https://ehr.meditech.com/ehr-solutions/how-to-work-in-the-greenfield-workspace',
    },
    'the-map': {
      title: 'the-map, ehrs/meditech (2026-04)',
      address: 'https://github.com/mock-health/the-map',
    },
  },
  fhirVersions: ['R4'],
  resources: {
    Patient: { read: reads, search: reads, create: named, update: named, lastUpdated },
    Appointment: {
      read: listed,
      search: listed,
      create: factsFrom('statement', 'not verified').no('The statement lists read and search only.'),
      update: factsFrom('statement', 'not verified').no('The statement lists read and search only.'),
      parameters: {
        native: ['_count', '_id', 'continue', 'date', 'location', 'patient', 'practitioner', 'status'],
      },
      lastUpdated: factsFrom('statement', 'not verified').no('_lastUpdated is not listed.'),
    },
    Encounter: { read: reads, search: reads, create: unseen, update: unseen, lastUpdated },
    Observation: { read: reads, search: reads, create: named, update: named, lastUpdated },
    DocumentReference: {
      read: unknown('Not read.'),
      search: unknown('Not read.'),
      create: unknown('Not read.'),
      update: unknown('Not read.'),
      lastUpdated,
    },
  },
  services: {
    'bulk export': unknown('Nothing certain was found about it.'),
    'CDS Hooks': unknown('Nothing certain was found about it.'),
    Subscription: unknown('Nothing certain was found about it.'),
    'patient match': unknown('Nothing certain was found about it.'),
    'backend sign-in': factsFrom('the-map', 'not verified').when(
      'The configuration names private_key_jwt and system scopes; the free sandbox does not allow client_credentials.',
      { conditions: ['Ask the site whether it turns it on.'] },
    ),
  },
  notes: [
    {
      text: 'Most production sites answer with software version 1.0.0 of 2021, not with what the sandbox has.',
      source: 'the-map',
    },
    { text: 'Refusals come as { resource, detail }, not as an OperationOutcome.', source: 'the-map' },
    { text: 'Paging goes by a parameter named continue.', source: 'statement' },
  ],
};
