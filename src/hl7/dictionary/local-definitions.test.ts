import { describe, expect, it } from 'vitest';
import { parse } from '../message.ts';
import { path } from '../path.ts';
import { structureOf } from '../structure.ts';
import { dictionary, extendDictionary, LocalDefinitionsError, localDefinitions } from './index.ts';

const definitions = {
  segments: {
    ZPD: {
      name: 'Patient, local',
      fields: { 1: 'Nickname', 2: { name: 'Loyalty', type: 'ZAD', table: 9001 } },
    },
    PV1: { fields: { 60: { name: 'Bed type', type: 'CWE', repetitions: 0 } } },
  },
  types: { ZAD: { components: { 1: 'Card', 2: { name: 'Since', type: 'DT', length: 8 } } } },
  tables: { 9001: ['GOLD', 'SILVER', 7] },
  structures: { ADT_A01: 'MSH EVN PID LOCAL(ZPD NTE*)? PV1 OBX*' },
};

describe('the definitions of a site', () => {
  const site = extendDictionary(dictionary('2.5.1'), localDefinitions(definitions));

  it('behave like those of the standard', () => {
    expect(site.version).toBe('2.5.1');
    expect(site.segment('ZPD')?.fields[1]).toEqual({
      name: 'Loyalty',
      type: 'ZAD',
      optionality: 'O',
      repetitions: 1,
      table: 9001,
    });
    expect(site.type('ZAD')?.components.map(({ name }) => name)).toEqual(['Card', 'Since']);
    expect([...(site.table(9001) ?? [])]).toEqual(['GOLD', 'SILVER', '7']);
    expect(site.segmentIds()).toContain('ZPD');
    expect(site.segment('PID')).toBe(dictionary('2.5.1').segment('PID'));
    expect(dictionary('2.5.1').segment('ZPD')).toBeUndefined();
  });

  it('add fields to a segment of the standard, which keeps its own', () => {
    const fields = site.segment('PV1')?.fields ?? [];
    expect(fields).toHaveLength(60);
    expect(fields[1]?.name).toBe('Patient Class');
    expect(fields[59]).toMatchObject({ name: 'Bed type', repetitions: 0 });
    expect(fields.every((field) => field.name !== '')).toBe(true);
  });

  it('may leave places of a segment or type open', () => {
    const own = extendDictionary(
      dictionary('2.5.1'),
      localDefinitions({
        segments: { ZZZ: { fields: { 3: 'C' } } },
        types: { ZAB: { components: { 2: 'B' } } },
      }),
    );
    expect(own.segment('ZZZ')?.fields.map(({ name }) => name)).toEqual(['ZZZ-1', 'ZZZ-2', 'C']);
    expect(own.type('ZAB')?.components.map(({ name }) => name)).toEqual(['ZAB-1', 'B']);
  });

  it('name places in paths', () => {
    const message = parse('MSH|^~\\&|||||||ADT^A01|1|P|2.5.1\rEVN|\rPID|1\rZPD|Jo|77^20200101\rNTE|1\rPV1|1');
    expect(message.get(path('ZPD-nickname', site))).toBe('Jo');
    expect(message.get(path('ZPD-loyalty.since', site))).toBe('20200101');
    expect(message.get(path('LOCAL/NTE-1', site))).toBe('1');
    expect(() => path('ZPD-loyalti', site)).toThrow(/character 5.*"loyalty"/);
    expect(() => path('ZPX-1', site)).toThrow(/"ZPD"/);
    expect(() => path('ZPX-1', dictionary('2.5.1'))).not.toThrow();
  });

  it('group a message by the structure of the site', () => {
    const message = parse('MSH|^~\\&|||||||ADT^A08|1|P|2.5.1\rEVN|\rPID|1\rZPD|Jo\rPV1|1');
    expect(structureOf(message, site).root.groups('LOCAL')[0]?.segments('ZPD')).toHaveLength(1);
    expect(structureOf(message, site).findings).toEqual([]);
  });

  it.each([
    [{ segmnts: {} }, 'segmnts', /Did you mean "segments"/],
    [{ segments: { ZPD: { fields: { 2: { nam: 'X' } } } } }, 'segments.ZPD.fields.2.nam', /"name"/],
    [{ segments: { ZPD: { fields: { 0: 'X' } } } }, 'segments.ZPD.fields.0', /1 to 999/],
    [
      { segments: { ZPD: { fields: { 1: { type: 'ST' } } } } },
      'segments.ZPD.fields.1.name',
      /must be a text/,
    ],
    [
      { segments: { ZPD: { fields: { 1: { name: 'X', optionality: 'Y' } } } } },
      'segments.ZPD.fields.1.optionality',
      /R, O/,
    ],
    [
      { segments: { ZPD: { fields: { 1: { name: 'X', length: -1 } } } } },
      'segments.ZPD.fields.1.length',
      /whole number/,
    ],
    [{ segments: { zpd: {} } }, 'segments.zpd', /capitals/],
    [{ segments: ['ZPD'] }, 'segments', /not a list/],
    [{ types: { ZAD: { components: { x: 'X' } } } }, 'types.ZAD.components.x', /1 to 999/],
    [{ tables: { 9001: 'GOLD' } }, 'tables.9001', /list of codes/],
    [{ tables: { gold: [] } }, 'tables.gold', /number/],
    [{ structures: { ADT_A01: 'MSH PATIENT(PID' } }, 'structures.ADT_A01', /character 16/],
    [{ structures: { ADT: 1 } }, 'structures.ADT', /must be a text/],
    ['x', '', /must be a mapping/],
  ])('%j is refused with the key and what to do', (value, key, text) => {
    try {
      localDefinitions(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(LocalDefinitionsError);
      expect((error as LocalDefinitionsError).path).toBe(key);
      expect((error as Error).message).toMatch(text);
    }
  });

  it('may be none at all', () => {
    expect(localDefinitions(undefined)).toEqual({});
    expect(localDefinitions({})).toEqual({});
  });
});
