/** Makes a project from a template: all of it, or nothing where something is in the way. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Failure } from '../std/index.ts';
import { filesOf, type Template, type Wanted } from './templates.ts';

const own = join(import.meta.dirname, '..', '..');
/** In a clone the project's types come from the source. */
const fromSource = import.meta.filename.endsWith('.ts');

export interface Made {
  readonly folder: string;
  /** Paths below the folder, as written. */
  readonly files: readonly string[];
  /** What was changed in a package.json that was there. */
  readonly changed: readonly string[];
  /** `suture` cannot be found from there until `npm install`: editors have no types. */
  readonly needsInstall: boolean;
}

/** @throws Failure `config`, INIT_IN_THE_WAY: nothing was written. */
export function scaffold(folder: string, template: Template, wanted: Wanted): Made {
  const root = resolve(folder);
  const files = filesOf(template, wanted);
  files.set('tsconfig.json', tsconfig());
  const inTheWay = [...files.keys()].filter((path) => existsSync(join(root, path)));
  if (existsSync(join(root, 'flows')) && inTheWay.length === 0) inTheWay.push('flows');
  if (inTheWay.length > 0) throw occupied(root, inTheWay);
  const { text, changed } = packageJson(root, wanted.name);
  const written: string[] = [];
  const before = readIf(join(root, 'package.json'));
  try {
    for (const [path, content] of [...files, ['package.json', text] as const]) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, path === 'package.json' ? {} : { flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    // Nothing half-made stays.
    for (const path of written) rmSync(join(root, path), { force: true });
    if (before !== null) writeFileSync(join(root, 'package.json'), before);
    throw error;
  }
  return { folder: root, files: written.sort(), changed, needsInstall: !canFind(root) };
}

const readIf = (file: string): string | null => (existsSync(file) ? readFileSync(file, 'utf8') : null);

function occupied(root: string, paths: readonly string[]): Failure {
  const some = paths.slice(0, 5).join(', ');
  return new Failure({
    code: 'INIT_IN_THE_WAY',
    kind: 'config',
    message: `${root} already has ${some}${paths.length > 5 ? ` and ${paths.length - 5} more` : ''}; nothing was written.`,
    fix: 'Name a new folder: suture init <folder>.',
  });
}

/** What `npm run types` runs. */
const COMPILER = '7.0.2';

/** `null` where the package names a compiler of its own. */
const compilerVersion = (value: Record<string, unknown>): string | null =>
  [value.dependencies, value.devDependencies].some(
    (list) => typeof list === 'object' && list !== null && 'typescript' in list,
  )
    ? null
    : COMPILER;

/** A package.json that is there lets the project's files be modules; what else it says stays. */
export function makeModule(folder: string): string | null {
  const root = resolve(folder);
  const there = readIf(join(root, 'package.json'));
  if (there === null) return null;
  const value = readPackage(root, there);
  if (value.type === 'module') return null;
  writeFileSync(join(root, 'package.json'), `${JSON.stringify({ ...value, type: 'module' }, null, 2)}\n`);
  return MODULE_NOW;
}

const MODULE_NOW = '"type" is now "module"';

/** The scripts and settings that a project needs; what a package.json says already stays, but for `type`. */
function packageJson(root: string, name: string): { text: string; changed: readonly string[] } {
  const { version } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as { version: string };
  const scripts = { dev: 'suture dev', check: 'suture check', test: 'suture test', types: 'tsc --noEmit' };
  const there = readIf(join(root, 'package.json'));
  if (there === null) {
    const local = relative(root, own).replaceAll('\\', '/');
    const value = {
      name,
      private: true,
      type: 'module',
      scripts,
      dependencies: { suture: fromSource ? `file:${local}` : version },
      devDependencies: { typescript: COMPILER },
    };
    return { text: `${JSON.stringify(value, null, 2)}\n`, changed: [] };
  }
  const value = readPackage(root, there);
  const changed: string[] = [];
  if (value.type !== 'module') {
    value.type = 'module';
    changed.push(MODULE_NOW);
  }
  const compiler = compilerVersion(value);
  if (compiler !== null) {
    value.devDependencies = { ...(value.devDependencies as object | undefined), typescript: compiler };
    changed.push('devDependencies "typescript", which "npm install" brings');
  }
  const had = (value.scripts ?? {}) as Record<string, string>;
  // What `npm init` writes there says only that there are no tests.
  const placeholder = /no test specified/.test(had.test ?? '');
  const added = Object.entries(scripts).filter(
    ([key]) => had[key] === undefined || (key === 'test' && placeholder),
  );
  if (added.length > 0) {
    value.scripts = { ...had, ...Object.fromEntries(added) };
    changed.push(`scripts ${added.map(([key]) => `"${key}"`).join(', ')}`);
  }
  return { text: `${JSON.stringify(value, null, 2)}\n`, changed };
}

function readPackage(root: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw new Failure({
    code: 'INIT_PACKAGE',
    kind: 'config',
    message: `The package.json in ${root} cannot be read as JSON; nothing was written.`,
    fix: 'Correct it, or name a new folder.',
  });
}

function tsconfig(): string {
  const compilerOptions = {
    target: 'es2024',
    module: 'nodenext',
    moduleDetection: 'force',
    ...(fromSource ? { customConditions: ['suture-source'] } : {}),
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  return `${JSON.stringify({ compilerOptions, include: ['suture.config.ts', 'flows'] }, null, 2)}\n`;
}

function canFind(root: string): boolean {
  for (let at = root; ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules', 'suture'))) return true;
    if (dirname(at) === at) return false;
  }
}
