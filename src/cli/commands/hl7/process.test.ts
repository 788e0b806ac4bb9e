import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainEnvironment, suture } from '../../../../test/journeys/command-line.ts';
import { launcher } from '../../../../test/journeys/process.ts';
import { admission } from './command.fixture.ts';

/** What only a process has: real standard streams, and a reader that goes away. */
let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-hl7-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('bytes go through a pipe unchanged but for the value that is set', async () => {
  const input = Buffer.from(`${admission(1).replace('ANA', 'ZO\u00cb')}\n\n`, 'latin1');
  const { code, bytes, errors } = await suture(['hl7', 'set', '-', 'PID-8', 'M'], { input });
  expect(code).toBe(0);
  expect(bytes.equals(Buffer.from(input.toString('latin1').replace('|F\r', '|M\r'), 'latin1'))).toBe(true);
  // Findings go elsewhere, and say nothing of the patient.
  expect(errors).toMatch(/^suture: -: .*\[charset-undeclared\]\n/m);
  expect(errors).not.toMatch(/ZO|LOPEZ/);
});

test('a reader that has seen enough ends the command without a word', async () => {
  const night = join(home, 'night.hl7');
  writeFileSync(night, Array.from({ length: 20_000 }, (_, n) => admission(n)).join(''));
  const child = spawn(process.execPath, [launcher, 'hl7', 'parse', night], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, errors]).toEqual([0, '']);
});
