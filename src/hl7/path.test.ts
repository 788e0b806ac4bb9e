import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dictionary } from './dictionary/index.ts';
import { EditError, type Message, PathError, parse, path } from './index.ts';

const numbers = (source: string) => {
  const { segment, segments, field, repetitions, component, subcomponent } = path(source);
  return [segment, segments.index, field, repetitions.index, component, subcomponent];
};

describe('a path', () => {
  it.each([
    ['PID', ['PID', 0, 0, 0, 0, 0]],
    ['PID-5', ['PID', 0, 5, 0, 0, 0]],
    ['PID.5', ['PID', 0, 5, 0, 0, 0]],
    ['PID-5.1', ['PID', 0, 5, 0, 1, 0]],
    ['PID.5.1.2', ['PID', 0, 5, 0, 1, 2]],
    ['PID-3[2].1', ['PID', 0, 3, 2, 1, 0]],
    ['PID-3[*].1', ['PID', 0, 3, -1, 1, 0]],
    ['OBX[3]-5', ['OBX', 3, 5, 0, 0, 0]],
    ['OBX[*]-5[2].1.4', ['OBX', -1, 5, 2, 1, 4]],
    ['Z01-1', ['Z01', 0, 1, 0, 0, 0]],
  ])('%s is read', (source, parts) => {
    expect(numbers(source)).toEqual(parts);
  });

  it('carries conditions, several at once, and a number after them', () => {
    expect(path('PID-3[5=MR][4.2="A]\\"B"][2].1').repetitions).toEqual({
      index: 2,
      conditions: [
        { field: 0, component: 5, subcomponent: 0, value: 'MR' },
        { field: 0, component: 4, subcomponent: 2, value: 'A]"B' },
      ],
    });
    expect(path('OBX[3.1=8480-6]-5').segments).toEqual({
      index: 0,
      conditions: [{ field: 3, component: 1, subcomponent: 0, value: '8480-6' }],
    });
  });

  it.each([
    ['', 1, 'a segment id of three capitals, such as PID'],
    ['pid-5', 1, 'a segment id of three capitals, such as PID'],
    ['PI-5', 1, 'a segment id of three capitals, such as PID'],
    ['PIDX', 4, '"-" and a field number, or the end'],
    ['PID-', 5, 'a field number'],
    ['PID-x', 5, 'a field number, or a name of PID'],
    ['PID-0', 5, 'a field number; numbers count from 1'],
    ['PID-5.', 7, 'a component number'],
    ['PID-5.0', 7, 'a component number; numbers count from 1'],
    ['PID-5.1.', 9, 'a subcomponent number'],
    ['PID-5.1.1.1', 10, '"." or the end'],
    ['PID-5 ', 6, '"[", "." or the end'],
    ['PID-5.1 ', 8, '"." or the end'],
    ['PID-3[', 7, 'a number, "*" or a condition such as 5=MR'],
    ['PID-3[]', 7, 'a number, "*" or a condition such as 5=MR'],
    ['PID-3[0]', 7, 'a number, "*" or a condition such as 5=MR; numbers count from 1'],
    ['PID-3[2', 8, '"=" and a value, or "]"'],
    ['PID-3[5=MR', 11, '"]"'],
    ['PID-3[5=MR].1[2]', 14, '"." or the end'],
    ['PID-3[1][5=MR]', 9, 'nothing more in brackets after a number or "*"'],
    ['PID[MR]-3', 5, 'a number, "*" or a condition such as 3.1=X, or a name of PID'],
  ])('%j goes wrong at character %i', (source, position, expected) => {
    const error = thrown(() => path(source));
    expect(error).toBeInstanceOf(PathError);
    expect(error).toMatchObject({ path: source, position });
    expect((error as Error).message).toBe(
      `"${source}" is not an HL7 path: at character ${position}, expected ${expected}`,
    );
  });

  it('is read once', () => {
    expect(path('PID-5.1')).toBe(path('PID-5.1'));
  });

  it('made from data a hundred thousand times does not stay in memory', () => {
    for (let i = 1; i <= 5_000; i += 1) path(`OBX[${i}]-5`);
    expect(path('OBX[5000]-5')).toBe(path('OBX[5000]-5'));
    const first = path('OBX[1]-5');
    for (let i = 10_000; i < 12_100; i += 1) path(`OBX[${i}]-5`);
    expect(path('OBX[1]-5')).not.toBe(first);
  });

  it('can be given compiled', () => {
    expect(parse('MSH|^~\\&|EPIC').get(path('MSH-3'))).toBe('EPIC');
  });
});

describe('a path through groups', () => {
  const results = (): Message =>
    parse(
      [
        'MSH|^~\\&|||||||ORU^R01|1|P|2.5.1',
        'PID|1||7^^^A^MR',
        'OBR|1',
        'OBX|1|ST|a||10',
        'OBX|2|ST|b||11',
        'OBR|2',
        'NTE|1||note',
        'OBX|1|ST|a||20',
        'OBX|2|ST|b||21',
      ].join('\r'),
    );

  it('means the segments of these groups, counted within each', () => {
    const message = results();
    expect(message.get('PATIENT_RESULT/ORDER_OBSERVATION[2]/OBX[1]-5')).toBe('20');
    expect(message.get('PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBSERVATION[2]/OBX-5')).toBe('21');
    expect(message.get('ORDER_OBSERVATION[2]/OBX[3.1=b]-5')).toBe('21');
    expect(message.get('ORDER_OBSERVATION/OBX-5')).toBe('10');
    expect(message.get('OBSERVATION[3]/OBX-5')).toBe('20');
    expect(message.raw('ORDER_OBSERVATION[2]/NTE')).toBe('NTE|1||note');
    expect(message.value('ORDER_OBSERVATION[1]/NTE-3').kind).toBe('absent');
    expect(message.get('ORDER_OBSERVATION[3]/OBX-5')).toBeUndefined();
    expect(message.get('PATIENT_RESULT[2]/OBX-5')).toBeUndefined();
    expect(message.get('INSURANCE/IN1-2')).toBeUndefined();
  });

  it('gives all of them to getAll', () => {
    const message = results();
    expect(message.getAll('ORDER_OBSERVATION[*]/OBX[1]-5')).toEqual(['10', '20']);
    expect(message.getAll('ORDER_OBSERVATION/OBX-5')).toEqual(['10', '11', '20', '21']);
    expect(message.getAll('ORDER_OBSERVATION[2]/OBX-5')).toEqual(['20', '21']);
  });

  it('is written through', () => {
    const message = results();
    expect(message.set('ORDER_OBSERVATION[2]/OBX[1]-5', 'x')).toBe(1);
    expect(message.set('ORDER_OBSERVATION[*]/OBX[2]-5', 'y')).toBe(2);
    expect(message.getAll('OBX[*]-5')).toEqual(['10', 'y', 'x', 'y']);
    expect(() => message.set('ORDER_OBSERVATION[9]/OBX-5', 'x')).toThrow(EditError);
    expect(message.set('INSURANCE[*]/IN1-2', 'x')).toBe(0);
  });

  it('follows the segments as they are added, removed and renamed in type', () => {
    const message = results();
    expect(message.get('ORDER_OBSERVATION[2]/OBX[1]-5')).toBe('20');
    message.addSegment('OBR|0', 'PID');
    expect(message.get('ORDER_OBSERVATION[3]/OBX[1]-5')).toBe('20');
    message.removeSegment('ORDER_OBSERVATION[1]/OBR');
    expect(message.get('ORDER_OBSERVATION[2]/OBX[1]-5')).toBe('20');
    message.set('MSH-9', 'x');
    expect(message.get('ORDER_OBSERVATION[2]/OBX[1]-5')).toBeUndefined();
  });

  it.each([
    ['ORDER_OBSERVATION[x]/OBX-5', 19, 'a number from 1 on or "*" in the brackets of a group'],
    ['ORDER_OBSERVATION[0]/OBX-5', 19, 'a number from 1 on or "*" in the brackets of a group'],
    [
      'order/OBX-5',
      1,
      'a group such as ORDER_OBSERVATION and "/", or a segment id of three capitals, such as OBX',
    ],
    [
      'ORDER_OBSERVATION/',
      19,
      'a group such as ORDER_OBSERVATION and "/", or a segment id of three capitals, such as OBX',
    ],
  ])('%j goes wrong at character %i', (source, position, expected) => {
    expect(thrown(() => path(source))).toMatchObject({
      position,
      message: `"${source}" is not an HL7 path: at character ${position}, expected ${expected}`,
    });
  });
});

describe('a path with names', () => {
  it.each([
    ['PID-patientName', 'PID-5'],
    ['PID-PatientName.FamilyName', 'PID-5.1'],
    ['PID-patientName.familyName.surname', 'PID-5.1.1'],
    ['PID-patientIdentifierList[2].assigningAuthority.universalId', 'PID-3[2].4.2'],
    ['PID-5.givenName', 'PID-5.2'],
    ['PID-3[identifierTypeCode=MR].1', 'PID-3[5=MR].1'],
    ['OBX[observationIdentifier.identifier=8480-6]-observationValue', 'OBX[3.1=8480-6]-5'],
    ['OBX[*]-observationValue', 'OBX[*]-5'],
  ])('%s is %s', (named, numbered) => {
    expect({ ...path(named), source: '' }).toEqual({ ...path(numbered), source: '' });
  });

  it.each([
    ['PID-patientNam', undefined, 5, '"patientName"'],
    ['PID-5.familiName', undefined, 7, '"familyName"'],
    ['PID-patientNam', '2.5.1', 5, '"patientName"'],
    ['PIX-5', '2.5.1', 1, '"PID"'],
    ['PID-44', '2.5.1', 5, 'up to 39'],
    ['PID-5.15', '2.5.1', 7, 'up to 14'],
    ['PID-3[11=X]', '2.5.1', 7, 'up to 10'],
    ['ORDER_OBSRVATION/OBX-5', '2.5.1', 1, '"ORDER_OBSERVATION"'],
  ])('%s (%s) goes wrong at character %i, and says %s', (source, version, position, said) => {
    const error = thrown(() => path(source, version === undefined ? undefined : dictionary(version)));
    expect(error).toMatchObject({ position });
    expect((error as Error).message).toContain(said);
  });

  it('is checked against the version it is given, and not otherwise', () => {
    expect(path('PID-44').field).toBe(44);
    expect(path('PID-30', dictionary('2.3')).field).toBe(30);
    expect(() => path('PID-31', dictionary('2.3'))).toThrow(PathError);
    expect(path('PID-30', dictionary('2.3'))).toBe(path('PID-30', dictionary('2.3')));
  });
});

describe('any text at all', () => {
  const piece = fc.constantFrom(
    ...[
      'PID',
      'OBX',
      'ORDER',
      '/',
      '-',
      '.',
      '[',
      ']',
      '*',
      '1',
      '0',
      '5',
      '=',
      '"',
      'name',
      'A_B',
      '~',
      '\\',
      '',
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  );

  it('is a path or a PathError, with and without a dictionary, and reads nothing that is not there', () => {
    const message = parse('MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rPID|1\rOBR|1\rOBX|1');
    fc.assert(
      fc.property(text, fc.boolean(), (source, checked) => {
        try {
          const read = path(source, checked ? dictionary('2.5.1') : undefined);
          expect(read.source).toBe(source);
          message.getAll(read);
        } catch (error) {
          expect(error).toBeInstanceOf(PathError);
          const { position } = error as PathError;
          expect(position).toBeGreaterThanOrEqual(1);
          expect(position).toBeLessThanOrEqual(source.length + 1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
