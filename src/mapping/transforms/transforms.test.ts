import { describe, expect, test } from 'vitest';
import { fhirDateTime, readTime } from '../time.ts';
import { transforms, Unreadable } from './index.ts';

const zone = 'America/New_York';
const done = (name: string, value: unknown, argument?: never): unknown =>
  transforms.get(name)?.make(argument)(value, { timeZone: zone });
const dated = (text: string, timeZone = zone): string | undefined => {
  const moment = readTime(text);
  return moment && fhirDateTime(moment, timeZone);
};

describe('times', () => {
  test('keep the precision they were given with', () => {
    expect(['1987', '198709', '19870912'].map((text) => dated(text))).toEqual([
      '1987',
      '1987-09',
      '1987-09-12',
    ]);
    expect(dated('1987-09-12')).toBe('1987-09-12');
  });

  test('of day without an offset are in the site’s zone, summer or winter', () => {
    expect(dated('202601311200')).toBe('2026-01-31T12:00:00-05:00');
    expect(dated('202607311200')).toBe('2026-07-31T12:00:00-04:00');
    expect(dated('2026073112')).toBe('2026-07-31T12:00:00-04:00');
    expect(dated('20260731120030.1234', 'Asia/Kolkata')).toBe('2026-07-31T12:00:30.1234+05:30');
    expect(dated('20260131120000', 'UTC')).toBe('2026-01-31T12:00:00+00:00');
  });

  test('with an offset keep it', () => {
    expect(dated('20260131120000-0800')).toBe('2026-01-31T12:00:00-08:00');
    expect(dated('2026-01-31T12:00:00Z')).toBe('2026-01-31T12:00:00+00:00');
    expect(dated('2026-01-31T12:00:00+05:30')).toBe('2026-01-31T12:00:00+05:30');
  });

  test('at the change of clocks: the first of two, and the right instant for one that never was', () => {
    expect(dated('202611010130')).toBe('2026-11-01T01:30:00-04:00');
    expect(dated('202611010230')).toBe('2026-11-01T02:30:00-05:00');
    expect(dated('202603080159')).toBe('2026-03-08T01:59:00-05:00');
    expect(dated('202603080230')).toBe('2026-03-08T02:30:00-05:00');
    expect(dated('202603080300')).toBe('2026-03-08T03:00:00-04:00');
    expect(done('instant', '202603080230')).toBe('2026-03-08T07:30:00.000Z');
  });

  test('that no calendar has are none', () => {
    for (const text of [
      '20260230',
      '20261301',
      '20260100',
      '00000000',
      '2026013125',
      '202601311260',
      '26',
      '',
      'LOPEZ',
      '20260131x',
      '20260131120000-9900',
      '2026-01-31T12',
    ])
      expect(readTime(text), text).toBeUndefined();
    expect(dated('20240229')).toBe('2024-02-29');
    expect(dated('19000229')).toBeUndefined();
  });
});

describe('the transform catalogue', () => {
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ['date', ' 19870912 ', '1987-09-12'],
    ['dateOnly', '20260131233000-0800', '2026-01-31'],
    ['dateOnly', '2026-01-31T23:30:00-08:00', '2026-01-31'],
    ['instant', '20260131120000', '2026-01-31T17:00:00.000Z'],
    ['upper', 'straße', 'STRASSE'],
    ['lower', 'LOPEZ', 'lopez'],
    ['trim', '     Z6129 ', 'Z6129'],
    ['text', 5, '5'],
    ['text', false, 'false'],
    ['number', ' 12.50 ', 12.5],
    ['number', '-1e3', -1000],
    ['boolean', 'Y', true],
    ['boolean', 'No', false],
    ['boolean', false, false],
    ['boolean', '1', true],
    ['id', 'Patient/abc', 'abc'],
    ['id', 'https://ehr.example/fhir/Patient/a.b-C/_history/2', 'a.b-C'],
    ['id', 'abc', 'abc'],
    ['gender', 'f', 'female'],
    ['gender', 'A', 'other'],
    ['gender', 'Male', 'male'],
    ['digits', '(217) 555-0199 x12', '2175550199'],
    ['digits', '+1 217.555.0199', '+12175550199'],
    ['base64', 'Müller', 'TcO8bGxlcg=='],
    ['list', [1, [2, 3]], [1, 2, 3]],
  ];
  test.each(cases)('%s of %j is %j', (name, value, result) => {
    expect(done(name, value)).toEqual(result);
  });

  test('refuses what it cannot read, without repeating it', () => {
    const refused: readonly (readonly [string, unknown])[] = [
      ['date', 'SECRET'],
      ['instant', '20260131'],
      ['number', '1,000'],
      ['number', '0x10'],
      ['number', '9'.repeat(400)],
      ['boolean', 'maybe'],
      ['gender', 'SECRET'],
      ['id', 'Patient/'],
      ['upper', { a: 'SECRET' }],
    ];
    for (const [name, value] of refused) {
      expect(() => done(name, value), name).toThrow(Unreadable);
      expect(() => done(name, value), name).not.toThrow(/SECRET/);
    }
  });

  test('looks up only what is in the table, not what every object has', () => {
    const lookup = (value: string) =>
      transforms.get('lookup')?.make({ I: 'inpatient' })(value, { timeZone: zone });
    expect(lookup('I')).toBe('inpatient');
    for (const value of ['O', 'toString', '__proto__', 'constructor'])
      expect(() => lookup(value)).toThrow(Unreadable);
  });

  test('says of each what it does', () => {
    for (const [name, { about }] of transforms) expect(about, name).toMatch(/\.$/);
  });
});
