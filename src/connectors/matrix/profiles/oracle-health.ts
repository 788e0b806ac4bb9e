/** Oracle Health (Cerner Millennium). Read in documentation and in copies of its public sandbox's statement; no server of it was asked. */
import type { EhrProfile } from '../profile.ts';
import { factsFrom } from './facts.ts';

const { yes, no, when, unknown } = factsFrom('statement', 'not verified');
const tested = factsFrom('the-map', 'not verified');

const listed = yes('Listed in the statement of the public sandbox.');
const lastUpdated = unknown(
  'Whether _lastUpdated is searched by differs by type; the documentation of each says.',
);
const patched = (resource: string) =>
  when(`${resource} is changed by PATCH (JSON Patch), not by PUT.`, {
    conditions: ['This connector updates by PUT; PATCH is not built.'],
  });

export const oracleHealth: EhrProfile = {
  id: 'oracle-health',
  name: 'Oracle Health Millennium (Cerner)',
  vendors: ['oracle-health', 'oracle health', 'oracle', 'cerner'],
  verified: false,
  sources: {
    statement: {
      title: 'CapabilityStatement of the public sandbox (copy of 2026-08)',
      address: 'https://fhir-open.cerner.com/r4/ec2458f2-1e24-41c8-b71b-0e701af7583d/metadata',
    },
    overview: {
      title: 'Oracle Health Millennium Platform, FHIR R4 APIs, R4 Overview',
      address: 'https://docs.oracle.com/en/industries/health/millennium-platform-apis/mfrap/r4_overview.html',
    },
    apis: {
      title: 'Oracle Health Millennium Platform, APIs',
      address: 'https://docs.oracle.com/en/industries/health/millennium-platform-apis/apis.html',
    },
    'the-map': {
      title: 'the-map, ehrs/cerner (tests against the sandbox, 2026-04)',
      address: 'https://github.com/mock-health/the-map',
    },
  },
  fhirVersions: ['R4'],
  resources: {
    Patient: {
      read: listed,
      search: tested.when('A search without one of its parameters is refused with 400.', {
        conditions: [
          'One of _id, identifier, name, family, given, birthdate, phone, email or address-postalcode.',
        ],
      }),
      required: [
        ['_id'],
        ['identifier'],
        ['name'],
        ['family'],
        ['given'],
        ['birthdate'],
        ['phone'],
        ['email'],
        ['address-postalcode'],
      ],
      create: listed,
      update: patched('Patient'),
      lastUpdated,
    },
    Appointment: {
      read: listed,
      search: listed,
      create: listed,
      update: patched('Appointment'),
      lastUpdated,
    },
    Encounter: { read: listed, search: listed, create: listed, update: patched('Encounter'), lastUpdated },
    Observation: { read: listed, search: listed, create: listed, update: listed, lastUpdated },
    DocumentReference: { read: listed, search: listed, create: listed, update: listed, lastUpdated },
  },
  services: {
    'bulk export': unknown('Oracle Health documents FHIR R4 bulk APIs; this platform’s were not read.'),
    'CDS Hooks': unknown('Nothing was found about it.'),
    Subscription: no('Subscription is not among the types of the sandbox’s statement.', {
      alternative: 'Take an HL7 feed.',
    }),
    'patient match': unknown('Nothing was found about it.'),
    'backend sign-in': tested.when(
      'A system account signs in with a client secret (Basic), not with a signed statement.',
      {
        conditions: ['Use a client secret.'],
      },
    ),
  },
  notes: [
    {
      text: 'The tenant id is part of the base address: https://fhir-ehr.cerner.com/r4/<tenant>/.',
      source: 'overview',
    },
    { text: 'JSON only; DSTU2 is no longer supported.', source: 'apis' },
    { text: 'Scopes are spelled as SMART v2 has them (.rs); .read is refused.', source: 'the-map' },
    {
      text: 'A granted scope is no proof: single resources were refused with 403 all the same. Probe.',
      source: 'the-map',
    },
  ],
};
