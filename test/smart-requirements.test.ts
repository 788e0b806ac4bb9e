/** The table of docs/epic/smart.md: every row of the standard's list is answered once, by a test that there is, or with a reason. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { connectors } from '../src/connectors/index.ts';
import { root } from './snippets.ts';

const page = readFileSync(join(root, 'docs', 'epic', 'smart.md'), 'utf8');
/** Rows of the list that name the client. */
const ROWS = `1-13 20-23 25 26 28 29 32-47 50-52 60-72 90 93 97 98 105-108 117 120-122 124 125 131-133 135 137 141 143 146-148
150-153 155-158 161 162 166 191 193 195 196 201 202 211 215 216 218-227 229 230 232-239 242 263 264 267 268 270 284 290-295
298-304 307-309 312-315 317-325 327-334 343 345 375 379 413-416 420 425 426 435`;

const numbers = (text: string): number[] =>
  text.split(/[\s,]+/).flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });

const table = [...page.matchAll(/^\| ([\d, ]+) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, rows = '', , how = '']) => ({
    rows: numbers(rows.trim()),
    how,
  }),
);
const files = new Map(
  [...page.matchAll(/\*(\w+)\* `([^`]+\.test\.ts)`/g)].map(([, name = '', file = '']) => [
    name,
    readFileSync(join(root, file), 'utf8'),
  ]),
);

test('every row of the client is answered once', () => {
  const answered = table.flatMap(({ rows }) => rows).sort((a, b) => a - b);
  expect(answered).toEqual(numbers(ROWS));
  expect(answered).toHaveLength(173);
});

test('every test that is named is there', () => {
  const named = table.flatMap(({ how }) =>
    [...how.matchAll(/\*(\w+)\* ([^*|()]+)/g)].map(
      ([, file = '', name = '']) => [file, name.trim()] as const,
    ),
  );
  expect(named.length).toBeGreaterThan(40);
  for (const [file, name] of named) {
    expect([file, name, files.get(file)?.includes(`'${name}'`) ?? false]).toEqual([file, name, true]);
  }
});

test('a row without a test says why', () => {
  for (const { rows, how } of table) {
    expect([rows, /\*\w+\* |^not |`|record/.test(how)]).toEqual([rows, true]);
  }
});

test('the record on the page is one', () => {
  const [, sample = ''] = /^```yaml\n(.*?)^```$/ms.exec(page) ?? [];
  const { connections } = parseYaml(sample, { strict: true }) as { connections: Record<string, unknown> };
  const parsed = connectors.get('epic')?.parse(connections.epic, { site: 'mercy', connection: 'epic' });
  expect(parsed).toMatchObject({ auth: { method: 'consent', algorithm: 'ES384' } });
});
