/**
 * `npm run write-proof`: 45,000 creates on SQLite with 10 % of the answers lost, and 5,000 with an engine that is killed over and
 * over; then real engine processes at the demo hospital, by its rules, on a folder and on a database, killed with SIGKILL.
 */

import { usage } from '../../../scripts/usage.ts';
import { newCluster } from '../../../src/store/postgres/cluster.suite.ts';
import { LONG, runLong } from '../long.ts';
import type { Figures } from '../tally.ts';
import { HOSPITAL_ZERO, type HospitalWrites, hospitalWrites } from './hospital.ts';
import { WRITES_ZERO, writes } from './writes.ts';

usage(import.meta.filename, LONG);

async function onDatabase(options: Omit<HospitalWrites, 'place'>): Promise<Figures> {
  const cluster = await newCluster();
  try {
    await cluster.start();
    return await hospitalWrites({ place: cluster.url(await cluster.newDatabase()), ...options });
  } finally {
    await cluster.remove();
  }
}

await runLong({
  name: 'writes',
  unit: 'creates',
  parts: {
    'lost answers': { total: 45_000, block: 5_000 },
    kills: { total: 5_000, block: 1_000 },
    'hospital, rules': { total: 10_000, block: 1_000 },
    'hospital, kill -9, SQLite': { total: 5_000, block: 250 },
    'hospital, kill -9, PostgreSQL': { total: 5_000, block: 250 },
  },
  zero: [...new Set([...WRITES_ZERO, ...HOSPITAL_ZERO])],
  run({ part, from, to, folder }) {
    const [jobs, seed] = [to - from, from + 1];
    const killed = { jobs, seed, kills: 20, lasting: [30, 600], patients: 200 } as const;
    switch (part) {
      case 'hospital, rules':
        return hospitalWrites({ place: folder, jobs, seed, kills: 0, patients: 600 });
      case 'hospital, kill -9, SQLite':
        return hospitalWrites({ place: folder, ...killed });
      case 'hospital, kill -9, PostgreSQL':
        return onDatabase(killed);
      default:
        return writes({ folder, creates: jobs, seed, kills: part === 'kills' });
    }
  },
});
