import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { retryByKind } from '../std/index.ts';
import { OPENS_AFTER, SAYS, TEST_EVERY } from './circuit.ts';
import { backoffByKind } from './retry.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'retry.md'), 'utf8');
const kinds = Object.keys(SAYS) as (keyof typeof SAYS)[];

const length = (ms: number): string =>
  ms < 1_000 ? `${ms} ms` : ms < 60_000 ? `${ms / 1_000} s` : `${ms / 60_000} min`;

test('docs/retry.md says of each kind what the code does', () => {
  const rows = new Map(
    [...page.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
      ([, kind, connection, delivery, pause]) => [kind, { connection, delivery, pause }],
    ),
  );
  expect([...rows.keys()]).toEqual(kinds);
  for (const kind of kinds) {
    const row = rows.get(kind);
    const limit = kind === 'unreachable' ? OPENS_AFTER.unreachable : OPENS_AFTER.others;
    const says = {
      counts: `counts towards its circuit: ${limit} in a row`,
      answers: 'it answers',
      pauses: 'pauses it as told',
      stops: 'stops it',
      nothing: 'nothing',
    };
    expect([kind, row?.connection]).toEqual([kind, says[SAYS[kind]]]);
    const { again } = retryByKind[kind];
    expect([kind, row?.delivery === 'dead letter at once']).toEqual([kind, !again]);
    const { first, cap } = backoffByKind[kind];
    expect([kind, row?.pause]).toEqual([
      kind,
      again ? `${length(first)}, doubling up to ${length(cap)}` : 'none',
    ]);
  }
  expect(page).toContain(`made every ${length(TEST_EVERY).replace(' min', ' minutes')}`);
});
