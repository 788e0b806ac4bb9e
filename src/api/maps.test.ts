import { describe, expect, test } from 'vitest';
import { readValueSet } from '../mapping/index.ts';
import { codeNames } from './view/code-names.ts';
import { mapRow } from './view/map-row.ts';

const DAY = '2026-03-02';
const place = { file: 'sites/mercy/maps/visit-types.csv', head: null, known: true };
const asked = { site: 'mercy', map: 'visit-types', source: 'ZZ', target: 'urgent' };

test('what a message calls a code stands beside it, in HL7 and in FHIR', () => {
  const hl7 = 'MSH|^~\\&|A|B\rPV1|1|O||ZZ^Visit at home \\T\\ more~X^no|a^b^c^ZZ^By the alternate\rNTE|ZZ\r';
  expect(codeNames('hl7', Buffer.from(hl7), 'ZZ')).toEqual(['Visit at home & more', 'By the alternate']);
  const type = {
    text: 'Home visit',
    coding: [
      { code: 'ZZ', display: 'At home' },
      { code: 'Y', display: 'no' },
    ],
  };
  const fhir = { resourceType: 'Appointment', type: [type], code: 'ZZ', display: 7 };
  expect(codeNames('fhir', Buffer.from(JSON.stringify(fhir)), 'ZZ')).toEqual(['Home visit', 'At home']);
  for (const [format, text] of [
    ['hl7', 'no message ZZ^x'],
    ['fhir', '{"code":"ZZ",'],
  ] as const)
    expect(codeNames(format, Buffer.from(text), 'ZZ')).toEqual([]);
  expect(codeNames('fhir', null, 'ZZ')).toEqual([]);
});

describe('the row that a value set map lacks', () => {
  test('is written in the columns of its file, whatever stands in it', () => {
    const hostile = {
      ...asked,
      source: '=A1;"x',
      target: "it's",
      display: 'a, "b"',
      note: ' n ',
      by: 'the desk',
    };
    for (const head of [
      null,
      'source,target',
      'target;source;verified by;note',
      'Source\tTarget\tDisplay\r',
    ]) {
      const { row, head: columns, isNew } = mapRow(hostile, { ...place, head }, DAY);
      expect(isNew).toBe(head === null);
      const read = readValueSet(new TextEncoder().encode(`${columns}\n${row}\n`), 'x.csv');
      expect(read.faults).toEqual([]);
      expect(read.rows).toMatchObject([{ source: hostile.source, target: hostile.target }]);
    }
    expect(mapRow({ ...asked, by: 'desk' }, place, DAY)).toEqual({
      file: 'sites/mercy/maps/visit-types.csv',
      isNew: true,
      head: 'source,target,display,note,verified by,verified on',
      row: `ZZ,urgent,,,desk,${DAY}`,
      command: 'suture maps add --by desk mercy visit-types ZZ urgent',
      fault: null,
    });
  });

  test('without a target says so; the command is one that a shell and the command line take', () => {
    const open = mapRow({ ...asked, source: "-'$(x)", target: '' }, { ...place, known: false }, DAY);
    expect(open.fault).toContain('the row has no target');
    expect(open.command).toBe(`suture maps add --new -- mercy visit-types '-'\\''$(x)' <target>`);
  });
});
