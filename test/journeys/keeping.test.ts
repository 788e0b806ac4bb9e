/** What an operator does with what is kept: looks for a patient or a text, copies it, restores it, changes its key. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { newMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { type Running, startSuture } from './process.ts';
import { openResident, type Resident } from './resident.ts';

// A busy machine takes its time.
vi.setConfig({ testTimeout: 120_000 });

const key = newMasterKey();
let home: string;
let project: string;
let data: string;
let env: NodeJS.ProcessEnv;
let engine: Running;
let commands: Resident;

const ask = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
  commands.run([...words, '--project', project], { env: { ...env, ...more } });
const listed = (out: string): (string | null)[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { controlId: string | null }).controlId);
const list = async (...words: string[]): Promise<(string | null)[]> => {
  const { code, out, errors } = await ask(['messages', '--json', ...words]);
  expect([code, errors.includes('    at ')]).toEqual([0, false]);
  return listed(out);
};
const DAY = ['--from', '2020-01-01', '--to', '2200-01-01'];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-keeping-'));
  commands = openResident();
  project = makeProject(join(home, 'project'));
  data = join(home, 'data');
  const [http, mllp] = (await freePorts(2)) as [number, number];
  env = {
    SUTURE_DATA: data,
    SUTURE_KEY: key,
    SUTURE_SECRET_APP: 'a-secret-of-the-test',
    PORT: String(http),
    MLLP_PORT: String(mllp),
  };
  engine = startSuture(['start', '--project', project], plainEnvironment(env));
  await engine.printed(/Suture is ready/);
  for (const patient of [1, 2]) {
    const file = join(home, `${patient}.hl7`);
    writeFileSync(
      file,
      admission(`KEPT-${patient}`, patient, 1).replace(
        'MERIDIAN^ALDER',
        patient === 1 ? 'MERIDIAN^ALDER' : 'Brontë-Öz^ANN',
      ),
    );
    expect((await ask(['send', file, '--whole'])).code).toBe(0);
  }
}, 120_000);
afterAll(async () => {
  await engine?.stop();
  await commands?.close();
  rmSync(home, { recursive: true, force: true });
});

const questions: [string[], string[]][] = [
  [['--patient', '100001'], ['KEPT-1']],
  [['--family', 'BRONTEOZ', '--born', '19700101'], ['KEPT-2']],
  [['--family', 'meridian', '--born', '1970-01-02'], []],
  [['--text', 'brontë', ...DAY], ['KEPT-2']],
];

test('patients and texts are found while the engine runs, and progress is told', async () => {
  const [{ errors }, ...found] = await Promise.all([
    ask(['messages', '--text', 'bench^nobody', ...DAY]),
    ...questions.map(([words]) => list(...words)),
  ]);
  expect(errors).toMatch(/^suture: 2 messages looked through, 0 found\n/);
  expect(found).toEqual(questions.map(([, ids]) => ids));
  for (const [words, said] of [
    [['--text', 'x'], /two characters/],
    [['--text', 'xy'], /needs --from and --to/],
    [['--family', 'x'], /go together/],
    [['--family', 'x', '--born', 'soon'], /1984-03-09/],
    [['--from', 'soon'], /--from is no time/],
  ] as const) {
    const refused = await ask(['messages', ...words]);
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.errors).toMatch(said);
  }
});

test('doctor says how long what is kept', async () => {
  const { out } = await ask(['doctor']);
  expect(out).toMatch(/retention: mercy \/ hl7-in, app: .*\(30 days\).*dead .*\(90 days\)/);
});

test('a copy made at work becomes a data folder; never over another one', async () => {
  const copy = join(home, 'copy');
  expect(await ask(['backup', copy])).toMatchObject({
    code: 0,
    out: expect.stringContaining('keep the key'),
  });
  expect(readdirSync(copy)).toEqual(['suture.db']);
  const over = await ask(['restore', copy]);
  expect([over.code, over.out]).toEqual([2, '']);
  expect(over.errors).toMatch(/There is data in .* already/);
  const nothing = await ask(['restore', home], { SUTURE_DATA: join(home, 'restored') });
  expect(nothing.errors).toMatch(/There is no copy in/);
  const wrong = await ask(['restore', copy], {
    SUTURE_DATA: join(home, 'wrong'),
    SUTURE_KEY: newMasterKey(),
  });
  expect([wrong.code, wrong.out]).toEqual([2, '']);
  const done = await ask(['restore', copy], { SUTURE_DATA: join(home, 'restored') });
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/2 messages, 2 deliveries, it adds up/) });
  const there = await ask(['messages', '--json'], { SUTURE_DATA: join(home, 'restored') });
  expect(listed(there.out)).toEqual(['KEPT-2', 'KEPT-1']);
});

test('its folder alone answers alike; another key opens it after a rotation, and the old one no more', async () => {
  const running = await ask(['key', 'rotate'], { SUTURE_NEW_KEY: newMasterKey() });
  expect([running.code, running.out]).toEqual([2, '']);
  expect(running.errors).toMatch(/process \d+/);
  expect(await engine.stop()).toBe(0);
  // One after the other: each of them takes the folder for itself.
  for (const [words, ids] of questions) expect(await list(...words)).toEqual(ids);

  const none = await ask(['key', 'rotate']);
  expect([none.code, none.out]).toEqual([2, '']);
  const bad = await ask(['key', 'rotate'], { SUTURE_NEW_KEY: 'short' });
  expect([bad.code, bad.out]).toEqual([2, '']);
  const wrong = await ask(['key', 'rotate'], { SUTURE_NEW_KEY: newMasterKey(), SUTURE_KEY: newMasterKey() });
  expect([wrong.code, wrong.out]).toEqual([2, '']);
  expect(await list()).toHaveLength(2);

  const file = join(home, 'new.key');
  const rotated = await ask(['key', 'rotate', '--out', file]);
  expect([rotated.code, rotated.out]).toEqual([0, expect.stringContaining(`SUTURE_KEY_FILE=${file}`)]);
  expect((await ask(['messages'])).errors).toMatch(/key given is not the one/);
  env = { ...env, SUTURE_KEY: '', SUTURE_KEY_FILE: file };
  expect(await list('--patient', '100001')).toEqual(['KEPT-1']);
  const next = newMasterKey();
  expect((await ask(['key', 'rotate'], { SUTURE_NEW_KEY: next })).code).toBe(0);
  env = { ...env, SUTURE_KEY: next };
  expect((await ask(['doctor', '--json'])).out).toMatch(/"audit","state":"ok"/);
});

test('a development key that was being changed when the machine stopped: whichever opens the folder is taken', async () => {
  const folder = join(home, 'development');
  const here = { ...env, SUTURE_DATA: folder, SUTURE_KEY: '', SUTURE_KEY_FILE: '' };
  const copy = join(home, 'copy');
  expect((await ask(['restore', copy], { ...here, SUTURE_KEY: key })).code).toBe(0);
  writeFileSync(join(folder, 'development.key'), key, { mode: 0o600 });
  // Before the keys were wrapped: the new one opens nothing yet.
  writeFileSync(join(folder, 'development.key.next'), newMasterKey());
  expect((await ask(['messages'], here)).code).toBe(0);
  expect(existsSync(join(folder, 'development.key.next'))).toBe(false);
  expect((await ask(['key', 'rotate'], here)).code).toBe(0);
  expect((await ask(['messages'], here)).code).toBe(0);
  // After they were wrapped, before the new one was put in the place of the old one.
  const now = readFileSync(join(folder, 'development.key'), 'utf8');
  expect(now).not.toBe(key);
  writeFileSync(join(folder, 'development.key'), key);
  writeFileSync(join(folder, 'development.key.next'), now);
  expect((await ask(['messages'], here)).code).toBe(0);
  expect(readFileSync(join(folder, 'development.key'), 'utf8')).toBe(now);
});
