import { describe, expect, test } from 'vitest';
import { readValueSet } from '../mapping/index.ts';
import { mapRow } from './view/map-row.ts';

const DAY = '2026-03-02';
const place = { file: 'sites/mercy/maps/visit-types.csv', head: null, known: true };
const asked = { site: 'mercy', map: 'visit-types', source: 'ZZ', target: 'urgent' };

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
