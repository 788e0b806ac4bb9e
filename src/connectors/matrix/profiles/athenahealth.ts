/** athenahealth (athenaOne). Read in documentation and in a copy of its server's statement; no server of it was asked. */
import type { EhrProfile, ResourceFacts } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { yes, no, when } = factsFrom('statement', 'not verified');
const map = factsFrom('statement', 'not verified');
const own = 'The athenaOne REST API of its own (not FHIR) has writes; call it as a web service.';
const readOnly = no('The FHIR R4 statement lists read and search only.', { alternative: own });
const listed = yes('Listed in the FHIR R4 statement.');

const rows = (native: readonly string[], lastUpdated: boolean): ResourceFacts => ({
  read: listed,
  search: listed,
  create: readOnly,
  update: readOnly,
  parameters: { native },
  lastUpdated: lastUpdated
    ? when('_lastUpdated is listed.', { conditions: ['Whether it works without a patient was not tried.'] })
    : no('_lastUpdated is not listed.', { alternative: 'Subscribe to events, or ask patient by patient.' }),
});

export const athenahealth: EhrProfile = {
  id: 'athenahealth',
  name: 'athenahealth athenaOne',
  vendors: ['athenahealth', 'athena', 'athenaone'],
  verified: false,
  sources: {
    statement: {
      title: 'CapabilityStatement of the FHIR R4 server (copy of 2026-08-14)',
      address: 'https://api.platform.athenahealth.com/fhir/r4/metadata',
    },
    subscriptions: {
      title: 'athenahealth Event Subscription Platform, sample webhook application',
      address: 'https://github.com/athenahealth/aone-fhir-subscriptions',
    },
    changed: {
      title: 'athenahealth, Changed Data Subscriptions',
      address: 'https://docs.athenahealth.com/api/guides/changed-data-subscriptions',
    },
  },
  fhirVersions: ['R4'],
  resources: {
    Patient: rows(
      [
        '_id',
        'identifier',
        'name',
        'birthdate',
        'gender',
        'family',
        'given',
        '_lastUpdated',
        '_count',
        'ah-practice',
      ],
      true,
    ),
    Appointment: rows(['_id', 'base-appointment-id', 'group-appointment-id', 'ah-practice'], false),
    Encounter: rows(
      [
        '_id',
        'patient',
        'date',
        '_lastUpdated',
        '_count',
        'location',
        'service-provider',
        'practitioner',
        'ah-practice',
      ],
      true,
    ),
    Observation: rows(
      ['_id', 'patient', 'date', 'category', 'code', 'encounter', '_lastUpdated', '_count', 'ah-practice'],
      true,
    ),
    DocumentReference: rows(
      [
        '_id',
        'patient',
        'category',
        'type',
        'date',
        'encounter',
        'author',
        'custodian',
        '_lastUpdated',
        '_count',
        'ah-practice',
      ],
      true,
    ),
  },
  services: {
    'bulk export': map.unknown('Nothing certain was found about it.'),
    'CDS Hooks': map.unknown('Nothing certain was found about it.'),
    Subscription: factsFrom('subscriptions', 'not verified').when(
      'Events are sent to a webhook (FHIR Subscriptions R5 backport, rest-hook, ids only).',
      { conditions: ['Answer each within 2 seconds; read the resource afterwards.'] },
    ),
    'patient match': map.unknown('Nothing certain was found about it.'),
    'backend sign-in': map.unknown('client_credentials is there; by which proof was not found.'),
  },
  notes: [
    {
      text: 'Appointments cannot be searched by patient or date in FHIR R4: only by id.',
      source: 'statement',
    },
    {
      text: 'The practice is a search parameter (ah-practice), not a part of the address.',
      source: 'statement',
    },
    { text: 'Changes can be polled from the changed-data feeds of the athenaOne API.', source: 'changed' },
  ],
};
