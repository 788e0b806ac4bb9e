/** Each of the project's own commands says with `--help` what it does and takes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { helpOf } from '../scripts/usage.ts';

const root = join(import.meta.dirname, '..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};
/** `npm test` hands what stands behind it to vitest, which has a help of its own. */
const OWN = new Set(['scripts/test.ts']);
const files = Object.values(scripts).flatMap((command) =>
  [...command.matchAll(/\bnode ([\w/-]+\.ts)/g)].map(([, file = '']) => file),
);
const commands = [...new Set(files)].filter((file) => !OWN.has(file));

test.each(commands)('%s has a head that names how it is called, and shows it', (file) => {
  const source = readFileSync(join(root, file), 'utf8');
  expect(helpOf(source)).toMatch(/`(npm run|node) /);
  expect(source).toMatch(/^usage\(import\.meta\.filename(, LONG)?\);$/m);
});

test('what is shown is the head, and nothing is done', () => {
  const file = join(root, 'test/proofs/order/run.ts');
  const shown = execFileSync(process.execPath, [file, '--help']).toString();
  expect(shown).toMatch(/^`npm run order`: 500,000 messages[\s\S]*on one database\.\n/);
  expect(shown).toContain(' --minutes N ');
});
