/** `suture init` and the templates: projects that run at once, wherever they are made. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { suture } from './command-line.ts';
import { root } from './process.ts';
import { openResident, type Resident } from './resident.ts';

let home: string;
let commands: Resident;
beforeAll(() => {
  commands = openResident();
});
afterAll(() => commands.close());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-init-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

interface Told {
  readonly name: string;
  readonly kind: string;
  readonly files: readonly string[];
  readonly faults: readonly unknown[];
  readonly untested: readonly string[];
  readonly states: readonly string[];
}

test('every template makes a project without a fault, whose cases are as expected', () => {
  const script = join(root, 'test', 'journeys', 'template-check.ts');
  const { stdout, stderr } = spawnSync(process.execPath, ['--conditions=suture-source', script, home], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
  expect(all.map(({ name }) => name)).toEqual([
    ...['appointment-created', 'patient-created', 'encounter-updated', 'document-created'],
    ...['referral-on-order', 'billing-after-documentation', 'follow-up-task', 'lab-result-notice'],
    ...['appointment-reminder', 'admission-notice', 'prior-authorization', 'discharge-outreach'],
  ]);
  expect(all.filter(({ kind }) => kind === 'popular')).toHaveLength(4);
  for (const { name, faults, untested, states, files } of all) {
    expect([name, faults, untested]).toEqual([name, [], []]);
    expect(states.filter((state) => state !== 'fine')).toEqual([]);
    expect(states.length, name).toBeGreaterThanOrEqual(2);
    expect(files).toEqual(
      expect.arrayContaining([
        '.gitignore',
        'README.md',
        'package.json',
        'suture.config.ts',
        'tsconfig.json',
      ]),
    );
    // One flow, every site: what differs between hospitals stands in the record and in value set maps.
    for (const file of files.filter((path) => /^(flows|maps)\/.*(ts|yaml)$/.test(path)))
      expect(readFileSync(join(home, name, file), 'utf8'), file).not.toMatch(/urn:oid|\d\.\d+\.840/);
    const page = readFileSync(join(home, name, 'README.md'), 'utf8');
    for (const heading of [
      'What it needs from the site',
      'What it needs from the application',
      'What to change first',
    ]) {
      expect(page, name).toContain(`### ${heading}\n`);
    }
    expect(page).not.toContain('{{');
  }
}, 120_000);

describe('suture init', () => {
  test('in an empty folder of nowhere: check and test are fine at once, without any package there', async () => {
    const made = await suture(
      ['init', '--yes', 'first', '--site', 'north', '--template', 'lab-result-notice'],
      { cwd: home },
    );
    expect(made).toMatchObject({ code: 0, errors: '' });
    expect(made.out).toContain('cd first');
    expect(existsSync(join(home, 'first', 'node_modules'))).toBe(false);
    const cwd = join(home, 'first');
    expect(await suture(['check'], { cwd })).toMatchObject({ code: 0 });
    const tested = await suture(['test'], { cwd });
    expect(tested).toMatchObject({ code: 0, errors: '' });
    expect(tested.out).toContain('3 fine');
    expect(JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))).toMatchObject({
      name: 'first',
      type: 'module',
    });
  }, 120_000);

  test('overwrites nothing: it says what is in the way, and all is as it was', async () => {
    mkdirSync(join(home, 'flows'));
    writeFileSync(join(home, 'flows', 'mine.ts'), '// mine\n');
    writeFileSync(join(home, 'README.md'), 'mine\n');
    const { code, errors } = await commands.run(['init', '--yes'], { cwd: home });
    expect(code).toBe(2);
    expect(errors).toMatch(/^suture: .* already has README\.md; nothing was written\. Name a new folder/);
    expect(readdirSync(home).sort()).toEqual(['README.md', 'flows']);
    expect(readFileSync(join(home, 'README.md'), 'utf8')).toBe('mine\n');
  });

  test('a package.json that is there keeps what it says, and is told what it gained', async () => {
    const before = {
      name: 'mine',
      version: '3.0.0',
      type: 'commonjs',
      scripts: { test: 'echo "Error: no test specified" && exit 1', build: 'x' },
      dependencies: { suture: 'file:suture.tgz' },
    };
    writeFileSync(join(home, 'package.json'), JSON.stringify(before));
    const { code, out } = await commands.run(['init', '--yes', '--name', 'mine'], { cwd: home });
    expect(code).toBe(0);
    expect(out).toContain('package.json: "type" is now "module"');
    expect(JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))).toEqual({
      ...before,
      type: 'module',
      scripts: {
        test: 'suture test',
        build: 'x',
        dev: 'suture dev',
        check: 'suture check',
        types: 'tsc --noEmit',
      },
      devDependencies: { typescript: expect.any(String) },
    });
  });

  test('asks nobody when there is nobody, and knows no template, site or name that cannot be', async () => {
    const all = await Promise.all(
      [
        ['init', 'a'],
        ['init', '--yes', 'a', '--template', 'lab-results-notice'],
        ['init', '--yes', 'a', '--site', 'North Clinic'],
        ['init', '--list', '--json'],
      ].map((words) => suture(words, { cwd: home })),
    );
    expect(all.map(({ code }) => code)).toEqual([2, 2, 2, 0]);
    expect(all[0]?.errors).toMatch(/There is no terminal to ask questions on\. Add --yes/);
    expect(all[1]?.errors).toMatch(/no template "lab-results-notice"\. Did you mean "lab-result-notice"\?/);
    expect(all[2]?.errors).toMatch(/"North Clinic" is no name for a site/);
    expect(all[3]?.out.trim().split('\n')).toHaveLength(12);
    expect(readdirSync(home)).toEqual([]);
  }, 120_000);
});

describe('suture test', () => {
  test('shows what differs field by field with exit code 1, writes it down on demand, and tells a machine the same', async () => {
    await commands.run(['init', '--yes', '.', '--template', 'patient-created', '--name', 'p'], { cwd: home });
    const map = join(home, 'maps', 'person.yaml');
    writeFileSync(map, readFileSync(map, 'utf8').replaceAll(/^ {2}sex:/gm, '  gender:'));
    const { code, out } = await commands.run(['test'], { cwd: home });
    expect(code).toBe(1);
    expect(out).toContain(
      'differs    new-patient / new\n    added (app create): body.sex\n      expected  "F"\n      got       nothing\n',
    );
    const told = await commands.run(['test', '--json', 'new-patient/new'], { cwd: home });
    expect(JSON.parse(told.out.split('\n')[0] ?? '')).toMatchObject({
      state: 'differs',
      differences: [
        { place: 'added (app create): body.sex', expected: 'F' },
        { place: 'added (app create): body.gender', got: 'F' },
      ],
    });
    expect(await commands.run(['test', '--update'], { cwd: home })).toMatchObject({ code: 0 });
    expect((await commands.run(['test'], { cwd: home })).out).toContain('3 fine');
    const lost = await commands.run(['test', 'new-pacient'], { cwd: home });
    expect([lost.code, lost.errors]).toEqual([
      2,
      'suture: No case has "new-pacient" in its name. Did you mean "new-patient"?\n',
    ]);
    const steps = await commands.run(['run', 'new-patient', '--from', 'new', '--start', 'add', '--json'], {
      cwd: home,
    });
    expect(steps.code).toBe(0);
    expect(
      steps.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { step: 'added', state: 'would do', at: 'app create', with: { body: { mrn: '203713' } } },
      { end: 'delivered' },
    ]);
    expect(existsSync(join(home, '.suture', 'steps', 'new-patient', 'new.json'))).toBe(true);
    expect(readFileSync(join(home, '.gitignore'), 'utf8')).toContain('.suture/');
  }, 120_000);
});
