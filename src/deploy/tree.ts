/** A project as contents by hash: equal projects have one root, and what two have in common is kept once. Pure. */
import { hash } from 'node:crypto';
import { canonicalJson, Failure } from '../std/index.ts';
import type { Content } from '../store/index.ts';

/** Hashes by path; paths are relative, with `/`. */
export type Files = ReadonlyMap<string, string>;

export interface Snapshot {
  /** Names the whole: hash of its root. */
  readonly root: string;
  readonly files: Files;
  /** Of the files and of the lists that lead to them. */
  readonly contents: readonly Content[];
}

/** What a deployment is of: whole, or these sites and flows alone. */
export interface Scope {
  readonly sites?: readonly string[];
  readonly flows?: readonly string[];
}

export const contentOf = (bytes: Uint8Array): Content => ({
  hash: hash('sha256', bytes, 'base64url'),
  bytes,
});

const listOf = (value: unknown): Content => contentOf(Buffer.from(canonicalJson(value)));

/** Files of one site stand in a list of their own: most deployments change few of them. */
function partOf(path: string): string {
  const [first, second, third] = path.split('/');
  return first !== undefined && second !== undefined && third !== undefined ? `${first}/${second}` : '.';
}

/** @param kept What is known by its hash already and not in `contents`. */
export function snapshotOf(files: Files, contents: readonly Content[] = []): Snapshot {
  const parts = new Map<string, Record<string, string>>();
  for (const [path, one] of files) {
    const part = partOf(path);
    const list = parts.get(part) ?? {};
    list[path] = one;
    parts.set(part, list);
  }
  const lists = [...parts].map(([part, list]) => ({ part, content: listOf(list) }));
  const root = listOf({
    format: 1,
    parts: Object.fromEntries(lists.map(({ part, content }) => [part, content.hash])),
  });
  return { root: root.hash, files, contents: [...contents, ...lists.map(({ content }) => content), root] };
}

type Read = (hash: string) => Promise<Uint8Array | null>;

async function read(one: string, content: Read): Promise<Record<string, unknown>> {
  const bytes = await content(one);
  if (bytes === null) throw gone([`the list ${one.slice(0, 8)}`]);
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}

/** The lists of a root: by folder the hash of the list of its files. @throws Failure `DEPLOY_GONE` */
export const partsOf = async (root: string, content: Read): Promise<Readonly<Record<string, string>>> =>
  ((await read(root, content)) as unknown as { parts: Record<string, string> }).parts;

/** @throws Failure `DEPLOY_GONE`: a part of it is not kept any more. */
export async function filesOf(root: string, content: Read): Promise<Files> {
  const files = new Map<string, string>();
  for (const part of Object.values(await partsOf(root, content))) {
    for (const [path, one] of Object.entries(await read(part, content))) {
      if (!isInside(path)) throw gone([`a path that leads outside (${JSON.stringify(path).slice(0, 80)})`]);
      files.set(path, String(one));
    }
  }
  return files;
}

/** Relative, and never above where it begins. */
export const isInside = (path: string): boolean =>
  path !== '' &&
  !path.includes('\\') &&
  !path.includes('\0') &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const MOST_NAMED = 5;

export function gone(what: readonly string[]): Failure {
  const more = what.length > MOST_NAMED ? ` and ${what.length - MOST_NAMED} more` : '';
  return new Failure({
    code: 'DEPLOY_GONE',
    kind: 'config',
    message: `Of that version ${what.slice(0, MOST_NAMED).join(', ')}${more} ${what.length === 1 ? 'is' : 'are'} not kept any more. Nothing was changed.`,
    fix: 'Choose another version, or bring the files back and deploy them.',
  });
}

/** Paths that are in one and not the same in the other. */
export function pathsBetween(before: Files, next: Files): readonly string[] {
  const paths = new Set([...before.keys(), ...next.keys()]);
  return [...paths].filter((path) => before.get(path) !== next.get(path)).sort();
}

/**
 * What runs, with the scope's paths from elsewhere.
 * @param belongs Whether a path is of the scope.
 */
export function composed(base: Files, from: Files, belongs: (path: string) => boolean): Files {
  const files = new Map([...base].filter(([path]) => !belongs(path)));
  for (const [path, one] of from) if (belongs(path)) files.set(path, one);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
