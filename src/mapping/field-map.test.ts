import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../hl7/index.ts';
import { asFailure } from '../std/index.ts';
import {
  type Condition,
  compileCondition,
  compileFieldMap,
  type FieldMap,
  type MappingContext,
} from './index.ts';

const context: MappingContext = {
  values: new Map<string, unknown>([
    [
      'event',
      {
        status: 'booked',
        count: 2,
        flag: false,
        none: null,
        empty: '',
        list: [],
        name: [{ given: ['Camila', 'Maria'], family: 'Lopez' }],
      },
    ],
    ['found', null],
    ['items', [1, 2]],
  ]),
  hl7: parse(
    'MSH|^~\\&|A|B|||20260131||ADT^A01|1|P|2.5\rPID|1||203713^^^EPI^MR~9^^^E^PI||LOPEZ^CAMILA||""|F\r',
  ),
  timeZone: 'America/New_York',
};
const mapped = (map: FieldMap): unknown => compileFieldMap(map)(context);

describe('a field map', () => {
  test('makes nested objects and lists of what there is, and leaves out what there is not', () => {
    expect(
      mapped({
        'patient.mrn': 'hl7:PID-3[5=MR].1',
        'patient.names[0].family': 'event.name[0].family',
        'patient.names[0].middle': 'event.name[0].middle',
        'patient.names[1].family': 'found.name',
        'patient.dead': 'event.none',
        'gone.entirely': 'event.empty',
        flag: 'event.flag',
        ids: 'hl7:PID-3[*].1',
        items: 'items',
      }),
    ).toEqual({
      patient: { mrn: '203713', names: [{ family: 'Lopez' }] },
      flag: false,
      ids: ['203713', '9'],
      items: [1, 2],
    });
  });

  test('takes the first source that has a value, a default when none has, and fails when one is required', () => {
    expect(mapped({ a: { from: ['found.x', 'event.list', 'event.status'] } })).toEqual({ a: 'booked' });
    expect(mapped({ a: { from: 'found.x', default: 'none' } })).toEqual({ a: 'none' });
    expect(() => mapped({ 'a.b': { from: ['found.x', 'event.none'], required: true } })).toThrow(
      expect.objectContaining({ kind: 'validation', code: 'FIELD_MISSING', at: { path: 'a.b' } }),
    );
  });

  test('takes HL7 null and empty for no value', () => {
    expect(mapped({ a: 'hl7:PID-7', b: 'hl7:PID-2', c: 'hl7:ZZZ-1' })).toEqual({});
  });

  test('keeps a value that stands in the rule as it stands, whatever it looks like', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => JSON.parse(text)),
        ),
        (value) => {
          const made = mapped({ 'x.y': { value } });
          expect(JSON.stringify(made)).toBe(JSON.stringify({ x: { y: value } }));
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  test('changes values by the transform catalogue', () => {
    expect(
      mapped({
        start: { from: 'hl7:MSH-7', transform: 'date' },
        who: { from: ['event.name[0].given[*]', 'event.name[0].family'], transform: 'join' },
        back: { from: ['event.name[0].family', 'event.name[0].given'], transform: 'join', with: ', ' },
        gender: { from: 'hl7:PID-8', transform: 'gender' },
        state: { from: 'event.status', transform: 'lookup', with: { booked: 'B' } },
        upper: { from: 'event.status', transform: 'upper' },
      }),
    ).toEqual({
      start: '2026-01-31',
      who: 'Camila Maria Lopez',
      back: 'Lopez, Camila',
      gender: 'female',
      state: 'B',
      upper: 'BOOKED',
    });
  });

  test('that cannot read a value names target, source and what was expected, and never the value', () => {
    try {
      mapped({ 'a.born': { from: 'hl7:PID-5.1', transform: 'date' } });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ kind: 'validation', code: 'FIELD_UNREADABLE', at: { path: 'a.born' } });
      expect((error as Error).message).toContain('"hl7:PID-5.1"');
      expect(JSON.stringify(error)).not.toContain('LOPEZ');
    }
  });

  test('reads HL7 only where there is an HL7 message', () => {
    expect(() => compileFieldMap({ a: 'hl7:PID-5' })({ values: new Map(), timeZone: 'UTC' })).toThrow(
      expect.objectContaining({ kind: 'validation', code: 'NOT_HL7' }),
    );
  });

  test('is refused before it runs when its rules do not fit', () => {
    const refused: readonly FieldMap[] = [
      { a: 'event.status', 'a.b': 'event.status' },
      { 'a.b': 'event.status', a: 'event.status' },
      { 'a[0]': 'event.status', 'a.b': 'event.status' },
      { 'a[*]': 'event.status' },
      { 'a[x=1]': 'event.status' },
      { 'a[100]': 'event.status' },
      { 'a.__proto__.b': 'event.status' },
      { a: { from: [] } },
      { a: { from: 'event.status', transform: 'nothing' } },
      { a: { from: 'event.status', transform: 'upper', with: 1 } },
      { a: { from: 'event.status', transform: 'reference', with: 'not a type' } },
      { a: 'hl7:PID-0' },
    ];
    for (const map of refused)
      expect(() => compileFieldMap(map), JSON.stringify(map)).toThrow(
        expect.objectContaining({ kind: 'config' }),
      );
  });

  test('makes a new object each time, and leaves what it reads as it was', () => {
    const map = compileFieldMap({ 'a.b': 'event.status' });
    const one = map(context) as { a: { b: string } };
    one.a.b = 'changed';
    expect(map(context)).toEqual({ a: { b: 'booked' } });
  });
});

describe('a condition', () => {
  const cases: readonly (readonly [Condition, boolean])[] = [
    [{ path: 'event.status', equals: 'booked' }, true],
    [{ path: 'event.status', equals: 'Booked' }, false],
    [{ path: 'event.count', equals: 2 }, true],
    [{ path: 'event.count', equals: '2' }, false],
    [{ path: 'event.flag', equals: false }, true],
    [{ path: 'event.flag', exists: true }, true],
    [{ path: 'event.none', exists: true }, false],
    [{ path: 'event.empty', exists: false }, true],
    [{ path: 'event.none', equals: null }, false],
    [{ path: 'found.status', equals: 'x' }, false],
    [{ path: 'event.status', in: ['arrived', 'booked'] }, true],
    [{ path: 'event.name[0].given[*]', equals: ['Camila', 'Maria'] }, true],
    [{ path: 'hl7:PID-8', equals: 'F' }, true],
    [{ not: { path: 'event.status', equals: 'booked' } }, false],
    [
      {
        all: [
          { path: 'event.count', exists: true },
          { path: 'event.status', equals: 'x' },
        ],
      },
      false,
    ],
    [
      {
        any: [
          { path: 'event.count', exists: true },
          { path: 'event.status', equals: 'x' },
        ],
      },
      true,
    ],
  ];
  test.each(cases)('%j is %s', (condition, holds) => {
    expect(compileCondition(condition)(context)).toBe(holds);
  });
});

describe('a map of lists, parts and conditions', () => {
  const hl7 = parse(
    [
      'MSH|^~\\&|A|B|||20260131||ADT^A01|1|P|2.5',
      'PID|1||203713^^^EPI^MR~9^^^E^PI||LOPEZ^CAMILA||19870912|F',
      'NK1|1|LOPEZ^JUAN|SPO',
      'NK1|2|DIAZ^ANA|MTH',
      'NK1|3|""|',
    ].join('\r'),
  );
  const event = {
    contact: [
      {
        name: { family: 'Diaz' },
        telecom: [
          { system: 'phone', value: '1' },
          { system: 'email', value: 'a@b' },
        ],
      },
      { telecom: [{ system: 'phone', value: '2' }] },
    ],
  };
  const made = (map: FieldMap): unknown =>
    compileFieldMap(map)({ values: new Map([['event', event]]), hl7, timeZone: 'UTC' });

  test('goes through lists in lists, segments and repetitions', () => {
    expect(
      made({
        people: {
          each: 'event.contact',
          as: 'contact',
          fields: {
            family: 'contact.name.family',
            phones: {
              each: 'contact.telecom',
              as: 'point',
              when: { path: 'point.system', equals: 'phone' },
              fields: { value: 'point.value', of: 'contact.name.family' },
            },
          },
        },
        kin: {
          each: 'hl7:NK1',
          as: 'kin',
          when: { path: 'kin:2.1', exists: true },
          fields: {
            family: { from: 'kin:2.1', transform: 'nameCase' },
            role: 'kin:3',
            patient: 'hl7:PID-3.1',
          },
        },
        ids: { each: 'hl7:PID-3[*]', as: 'id', fields: { value: 'id:1', type: 'id:5' } },
      }),
    ).toEqual({
      people: [{ family: 'Diaz', phones: [{ value: '1', of: 'Diaz' }] }, { phones: [{ value: '2' }] }],
      kin: [
        { family: 'Lopez', role: 'SPO', patient: '203713' },
        { family: 'Diaz', role: 'MTH', patient: '203713' },
      ],
      ids: [
        { value: '203713', type: 'MR' },
        { value: '9', type: 'PI' },
      ],
    });
  });

  test('makes fields, and groups of them, only when a condition holds', () => {
    expect(
      made({
        sex: { value: 'female', when: { path: 'hl7:PID-8', equals: 'F' } },
        male: { from: 'hl7:PID-3.1', when: { path: 'hl7:PID-8', equals: 'M' }, required: true },
        mother: { when: { path: 'hl7:NK1[2]-3', equals: 'MTH' }, fields: { family: 'hl7:NK1[2]-2.1' } },
        father: { when: { path: 'hl7:NK1[2]-3', equals: 'FTH' }, fields: { family: 'hl7:NK1[2]-2.1' } },
      }),
    ).toEqual({ sex: 'female', mother: { family: 'DIAZ' } });
  });

  test('changes a value by several transforms, one after the other', () => {
    expect(
      made({
        a: {
          from: ['hl7:PID-5.2', 'hl7:PID-5.1'],
          transform: [{ join: ' ' }, 'nameCase', { maxLength: 10 }],
        },
      }),
    ).toEqual({ a: 'Camila Lop' });
    const fault = (rule: FieldMap[string]) => {
      try {
        compileFieldMap({ a: rule });
      } catch (error) {
        return asFailure(error);
      }
      throw new Error('it can be compiled');
    };
    expect(fault({ from: 'event.a', transform: 'uper' }).fix).toBe('Did you mean "upper"?');
    expect(fault({ from: 'event.a', transform: [{ maxLength: 'ten' }] }).fix).toMatch(
      /a number of characters/,
    );
    expect(fault({ from: 'event.a', transform: ['upper', 'trim'], with: 3 }).message).toMatch(
      /belongs to one/,
    );
    expect(fault({ from: 'event.a', valueSet: { map: 'x', bak: true } as never }).fix).toBe(
      'Did you mean "back"?',
    );
    expect(fault({ each: 'event.a', as: '__proto__', fields: {} }).message).toMatch(/`as` is no name/);
  });
});
