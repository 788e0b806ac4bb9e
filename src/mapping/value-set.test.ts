import { describe, expect, test } from 'vitest';
import { parse } from '../hl7/index.ts';
import { asFailure, type Failure } from '../std/index.ts';
import {
  compileFieldMap,
  type FieldMap,
  type RowSource,
  readCsv,
  readValueSet,
  unmappedOf,
  type ValueSets,
  valueSetsOf,
  withRow,
} from './index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const rows = (files: Readonly<Record<string, string>>): RowSource => ({
  names: Object.keys(files),
  rows: (name) =>
    files[name] === undefined ? undefined : readValueSet(bytes(files[name]), `${name}.csv`).rows,
});
const faults = (text: string | Uint8Array) =>
  readValueSet(typeof text === 'string' ? bytes(text) : text, 'visits.csv').faults.map(
    ({ line, reason, fix }) => `${line}: ${reason}; ${fix}`,
  );

describe('a value set map’s file', () => {
  test('is read as spreadsheets write it: BOM, CRLF, quotes, semicolons, columns in any order', () => {
    const text =
      '\ufeffTarget;Source;Display;Note;Verified by;Verified on\r\n' +
      'FOLLOWUP;"FU;30";"Follow-up, ""short""";"two\r\nlines";Registration desk;2026-01-31\r\n\r\n' +
      '(none);XX;;;;\r\n';
    expect(readValueSet(bytes(text), 'visits.csv')).toEqual({
      faults: [],
      open: [],
      rows: [
        {
          source: 'FU;30',
          target: 'FOLLOWUP',
          display: 'Follow-up, "short"',
          note: 'two\r\nlines',
          verifiedBy: 'Registration desk',
          verifiedOn: '2026-01-31',
          file: 'visits.csv',
          line: 2,
        },
        { source: 'XX', target: null, file: 'visits.csv', line: 5 },
      ],
    });
  });

  test('tells of each fault its line and what to do; of two rows for one code both lines', () => {
    expect(faults('source,target\nA,1\nB,2\nA,3\n')).toEqual([
      '4: the code "A" stands here and on line 2; leave one of the two rows; one code has one meaning',
    ]);
    expect(faults('source,display\nA,x\n')).toEqual([
      '1: the column "target" is missing; the first line names the columns: source,target,display,note,verified by,verified on',
    ]);
    expect(faults('source,targt\nA,x\n')[0]).toMatch(
      /^1: there is no column "targt"; did you mean "target"\?/,
    );
    expect(faults('source,target\n,A\n')[0]).toMatch(/^2: the row has no source/);
    expect(faults('source,target\nA,\nA,1\n')[0]).toMatch(/^3: the code "A" stands here and on line 2/);
    expect(faults('source,target\nA,1,2\n')[0]).toMatch(/^2: the row has 3 cells, the header 2/);
    expect(faults('source,target,verified on\nA,1,31.1.2026\n')[0]).toMatch(
      /^2: "verified on" is "31.1.2026"/,
    );
    expect(faults('source,target\nA,"1\n')[0]).toMatch(/^2: a quotation mark is opened and never closed/);
    expect(faults('')[0]).toMatch(/^0: is empty/);
    expect(faults(new Uint8Array([...bytes('source,target\nA,1\n'), 0xd6, 0x41]))[0]).toMatch(
      /^3: is not UTF-8; save it as "CSV UTF-8"/,
    );
    expect(faults(`source,target\n${'A,1\n'.repeat(5_000)}`)).toHaveLength(50);
  });

  test('of 100,000 rows is read in one go', () => {
    const many = Array.from({ length: 100_000 }, (_, n) => `C${n},T${n % 50_000},Visit ${n}`);
    const read = readValueSet(bytes(`source,target,display\n${many.join('\n')}\n`), 'visits.csv');
    expect(read.faults).toEqual([]);
    const set = valueSetsOf({ names: ['visits'], rows: () => read.rows }).get('visits');
    expect(set?.row('C99999')).toMatchObject({ target: 'T49999', line: 100_001 });
    expect(set?.ambiguous()).toHaveLength(50_000);
  });

  test('gains a row in its own columns and line ends, and keeps the rest as it is written', () => {
    const before = '\ufefftarget;source;verified by\r\nA;1;"x"';
    expect(withRow(before, { source: '2;3', target: 'B', verifiedBy: 'desk' })).toBe(
      `${before}\r\nB;"2;3";desk\r\n`,
    );
    expect(withRow(undefined, { source: '2', target: null })).toBe(
      'source,target,display,note,verified by,verified on\n2,(none),,,,\n',
    );
  });

  test('a code whose meaning nobody has said yet is no row, and is filled in where it stands', () => {
    const before = 'source,target,note\r\nA,,"PV1-2, 4 times"\r\nB,1,\r\n';
    expect(readValueSet(bytes(before), 'classes.csv')).toMatchObject({
      rows: [{ source: 'B', target: '1' }],
      open: [{ source: 'A', line: 2 }],
      faults: [],
    });
    const after = 'source,target,note\r\nA,2,"PV1-2, 4 times"\r\nB,1,\r\n';
    expect(withRow(before, { source: 'A', target: '2' })).toBe(after);
  });

  test('any text is read without a throw', () => {
    for (const text of ['"', '""', ',', '"a"b', '\r\r', 'a,"b', '\ufeff'])
      expect(() => readCsv(text)).not.toThrow();
  });
});

const shared = {
  visits:
    'source,target,display,preferred\nFU,FOLLOWUP,Follow-up,yes\nF2,FOLLOWUP,,\nNP,NEW,New,\nXX,(none),,\n',
};
const mercy = { visits: 'source,target\nNP,NEWPATIENT\nSHORT,FOLLOWUP\n', rooms: 'source,target\n4,Four\n' };
const sets = valueSetsOf(rows(shared), rows(mercy));
const context = (valueSets: ValueSets | undefined = sets) => ({
  values: new Map<string, unknown>([
    ['event', { type: 'FU', other: ['NP', 'FU'], odd: 'ZZ', text: 'JOHN\nlived here' }],
  ]),
  hl7: parse('MSH|^~\\&|A|B|||20260131||SIU^S12|1|P|2.5\rSCH|||||||QQ^odd\r'),
  timeZone: 'America/New_York',
  valueSets,
});
const mapped = (map: FieldMap, valueSets?: ValueSets) => compileFieldMap(map)(context(valueSets));
const failed = (map: FieldMap, valueSets?: ValueSets): Failure => {
  try {
    mapped(map, valueSets);
  } catch (error) {
    return asFailure(error);
  }
  throw new Error('it did not fail');
};

describe('value sets of a site', () => {
  test('are its rows over the shared ones, both ways', () => {
    expect(sets.names).toEqual(['rooms', 'visits']);
    const visits = sets.get('visits');
    expect(visits?.row('NP')?.target).toBe('NEWPATIENT');
    expect(visits?.row('FU')?.target).toBe('FOLLOWUP');
    expect(visits?.back('FOLLOWUP')).toMatchObject({ source: 'SHORT' });
    expect(visits?.back('NEW')).toBeUndefined();
    expect(valueSetsOf(rows(shared)).get('visits')?.back('FOLLOWUP')).toMatchObject({ source: 'FU' });
    const unmarked = valueSetsOf(rows({ visits: 'source,target\nA,1\nB,1\n' })).get('visits');
    expect(unmarked?.back('1')).toBe('ambiguous');
    expect(unmarked?.ambiguous()).toMatchObject([{ target: '1', rows: [{ line: 2 }, { line: 3 }] }]);
  });

  test('translate what a rule reads, item by item, forth and back', () => {
    expect(
      mapped({
        a: { from: 'event.type', valueSet: 'visits' },
        b: { from: 'event.other[*]', valueSet: 'visits' },
        c: { from: 'event.type', valueSet: { map: 'visits', give: 'display' } },
        d: {
          from: 'event.type',
          transform: ['lower', 'upper', { lookup: 'visits' }, { lookupBack: 'visits' }],
        },
        e: { from: 'event.odd', valueSet: { map: 'visits', unmapped: 'keep' } },
        f: { from: 'event.odd', valueSet: { map: 'visits', unmapped: 'leave out' }, default: 'none' },
      }),
    ).toEqual({
      a: 'FOLLOWUP',
      b: ['NEWPATIENT', 'FOLLOWUP'],
      c: 'Follow-up',
      d: 'SHORT',
      e: 'ZZ',
      f: 'none',
    });
  });

  test('that lack codes hold the delivery, and all of them are told at once', () => {
    const failure = failed({
      a: { from: 'event.odd', valueSet: 'visits', default: 'never taken', required: true },
      b: { from: 'hl7:SCH-7.1', transform: 'lookup', with: 'visits' },
      c: { from: 'event.type', valueSet: 'visits' },
      'd.e': { from: 'event.text', valueSet: 'rooms' },
    });
    expect(failure).toMatchObject({
      code: 'CODE_UNMAPPED',
      retry: { again: false, held: true },
      at: { path: 'a' },
    });
    expect(failure.message).toBe('The value set map "visits" has no row for "ZZ" (and 2 more).');
    expect(unmappedOf(failure.toJSON())).toEqual([
      { map: 'visits', code: 'ZZ', back: false, ambiguous: false, path: 'a' },
      { map: 'visits', code: 'QQ', back: false, ambiguous: false, path: 'b' },
      { map: 'rooms', code: null, back: false, ambiguous: false, path: 'd.e' },
    ]);
    // A text that is no code is never repeated.
    expect(JSON.stringify(failure.toJSON())).not.toContain('JOHN');
    expect(failed({ a: { from: 'event.type', valueSet: 'nowhere' } }).code).toBe('CODE_UNMAPPED');
  });

  test('on the way back wait when nobody can say which row is meant', () => {
    const unmarked = valueSetsOf(rows({ visits: 'source,target\nA,FU\nB,FU\n' }));
    const failure = failed({ a: { from: 'event.type', valueSet: { map: 'visits', back: true } } }, unmarked);
    expect(failure.message).toMatch(/several rows with the target "FU", and none is preferred/);
    expect(failure.fix).toMatch(/preferred/);
  });
});
