import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../message.ts';
import { profile } from '../profile-reading.ts';
import { type ValidationOptions, validate, validationRules } from './index.ts';

const good = [
  'MSH|^~\\&|EHR|NORTH|SUTURE||20260131120000||ADT^A01^ADT_A01|4711|P|2.5.1',
  'EVN||20260131120000',
  'PID|1||77^^^EPIC^MR||DOE^JANE||19800101|F',
  'PV1|1|I',
  '',
].join('\r');

/** The findings of a message as `path rule`, after a change to the good one. */
function found(change: (text: string) => string, options?: ValidationOptions): string[] {
  return validate(parse(change(good)), options).map(({ path, rule }) => `${path} ${rule}`);
}
const also = (line: string) => (text: string) => `${text}${line}\r`;

describe('validation', () => {
  it('has nothing to say of a good message', () => {
    expect(validate(parse(good))).toEqual([]);
  });

  it('says where, what and what to do, and no value of the patient', () => {
    const [finding] = validate(parse(good.replace('19800101', '1980-JAN-01')));
    expect(finding).toEqual({
      path: 'PID-7.1',
      rule: 'type-format',
      level: 'types',
      severity: 'warning',
      text: 'Time is not written as DTM.',
      fix: 'Write YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ], such as 20260131140500-0500.',
    });
  });

  it('knows how each data type is written', () => {
    const obx = (type: string, value: string) =>
      found(also(`OBX|1|${type}|8480-6^S^LN||${value}||||||F`), { levels: ['types'] });
    for (const [type, ...values] of [
      ['NM', '1', '-1.5', '+.5', '7.', '007'],
      ['DT', '2026', '202601', '20240229'],
      ['TM', '14', '1405', '140500.1234', '1405-0500'],
      ['DTM', '2026', '20260131140500.123+0100', '202601311405'],
      ['SI', '0', '12'],
      ['SN', '>^5', '^1^-^2', '^1^:^128', '<>^3'],
      ['ST', 'anything at all', '1 < 2'],
      ['NM', '""'],
      ['ZZ', 'a^b^c'],
    ] as const)
      for (const value of values) expect([type, value, obx(type, value)]).toEqual([type, value, []]);
    for (const [type, ...values] of [
      ['NM', '1,5', '> 5', '1e3', '12 mg'],
      ['DT', '20260230', '20261301', '2026-01-31', '20230229'],
      ['TM', '2500', '14:05', '1460'],
      ['DTM', '20260131240000', '31.01.2026', '20260131140500+9999'],
      ['SI', '-1', 'one'],
    ] as const)
      for (const value of values) expect([value, obx(type, value)]).toEqual([value, ['OBX-5 type-format']]);
    expect(obx('SN', '~^5')).toEqual([]);
    expect(obx('SN', 'about^5')).toEqual(['OBX-5.1 type-format']);
  });

  it('tells parts that the definition does not have, and lets obsolete ones be', () => {
    expect(found(also('OBX|1|NM|x||5^6||||||F'))).toEqual(['OBX-5.2 extra-component']);
    expect(found((text) => text.replace('JANE', 'JANE&X'))).toEqual(['PID-5.2.2 extra-subcomponent']);
    expect(found((text) => text.replace('NORTH', 'NORTH^1^ISO^more'))).toEqual(['MSH-4.4 extra-component']);
    expect(found(also(`DRG${'|'.repeat(40)}x`))).toContain('DRG-40 extra-field');
    // PID-2 is withdrawn in 2.8, and its definition there is a placeholder.
    const old = (text: string) => text.replace('2.5.1', '2.8').replace('PID|1|', 'PID|1|a^b^c');
    expect(found(old, { levels: ['types'] })).toEqual([]);
  });

  it('asks for what the standard requires', () => {
    expect(found((text) => text.replace('77^^^EPIC^MR', ''))).toEqual(['PID-3 required-field']);
    expect(found((text) => text.replace('77^^^EPIC^MR', '^^^EPIC^MR'))).toEqual([
      'PID-3.1 required-component',
    ]);
    // NK1-7 is required in 2.3 alone in the source of the tables; it is optional, as in all other versions.
    const old = (text: string) =>
      `${text.replace('^ADT_A01', '').replace('2.5.1', '2.3').replace('EVN|', 'EVN|A01')}NK1|1|KIN\r`;
    expect(found(old, { levels: ['required'] })).toEqual([]);
    expect(found(also('OBX|1||x||5||||||F'))).toEqual(['OBX-2 value-type']);
    expect(found((text) => text.replace('4711', ''))).toEqual(['MSH-10 control-id']);
    expect(found((text) => text.replace('ADT^A01^ADT_A01', ''))).toContain('MSH-9 message-type');
  });

  it('judges codes by tables of HL7, and by those of a site only where it gives them', () => {
    expect(found(also('OBX|1|NM|x||5||||||Q'))).toEqual(['OBX-11 table-code']);
    expect(found((text) => text.replace('|F\r', '|Q\r'))).toEqual([]);
    const site = profile({ name: 'site', local: { tables: { '1': ['F', 'M'], '4': ['I'] } } });
    expect(found((text) => text.replace('|F\r', '|Q\r'), { profile: site })).toEqual(['PID-8 table-code']);
    expect(found((text) => text, { profile: site })).toEqual([]);
  });

  it('counts repetitions and looks at the structure', () => {
    expect(found((text) => text.replace('|19800101|', '|19800101~19800102|'))).toEqual([
      'PID-7 extra-repetition',
    ]);
    expect(found((text) => text.replace(/EVN.*\r/, ''))).toEqual(['EVN segment-missing']);
    expect(found(also('OBR|1|||x'))).toEqual(['OBR[1] segment-place']);
    expect(found(also('ZPD|whatever^it^says'))).toEqual([]);
    expect(found(also('QQQ|1'))).toEqual(['QQQ segment-unknown']);
    expect(found((text) => text.replace('ADT_A01', 'ADT_A05'))).toEqual(['MSH-9.3 structure-name']);
    expect(found((text) => text.replace('2.5.1', '2.5.9'))).toEqual(['MSH-12 version-unknown']);
  });

  it('finds a stray escape character', () => {
    const levels = ['syntax'] as const;
    expect(found((text) => text.replace('DOE', 'D\\T\\OE'), { levels })).toEqual([]);
    expect(found((text) => text.replace('DOE', 'C:\\DOE'), { levels })).toEqual(['PID[1]-5 escape']);
    expect(found((text) => text.replace('DOE', '\\q\\DOE'), { levels })).toEqual(['PID[1]-5 escape']);
  });

  it('looks only at the levels that were asked for', () => {
    const bad = (text: string) =>
      text
        .replace('19800101', 'x')
        .replace(/EVN.*\r/, '')
        .replace('77^^^EPIC^MR', '');
    expect(found(bad, { levels: ['structure'] })).toEqual(['EVN segment-missing']);
    expect(found(bad, { levels: ['required'] })).toEqual(['PID-3 required-field']);
    expect(found(bad, { levels: ['types'] })).toEqual(['PID-7.1 type-format']);
    expect(found(bad, { levels: [] })).toEqual([]);
    expect(found((text) => text.replace('4711', '4'.repeat(30)), { levels: ['lengths'] })).toEqual([
      'MSH-10 length',
    ]);
  });

  it('calls an error only what stops a receiver, and is bounded', () => {
    expect(validate(parse('no message')).map(({ rule, severity }) => `${rule} ${severity}`)).toContain(
      'no-header error',
    );
    const many = parse(good + 'OBX|1|NM|x||5||||||Q\r'.repeat(3_000));
    const findings = validate(many, { limit: 100 });
    expect(findings).toHaveLength(101);
    expect(findings.at(-1)).toMatchObject({ rule: 'limit', text: 'There are 2900 more findings.' });
  });

  it('never throws, tells known rules alone, and never repeats a value', () => {
    const secret = 'Zxqvjk';
    const unit = fc.constantFrom(
      '|',
      '^',
      '~',
      '\\',
      '&',
      '\r',
      '""',
      secret,
      'PID|',
      'OBX|',
      'PV1|',
      'QQQ|',
      '1',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), (units) => {
        const message = parse(`MSH|^~\\&|A|${secret}|||x||ADT^A01|1|P|2.5.1\r${units.join('')}`);
        for (const finding of validate(message)) {
          expect(validationRules[finding.rule]).toBeDefined();
          expect(JSON.stringify(finding)).not.toContain(secret);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a profile', () => {
  const site = profile({
    name: 'North clinic, admissions',
    senders: ['EHR'],
    messages: { 'ADT^A01': { segments: { ZPD: { min: 1, max: 1 } }, order: ['PID', 'PV1'] } },
    segments: { PV1: { max: 1 } },
    fields: {
      'PID-3': { required: true, repetitions: 1 },
      'PID-3.1': { length: 4, pattern: '##*' },
      'PID-8': { codes: ['F', 'M'] },
      'PID-19': { unused: true },
    },
  });
  const profiled = (change: (text: string) => string) =>
    found(change, { profile: site, levels: ['profile'] });
  const fine = (text: string) => `${text}ZPD|1\r`;

  it('is met', () => {
    expect(profiled(fine)).toEqual([]);
  });

  it('says what is not as the site promised, as errors', () => {
    expect(profiled((text) => text)).toEqual(['ZPD profile-segment']);
    expect(profiled((text) => fine(text.replace('77^^^EPIC^MR', '""')))).toEqual(['PID-3 profile-required']);
    expect(profiled((text) => fine(text.replace('77^^^EPIC^MR', '77~x')))).toEqual([
      'PID-3 profile-repetitions',
      'PID-3[2].1 profile-pattern',
    ]);
    expect(profiled((text) => fine(text.replace('77^', '77777^')))).toEqual(['PID-3.1 profile-length']);
    expect(profiled((text) => fine(text.replace('|F\r', '|U\r')))).toEqual(['PID-8 profile-code']);
    expect(profiled((text) => fine(text.replace('|F\r', `|F${'|'.repeat(11)}1\r`)))).toEqual([
      'PID-19 profile-unused',
    ]);
    expect(profiled((text) => fine(text.replace('|EHR|', '|LAB|')))).toEqual(['MSH-3 profile-sender']);
    expect(profiled((text) => text.replaceAll('A01', 'A02'))).toEqual(['MSH-9 profile-message']);
    expect(profiled((text) => fine(text.replace(/(PID.*\r)(PV1.*\r)/, '$2$1')))).toEqual([
      'PID profile-order',
    ]);
    const [finding] = validate(parse(good), { profile: site, levels: ['profile'] });
    expect(finding?.severity).toBe('error');
  });

  it('brings its own segments, which are then judged like the rest', () => {
    const own = profile({
      name: 'site',
      local: {
        segments: { ZPD: { name: 'Local', fields: { 1: { name: 'Since', type: 'DT', optionality: 'R' } } } },
      },
    });
    expect(found(also('ZPD|soon'), { profile: own })).toEqual(['ZPD-1 type-format']);
    expect(found(also('ZPD'), { profile: own })).toEqual(['ZPD-1 required-field']);
  });

  it('that cannot be read says where and what was meant', () => {
    expect(() => profile({ name: 'x', fields: { 'PID-3': { requird: true } } })).toThrow(
      'fields.PID-3.requird: no such key. Did you mean "required"?',
    );
    expect(() => profile({ name: 'x', fields: { PID3: {} } })).toThrow(/fields\.PID3/);
    expect(() => profile({ fields: {} })).toThrow(/name: this key is missing/);
    expect(() => profile({ name: 'x', segments: { PID: { min: 2, max: 1 } } })).toThrow(/less than min/);
    expect(() => profile({ name: 'x', fields: { 'PID-3': { codes: 'F' } } })).toThrow(
      /fields\.PID-3\.codes: expected a list/,
    );
    expect(() => profile({ name: 'x', local: { segmnts: {} } })).toThrow(/local: segmnts/);
    expect(() => profile(['x'])).toThrow(/At its top/);
    expect(profile({ name: 'x', version: 2.5, fields: { 'PID-8': { codes: [1, 2] } } })).toEqual({
      name: 'x',
      version: '2.5',
      fields: { 'PID-8': { codes: ['1', '2'] } },
    });
  });
});
