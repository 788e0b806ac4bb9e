import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineCounter, parseDocument } from 'yaml';
import { readLayer } from './layer.ts';
import { readPlainYaml } from './plain-yaml.ts';

const demo = readFileSync(
  join(import.meta.dirname, '../../../examples/demo/sites/riverside/site.yaml'),
  'utf8',
);

/** What the full reader says: its value, or `undefined` for anything that it finds fault with. */
function full(text: string): unknown {
  const document = parseDocument(text, { lineCounter: new LineCounter(), uniqueKeys: true });
  return document.errors.length > 0 || document.warnings.length > 0
    ? undefined
    : (document.toJS({ maxAliasCount: 100 }) as unknown);
}

let answered = 0;

/** Either it is left to the full reader, or both say the same. */
function agrees(text: string): void {
  const plain = readPlainYaml(text);
  if (plain !== undefined) answered++;
  if (plain !== undefined) expect({ text, value: plain.value }).toEqual({ text, value: full(text) });
}

describe('plain YAML', () => {
  test('is read without the full reader, as the full reader reads it', () => {
    const text = `# a record
site: mercy
name: "St. Mary's: east" # quoted
modules: { cadence: true, beaker: since 2024, none: null, at: 'it''s' }
list: [a, [1, 2.5], {b: c}, "d, e"]
nested:
  empty:
  items:
    - one
    - two: 2
      three: http://127.0.0.1:80/a#b
    - { four: 4 }
beside:
- x
- y
2026-12-25: a day
7: seven
ADT^A08: any change
version: 2.5.1
negative: a-1
`;
    expect(readPlainYaml(text)?.value).toEqual(full(text));
    expect(readPlainYaml(demo)?.value).toEqual(full(demo));
    const read = readPlainYaml(text, true);
    if (read === undefined) throw new Error('it was left to the full reader');
    const { items } = read.value.nested as { items: object[] };
    expect(read.lines.get(read.value)).toMatchObject({ site: 2, nested: 6, 'ADT^A08': 18 });
    expect(read.lines.get(items)).toEqual({ 0: 9, 1: 10, 2: 12 });
    expect(read.lines.get(items[1] as object)).toEqual({ two: 10, three: 11 });
  });

  test.each([
    ['an anchor', 'a: &x 1\nb: *x'],
    ['a tag', 'a: !!str 1'],
    ['a merge', 'a: { b: 1 }\nc:\n  <<: { d: 1 }'],
    ['a block scalar', 'a: |\n  text\n'],
    ['a value over two lines', 'a: one\n  two\n'],
    ['a flow over two lines', 'a: [1,\n  2]'],
    ['a key twice', 'a: 1\na: 2'],
    ['a tab', 'a:\tb'],
    ['an octal', 'a: 0o17'],
    ['a number with zeros before it', 'a: 007'],
    ['an exponent', 'a: 1e3'],
    ['an escape', 'a: "x\\n"'],
    ['a document marker', '---\na: 1'],
    ['a colon in the middle', 'a: b: c'],
    ['a key that is a word of YAML', 'null: 1'],
    ['a key of prototypes', '__proto__: { a: 1 }'],
    ['a pair in a list', 'a: [b: c]'],
    ['bad indentation', 'a:\n    b: 1\n  c: 2'],
  ])('%s is left to the full reader', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  test('never says other than the full reader, whatever the text', () => {
    const piece = fc.constantFrom(
      ...['a', 'b: ', 'c:', '- ', '-', '\n', '\n  ', '\n    ', ' ', ': ', ', ', '[', ']', '{', '}', '"', "'"],
      ...[
        '#',
        ' #x',
        '1',
        '0',
        '.5',
        '-1',
        '1.0',
        '~',
        'null',
        'true',
        'Yes',
        '|',
        '>',
        '&a',
        '*a',
        '!t',
        '?',
      ],
      ...[
        'x y',
        'a:b',
        "''",
        '\n- ',
        '\n  - ',
        '\nk: ',
        '\nm:',
        '2026-12-25: ',
        '0x1',
        '+2',
        '%',
        '@',
        '---',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => agrees(`k: ${pieces.join('')}`)),
      { numRuns: 6_000 },
    );
    fc.assert(
      fc.property(fc.nat(demo.length), fc.nat(3), fc.array(piece, { maxLength: 2 }), (at, gone, put) =>
        agrees(demo.slice(0, at) + put.join('') + demo.slice(at + gone)),
      ),
      { numRuns: 500 },
    );
    // Of the texts that were made up, enough were not left to the full reader.
    expect(answered).toBeGreaterThan(600);
  });
});

test('a layer knows its lines, by either reader; a tag, an empty file and a bomb of aliases are faults', () => {
  for (const end of ['', 'more: |\n  text\n']) {
    const { layer } = readLayer(`a: 1\nb:\n  c: [1, 2]\n  d:\n    - e: 1\n      f: 2\n${end}`, 'x.yaml');
    expect(layer?.lineOf(['b', 'd', 0, 'f'])).toBe(6);
    expect(layer?.lineOf(['b', 'd', 0, 'nothing'])).toBe(5);
    expect(layer?.lineOf(['b', 'c', 1])).toBe(3);
    expect(layer?.lineOf(['nothing'])).toBe(1);
  }
  expect(readLayer('a: !!js/function "x"', 'x.yaml').faults[0]?.reason).toContain('not plain YAML');
  expect(readLayer('', 'x.yaml').faults[0]?.reason).toBe('is empty');
  expect(readLayer('- a', 'x.yaml').faults[0]?.reason).toBe('is not a list of fields');
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh'].map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(', ')}]`).join('\n')}`;
  expect(readLayer(bomb, 'x.yaml').faults[0]?.reason).toContain('aliases');
});
