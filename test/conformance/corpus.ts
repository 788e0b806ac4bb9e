/**
 * `npm run corpus -- FOLDER`: starts the engine, sends every HL7 message of the folder with `suture send`, and
 * compares each with what the history gives back. Prints counts by verdict and reason.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { usage } from '../../scripts/usage.ts';
import { peek, splitMessages } from '../../src/hl7/index.ts';
import { startEngine } from '../journeys/engine.ts';

usage(import.meta.filename);

const folder = process.argv[2];
if (!folder) {
  process.stderr.write('usage: npm run corpus -- FOLDER\n');
  process.exit(2);
}

function files(at: string): string[] {
  if (!statSync(at).isDirectory()) return [at];
  return readdirSync(at)
    .sort()
    .flatMap((name) => files(join(at, name)));
}

const home = mkdtempSync(join(tmpdir(), 'suture-corpus-'));
const engine = await startEngine(join(home, 'data'));
let failed = 0;
try {
  const sent: { from: string; bytes: Uint8Array }[] = [];
  for (const file of files(folder)) {
    if (/\.(hl7|txt)$/i.test(file)) {
      const bytes = readFileSync(file);
      const split = splitMessages(bytes);
      if (split.messages.length <= 1 && split.envelope.length === 0) sent.push({ from: file, bytes });
      else for (const message of split.messages) sent.push({ from: file, bytes: message });
    } else if (/embedded\/.*\.json$/.test(file)) {
      const list = JSON.parse(readFileSync(file, 'utf8')) as { text: string }[];
      for (const { text } of list) sent.push({ from: file, bytes: Buffer.from(text, 'utf8') });
    }
  }
  const bin = join(import.meta.dirname, '..', '..', 'bin', 'suture.cjs');
  const sources = files(folder).filter(
    (file) => /\.(hl7|txt)$/i.test(file) || /embedded\/.*\.json$/.test(file),
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [bin, 'send', '--port', String(engine.mllpPort), '--json', ...sources],
    { maxBuffer: 64 * 2 ** 20, env: process.env },
  ).catch((error: { stdout: string }) => error);
  const verdicts = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { verdict: string; text: string });
  if (verdicts.length !== sent.length)
    throw new Error(`${sent.length} messages, ${verdicts.length} verdicts`);

  const kept = await engine.keptBytes();
  const counts = new Map<string, number>();
  for (const [index, { from, bytes }] of sent.entries()) {
    const { verdict, text } = verdicts[index] as { verdict: string; text: string };
    const { usable } = peek(bytes);
    const key = `${verdict}${text ? `: ${text}` : ''}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    const back = kept.has(Buffer.from(bytes).toString('base64'));
    if (verdict === (usable ? 'AA' : 'AR') && back) continue;
    failed++;
    process.stdout.write(
      `WRONG ${from}: usable ${usable}, answered ${key}, ${back ? 'kept' : 'not kept byte for byte'}\n`,
    );
  }
  process.stdout.write(`\n${sent.length} messages of ${sources.length} files\n`);
  for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    process.stdout.write(`${String(count).padStart(6)}  ${key}\n`);
  }
  process.stdout.write(`${failed} wrong\n`);
} finally {
  await engine.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(failed > 0 ? 1 : 0);
