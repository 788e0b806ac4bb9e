import { describe, expect, test } from 'vitest';
import { type AnyResource, fromFhir, type WritingEvent } from './index.ts';
import { options } from './resources.fixture.ts';

/**
 * Each `?` of a resource becomes a word of its own. A word must be in the message, or a finding must name the element or
 * one above it.
 */
function marked(template: object): { resources: readonly AnyResource[]; words: Map<string, string> } {
  const words = new Map<string, string>();
  const mark = (value: unknown, path: string): unknown => {
    if (value === '?') {
      const word = `W${words.size}X`;
      words.set(word, path);
      return word;
    }
    if (Array.isArray(value))
      return value.map((each, index) => mark(each, path === '' ? '' : `${path}[${index}]`));
    if (typeof value !== 'object' || value === null) return value;
    const type = (value as { resourceType?: string }).resourceType;
    const start = path === '' ? (type ?? '') : path;
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, mark(each, `${start}.${name}`)]),
    );
  };
  return { resources: mark(template, '') as AnyResource[], words };
}

const concept = {
  coding: [
    { code: '?', display: '?', system: 'http://loinc.org', version: '?' },
    { code: '?', display: '?' },
    { code: '?' },
  ],
  text: '?',
};
const identifier = { system: 'urn:oid:1.2.3', value: '?', period: { start: '2020' } };
const name = { family: '?', given: ['?', '?', '?'], prefix: ['?'], suffix: ['?', '?', '?', '?'] };
const address = {
  line: ['?', '?', '?'],
  city: '?',
  district: '?',
  state: '?',
  postalCode: '?',
  country: '?',
};
const telecom = [
  { system: 'phone', value: '?' },
  { system: 'email', value: '?' },
  { system: 'phone', use: 'work', value: '?' },
  { system: 'url', value: '?' },
];
const extension = [{ url: 'https://care.example.org/own', valueString: '?' }];
const subject = { reference: 'Patient/p' };

const patient = {
  resourceType: 'Patient',
  id: 'p',
  extension,
  identifier: [identifier, { value: '?', assigner: { display: '?' } }],
  name: [name, { text: '?' }],
  telecom,
  address: [address, { text: '?' }],
  maritalStatus: concept,
  communication: [{ language: concept }, { language: { text: '?' } }],
  contact: [
    { relationship: [concept, concept, concept], name, telecom, address, organization: { display: '?' } },
  ],
  generalPractitioner: [{ display: '?' }],
  photo: [{ title: '?' }],
};
const practitioner = {
  resourceType: 'Practitioner',
  id: 'd',
  identifier: [identifier, { value: '?' }],
  name: [name, { family: '?' }],
  telecom,
  qualification: [{ code: { text: '?' } }, { code: { text: '?' } }],
};
const place = {
  resourceType: 'Location',
  id: 'l',
  identifier: [{ value: '?' }],
  name: '?',
  description: '?',
  telecom,
  partOf: { display: '?' },
};
const encounter = {
  resourceType: 'Encounter',
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  identifier: [identifier, { value: '?' }, { value: '?' }],
  type: [concept, concept],
  serviceType: concept,
  priority: concept,
  subject,
  participant: [
    { type: [{ coding: [{ code: 'ATND' }] }], individual: { reference: 'Practitioner/d' } },
    { type: [{ coding: [{ code: 'XXX' }] }], individual: { display: '?' } },
    { individual: { reference: 'Practitioner/nobody', display: '?' } },
  ],
  reasonCode: [concept],
  hospitalization: {
    admitSource: concept,
    dischargeDisposition: concept,
    destination: { display: '?' },
    dietPreference: [concept, concept],
  },
  location: [{ location: { reference: 'Location/l' } }, { location: { display: '?' } }],
};
const appointment = {
  resourceType: 'Appointment',
  status: 'booked',
  identifier: [identifier, { value: '?' }, { value: '?' }],
  cancelationReason: concept,
  serviceCategory: [concept],
  serviceType: [concept, { text: '?' }],
  specialty: [concept],
  appointmentType: concept,
  reasonCode: [concept, concept],
  description: '?',
  start: '2026-02-02T15:00:00Z',
  end: '2026-02-02T15:30:00Z',
  comment: '?',
  patientInstruction: '?',
  participant: [
    { actor: subject, status: 'accepted' },
    { type: [concept], actor: { reference: 'Practitioner/d' }, status: 'accepted' },
    { type: [concept], actor: { reference: 'Location/l' }, status: 'accepted' },
    { type: [concept], actor: { reference: 'Device/1', display: '?' }, status: 'accepted' },
    { type: [{ coding: [{ code: 'filler contact' }] }], actor: { display: '?' }, status: 'accepted' },
    { type: [concept], status: 'needs-action' },
  ],
};
const observation = {
  resourceType: 'Observation',
  id: 'o',
  status: 'final',
  identifier: [{ value: '?' }],
  category: [concept],
  code: concept,
  subject,
  effectivePeriod: { start: '2026-01-31', end: '2026-02-01' },
  performer: [{ reference: 'Practitioner/d' }, { display: '?' }],
  valueQuantity: { value: 1, unit: '?', code: '?' },
  interpretation: [concept],
  note: [{ text: '?', authorString: '?' }],
  bodySite: concept,
  method: concept,
  device: { display: '?' },
  referenceRange: [{ text: '?', type: concept }],
  component: [{ code: concept, valueCodeableConcept: concept, interpretation: [concept] }],
};
const report = {
  resourceType: 'DiagnosticReport',
  status: 'final',
  identifier: [{ value: '?' }, { value: '?' }],
  basedOn: [{ reference: 'ServiceRequest/s' }],
  category: [{ coding: [{ code: '?' }] }, concept],
  code: concept,
  performer: [{ display: '?' }],
  resultsInterpreter: [{ reference: 'Practitioner/d' }, { display: '?' }],
  specimen: [{ reference: 'Specimen/b' }],
  result: [{ reference: 'Observation/o' }, { reference: 'Observation/none', display: '?' }],
  conclusion: '?',
  conclusionCode: [concept],
  presentedForm: [{ contentType: 'application/pdf', data: '?', title: '?' }],
};
const order = {
  resourceType: 'ServiceRequest',
  id: 's',
  identifier: [{ value: '?' }, { value: '?' }],
  code: concept,
  requester: { reference: 'Practitioner/d' },
  reasonCode: [concept],
  note: [{ text: '?' }],
};
const specimen = {
  resourceType: 'Specimen',
  id: 'b',
  identifier: [{ value: '?' }, { value: '?' }],
  accessionIdentifier: { value: '?' },
  type: concept,
  collection: { method: concept, bodySite: concept, collector: { display: '?' } },
  condition: [concept],
  note: [{ text: '?' }],
};
const document = {
  resourceType: 'DocumentReference',
  status: 'current',
  docStatus: 'final',
  identifier: [{ value: '?' }, { value: '?' }],
  type: concept,
  category: [concept],
  subject,
  author: [{ reference: 'Practitioner/d' }, { display: '?' }],
  authenticator: { display: '?' },
  custodian: { display: '?' },
  relatesTo: [
    { code: 'replaces', target: { identifier: { value: '?' } } },
    { code: 'appends', target: { display: '?' } },
  ],
  description: '?',
  securityLabel: [concept, concept],
  content: [
    {
      attachment: { contentType: 'text/plain', data: Buffer.from('text').toString('base64'), title: '?' },
      format: { code: '?' },
    },
    { attachment: { contentType: 'application/pdf', url: '?', title: '?' } },
  ],
  context: { facilityType: concept, practiceSetting: concept, related: [{ display: '?' }], event: [concept] },
};

const cases: readonly (readonly [WritingEvent, readonly object[]])[] = [
  ['SIU^S15', [patient, practitioner, place, encounter, appointment, { resourceType: 'Coverage', id: 'c' }]],
  ['ADT^A08', [patient, practitioner, place, encounter, observation]],
  ['ORU^R01', [patient, practitioner, place, encounter, observation, report, order, specimen]],
  ['MDM^T02', [patient, practitioner, document]],
];

describe('every element is in the message, or a finding names it', () => {
  test.each(
    cases.flatMap(([event, list]) =>
      (['2.3.1', '2.5.1', '2.8'] as const).map((version) => [event, version, list] as const),
    ),
  )('%s in version %s', (event, version, list) => {
    const { resources, words } = marked(list);
    const { message, findings } = fromFhir(resources, { ...options, event, version });
    const text = message.toString();
    const named = findings.map(({ path }) => path);
    const lost = [...words].filter(
      ([word, path]) =>
        !text.includes(word) &&
        !named.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`)),
    );
    expect(words.size).toBeGreaterThan(100);
    expect(lost.map(([, path]) => path)).toEqual([]);
  });

  test('a resource that no segment is made of is named', () => {
    const { findings } = fromFhir([patient, { resourceType: 'Coverage' }] as AnyResource[], {
      ...options,
      event: 'ADT^A08',
    });
    expect(findings).toContainEqual(expect.objectContaining({ code: 'not-carried', path: 'Coverage' }));
  });

  test('no finding holds a value', () => {
    const { resources, words } = marked([patient, practitioner, place, encounter, appointment]);
    const said = JSON.stringify(fromFhir(resources, { ...options, event: 'SIU^S15' }).findings);
    expect([...words.keys()].filter((word) => said.includes(word))).toEqual([]);
  });
});
