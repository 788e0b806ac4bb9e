/**
 * The package as a newcomer has it: compiled, with its `files` and `dependencies` and nothing else of the clone. What only a
 * clone has (source, Node's stripping of types, packages for development) would be missed here.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, suture } from './command-line.ts';
import { demoEnvironment, root, startSuture } from './process.ts';

interface Package {
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

let home: string;
let program: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'suture-package-'));
  const modules = join(home, 'node_modules');
  const own = join(modules, 'suture');
  program = join(own, 'bin', 'suture.cjs');
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const built = spawnSync(
    process.execPath,
    [
      compiler,
      '-p',
      join(root, 'tsconfig.build.json'),
      '--outDir',
      join(own, 'dist'),
      '--sourceMap',
      'false',
    ],
    { encoding: 'utf8' },
  );
  expect(built.stdout).toBe('');
  const { files, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;
  for (const path of ['package.json', ...files]) {
    if (path === 'dist' || !existsSync(join(root, path))) continue;
    cpSync(join(root, path), join(own, path), { recursive: true });
  }
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  // As `npm init --yes` leaves it.
  writeFileSync(join(home, 'package.json'), '{ "name": "home", "type": "commonjs" }\n');
}, 120_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const typed = (cwd: string, ...words: string[]): Promise<Ended> => suture(words, { cwd, program });

test('makes a project that is checked, tested and typed, maps and all', async () => {
  const cwd = join(home, 'first');
  expect(await typed(home, 'init', '--yes', 'first', '--template', 'encounter-updated')).toMatchObject({
    code: 0,
    errors: '',
  });
  expect(await typed(cwd, 'check')).toMatchObject({ code: 0, errors: '' });
  expect((await typed(cwd, 'test')).out).toContain('4 fine');
  // The types of a flow are the package's declarations.
  const flow = (source: string): string =>
    `import { flow, hl7 } from 'suture';\n\nexport default flow('told').on(hl7.message('ADT^A01')).map('m', { a: '${source}' });\n`;
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const types = (source: string): string => {
    writeFileSync(join(cwd, 'flows', 'told.ts'), flow(source));
    return spawnSync(process.execPath, [compiler, '--noEmit', '-p', cwd], { encoding: 'utf8' }).stdout;
  };
  expect(types('event.patient.name[use=official].family')).toBe('');
  expect(types('event.patient.nme')).toMatch(/there is no field \\"nme\\"/);
}, 120_000);

test('runs what was imported: a script in the sandbox’s thread, in a folder that was CommonJS', async () => {
  const cwd = join(home, 'mirth');
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'package.json'), '{ "name": "mirth", "type": "commonjs" }\n');
  const guide = readFileSync(join(root, 'docs', 'guide', 'moving-from-mirth.md'), 'utf8');
  for (const file of ['adt-out.xml', 'admission.hl7']) {
    const [, lines = ''] = guide.split(`$ cat > ${file} <<'END'\n`);
    writeFileSync(join(cwd, file), (lines.split('> END\n')[0] ?? '').replaceAll(/^> /gm, ''));
  }
  const imported = await typed(
    cwd,
    'import',
    'mirth',
    'adt-out.xml',
    '--site',
    'riverside',
    '--time-zone',
    'UTC',
  );
  expect(imported).toMatchObject({ code: 0, errors: '' });
  expect(imported.out).toContain('package.json: "type" is now "module"');
  expect(await typed(cwd, 'check')).toMatchObject({ code: 0, errors: '' });
  const run = await typed(cwd, 'run', 'adt-out', '--from', 'admission.hl7', '--reveal');
  expect(run.out).toMatch(/done {8}code script.*LOPEZ\^Jo/s);
}, 120_000);

test('runs the demo: the engine, the pretend hospital and the care app', async () => {
  const { env } = await demoEnvironment(join(home, 'demo-data'));
  const demo = startSuture(['start', '--demo'], env, program);
  await demo.printed(/Suture is ready/);
  await demo.printed(/Care app/);
  expect(await demo.stop()).toBe(0);
}, 120_000);
