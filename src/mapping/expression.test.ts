import { describe, expect, test } from 'vitest';
import { asFailure } from '../std/index.ts';
import { compileSource } from './index.ts';

const patient = {
  resourceType: 'Patient',
  active: true,
  birthDate: '1987-09-12',
  deceasedBoolean: false,
  name: [
    { use: 'official', family: 'Lopez', given: ['Camila', 'Maria'] },
    { use: 'maiden', family: 'Diaz' },
  ],
  telecom: [
    { system: 'phone', use: 'home', value: '608-555-0100' },
    { system: 'email', value: 'c@example.org' },
    { system: 'phone', use: 'mobile', value: '608-555-0199' },
  ],
  identifier: [
    { system: 'urn:oid:1', value: '9' },
    { system: 'urn:oid:2', type: { coding: [{ code: 'MR' }] }, value: '203713' },
  ],
  extension: [{ url: 'http://example.org/race', valueCoding: { code: '2106-3' } }],
  hostile: "name.given' | constructor",
};
const observation = { resourceType: 'Observation', valueQuantity: { value: 37, unit: 'Cel' } };
const values = new Map<string, unknown>([
  ['event', patient],
  ['obs', observation],
  ['many', Array.from({ length: 1_000 }, (_, n) => ({ n }))],
]);
const read = (source: string): unknown => compileSource(source).read({ values, timeZone: 'UTC' });
const fault = (source: string) => {
  try {
    compileSource(source);
  } catch (error) {
    return asFailure(error);
  }
  throw new Error('it can be read');
};

describe('FHIRPath in maps', () => {
  test('reads what analysts write', () => {
    const written: readonly (readonly [string, unknown])[] = [
      ["event.name.where(use = 'official').family", 'Lopez'],
      ["event.name.where(use='official').given.first()", 'Camila'],
      ["event.name.where(use = 'official').given[*]", ['Camila', 'Maria']],
      ["event.name.where(use='official').given.join(' ')", 'Camila Maria'],
      ['event.name.family.last()', 'Diaz'],
      ['event.name.given[1].upper()', 'MARIA'],
      ["event.telecom.where(system = 'phone' and use = 'mobile').value", '608-555-0199'],
      ["event.telecom.where(system='phone').value.count()", 2],
      ["event.telecom.where(system = 'fax').exists()", false],
      ["event.telecom.exists(system = 'email')", true],
      ["event.identifier.where(type.coding.exists(code = 'MR')).value", '203713'],
      ["event.identifier.where(system in ('urn:oid:2' | 'urn:oid:3')).value", '203713'],
      ["event.identifier.where(system.endsWith(':2') or value.startsWith('x')).value", '203713'],
      ['event.birthDate.exists().not()', false],
      ['event.birthDate.substring(0, 4).toInteger()', 1987],
      ["event.birthDate < '1990-01-01'", true],
      ['event.birthDate > @1990-01-01', false],
      ["event.name.family.first() & ', ' & event.name.given.first()", 'Lopez, Camila'],
      ["iif(event.active, 'active', 'gone')", 'active'],
      ["event.extension('http://example.org/race').value.code", '2106-3'],
      ["event.extension('http://example.org/race').value.ofType(Coding).code", '2106-3'],
      ['obs.value.ofType(Quantity).unit', 'Cel'],
      ['(obs.value as Quantity).value', 37],
      ['obs.value.ofType(string)', undefined],
      ['event.deceased.exists()', true],
      ["event.telecom.value.where($this.matches('^608-555-01\\\\d+$')).count()", 2],
      ["event.telecom.value.replaceMatches('[^0-9]', '').first()", '6085550100'],
      ["event.telecom.value.where(contains('@'))", 'c@example.org'],
      ['event.name.family.skip(1)', 'Diaz'],
      ['event.name.select(family | given)[*]', ['Lopez', 'Camila', 'Maria', 'Diaz']],
      ['(event.name.family | event.name.given).count()', 4],
      ['event.nothing.where(x = 1).first()', undefined],
      ['event.name.all(family.exists())', true],
      ['event.ofType(Patient).birthDate', '1987-09-12'],
    ];
    for (const [source, expected] of written) expect(read(source), source).toEqual(expected);
  });

  test('that is not done says so, with the nearest way', () => {
    expect(fault('event.subject.resolve().name')).toMatchObject({
      code: 'PATH_NOT_DONE',
      fix: expect.stringMatching(/find step/),
    });
    expect(fault('event.birthDate.exists() and today() > event.x').fix).toMatch(/transform `age`/);
    expect(fault("event.name.wher(use = 'official')").fix).toBe('Did you mean "where"?');
    expect(fault('event.value.first() * 2').message).toMatch(/"\*" is not done/);
    expect(fault('event.name.where(use = %resource)').message).toMatch(/"%resource" is not done/);
    expect(fault('event.name.first() & patient.name').fix).toMatch(/list of sources/);
    expect(fault('event.name.where()').message).toMatch(/where\(condition\)|where/);
    expect(fault('event.name.family.matches(event.hostile)').message).toMatch(
      /a pattern that is written here/,
    );
    for (const broken of [
      'event.name.where(',
      "event.name.where(use = 'x)",
      'event.(name)',
      "event.x('",
      'event.first().',
      ')',
    ])
      expect(fault(broken).code, broken).toBe('PATH_INVALID');
  });

  test('never looks at what it finds as an expression, and reaches no prototype', () => {
    expect(read('event.hostile.first()')).toBe("name.given' | constructor");
    expect(read('event.name.where(family = event)')).toBeUndefined();
    for (const name of ['toString', 'valueOf', 'hasOwnProperty', 'length', 'push'])
      expect(read(`event.name.select(${name}).count()`), name).toBe(0);
    for (const name of ['__proto__', 'constructor', 'prototype', '`__proto__`', '"constructor"'])
      expect(fault(`event.where(${name}.x = 1)`).code, name).toBe('PATH_FORBIDDEN');
  });

  test('is bounded by work, whatever is written', () => {
    const doubling = `many${'.select($this.combine($this))'.repeat(20)}.count()`;
    expect(() => read(doubling)).toThrow(/more values than any message/);
    expect(fault(`event${'.first()'.repeat(300)}`).code).toBe('PATH_INVALID');
    expect(fault(`${'('.repeat(400)}event.a`).code).toBe('PATH_INVALID');
  });
});
