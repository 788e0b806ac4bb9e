/**
 * `npm test`: types, lint, then every test, one after the other, saying what it does. Ends with the first
 * failure's exit code. With CI=true nothing may be skipped.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

const results = join(root, 'test-output', 'results.json');

const stages: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: 'types of the server', command: bin('tsc'), args: ['--noEmit'] },
  { name: 'types of the package', command: bin('tsc'), args: ['--noEmit', '-p', 'tsconfig.build.json'] },
  {
    name: 'types of the console',
    command: bin('tsc'),
    args: ['--noEmit', '-p', 'src/console/tsconfig.json'],
  },
  { name: 'lint and format', command: bin('biome'), args: ['ci', '.'] },
  {
    name: 'the console as it ships',
    command: process.execPath,
    args: [
      'node_modules/vite/bin/vite.js',
      'build',
      '--config',
      'src/console/vite.config.ts',
      '--logLevel',
      'warn',
    ],
  },
  {
    name: 'layers, units, contracts, journeys',
    command: bin('vitest'),
    args: [
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${results}`,
      ...process.argv.slice(2),
    ],
  },
];

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    const stop = (): void => void child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

for (const [index, { name, command, args }] of stages.entries()) {
  if (!existsSync(command)) throw new Error(`${command} is missing: run npm ci`);
  process.stdout.write(`\nsuture test ${index + 1}/${stages.length}: ${name}\n`);
  const started = performance.now();
  const code = await run(command, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `suture test ${index + 1}/${stages.length}: ${name}: ${code === 0 ? 'fine' : 'FAILED'} (${seconds} s)\n`,
  );
  if (code !== 0) process.exit(code);
}

const counts = JSON.parse(readFileSync(results, 'utf8')) as {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
};
process.stdout.write(
  `\n${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${counts.numPendingTests} skipped\n`,
);
