import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from '../hl7/index.ts';
import { compileFieldMap, readMapFile } from './index.ts';

const lines = (...text: readonly string[]): string => `${text.join('\n')}\n`;
const faults = (...text: readonly string[]): readonly string[] =>
  readMapFile(lines(...text), 'contact').faults.map(({ line, reason, fix }) => `${line}: ${reason}; ${fix}`);

describe('a field map’s file', () => {
  test('is a map: targets, sources, transforms, lists and conditions', () => {
    const { map, faults } = readMapFile(
      lines(
        'about: The person as FHIR has it.',
        'makes: Patient',
        'fields:',
        '  resourceType: { value: Patient }',
        '  identifier:',
        '    each: hl7:PID-3[*]',
        '    as: id',
        '    when: { path: "id:5", equals: MR }',
        '    fields:',
        '      value: id:1',
        '      system: { value: "urn:oid:1.2.3" }',
        '  name[0].family: { from: hl7:PID-5.1, transform: [trim, nameCase], required: true }',
        '  birthDate: { from: hl7:PID-7, transform: dateOnly }',
        '  deceasedBoolean: { from: hl7:PID-30, transform: boolean, default: false }',
        '  managingOrganization:',
        '    when: { path: hl7:MSH-4, exists: true }',
        '    fields: { display: hl7:MSH-4 }',
      ),
      'person',
    );
    expect(faults).toEqual([]);
    expect(map).toMatchObject({ name: 'person', about: 'The person as FHIR has it.', makes: 'Patient' });
    expect(map?.lineOf('birthDate')).toBe(13);
    const hl7 = parse(
      'MSH|^~\\&|A|MERCY|||20260131||ADT^A01|1|P|2.5\rPID|||7^^^E^PI~203713^^^EPI^MR||LOPEZ^C||19870912\r',
    );
    expect(compileFieldMap(map?.fields ?? {})({ values: new Map(), hl7, timeZone: 'UTC' })).toEqual({
      resourceType: 'Patient',
      identifier: [{ value: '203713', system: 'urn:oid:1.2.3' }],
      name: [{ family: 'Lopez' }],
      birthDate: '1987-09-12',
      deceasedBoolean: false,
      managingOrganization: { display: 'MERCY' },
    });
  });

  test('that has faults says of each the line and the nearest known', () => {
    expect(
      faults(
        'about: x',
        'makes: Patient',
        'fields:',
        '  name[0].famly: hl7:PID-5.1',
        '  name.family: hl7:PID-5.1',
        '  birthDate[0]: hl7:PID-7',
        '  gender: { from: hl7:PID-8, transfrom: lower }',
        '  active: { from: hl7:PID-30, transform: bolean }',
        '  contact:',
        '    each: event.contact',
        '    as: contact',
        '    fields:',
        '      gendre: contact.gender',
        '  telecom: { each: event.telecom, as: __proto__, fields: { value: event.x } }',
        '  photo: { from: event.constructor.name }',
        '  language: { from: "hl7:PI" }',
        '  link[0].other.reference: { from: event.a, when: { path: event.b, equal: 1 } }',
        '  maritalStatus: 7',
        '  address[0].line[0]: { from: event.a.resolve() }',
      ),
    ).toEqual([
      '4: name[0].famly: "name" has no field "famly"; did you mean "family"?',
      '5: name.family: "name" is a list; write name[0] for its first item, or use each',
      '6: birthDate[0]: "birthDate" is no list; write birthDate without brackets',
      '7: gender: a rule has no "transfrom"; did you mean "transform"?',
      '8: The rule of the field "active": there is no transform "bolean"; Did you mean "boolean"?',
      '13: gendre: "contact" has no field "gendre"; did you mean "gender"?',
      '14: The rule of the field "telecom": its `as` is no name; Name an item with letters and digits: as: contact',
      '15: "event.constructor.name" names an object\'s prototype at character 7; no path may; Name a field of the data instead',
      expect.stringMatching(/^16: .*PI.*; Correct the HL7 path/),
      '17: link[0].other.reference: a condition has no "equal"; did you mean "equals"?',
      expect.stringMatching(/^18: maritalStatus: it is no rule; write a source/),
      expect.stringMatching(
        /^19: .*resolve\(\) is not done in a map .*; A map reads one record: look the other one up/,
      ),
    ]);
    expect(faults('makes: Patiant', 'fields: { a: event.b }')[0]).toBe(
      '1: "Patiant" is no type of FHIR R4; did you mean "Patient"?',
    );
    expect(faults('feilds:', '  a: event.b')[0]).toBe(
      '1: there is no "feilds" in a map; did you mean "fields"?',
    );
    expect(faults('fields:', '  a: event.b', '  a: event.c')[0]).toMatch(
      /^3: not valid YAML: Map keys must be unique/,
    );
    expect(faults('fields:', '  a: event.b', '  a.c: event.c')[0]).toMatch(
      /^3: .*another rule makes the same field/,
    );
    expect(faults('fields: {')[0]).toMatch(/^[12]: not valid YAML/);
    expect(faults('- a')[0]).toMatch(/^1: is no map/);
    expect(faults('')[0]).toMatch(/is no map/);
    expect(
      faults('shape: { mrn: string, names: [{ family: strin }] }', 'fields: { mrn: event.a }')[0],
    ).toMatch(/names\[\]\.family is "strin"/);
    expect(
      faults(
        'shape: { mrn: string, names: [{ family: string }], extra: any }',
        'fields:',
        '  mrm: event.a',
        '  names[0].family: event.b',
        '  extra.of.all[0].kinds: event.c',
        '  mrn.x: event.d',
      ),
    ).toEqual([
      '3: mrm: the shape has no field "mrm"; did you mean "mrn"?',
      '6: mrn.x: "mrn" is a single value and has no field "x"; map it as a whole',
    ]);
  });

  test('as the guide shows it has no fault', () => {
    const guide = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'maps.md'), 'utf8');
    const sample = /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? '';
    expect(readMapFile(sample, 'person').faults).toEqual([]);
    expect(sample).toContain('makes: Patient');
  });

  test('cannot be made to swell by aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'.split('').map((name, at) => `${name}: &${name} [${`*${'abcdefgh'[at]},`.repeat(9)}]`),
    ];
    expect(faults(...bomb, 'fields: { a: event.b }').length).toBeGreaterThan(0);
  });
});
