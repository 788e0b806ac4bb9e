import { dictionaries } from 'hl7v2-dictionary';
import { describe, expect, it } from 'vitest';
import { stale } from '../../../scripts/dictionary.ts';
import type { FieldDefinition, StructurePart } from './definition.ts';
import { dictionary, dictionaryVersions } from './index.ts';

const outline = (parts: readonly StructurePart[]): string =>
  parts.map(({ name, parts: inner }) => (inner ? `${name}(${outline(inner)})` : name)).join(' ');

describe('the dictionary', () => {
  it('is what its script generates', () => {
    expect(stale()).toEqual([]);
  }, 30_000);

  it('knows every version from 2.1 to 2.8, and takes the nearest older one for others', () => {
    expect(dictionaryVersions).toEqual([
      '2.1',
      '2.2',
      '2.3',
      '2.3.1',
      '2.4',
      '2.5',
      '2.5.1',
      '2.6',
      '2.7',
      '2.7.1',
      '2.8',
    ]);
    for (const [asked, given] of [
      ['2.3', '2.3'],
      ['2.3.2', '2.3.1'],
      ['2.5.9', '2.5.1'],
      ['2.8.2', '2.8'],
      ['2.9', '2.8'],
      ['3', '2.8'],
      ['2.10', '2.8'],
      ['v2.4', '2.4'],
      ['1.0', '2.1'],
      ['', '2.5.1'],
      ['D:2.5', '2.5.1'],
    ] as const)
      expect([asked, dictionary(asked).version]).toEqual([asked, given]);
    expect(dictionary('2.9')).toBe(dictionary('2.8'));
  });

  it('says of a field what the standard says', () => {
    expect(dictionary('2.5.1').segment('PID')?.fields[4]).toEqual({
      name: 'Patient Name',
      type: 'XPN',
      optionality: 'R',
      repetitions: 0,
      length: 250,
    });
    expect(dictionary('2.3').segment('PID')?.fields[7]).toMatchObject({ type: 'IS', table: 1, length: 1 });
    expect(
      dictionary('2.5.1')
        .type('CX')
        ?.components.map(({ name }) => name)
        .slice(0, 5),
    ).toEqual([
      'ID Number',
      'Check Digit',
      'Check Digit Scheme',
      'Assigning Authority',
      'Identifier Type Code',
    ]);
    expect(dictionary('2.5.1').segment('XXX')).toBeUndefined();
    expect(dictionary('2.3').segment('SFT')).toBeUndefined();
    expect(dictionary('2.5').segment('SFT')?.fields).toHaveLength(6);
  });

  it('holds every field, type and length of its source, but for what is put right', () => {
    let compared = 0;
    const other = new Set<string>();
    for (const version of dictionaryVersions) {
      const source = dictionaries[version as keyof typeof dictionaries];
      for (const [id, { fields }] of Object.entries(source?.segments ?? {})) {
        const own = dictionary(version).segment(id)?.fields;
        for (const [n, field] of Object.entries(fields)) {
          compared += 1;
          const same = own?.[Number(n) - 1];
          if (same === undefined || same.type.toUpperCase() !== field.type || same.table !== field.table)
            other.add(`${id}-${n}`);
        }
      }
    }
    expect(compared).toBeGreaterThan(20_000);
    // 2.7 and 2.8: "varies". NST-1 and PRA-4: another table. ED is a data type that the source also lists among the segments.
    expect([...other].filter((path) => !path.startsWith('ED-')).sort()).toEqual([
      'MFA-5',
      'MFE-4',
      'NST-1',
      'OBX-5',
      'PRA-4',
      'QPD-3',
      'RDT-1',
    ]);
  });

  it('takes what one version alone says of a field for a slip, where those before and after agree', () => {
    const fieldOf = (version: string, path: string) => {
      const [id = '', n = ''] = path.split('-');
      return dictionary(version).segment(id)?.fields[Number(n) - 1];
    };
    for (const [version, paths] of [
      ['2.2', 'FT1-14'],
      ['2.3', 'NK1-7 OBR-27 ORC-7 OM3-7 RXG-2'],
      ['2.3.1', 'OBX-4'],
    ] as const)
      for (const path of paths.split(' '))
        expect([version, path, fieldOf(version, path)?.optionality]).toEqual([version, path, 'O']);
    // Required before and after: it is 2.3.1 that forgot, and 2.3 does not stand alone.
    for (const path of ['OM1-2', 'OM1-4', 'OM1-8', 'ORC-1', 'CTD-1'])
      for (const version of ['2.3', '2.3.1', '2.4'])
        expect([version, path, fieldOf(version, path)?.optionality]).toEqual([version, path, 'R']);
    // At the ends of the history there is only one neighbour, and one is no witness.
    expect(fieldOf('2.1', 'OBR-7')?.optionality).toBe('R');
    expect(fieldOf('2.5.1', 'OBX-2')?.repetitions).toBe(1);
    expect(fieldOf('2.4', 'OBX-8')?.repetitions).toBe(5);
    expect(fieldOf('2.3', 'OBR-27')?.repetitions).toBe(0);
    expect(fieldOf('2.2', 'GT1-6')?.repetitions).toBe(3);
    expect(fieldOf('2.3', 'NST-1')?.table).toBe(136);
    expect(fieldOf('2.3', 'OBX-7')?.length).toBe(60);
  });

  it('has no count, length, table or data type that cannot be, in any version', () => {
    const odd: string[] = [];
    for (const version of dictionaryVersions) {
      const own = dictionary(version);
      const types = new Set<string>();
      const look = (path: string, fields: readonly FieldDefinition[]): void => {
        for (const [i, { type, repetitions, length, table, optionality }] of fields.entries()) {
          types.add(type);
          // The highest counts that the standard gives: 200 (CM2-4), 99 and 23 (UB2-13).
          const counted = Number.isInteger(repetitions) && repetitions >= 0 && repetitions <= 200;
          const same = repetitions > 1 && repetitions === table;
          const fits = length === undefined || (Number.isInteger(length) && length > 0 && length < 65_535);
          const tabled = table === undefined || (Number.isInteger(table) && table > 0 && table < 10_000);
          const known = type === 'varies' || own.type(type) !== undefined;
          if (!counted || same || !fits || !tabled || !known || !/^[ROCBWX]$/.test(optionality))
            odd.push(`${version} ${path}${i + 1}`);
        }
      };
      for (const id of own.segmentIds()) look(`${id}-`, own.segment(id)?.fields ?? []);
      // A Set goes on to what is added while it is gone through: types of components of types.
      for (const type of types) look(`${type}.`, own.type(type)?.components ?? []);
    }
    expect(odd).toEqual([]);
  });

  it('knows the structure of an event by its own name or by the one it shares', () => {
    const v251 = dictionary('2.5.1');
    for (const [event, structure] of [
      ['A01', 'ADT_A01'],
      ['A04', 'ADT_A01'],
      ['A08', 'ADT_A01'],
      ['A31', 'ADT_A05'],
      ['A40', 'ADT_A39'],
    ] as const)
      expect([event, v251.structureOf('ADT', event)?.id]).toEqual([event, structure]);
    expect(v251.structureOf('SIU', 'S15')?.id).toBe('SIU_S12');
    expect(v251.structureOf('MDM', 'T08')?.id).toBe('MDM_T02');
    expect(v251.structureOf('ACK', 'A01')?.id).toBe('ACK');
    expect(v251.structureOf('ZZZ', 'Z01')).toBeUndefined();
    for (const version of dictionaryVersions)
      for (const trigger of ['A01', 'A04', 'A08'])
        expect([version, dictionary(version).structureOf('ADT', trigger)?.parts.length]).not.toContain(
          undefined,
        );
  });

  it('has both of a segment that stands twice in one group, which its source loses', () => {
    expect(outline(dictionary('2.5.1').structure('ADT_A01')?.parts ?? [])).toMatch(/PD1 ROL NK1 PV1 PV2 ROL/);
    expect(outline(dictionary('2.6').structure('ADT_A01')?.parts ?? [])).toMatch(
      /PD1 ARV ROL NK1 PV1 PV2 ARV ROL/,
    );
    expect(outline(dictionary('2.3').structure('ADT_A17')?.parts ?? [])).toBe(
      'MSH EVN PID PD1 PV1 PV2 DB1 OBX PID PD1 PV1 PV2 DB1 OBX',
    );
  });

  it('has the optional groups of 2.6 that its source makes required', () => {
    const order = dictionary('2.6')
      .structure('OML_O21')
      ?.parts.find(({ name }) => name === 'ORDER');
    const request = order?.parts?.find(({ name }) => name === 'OBSERVATION_REQUEST');
    expect(request?.parts?.find(({ name }) => name === 'SPECIMEN')).toMatchObject({ min: 0, max: 0 });
  });

  it('says which segments are a choice', () => {
    const order = dictionary('2.5.1')
      .structure('ORM_O01')
      ?.parts.find(({ name }) => name === 'ORDER');
    const detail = order?.parts?.find(({ name }) => name === 'ORDER_DETAIL');
    expect(detail?.parts?.[0]).toMatchObject({
      name: 'OBR',
      min: 0,
      max: 1,
      oneOf: ['OBR', 'RQD', 'RQ1', 'RXO', 'ODS', 'ODT'],
    });
  });

  it('names only segments and groups in its structures, in every version', () => {
    for (const version of dictionaryVersions) {
      const of = dictionary(version);
      const odd = new Set<string>();
      const look = (parts: readonly StructurePart[], id: string): void => {
        for (const { name, parts: inner } of parts) {
          if (inner !== undefined) look(inner, id);
          else if (of.segment(name) === undefined) odd.add(`${id} ${name}`);
        }
      };
      for (const id of of.structureIds()) look(of.structure(id)?.parts ?? [], id);
      // 2.3.1 has these queries, and their segments from 2.4 on.
      expect([...odd].filter((each) => !/^(QBP|RSP)_K?Q?22 /.test(each))).toEqual([]);
    }
  });

  it('lists the codes of a table, and none where the codes are patterns or local', () => {
    expect([...(dictionary('2.5.1').table(1) ?? [])]).toEqual(['A', 'F', 'M', 'N', 'O', 'U']);
    expect(dictionary('2.5.1').table(125)?.has('CWE')).toBe(true);
    expect(dictionary('2.5.1').table(8)?.has('AA')).toBe(true);
    expect(dictionary('2.5.1').table(396)).toBeUndefined();
    expect(dictionary('2.5.1').table(9_999)).toBeUndefined();
  });

  it('gives no length where 2.7 withdrew it', () => {
    expect(dictionary('2.6').segment('PID')?.fields[22]?.length).toBe(250);
    expect(dictionary('2.7').segment('PID')?.fields[22]?.length).toBeUndefined();
    expect(dictionary('2.7').segment('PID')?.fields[23]?.length).toBe(1);
  });
});
