import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffMessages } from './diff.ts';
import { align } from './diff-alignment.ts';
import { parse } from './message.ts';

const adt = [
  'MSH|^~\\&|EHR|NORTH|||20260131120000||ADT^A08|1|P|2.5.1',
  'PID|1||77^^^EPIC^MR~88^^^^SS||DOE^JANE||19800101|F',
  'OBX|1|NM|8480-6^Systolic||120||||||F',
  'OBX|2|NM|8462-4^Diastolic||80||||||F',
  '',
].join('\r');
const diff = (change: (text: string) => string, ignore: string[] = []) =>
  diffMessages(parse(adt), parse(change(adt)), { ignore });

describe('two messages', () => {
  it('that say the same have no differences, however they are written', () => {
    expect(diff((text) => text)).toEqual([]);
    expect(diff((text) => text.replaceAll('\r', '\n'))).toEqual([]);
    expect(diff((text) => text.replaceAll('^', '$'))).toEqual([]);
    expect(diff((text) => text.replace('DOE', '\\X44\\OE'))).toEqual([]);
  });

  it('tell each part that differs, with its name', () => {
    expect(diff((text) => text.replace('DOE', 'R\\T\\E').replace('|F\r', '|F|||1 MAIN\r'))).toEqual([
      {
        kind: 'changed',
        path: 'PID-5.1',
        name: 'Patient Name, Family Name, Surname',
        before: 'DOE',
        after: 'R&E',
      },
      { kind: 'added', path: 'PID-11', name: 'Patient Address, Street Address', after: '1 MAIN' },
    ]);
    expect(diff((text) => text.replace('88', '99')).map(({ path }) => path)).toEqual(['PID-3[2].1']);
    expect(diff((text) => text.replace('~88^^^^SS', ''))).toMatchObject([
      { kind: 'removed', path: 'PID-3[2].1', before: '88' },
      { kind: 'removed', path: 'PID-3[2].5', before: 'SS' },
    ]);
    expect(diff((text) => text.replace('|F\r', '|""\r'))).toMatchObject([
      { kind: 'changed', path: 'PID-8', after: '""' },
    ]);
  });

  it('keep apart what was added in the middle, and do not mind new set ids', () => {
    const added = (text: string) =>
      text.replace('OBX|2', 'OBX|2|NM|8867-4^Pulse||60||||||F\rOBX|3').replace('||80|', '||85|');
    expect(diff(added)).toMatchObject([
      { kind: 'added', path: 'OBX[2]', name: 'Observation/Result' },
      { kind: 'changed', path: 'OBX[2]-5', otherPath: 'OBX[3]-5', before: '80', after: '85' },
    ]);
    expect(diff((text) => text.replace(/OBX\|1.*\r/, ''))).toMatchObject([
      { kind: 'removed', path: 'OBX[1]' },
    ]);
  });

  it('leave out what is to be ignored', () => {
    const change = (text: string) =>
      text.replace('20260131120000', '20270101').replace('DOE', 'ROE').replace('||80|', '||85|');
    expect(diff(change, ['MSH-7', 'PID-5.1', 'OBX'])).toEqual([]);
    expect(diff(change, ['MSH-7', 'PID', 'OBX-5'])).toEqual([]);
    expect(diff(change, ['MSH-7', 'OBX-5']).map(({ path }) => path)).toEqual(['PID-5.1']);
  });

  it('can be anything', () => {
    const text = fc.string({
      unit: fc.constantFrom('|', '^', '~', '&', '\\', '\r', 'PID', 'OBX|', 'a', 'b'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [before, after] = [parse(`MSH|^~\\&|\r${a}`), parse(`MSH|^~\\&|\r${b}`)];
        expect(diffMessages(before, before)).toEqual([]);
        expect(() => diffMessages(before, after)).not.toThrow();
      }),
    );
  });
});

describe('alignment', () => {
  const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  const of = (keys: readonly string[]) => keys.map((key) => ({ id: key, key: '' }));

  it('names every place once, in order, and pairs only what has one id', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const pairs = align(of(a), of(b));
        expect(pairs.flatMap(([i]) => (i === undefined ? [] : [i]))).toEqual(a.map((_, i) => i));
        expect(pairs.flatMap(([, j]) => (j === undefined ? [] : [j])).sort((x, y) => x - y)).toEqual(
          b.map((_, j) => j),
        );
        for (const [i, j] of pairs) if (i !== undefined && j !== undefined) expect(a[i]).toBe(b[j]);
      }),
    );
  });

  it('does not search for ever where all differs', () => {
    const a = of(Array.from({ length: 20_000 }, (_, i) => `a${i}`));
    const b = of([...Array.from({ length: 20_000 }, (_, i) => `b${i}`), 'a7']);
    expect(align(a, b).filter(([i, j]) => i !== undefined && j !== undefined)).toEqual([[7, 20_000]]);
  });
});
