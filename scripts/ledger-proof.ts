/**
 * `npm run ledger-proof`: 10,000 random edits of stored histories of dead letters and replays, on each store that can be
 * run here; a number behind it makes more or fewer. What is checked after each edit: src/store/stories/replaying.ts.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { usage } from './usage.ts';

usage(import.meta.filename);

const root = join(import.meta.dirname, '..');
const edits = Number(process.argv[2] ?? 10_000);
if (!Number.isInteger(edits) || edits < 1) {
  process.stderr.write('give the number of edits as a whole number, or nothing for 10,000\n');
  process.exit(2);
}
const child = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', 'src/store', '--testNamePattern', 'a history of dead letters'],
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, LEDGER_EDITS: String(edits) } },
);
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
