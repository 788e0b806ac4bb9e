/** `npm run write-proof`: 45,000 creates on SQLite with 10 % of the answers lost, and 5,000 with an engine that is killed over and over. */
import { runLong } from '../long.ts';
import { WRITES_ZERO, writes } from './writes.ts';

await runLong({
  name: 'writes',
  unit: 'creates',
  parts: { 'lost answers': { total: 45_000, block: 5_000 }, kills: { total: 5_000, block: 1_000 } },
  zero: WRITES_ZERO,
  run: ({ part, from, to, folder }) =>
    writes({ folder, creates: to - from, seed: from + 1, kills: part === 'kills' }),
});
