/**
 * Epic: from its own CapabilityStatements, its developer documentation, and what its public sandbox was seen to do. What a
 * site has of it differs: each fact yields to what that site's server says.
 */
import type { EhrProfile } from '../profile.ts';
import { factsFrom } from './facts.ts';

const statement = factsFrom('capability-statement', 'confirmed');
const docs = factsFrom('documentation', 'confirmed');
const tests = factsFrom('sandbox-tests', 'one party');

const noLastUpdated = statement.no('_lastUpdated is no search parameter of this type.', {
  alternative: 'Ask patient by patient and compare content, or take the HL7 feed.',
});
const readable = statement.yes('Epic lists read for it in every R4 statement.');
const byPatient = (text: string) => statement.yes(text);

export const epic: EhrProfile = {
  id: 'epic',
  name: 'Epic',
  vendors: ['epic'],
  verified: true,
  sources: {
    'capability-statement': {
      title: 'CapabilityStatement of the public sandbox, May 2026, and of 584 production sites',
      address: 'https://fhir.epic.com/interconnect-fhir-oauth/api/FHIR/R4/metadata',
    },
    documentation: { title: 'Epic on FHIR, documentation', address: 'https://fhir.epic.com/Documentation' },
    'sandbox-tests': { title: 'Tests of one party against the public sandbox, 2026' },
    interfaces: { title: 'Epic interface specifications', address: 'https://open.epic.com/Interface/HL7v2' },
  },
  fhirVersions: ['R4', 'STU3', 'DSTU2'],
  resources: {
    Patient: {
      read: readable,
      search: byPatient(
        'Searched by identifier, _id, or by name, birth date and sex together; less finds nobody.',
      ),
      required: [['identifier'], ['_id'], ['family', 'given', 'birthdate', 'gender']],
      parameters: {
        native: [
          'address',
          'address-city',
          'address-postalcode',
          'address-state',
          'birthdate',
          'family',
          'gender',
          'given',
          'identifier',
          'legal-sex',
          'name',
          'own-name',
          'own-prefix',
          'partner-name',
          'partner-prefix',
          'telecom',
          '_count',
          '_id',
        ],
        filtered: [
          'active',
          'address-country',
          'address-use',
          'death-date',
          'email',
          'general-practitioner',
          'language',
          'link',
          'organization',
          'phone',
          'phonetic',
        ],
      },
      create: tests.when(
        'A create matches or creates: a certain match gives the existing patient, and nothing tells which it was.',
        {
          conditions: [
            'Turn it on for the client, with the identifiers that the site demands; find the patient first.',
          ],
          alternative: "The site's own web service, declared in the record (do).",
        },
      ),
      update: statement.no('There is no update of patients in R4.', {
        alternative: 'ADT^A08 or ADT^A31 where the site takes them.',
      }),
      routes: [
        {
          route: 'web service',
          name: 'web service',
          text: "The site's own web service, declared in the record.",
          mark: 'one party',
        },
      ],
      lastUpdated: noLastUpdated,
    },
    Appointment: {
      read: readable,
      search: byPatient('Searched patient by patient within days.'),
      required: [['patient', 'date']],
      parameters: {
        native: [
          'date',
          'identifier',
          'onlyscannable',
          'patient',
          'service-category',
          'status',
          '_count',
          '_id',
        ],
        filtered: [
          'actor',
          'appointment-type',
          'based-on',
          'location',
          'part-status',
          'practitioner',
          'reason-code',
          'reason-reference',
          'service-type',
          'slot',
          'specialty',
          'supporting-info',
        ],
      },
      create: statement.no('R4 has no create of appointments.', {
        alternative:
          'Find a free time and book it (STU3 $find and $book), or send SIU^S12 where the site takes it.',
      }),
      update: statement.no('R4 has no update of appointments.', {
        alternative: 'Send SIU^S13, S14 or S15 where the site takes them.',
      }),
      routes: [
        {
          route: 'book',
          name: '$find + $book',
          text: 'STU3 offers free times and books one; the site must have built it, and its metadata does not show it.',
          mark: 'one party',
        },
        {
          route: 'siu',
          name: 'SIU^S12',
          text: 'An incoming scheduling message books it.',
          accepts: 'SIU^S12',
          mark: 'confirmed',
        },
        {
          route: 'web service',
          name: 'web service',
          text: "The site's own scheduling web service, declared in the record.",
          mark: 'one party',
        },
      ],
      lastUpdated: noLastUpdated,
    },
    Encounter: {
      read: readable,
      search: byPatient('Searched patient by patient.'),
      required: [['patient']],
      parameters: {
        native: ['class', 'date', 'identifier', 'onlyscannable', 'patient', 'subject', '_count', '_id'],
        filtered: [
          'account',
          'appointment',
          'based-on',
          'diagnosis',
          'episode-of-care',
          'location',
          'location-period',
          'part-of',
          'participant',
          'participant-type',
          'practitioner',
          'reason-code',
          'reason-reference',
          'service-provider',
          'special-arrangement',
          'status',
          'type',
        ],
      },
      create: statement.no('R4 has no create of encounters.', {
        alternative: 'ADT^A04 where the site takes it.',
      }),
      update: statement.no('R4 has no update of encounters.', {
        alternative: 'ADT^A08 where the site takes it.',
      }),
      routes: [
        {
          route: 'adt',
          name: 'ADT^A04',
          text: 'An incoming registration makes the visit.',
          accepts: 'ADT^A04',
          mark: 'not verified',
        },
      ],
      lastUpdated: noLastUpdated,
    },
    Observation: {
      read: readable,
      search: byPatient('Searched patient by patient, with a category or a code.'),
      required: [
        ['patient', 'category'],
        ['patient', 'code'],
      ],
      parameters: {
        native: [
          'based-on',
          'category',
          'code',
          'date',
          'focus',
          'issued',
          'patient',
          'subject',
          '_count',
          '_id',
        ],
        filtered: [
          'combo-code',
          'component-code',
          'data-absent-reason',
          'derived-from',
          'device',
          'encounter',
          'has-member',
          'identifier',
          'method',
          'part-of',
          'performer',
          'specimen',
          'status',
          'value-concept',
        ],
      },
      create: tests.when(
        'Vital signs file to a flowsheet row; a repeat of the same reading is refused as already there.',
        {
          conditions: [
            'Vital signs of an open encounter only, each code mapped to a flowsheet row by the site.',
          ],
          alternative: 'ORU^R01 where the site takes it.',
        },
      ),
      update: statement.when('Listed; what may be updated is lines, drains and airways.', {
        conditions: ['Lines, drains and airways only.'],
      }),
      routes: [
        {
          route: 'oru',
          name: 'ORU^R01',
          text: 'An incoming result message files it.',
          accepts: 'ORU^R01',
          mark: 'not verified',
        },
      ],
      lastUpdated: noLastUpdated,
    },
    DocumentReference: {
      read: readable,
      search: byPatient('Searched patient by patient.'),
      required: [['patient']],
      parameters: {
        native: [
          'author',
          'category',
          'date',
          'docstatus',
          'encounter',
          'patient',
          'period',
          'status',
          'subject',
          'type',
          '_count',
          '_id',
          '_lastupdated',
        ],
        filtered: [
          'authenticator',
          'contenttype',
          'custodian',
          'description',
          'event',
          'facility',
          'format',
          'identifier',
          'language',
          'related',
          'relatesto',
          'relation',
          'security-label',
          'setting',
        ],
      },
      create: tests.when('Clinical notes are filed; a repeat files a second note.', {
        conditions: [
          'Clinical notes as plain text, of an encounter of the same patient, of a type that the site has.',
        ],
        alternative: 'MDM^T02 where the site takes it.',
      }),
      update: statement.when('Listed; which documents may be changed is the site’s decision.', {
        conditions: ['Ask the site which documents may be changed.'],
      }),
      routes: [
        {
          route: 'mdm',
          name: 'MDM^T02',
          text: 'An incoming document message files it.',
          accepts: 'MDM^T02',
          mark: 'not verified',
        },
      ],
      lastUpdated: statement.when('_lastupdated exists, within one patient.', {
        conditions: ['Within one patient only.'],
      }),
    },
  },
  services: {
    'bulk export': docs.when(
      'A Group can be exported, all of it each time, and once in 24 hours by one client.',
      {
        conditions: [
          'The site gives the Group id and grants the four bulk APIs besides the search of each type.',
        ],
      },
    ),
    'CDS Hooks': docs.when(
      'Epic calls patient-view, order-select and order-sign; it does not read the discovery.',
      {
        conditions: ['The site enters the service’s address, its prefetch and the audience by hand.'],
      },
    ),
    Subscription: statement.no('No R4, STU3 or DSTU2 statement of Epic names Subscription.', {
      alternative: 'Take the HL7 feed, or let it wake a read.',
    }),
    'patient match': statement.yes('Patient/$match gives at most one certain match.'),
    'backend sign-in': docs.when('client_credentials with a signed statement and a published key set.', {
      conditions: ['The site maps the client id to a background user.'],
    }),
  },
  notes: [
    {
      text: 'An unknown search parameter is ignored with 200: answers are filtered again here.',
      source: 'sandbox-tests',
    },
    {
      text: 'Data that the client or its user may not see is left out with a warning in the answer (59204, 59205).',
      source: 'sandbox-tests',
    },
    {
      text: 'Resources carry no versionId and no lastUpdated: what changed is told by content.',
      source: 'sandbox-tests',
    },
    {
      text: 'The scopes asked for do not change what is granted: it is what stands on the client id.',
      source: 'documentation',
    },
  ],
};
