import { describe, expect, test } from 'vitest';
import { parse } from '../../hl7/index.ts';
import type { Json } from '../../std/index.ts';
import { maskCase } from './index.ts';

const key = Uint8Array.from({ length: 32 }, (_, at) => at * 7);
const hl7 = (lines: readonly string[]) => ({ format: 'hl7', bytes: Buffer.from(`${lines.join('\r')}\r`) });
const admission = [
  'MSH|^~\\&|EPIC|LARK|SUTURE||20260131170501||ADT^A01^ADT_A01|4711|P|2.5.1',
  'EVN|A01|20260131170501||||20260131170000',
  "PID|1||203713^^^EPI^MR~E20991^^^EPIC^EPI||O'NEILL-LOPEZ^MARISOL^ANA||19800229|F||2106-3^White^CDCREC|12 Harbour Road^Apt 4^Wellfleet^MA^02667^USA||(774)338-2091^PRN^PH^^^774^3382091|||M||90811^^^HAR^AN|123-45-6789",
  'NK1|1|LOPEZ^JAMES|SPO|12 Harbour Road^^Wellfleet^MA^02667|7743382077',
  'PV1|1|I|4NORTH^412^A^LARK||||1044^HOLLIS^GRACE^^^DR^^^EPI|||MED||||7|||||88213407',
  "OBX|1|ST|NOTE^Free note^L||Mrs. O'Neill-Lopez called from 774-338-2091, see 203713||||||F",
  'OBX|2|NM|718-7^Hemoglobin^LN||13.2|g/dL|12-16|N|||F|||20260130',
  'AL1|1|DA|77^Diet of Marisol Lopez^L',
  'ZPD|MARISOL|203713|19800229',
];

describe('a recorded admission', () => {
  const { bytes, answers } = maskCase(
    hl7(admission),
    {
      patient: {
        matches: [
          {
            resourceType: 'Patient',
            id: 'eKx99',
            identifier: [{ system: 'urn:mrn', value: '203713' }],
            name: [
              {
                use: 'official',
                family: "O'Neill-Lopez",
                given: ['Marisol', 'Ana'],
                text: "Marisol Ana O'Neill-Lopez",
              },
            ],
            telecom: [
              { system: 'phone', value: '774-338-2091' },
              { system: 'email', value: 'marisol.lopez@harbour.net' },
            ],
            birthDate: '1980-02-29',
            gender: 'female',
            generalPractitioner: [{ reference: 'Practitioner/p-1044', display: 'Grace Hollis, MD' }],
          },
        ],
      },
    },
    key,
  );
  const text = Buffer.from(bytes).toString('utf8');
  const masked = parse(bytes);
  const all = `${text}${JSON.stringify(answers)}`.toLowerCase();

  test.each([
    ['names', ['neill', 'lopez', 'marisol', 'hollis', 'grace', 'james']],
    ['ids', ['203713', 'e20991', '90811', '88213407', '123-45-6789', 'ekx99', '4711', '1044']],
    ['dates', ['19800229', '1980-02-29', '20260131', '20260130']],
    ['addresses', ['harbour', 'wellfleet', '02667']],
    ['telephones and mail', ['338-2091', '3382091', '7743382077', 'marisol.lopez', 'harbour.net']],
    ['free text', ['called', 'mrs']],
  ])('has none of its %s left', (_, tokens) => {
    expect(tokens.filter((token) => all.includes(token))).toEqual([]);
  });

  test('is the same case: types, codes, quantities, shapes and joins are what they were', () => {
    expect(masked.usable).toBe(true);
    expect(masked.header.type).toBe('ADT^A01');
    expect(masked.segments().map(({ id }) => id)).toEqual(admission.map((line) => line.slice(0, 3)));
    expect(masked.get('PID-3[5=MR].1')).toMatch(/^\d{6}$/);
    expect(masked.get('PID-8')).toBe('F');
    expect(masked.get('PID-10.1')).toBe('2106-3');
    expect(masked.get('PV1-2')).toBe('I');
    expect(masked.get('PV1-3.1')).toBe('4NORTH');
    expect(masked.get('OBX[2]-5')).toBe('13.2');
    expect(masked.get('OBX[2]-3.1')).toBe('718-7');
    const [patient] = (
      answers.patient as {
        matches: [
          {
            identifier: [{ value: string }];
            name: [{ family: string; given: string[]; text: string }];
            birthDate: string;
          },
        ];
      }
    ).matches;
    expect(patient.identifier[0].value).toBe(masked.get('PID-3[5=MR].1'));
    expect(patient.name[0].family.toUpperCase()).toBe(masked.get('PID-5.1'));
    expect(patient.name[0].text).toBe(`${patient.name[0].given.join(' ')} ${patient.name[0].family}`);
    expect(patient.birthDate.replaceAll('-', '')).toBe(masked.get('PID-7'));
    // The time of day and the days between dates stay.
    expect(masked.get('EVN-6')).toMatch(/170000$/);
    const day = (digits: string | undefined) =>
      Date.parse(`${digits?.slice(0, 4)}-${digits?.slice(4, 6)}-${digits?.slice(6, 8)}`);
    expect(day(masked.get('EVN-2')) - day(masked.get('PID-7'))).toBe(
      Date.parse('2026-01-31') - Date.parse('1980-02-29'),
    );
  });

  test('another key gives another person', () => {
    const other = maskCase(
      hl7(admission),
      {},
      key.map((byte) => byte ^ 255),
    );
    expect(parse(other.bytes).get('PID-3[5=MR].1')).not.toBe(masked.get('PID-3[5=MR].1'));
  });
});

test('what a hook was sent loses names, numbers and text, and keeps its codes and quantities', () => {
  const body = {
    mrn: 203713,
    patient: { firstName: 'Ida', lastName: 'Quimby' },
    status: 'booked',
    minutes: 30,
    note: 'prefers mornings',
    path: '/people/203713',
  };
  const { bytes } = maskCase({ format: 'json', bytes: Buffer.from(JSON.stringify(body)) }, {}, key);
  const masked = JSON.parse(Buffer.from(bytes).toString('utf8')) as typeof body;
  expect(masked).toMatchObject({ status: 'booked', minutes: 30, note: 'masked text 1' });
  expect(masked.path).toBe(`/people/${masked.mrn}`);
  expect(JSON.stringify(masked)).not.toMatch(/203713|Ida|Quimby|mornings/);
});

test('an ill-formed message is refused with a sentence, and nothing of it is kept', () => {
  expect(() => maskCase({ format: 'fhir', bytes: Buffer.from('{"a":') }, {}, key)).toThrow(
    /cannot be masked/,
  );
});

test('a FHIR record of the demo hospital keeps its form', () => {
  const record: Json = {
    resourceType: 'Appointment',
    id: 'a1',
    status: 'booked',
    start: '2026-05-12T15:00:00Z',
    minutesDuration: 30,
    participant: [{ actor: { reference: 'Patient/eKx99', display: 'Quimby, Ida' } }],
  };
  const { bytes } = maskCase({ format: 'fhir', bytes: Buffer.from(JSON.stringify(record)) }, {}, key);
  const masked = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    start: string;
    participant: [{ actor: { reference: string; display: string } }];
  };
  expect(masked).toMatchObject({ resourceType: 'Appointment', status: 'booked', minutesDuration: 30 });
  expect(masked.start).toMatch(/T15:00:00Z$/);
  expect(masked.participant[0].actor.reference).toMatch(/^Patient\/[a-z]{1}[A-Z]{1}[a-z]{1}\d{2}$/);
  expect(masked.participant[0].actor.display).not.toMatch(/Quimby|Ida/);
});
