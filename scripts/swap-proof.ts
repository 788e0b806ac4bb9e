/** `npm run swap-proof`: runs the proof of two nodes whose project is exchanged while one of them is killed: test/journeys/swap-nodes.proof.ts. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { usage } from './usage.ts';

usage(import.meta.filename);

const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--config', 'test/proofs/vitest.config.ts', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
