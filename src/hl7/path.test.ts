import { describe, expect, it } from 'vitest';
import { PathError, parse, path } from './index.ts';

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
    ['PID-x', 5, 'a field number'],
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
    ['PID[MR]-3', 5, 'a number, "*" or a condition such as 3.1=X'],
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

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
