/** A site whose HL7 has codes of its own, and one that is polled: a flow cannot tell which is which. */
import { expect, test } from 'vitest';
import { appointment, eventContext, flow, next, prepare, withValueSets } from '../../flow/index.ts';
import { readValueSet, type ValueSets, valueSetsOf } from '../../mapping/index.ts';
import { siteSchema } from '../../site/index.ts';
import { feedRecords } from './feed-record.ts';

const record = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' } },
  timeZone: 'America/Chicago',
  identifiers: {
    mrn: { system: 'urn:oid:1.2.3', hl7: { field: 'PID-3', type: 'MR' } },
    csn: { system: 'urn:csn', hl7: { field: 'PV1-19.1' } },
  },
  connections: { 'hl7-in': { connector: 'mllp', listen: { port: 0 } } },
});
const maps = (files: Readonly<Record<string, string>>): ValueSets =>
  valueSetsOf({
    names: Object.keys(files),
    rows: (name) =>
      files[name] === undefined
        ? undefined
        : readValueSet(new TextEncoder().encode(`source,target,display\n${files[name]}`), `${name}.csv`).rows,
  });

const fed = withValueSets(record, () =>
  maps({
    // What the site's HL7 writes, as its FHIR would have it.
    'hl7-sch-8': 'FU30,http://snomed.info/sct|390906007,Follow-up encounter\n',
    'hl7-sch-25': 'BKD,booked,\n',
    'hl7-coding-systems': '99MERCY,urn:mercy:reasons,\n',
    kinds: '390906007,follow-up,\n',
  }),
);
const polled = withValueSets(record, () => maps({ kinds: '390906007,follow-up,\n' }));

const siu = Buffer.from(
  [
    'MSH|^~\\&|S|M|||20260105120000||SIU^S12|1|P|2.5',
    'SCH|77^S|||||^^^|R1^Knee^99MERCY|FU30|30|min|^^^20260112150000-0600^20260112153000-0600||||||||||||||BKD',
    'PID|1||203713^^^X^MR||TEST^IDA||19870912|F',
    'PV1|1|O|||||||||||||||||555',
  ].join('\r'),
);

const sync = prepare(
  flow('sync', { about: 'Tells of appointments.' })
    .on(appointment.changed())
    .filter('booked', { path: 'event.status', equals: 'booked' })
    .send('tell', {
      connection: 'app',
      do: 'send',
      args: {
        'body.kind': { from: 'event.appointmentType.coding[0].code', valueSet: 'kinds' },
        'body.start': { from: 'event.start', transform: 'instant' },
        'body.csn': { from: 'event.identifier[*]', transform: 'identifier', with: { system: 'urn:csn' } },
      },
    }),
);

const asked = (bytes: Uint8Array, site: typeof fed): unknown => {
  const context = eventContext({ format: 'fhir', type: 'Appointment.created' }, bytes, site);
  const command = next(sync, context, new Map());
  return command.kind === 'call' ? command.args : command;
};

test('an appointment that a feed tells of, read by the site’s maps, is what a poll would give a flow', () => {
  const { records, unknown } = feedRecords('Appointment', siu, fed);
  expect(unknown).toBe(0);
  const [told] = records;
  const resource = JSON.parse(new TextDecoder().decode(told?.bytes)) as Record<string, unknown>;
  expect(resource).toMatchObject({
    status: 'booked',
    appointmentType: {
      coding: [{ system: 'http://snomed.info/sct', code: '390906007', display: 'Follow-up encounter' }],
    },
    reasonCode: [{ coding: [{ system: 'urn:mercy:reasons', code: 'R1' }] }],
  });
  const poll = new TextEncoder().encode(
    JSON.stringify({
      resourceType: 'Appointment',
      id: 'e1',
      identifier: [{ system: 'urn:csn', value: '555' }],
      status: 'booked',
      appointmentType: { coding: [{ system: 'http://snomed.info/sct', code: '390906007' }] },
      start: '2026-01-12T21:00:00Z',
      end: '2026-01-12T21:30:00Z',
    }),
  );
  expect(asked(told?.bytes as Uint8Array, fed)).toEqual(asked(poll, polled));
  expect(asked(poll, polled)).toEqual({
    body: { kind: 'follow-up', start: '2026-01-12T21:00:00.000Z', csn: '555' },
  });
});

test('without the site’s maps the same message gives the site’s own codes, and a flow waits for them', () => {
  const bare = withValueSets(record, () =>
    maps({ 'hl7-sch-25': 'BKD,booked,\n', kinds: '390906007,follow-up,\n' }),
  );
  const [told] = feedRecords('Appointment', siu, bare).records;
  expect(asked(told?.bytes as Uint8Array, bare)).toMatchObject({
    kind: 'fail',
    failure: { code: 'CODE_UNMAPPED', message: 'The value set map "kinds" has no row for "FU30".' },
  });
});
