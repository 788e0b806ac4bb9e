import { describe, expect, it } from 'vitest';
import { dictionary, dictionaryVersions, extendDictionary } from './dictionary/index.ts';
import { FieldNameError, field, fieldsOf, type NamedField, type NamedSegment, pathOf } from './field.ts';
import { componentKeys, segmentKeys } from './field-key.ts';
import { parse } from './message.ts';

const message = () =>
  parse(
    [
      'MSH|^~\\&|||||||ORU^R01|1|P|2.5.1',
      'PID|1||7^^^A&1.2&ISO^MR~8^^^B||DOE^JANE',
      'OBX|1|ST|a||1',
      'OBX|2|ST|b||2',
      'ZPD|Jo',
    ].join('\r'),
  );

describe('fields by name', () => {
  it('are read and written as their paths', () => {
    const own = message();
    expect(own.get(field.PID.patientName.familyName)).toBe('DOE');
    expect(own.get(field.PID.patientIdentifierList.at(2).idNumber)).toBe('8');
    expect(own.get(field.PID.patientIdentifierList.assigningAuthority.universalId)).toBe('1.2');
    expect(own.getAll(field.OBX.all().observationValue)).toEqual(['1', '2']);
    expect(own.get(field.OBX.at(2).observationIdentifier)).toBe('b');
    expect(own.set(field.PID.patientName.givenName, 'MARY & ANN')).toBe(1);
    expect(own.raw(field.PID.patientName)).toBe('DOE^MARY \\T\\ ANN');
    expect(`${field.PID.patientName.familyName}`).toBe('PID-5.1');
    expect(field.PID.patientName).toBe(field.PID.patientName);
  });

  it('are refused by the compiler when the dictionary does not have them', () => {
    // @ts-expect-error: the editor offers patientName
    expect(() => field.PID.patientNam).toThrow(/did you mean "patientName"/);
    // @ts-expect-error: no such segment
    expect(() => field.PXD).toThrow(FieldNameError);
    // @ts-expect-error: a set id is not divided
    expect(() => field.PID.setId.idNumber).toThrow(FieldNameError);
    // @ts-expect-error: components do not repeat
    expect(() => field.PID.patientName.familyName.at(2)).toThrow(FieldNameError);
    // @ts-expect-error: a subcomponent is the lowest level
    expect(() => field.PID.patientName.familyName.surname.x).toThrow(FieldNameError);
  });

  it('of a site are typed by what it declares', () => {
    interface Site {
      readonly ZPD: NamedSegment<{ readonly nickname: NamedField<unknown> }>;
    }
    const own = fieldsOf<Site>(
      extendDictionary(dictionary('2.5.1'), {
        segments: [
          {
            id: 'ZPD',
            name: 'Patient, local',
            fields: [{ name: 'Nickname', type: 'ST', optionality: 'O', repetitions: 1 }],
          },
        ],
      }),
    );
    expect(message().get(own.ZPD.nickname)).toBe('Jo');
    expect(message().get(own.PID.patientName.familyName)).toBe('DOE');
    // @ts-expect-error: not declared
    expect(() => own.ZPD.loyalty).toThrow(FieldNameError);
  });

  it('never take the names that references need for themselves', () => {
    const own = new Set(['at', 'all', 'toString', 'then', 'toJSON']);
    const taken: string[] = [];
    for (const version of dictionaryVersions) {
      const of = dictionary(version);
      for (const id of of.segmentIds()) {
        taken.push(...segmentKeys(of, id).known.filter((key) => own.has(key)));
        for (const { type } of of.segment(id)?.fields ?? [])
          taken.push(...componentKeys(of, type).known.filter((key) => own.has(key)));
      }
    }
    expect(taken).toEqual([]);
  });

  it('lead to the number that the dictionary gives the name, for every field there is', () => {
    const newest = dictionary('2.8');
    for (const id of newest.segmentIds())
      for (const [i, key] of segmentKeys(newest, id).known.entries()) {
        const segment = (field as unknown as Record<string, Record<string, { [pathOf]: { field: number } }>>)[
          id
        ];
        expect([id, key, segment?.[key]?.[pathOf].field]).toEqual([id, key, i + 1]);
      }
  });
});
