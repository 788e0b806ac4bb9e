/** A project's files: read from a folder, and written into one again as a version that can be run. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../std/index.ts';
import type { Content } from '../store/index.ts';
import { contentOf, type Files, gone, type Snapshot, snapshotOf } from './tree.ts';

/** Folders that a project may have beside those that its configuration names. */
const FOLDERS = ['maps', 'scripts', 'templates', 'lib'];
const CONFIG = 'suture.config.ts';
const FILES = [CONFIG, 'package.json', 'tsconfig.json'];
/** A file of a project is written by people: more than this is data that has strayed in. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What modules import by a relative path, as written. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)['"](\.{1,2}\/[^'"]+)['"]/g;

/** Files and folders of a project, there or not. */
export const projectPaths = (names: { sites: string; flows: string }): readonly string[] => [
  ...FILES,
  ...new Set([names.sites, names.flows, ...FOLDERS]),
];

/** Everything that decides what a project does: configuration, records, flows, maps, and the modules that these import. */
export function readProject(folder: string, names: { sites: string; flows: string }): Snapshot {
  const root = resolve(folder);
  const contents = new Map<string, Content>();
  const files = new Map<string, string>();

  const take = (file: string): void => {
    const path = relative(root, file).split(sep).join('/');
    if (files.has(path) || path.startsWith('..')) return;
    const { size } = statSync(file);
    if (size > MOST_BYTES) {
      throw new Failure({
        code: 'DEPLOY_FILE',
        kind: 'config',
        message: `${path} has ${Math.round(size / 1024 / 1024)} MB: a project's file has ${MOST_BYTES / 1024 / 1024} MB at the most.`,
        fix: 'Keep data outside of the project’s folders.',
      });
    }
    const bytes = readFileSync(file);
    const content = contentOf(bytes);
    contents.set(content.hash, content);
    files.set(path, content.hash);
    if (/\.[cm]?[jt]s$/.test(file)) for (const other of importsOf(file, bytes.toString())) take(other);
  };

  for (const name of FILES) if (existsSync(join(root, name))) take(join(root, name));
  for (const name of new Set([names.sites, names.flows, ...FOLDERS])) {
    for (const file of filesBelow(join(root, name))) take(file);
  }
  return snapshotOf(new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))), [...contents.values()]);
}

function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (one) =>
        one.isFile() && !/(^|\/)(\.|node_modules)/.test(relative(folder, join(one.parentPath, one.name))),
    )
    .map((one) => join(one.parentPath, one.name));
}

/** Files that a module imports by a relative path. */
export function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORT)]
    .map(([, path]) => join(dirname(file), path ?? ''))
    .filter((path) => existsSync(path) && statSync(path).isFile());
}

/** The same, among files that are known by their paths. */
export function importedBy(path: string, files: Files, text: (path: string) => string): ReadonlySet<string> {
  const found = new Set<string>();
  const follow = (one: string): void => {
    for (const [, wanted] of text(one).matchAll(IMPORT)) {
      const other = join(dirname(one), wanted ?? '')
        .split(sep)
        .join('/');
      if (!files.has(other) || found.has(other)) continue;
      found.add(other);
      if (/\.[cm]?[jt]s$/.test(other)) follow(other);
    }
  };
  follow(path);
  return found;
}

/** A root may begin with a hyphen. */
export const folderName = (root: string): string => `v${root}`;

export interface WriteOptions {
  /** Where versions lie: each in a folder named by its root. */
  readonly into: string;
  readonly content: (hash: string) => Promise<Uint8Array | null>;
  /** The project's folder: packages that its modules import are found there. */
  readonly packages: string;
}

/**
 * The folder of a version, written if it is not there: whole or not at all.
 * @throws Failure `DEPLOY_GONE`: a file of it is not kept any more.
 */
export async function writeVersion(root: string, files: Files, options: WriteOptions): Promise<string> {
  const target = join(options.into, folderName(root));
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}.tmp`;
  await rm(draft, { recursive: true, force: true });
  const missing: string[] = [];
  const made = new Set<string>();
  for (const [path, one] of files) {
    const bytes = await options.content(one);
    if (bytes === null) {
      missing.push(path);
      continue;
    }
    const file = join(draft, path);
    const folder = dirname(file);
    if (!made.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
    made.add(folder);
    await writeFile(file, bytes, { mode: 0o600 });
  }
  if (missing.length > 0) {
    await rm(draft, { recursive: true, force: true });
    throw gone(missing);
  }
  const packages = join(resolve(options.packages), 'node_modules');
  if (existsSync(packages)) await symlink(packages, join(draft, 'node_modules'), 'junction');
  await rename(draft, target).catch(async (error) => {
    await rm(draft, { recursive: true, force: true });
    // Somebody else was faster: it is the same.
    if (!existsSync(target)) throw error;
  });
  return target;
}

/** Folders of versions that are no longer wanted, and drafts that were cut short. They can be written again. */
export async function removeOthers(into: string, keep: ReadonlySet<string>): Promise<void> {
  const names = await readdir(into).catch(() => []);
  for (const name of names) {
    if (keep.has(name)) continue;
    const { mtimeMs } = await stat(join(into, name));
    if (name.endsWith('.tmp') && performance.timeOrigin + performance.now() - mtimeMs < 60_000) continue;
    await rm(join(into, name), { recursive: true, force: true });
  }
}
