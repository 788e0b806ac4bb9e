import { expect, test } from 'vitest';
import { siteSchema } from '../site/index.ts';
import { patientKeysOf, patientOf, personKeyFrom, personName } from './patient.ts';

const site = siteSchema.parse({
  site: 'mercy',
  name: 'Mercy',
  environment: 'sandbox',
  ehr: { vendor: 'epic' },
  timeZone: 'America/Chicago',
  identifiers: { mrn: { system: 'urn:oid:1.2.3', hl7: { type: 'MR' } } },
  connections: {},
});
const keyedHash = (...parts: string[]): string => parts.join('/');

test('a name is its letters in upper case without accents, a date its eight digits', () => {
  const same = ['Brontë-Öz', 'BRONTE OZ', "bronte'öz", ' Bronteöz '];
  expect(new Set(same.map((family) => personName({ family, born: '1984-03-09' })))).toEqual(
    new Set(['BRONTEOZ 19840309']),
  );
  expect(personName({ family: 'Weiß', born: '19840309' })).toBe('WEISS 19840309');
  expect(personName({ family: '王', born: '19840309113000' })).toBe('王 19840309');
  for (const [family, born] of [
    ['', '1984-03-09'],
    ['42', '1984-03-09'],
    ['Weiß', '198403'],
    ['Weiß', ''],
    ['Weiß', 'soon'],
  ] as const) {
    expect(personName({ family, born })).toBeNull();
  }
});

test('what a person types finds what a message has', () => {
  const bytes = Buffer.from(
    'MSH|^~\\&|A|B|||20261121||ADT^A01|1|P|2.5.1\rPID|1||4711^^^X^MR||van Düren&van&Düren^ANN||19840309113000\r',
  );
  const patient = patientOf(
    (value) => `mrn ${value}`,
    (written) => personKeyFrom(keyedHash, 'mercy', written),
    site,
    'PID-3[5=MR].1',
    bytes,
  );
  expect(patient).toMatchObject({ key: 'mrn 4711', person: 'person/mercy/VANDUREN 19840309' });
  expect(patientKeysOf(keyedHash, [site], { family: 'Van Duren', born: '1984-03-09' })).toEqual([
    'person/mercy/VANDUREN 19840309',
  ]);
  expect(patientKeysOf(keyedHash, [site], ' 4711 ')).toEqual(['patient/mercy/urn:oid:1.2.3/4711']);
  expect(patientKeysOf(keyedHash, [site], { family: '-', born: '1984-03-09' })).toEqual([]);
});
