import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FhirResource, type Lookup, toFhir } from '../index.ts';
import { type AnyResource, fromFhir, type WritingEvent, type WritingOptions } from './index.ts';
import { options } from './resources.fixture.ts';

/** What is written and read again must be what was given, as far as both directions carry it. */

const terminology = 'http://terminology.hl7.org/CodeSystem/';

const systems = new Map([
  ['EPI MR', 'urn:oid:1.2.3'],
  ['EPIC CSN', 'urn:oid:1.2.8'],
  ['EPIC PROVID', 'urn:oid:1.2.9'],
]);

/** The reading's counterpart of the fixture's three systems. */
const lookup: Lookup = {
  identifierSystem: (assigner, type) => systems.get(`${assigner} ${type}`),
};

function again(
  event: WritingEvent,
  resources: readonly AnyResource[],
  more: Partial<WritingOptions> = {},
): FhirResource[] {
  const { message } = fromFhir(resources, { ...options, event, ...more });
  const { bundle } = toFhir(message, { site: 'riverside', timeZone: options.timeZone, lookup });
  return bundle.entry.map(({ resource }) => resource);
}

const first = (list: readonly FhirResource[], type: string): FhirResource | undefined =>
  list.find(({ resourceType }) => resourceType === type);

/** Every character that could end a field, and some of other scripts. Blanks around a value are no part of it. */
const text = fc
  .string({ unit: fc.constantFrom(...'|^~\\&#"\'\r\n\tAbZ019 .é漢😀'), minLength: 1, maxLength: 12 })
  .filter((each) => each.trim() === each && each !== '' && each !== '""');

/** R4's `code` has no blanks but single ones inside. */
const code = text.filter((each) => !/\s/.test(each));

const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined });

const instant = fc
  .integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2037, 0, 1) })
  .map((at) => new Date(Math.floor(at / 1_000) * 1_000).toISOString());
const day = instant.map((at) => at.slice(0, 10));

const without = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const name = fc.record({
  use: maybe(fc.constantFrom('official', 'usual', 'nickname', 'maiden', 'anonymous', 'temp', 'old')),
  family: text,
  given: fc.array(text, { minLength: 1, maxLength: 2 }),
  prefix: maybe(fc.tuple(text)),
  suffix: maybe(fc.array(text, { minLength: 1, maxLength: 3 })),
});

const address = fc.record({
  use: maybe(fc.constantFrom('home', 'work', 'temp', 'old', 'billing')),
  line: fc.array(text, { minLength: 1, maxLength: 2 }),
  city: text,
  state: maybe(text),
  postalCode: maybe(text),
  district: maybe(text),
});

const telecom = fc.oneof(
  fc.record({
    system: fc.constantFrom('phone', 'fax', 'pager'),
    value: text,
    use: fc.constantFrom('home', 'work'),
  }),
  fc.record({ system: fc.constant('phone'), value: text, use: fc.constant('mobile') }),
  fc.record({ system: fc.constant('email'), value: text, use: maybe(fc.constantFrom('home', 'work')) }),
);

const patient = fc
  .record({
    resourceType: fc.constant('Patient'),
    identifier: fc.tuple(text.map((value) => ({ system: 'urn:oid:1.2.3', value }))),
    name: fc.array(name, { minLength: 1, maxLength: 3 }),
    telecom: fc.uniqueArray(telecom, { maxLength: 3, selector: ({ value }) => value }),
    gender: maybe(fc.constantFrom('male', 'female', 'other', 'unknown')),
    birthDate: maybe(day),
    deceasedDateTime: maybe(day),
    address: fc.array(address, { maxLength: 2 }),
    multipleBirthInteger: maybe(fc.integer({ min: 1, max: 9 })),
    maritalStatus: maybe(
      fc.constantFrom('M', 'S', 'D', 'W', 'L', 'A').map((status) => ({
        coding: [{ system: `${terminology}v3-MaritalStatus`, code: status }],
      })),
    ),
  })
  .map(without);

/** Elements that lists of telecom and address may stand in another order for, since PID-14 stands behind PID-13. */
const sorted = (list: unknown): string[] =>
  ((list ?? []) as unknown[]).map((each) => JSON.stringify(sortKeys(each))).sort();
const sortKeys = (value: unknown): unknown =>
  value === null || typeof value !== 'object' || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

describe('written and read again', () => {
  test('a Patient says what it said', () => {
    fc.assert(
      fc.property(patient, (given) => {
        const read = first(again('ADT^A31', [given]), 'Patient');
        for (const key of [
          'gender',
          'birthDate',
          'deceasedDateTime',
          'multipleBirthInteger',
          'name',
        ] as const)
          expect(read?.[key], key).toEqual(given[key]);
        expect(sorted(read?.telecom)).toEqual(sorted(given.telecom));
        expect(sorted(read?.address)).toEqual(sorted(given.address));
        expect(read?.identifier).toMatchObject(given.identifier);
        if (given.maritalStatus) expect(read?.maritalStatus).toMatchObject(given.maritalStatus);
      }),
      { numRuns: 300 },
    );
  });

  test('an Encounter keeps number, class, times, people and places', () => {
    const visit = fc.record({
      number: text,
      kind: fc.constantFrom('IMP', 'AMB', 'EMER', 'PRENC'),
      start: instant,
      end: maybe(instant),
      doctor: fc.record({ id: text, family: text, given: text }),
      roles: fc.uniqueArray(fc.constantFrom('ATND', 'REF', 'CON', 'ADM'), { minLength: 1 }),
      place: fc.record({ ward: text, room: text, site: text }),
    });
    fc.assert(
      fc.property(patient, visit, (who, { number, kind, start, end: last, doctor, roles, place }) => {
        // A visit that ends before it starts loses its end when it is read: R4 has no such period.
        const end = last !== undefined && Date.parse(last) < Date.parse(start) ? undefined : last;
        const encounter = without({
          resourceType: 'Encounter',
          status: 'in-progress',
          class: { system: `${terminology}v3-ActCode`, code: kind },
          identifier: [{ system: 'urn:oid:1.2.8', value: number }],
          period: { start, end },
          participant: roles.map((role) => ({
            type: [{ coding: [{ system: `${terminology}v3-ParticipationType`, code: role }] }],
            individual: { reference: 'Practitioner/d' },
          })),
          location: [{ location: { reference: 'Location/ro' }, status: 'active' }],
        });
        const level = (id: string, name: string, partOf?: string): AnyResource => ({
          resourceType: 'Location',
          id,
          name,
          physicalType: { coding: [{ system: `${terminology}location-physical-type`, code: id }] },
          ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
        });
        const read = again('ADT^A08', [
          who,
          encounter,
          {
            resourceType: 'Practitioner',
            id: 'd',
            identifier: [{ system: 'urn:oid:1.2.9', value: doctor.id }],
            name: [{ family: doctor.family, given: [doctor.given] }],
          },
          level('ro', place.room, 'wa'),
          level('wa', place.ward, 'si'),
          level('si', place.site),
        ]);
        const back = first(read, 'Encounter') as unknown as {
          class: { code: string };
          identifier: { value: string; system: string }[];
          period: { start: string; end?: string };
          participant: { type: { coding: { code: string }[] }[]; individual: { reference: string } }[];
          location: { location: { reference: string } }[];
        };
        expect(back.class.code).toBe(kind);
        expect(back.identifier[0]).toMatchObject({ system: 'urn:oid:1.2.8', value: number });
        expect(Date.parse(back.period.start)).toBe(Date.parse(start));
        if (end !== undefined) expect(Date.parse(back.period.end ?? '')).toBe(Date.parse(end));
        expect(back.participant.map(({ type }) => type[0]?.coding[0]?.code).sort()).toEqual(
          [...roles].sort(),
        );
        const at = (reference: string | undefined): FhirResource | undefined =>
          read.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
        expect(at(back.participant[0]?.individual.reference)).toMatchObject({
          identifier: [{ system: 'urn:oid:1.2.9', value: doctor.id }],
          name: [{ family: doctor.family, given: [doctor.given] }],
        });
        const names: unknown[] = [];
        let step = at(back.location[0]?.location.reference);
        while (step !== undefined) {
          names.push(step.name);
          step = at((step.partOf as { reference?: string } | undefined)?.reference);
        }
        expect(names).toEqual([place.room, place.ward, place.site]);
      }),
      { numRuns: 150 },
    );
  });

  test('an Appointment keeps number, times, status, service and people', () => {
    const visit = fc.record({
      number: text,
      start: instant,
      minutes: fc.integer({ min: 5, max: 600 }),
      service: fc.record({ code, display: text }),
      doctor: text,
    });
    fc.assert(
      fc.property(patient, visit, (who, { number, start, minutes, service, doctor }) => {
        const end = new Date(Date.parse(start) + minutes * 60_000).toISOString();
        const read = again('SIU^S12', [
          who,
          {
            resourceType: 'Appointment',
            status: 'booked',
            identifier: [{ system: 'urn:oid:1.2.8', value: number }],
            serviceType: [{ coding: [{ system: 'http://snomed.info/sct', ...service }] }],
            start,
            end,
            minutesDuration: minutes,
            participant: [{ actor: { reference: 'Practitioner/d' }, status: 'accepted' }],
          },
          { resourceType: 'Practitioner', id: 'd', name: [{ family: doctor }] },
        ]);
        const back = first(read, 'Appointment') as unknown as Record<string, never>;
        expect(back).toMatchObject({
          status: 'booked',
          identifier: [{ value: number }],
          minutesDuration: minutes,
          serviceType: [{ coding: [{ system: 'http://snomed.info/sct', ...service }] }],
        });
        expect([back.start, back.end].map((each) => Date.parse(each ?? ''))).toEqual([
          Date.parse(start),
          Date.parse(end),
        ]);
        expect(read.filter(({ resourceType }) => resourceType === 'Practitioner')).toContainEqual(
          expect.objectContaining({ name: [expect.objectContaining({ family: doctor })] }),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('an Observation keeps code, value, status, time and notes', () => {
    const value = fc.oneof(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((number) => ({
        valueQuantity: {
          value: Number(number.toFixed(3)) + 0,
          unit: 'mg/L',
          system: 'http://unitsofmeasure.org',
          code: 'mg/L',
        },
      })),
      text.map((valueString) => ({ valueString })),
      fc.record({ code, display: text }).map((coding) => ({
        valueCodeableConcept: { coding: [{ system: 'http://snomed.info/sct', ...coding }] },
      })),
      day.map((valueDateTime) => ({ valueDateTime })),
    );
    const observation = fc.record({
      value,
      status: fc.constantFrom('final', 'preliminary', 'corrected'),
      code: fc.record({ code, display: text }),
      when: instant,
      note: maybe(text),
    });
    fc.assert(
      fc.property(patient, fc.array(observation, { minLength: 1, maxLength: 3 }), (who, list) => {
        const given = list.map(({ value: held, status, code: what, when, note }, index) => ({
          resourceType: 'Observation',
          id: `o${index}`,
          status,
          code: { coding: [{ system: 'http://loinc.org', ...what }] },
          effectiveDateTime: when,
          ...held,
          ...(note === undefined ? {} : { note: [{ text: note }] }),
        }));
        const read = again('ORU^R01', [who, ...given]).filter(
          ({ resourceType }) => resourceType === 'Observation',
        );
        expect(read).toHaveLength(given.length);
        read.forEach((back, index) => {
          const { id: _, effectiveDateTime, ...expected } = given[index] as (typeof given)[number];
          expect(back).toMatchObject(expected);
          expect(Date.parse(String(back.effectiveDateTime))).toBe(Date.parse(effectiveDateTime));
        });
      }),
      { numRuns: 150 },
    );
  });

  test('a document keeps its number, type, date, status, author and every line', () => {
    const document = fc.record({
      number: text,
      lines: fc.array(
        text.filter((each) => !/[\r\n]/.test(each)),
        { minLength: 1, maxLength: 4 },
      ),
      when: instant,
      author: text,
    });
    fc.assert(
      fc.property(patient, document, (who, { number, lines, when, author }) => {
        const read = again('MDM^T02', [
          who,
          {
            resourceType: 'DocumentReference',
            status: 'current',
            docStatus: 'final',
            masterIdentifier: { system: 'urn:oid:1.7', value: number },
            date: when,
            author: [{ reference: 'Practitioner/d' }],
            content: [
              {
                attachment: {
                  contentType: 'text/plain',
                  data: Buffer.from(lines.join('\n')).toString('base64'),
                },
              },
            ],
          },
          { resourceType: 'Practitioner', id: 'd', name: [{ family: author }] },
        ]);
        const back = first(read, 'DocumentReference') as unknown as {
          masterIdentifier: { value: string };
          content: { attachment: { data?: string } }[];
        };
        expect(back).toMatchObject({
          status: 'current',
          docStatus: 'final',
          masterIdentifier: { value: number },
        });
        const texts = back.content.map(({ attachment }) =>
          Buffer.from(attachment.data ?? '', 'base64').toString('utf8'),
        );
        expect(texts.join('\n')).toBe(lines.join('\n'));
      }),
      { numRuns: 150 },
    );
  });
});
