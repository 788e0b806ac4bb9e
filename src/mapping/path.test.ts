import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileFieldMap, compilePath } from './index.ts';

const patient = {
  resourceType: 'Patient',
  active: true,
  identifier: [
    {
      system: 'urn:oid:1.2.3',
      value: 'A1',
      use: 'usual',
      type: { text: 'EPI', coding: [{ code: 'X' }, { code: 'MR' }] },
    },
    { system: 'urn:oid:9', value: 'B2', type: { text: 'odd ]" one' } },
    { system: 'urn:oid:1.2.3', value: 'C3', use: 'official' },
  ],
  name: [
    { family: 'Lopez', given: ['Camila', 'Maria'] },
    { family: 'Ross', given: ['Cami'] },
  ],
  maritalStatus: { text: 'Married' },
  'odd.key': { 'x y': 1 },
  multipleBirthInteger: 0,
};
const read = (path: string): unknown => compilePath(path).read(patient);

describe('a path', () => {
  test('walks names, and takes the first item of a list that has no brackets', () => {
    expect(read('active')).toBe(true);
    expect(read('maritalStatus.text')).toBe('Married');
    expect(read('name.family')).toBe('Lopez');
    expect(read('name.given')).toBe('Camila');
    expect(read('multipleBirthInteger')).toBe(0);
  });

  test('chooses an item by how a value ends', () => {
    expect(read('identifier[system$=.3].value')).toBe('A1');
    expect(read('identifier[system$=.3][use$=cial].value')).toBe('C3');
    expect(read('identifier[system$=.4].value')).toBeUndefined();
    expect(compilePath('a$.b$c').read({ a$: { b$c: 1 } })).toBe(1);
  });

  test('compares with what the site says, at each site with its own', () => {
    const map = compileFieldMap({ number: 'patient.identifier[system=%site.mrnSystem].value' });
    const at = (site: unknown) =>
      map({
        values: new Map<string, unknown>([
          ['patient', patient],
          ['site', site],
        ]),
        timeZone: 'UTC',
      });
    expect(at({ mrnSystem: 'urn:oid:1.2.3' })).toEqual({ number: 'A1' });
    expect(at({ mrnSystem: 'urn:oid:9' })).toEqual({ number: 'B2' });
    expect(at({ mrnSystem: 'urn:oid:1.2.3' })).toEqual({ number: 'A1' });
    expect(at({})).toEqual({});
    expect(at(undefined)).toEqual({});
    // Nothing begins with what is not there.
    const begins = compileFieldMap({ number: 'patient.identifier[system^=%site.mrnSystem].value' });
    const odd = { identifier: [{ system: 'undefined', value: 'no' }] };
    expect(begins({ values: new Map<string, unknown>([['patient', odd]]), timeZone: 'UTC' })).toEqual({});
    // Where there is no site it is refused rather than never found, and it is no text that merely looks so.
    expect(() => compilePath('identifier[system=%site.mrnSystem]')).toThrow(/character 19/);
    expect(compilePath('a[b="%site.mrnSystem"].c').read({ a: { b: '%site.mrnSystem', c: 1 } })).toBe(1);
  });

  test('chooses an item by how a value begins', () => {
    const visit = {
      participant: [{ actor: { reference: 'Practitioner/1' } }, { actor: { reference: 'Patient/2' } }],
    };
    const at = (path: string): unknown => compilePath(path).read(visit);
    expect(at('participant[actor.reference^=Patient/].actor.reference')).toBe('Patient/2');
    expect(at('participant[actor.reference^=Group/].actor.reference')).toBeUndefined();
    expect(() => compilePath('participant[actor.reference^Patient]')).toThrow('"=", "^=" or "$="');
  });

  test('counts from 0, and takes every item for *', () => {
    expect(read('name[1].family')).toBe('Ross');
    expect(read('name[2].family')).toBeUndefined();
    expect(read('name[0].given[*]')).toEqual(['Camila', 'Maria']);
    expect(read('name[*].given[*]')).toEqual(['Camila', 'Maria', 'Cami']);
    expect(read('name[*].period.start')).toBeUndefined();
  });

  test('chooses by conditions, that may be nested, quoted, added up and counted', () => {
    expect(read('identifier[system=urn:oid:9].value')).toBe('B2');
    expect(read('identifier[type.text=EPI].value')).toBe('A1');
    expect(read('identifier[type.coding.code=MR].value')).toBe('A1');
    expect(read('identifier[type.coding[0].code=MR].value')).toBeUndefined();
    expect(read('identifier[system=urn:oid:1.2.3][use=official].value')).toBe('C3');
    expect(read('identifier[system=urn:oid:1.2.3][1].value')).toBe('C3');
    expect(read('identifier[system=urn:oid:1.2.3][*].value')).toEqual(['A1', 'C3']);
    expect(read('identifier[type.text="odd ]\\" one"].value')).toBe('B2');
    expect(read('identifier[use=none].value')).toBeUndefined();
  });

  test('takes a single value for a list of one, as FHIRPath does', () => {
    expect(read('maritalStatus[0].text')).toBe('Married');
    expect(read('maritalStatus[text=Married].text')).toBe('Married');
    expect(read('maritalStatus[1].text')).toBeUndefined();
  });

  test('reads keys of any characters in quotes', () => {
    expect(read('"odd.key"."x y"')).toBe(1);
  });

  test('finds nothing beyond what is there, and never an object’s inherited properties', () => {
    for (const path of [
      'name.family.length',
      'nothing.at.all',
      'toString',
      'hasOwnProperty',
      'name.length',
      'active.x',
    ])
      expect(read(path)).toBeUndefined();
    expect(compilePath('a.b').read(null)).toBeUndefined();
    expect(compilePath('a.b').read(JSON.parse('{"__proto__":{"a":{"b":1}}}'))).toBeUndefined();
  });

  test('that is wrong is a config failure that says at which character', () => {
    const wrong: readonly (readonly [string, number])[] = [
      ['', 1],
      ['.a', 1],
      ['a..b', 3],
      ['a.', 3],
      ['a[', 3],
      ['a[1', 3],
      ['a[b]', 4],
      ['a[b=]', 5],
      ['a[b="c]', 5],
      ['a.0', 3],
      ['a b', 2],
      ['a[99999]', 8],
      ['a[b[*]=c]', 7],
    ];
    for (const [path, position] of wrong) {
      try {
        compilePath(path);
        expect.unreachable(path);
      } catch (error) {
        expect(error, path).toMatchObject({ kind: 'config', code: 'PATH_INVALID', at: { path } });
        expect((error as Error).message, path).toContain(`at character ${position},`);
      }
    }
    expect(() => compilePath('a'.repeat(2_000))).toThrow('at most 1000 characters');
    expect(() => compilePath(Array(60).fill('a').join('.'))).toThrow('at most 40 steps');
    expect(() => compilePath('a[b[c[d[e=1].x=1].x=1].x=1]')).toThrow('nested at most 3 deep');
  });

  test('may not name a prototype, wherever it stands', () => {
    for (const name of ['__proto__', 'prototype', 'constructor'])
      for (const path of [name, `a.${name}.b`, `a[${name}.b=c]`, `a."${name}"`, `a.\\"${name}`])
        expect(() => compilePath(path), path).toThrow(/prototype|expected/);
  });
});

describe('hostile paths', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'a',
      'toString',
      '[0]',
      '[*]',
      '.',
      '[',
      ']',
      '"',
      '\\',
      '=',
      '[x=y]',
      'polluted',
      '"__proto__"',
      '["__proto__"]',
      '__pro',
      'to__',
      '\u0000',
    ),
    fc.string({ maxLength: 6 }),
  );
  const path = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
  const joined = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'));

  test('change nothing but the object they make, as source or as target', () => {
    const before = [Object, Array, Function, String].map((each) =>
      Object.getOwnPropertyNames(each.prototype).join(),
    );
    const values = new Map<string, unknown>([
      ['a', JSON.parse('{"a":{"__proto__":{"polluted":1}},"b":[1,{"a":2}]}')],
    ]);
    fc.assert(
      fc.property(fc.oneof(path, joined), (text) => {
        for (const map of [{ [text]: { value: 'polluted' } }, { out: text }, { [`a.${text}`]: 'a.b' }]) {
          try {
            compileFieldMap(map)({ values, timeZone: 'UTC' });
          } catch (error) {
            expect(error).toMatchObject({ name: 'Failure' });
          }
        }
      }),
      { numRuns: 5_000, seed: 20260131 },
    );
    expect(([] as unknown as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    const after = [Object, Array, Function, String].map((each) =>
      Object.getOwnPropertyNames(each.prototype).join(),
    );
    expect(after).toEqual(before);
  });

  test('are read without backtracking: otherwise this would not end', () => {
    for (const text of [
      `"${'\\"'.repeat(499)}`,
      '['.repeat(900),
      'a[b="'.repeat(190),
      `a[b=${'"'.repeat(900)}]`,
      'a.'.repeat(500),
    ])
      for (let n = 0; n < 200; n++) expect(() => compilePath(text)).toThrow();
  });
});
