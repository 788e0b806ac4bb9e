import { expect, test } from 'vitest';
import { capabilityMatrix, connectors } from '../connectors/index.ts';
import { type Observed, siteSchema } from '../site/index.ts';
import { appointment, type Flow, flow, unmet } from './index.ts';

const resource = (...interactions: string[]) => ({
  interactions,
  search: ['patient', 'date', 'identifier', '_id'],
  operations: [],
  conditionalCreate: false,
});
const observed: Observed = {
  metadata: {
    observedAt: '2026-11-21T10:00:00Z',
    from: 'https://ehr.example/R4',
    fhirVersion: '4.0.1',
    software: { version: 'May 2026' },
    formats: ['json'],
    systemOperations: [],
    resources: { Patient: resource('read', 'search-type'), Appointment: resource('read', 'search-type') },
  },
};
const book: Flow = flow('book-follow-up')
  .on(appointment.created())
  .find('patient', { connection: 'epic', do: 'patient.find', args: { id: 'event.id' } })
  .create('book', { connection: 'epic', do: 'appointment.create', args: { start: 'event.start' } })
  .create('visit', { connection: 'epic', do: 'encounter.create', args: { start: 'event.start' } });

function problems(
  epic: object = {},
): readonly { readonly place: string; readonly reason: string; readonly fix: string }[] {
  const record = siteSchema.parse({
    site: 'mercy',
    name: 'Mercy',
    environment: 'sandbox',
    ehr: { vendor: 'Epic' },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
    roster: { from: ['adt-in'] },
    connections: {
      'adt-in': { connector: 'mllp', listen: { port: 6661 } },
      epic: { connector: 'epic', ...epic },
    },
  });
  return unmet(book, record, (connection) =>
    capabilityMatrix({
      record,
      observed: { epic: observed },
      connectors,
      ...(connection ? { connection } : {}),
    }),
  );
}

test('a flow that needs what the site lacks is told with the cell and the way that exists', () => {
  expect(problems()).toEqual([
    {
      place: 'step "book"',
      cell: 'Appointment create',
      reason: 'mercy has no FHIR create of Appointment, and its record chooses no other route',
      fix: 'choose one under connections.epic.do: $find + $book, web service',
    },
    {
      place: 'step "visit"',
      cell: 'Encounter create',
      reason: 'mercy has no Encounter create (CapabilityStatement: Does not list create for Encounter)',
      fix: 'ADT^A04 where the site takes it.',
    },
  ]);
});

test('with a route chosen in the record the same flow is fine there, but for what is not', () => {
  expect(problems({ do: { 'appointment.create': { route: 'book' } } }).map(({ place }) => place)).toEqual([
    'step "visit"',
  ]);
});
