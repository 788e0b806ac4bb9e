/** Reads site records from YAML and says of each fault: file, line, reason, fix. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { nearest } from '../std/index.ts';
import { learningFaults } from './learning.ts';
import { type SiteRecord, siteSchema } from './record.ts';

/** A fault in a file that a person wrote. */
export interface Fault {
  readonly file: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly reason: string;
  readonly fix: string;
}

export interface LoadedSite {
  readonly record: SiteRecord;
  readonly file: string;
  /** The line of a part of the record: `lineOf(['connections', 'adt-in', 'listen'])`. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/**
 * Every `<folder>/<site>/site.yaml`.
 * @param environment Values for `{ env: NAME, default: ... }` in the files.
 */
export function loadSites(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): { sites: LoadedSite[]; faults: Fault[] } {
  const sites: LoadedSite[] = [];
  const faults: Fault[] = [];
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return {
      sites,
      faults: [
        {
          file: folder,
          line: 0,
          reason: 'there is no such folder',
          fix: 'make sites/<site>/site.yaml, or name another folder in suture.config.ts',
        },
      ],
    };
  }
  for (const name of names) {
    const file = join(folder, name, 'site.yaml');
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      faults.push({
        file,
        line: 0,
        reason: 'cannot be read',
        fix: 'every folder below sites/ needs a site.yaml',
      });
      continue;
    }
    const read = readSite(text, file, environment);
    faults.push(...read.faults);
    if (!read.site) continue;
    if (read.site.record.site !== name) {
      faults.push({
        file,
        line: read.site.lineOf(['site']),
        reason: `the record calls itself "${read.site.record.site}" but stands in the folder "${name}"`,
        fix: 'give both the same name',
      });
      continue;
    }
    sites.push(read.site);
  }
  return { sites, faults };
}

/** One record from its text. */
export function readSite(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): { site?: LoadedSite; faults: Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => ({
        file,
        line: lines.linePos(error.pos[0]).line,
        reason: `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`,
        fix: 'correct the line; indentation and colons are the usual cause',
      })),
    };
  }
  const lineOf = (path: readonly PropertyKey[]): number => lineAt(document, lines, path);
  const faults: Fault[] = [];
  const value = resolveEnvironment(
    document.toJS({ maxAliasCount: 100 }),
    environment,
    [],
    (path, reason, fix) => faults.push({ file, line: lineOf(path), reason, fix }),
  );
  const parsed = siteSchema.safeParse(value);
  if (!parsed.success)
    faults.push(...parsed.error.issues.map((issue) => faultOf(issue, value, file, lineOf)));
  if (!parsed.success || faults.length > 0) return { faults };
  for (const name of parsed.data.roster.from) {
    if (parsed.data.connections[name] !== undefined) continue;
    faults.push({
      file,
      line: lineOf(['roster', 'from']),
      reason: `roster.from names the connection "${name}", which this site does not have`,
      fix: `use one of: ${Object.keys(parsed.data.connections).join(', ') || '(none yet)'}`,
    });
  }
  faults.push(
    ...learningFaults(parsed.data).map(({ path, ...fault }) => ({ file, line: lineOf(path), ...fault })),
  );
  return faults.length > 0 ? { faults } : { site: { record: parsed.data, file, lineOf }, faults };
}

/** `{ env: NAME, default: x }` becomes the variable's value, as a number or boolean where it looks like one. */
function resolveEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: readonly PropertyKey[],
  fault: (path: readonly PropertyKey[], reason: string, fix: string) => void,
): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => resolveEnvironment(item, environment, [...path, index], fault));
  }
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  if (
    typeof object.env === 'string' &&
    Object.keys(object).every((key) => key === 'env' || key === 'default')
  ) {
    const set = environment[object.env];
    if (set !== undefined && set !== '') return scalar(set);
    if ('default' in object) return object.default;
    fault(
      path,
      `the environment variable ${object.env} is not set`,
      `set ${object.env}, or give a default beside env`,
    );
    return undefined;
  }
  return Object.fromEntries(
    Object.entries(object).map(([key, item]) => [
      key,
      resolveEnvironment(item, environment, [...path, key], fault),
    ]),
  );
}

function scalar(text: string): string | number | boolean {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}

function faultOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  file: string,
  lineOf: (path: readonly PropertyKey[]) => number,
): Fault {
  const where = issue.path.join('.') || 'the record';
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = knownKeys(issue.path);
    const near = nearest(key, known);
    return {
      file,
      line: lineOf([...issue.path, key]),
      reason: `${where} has no field "${key}"`,
      fix: near
        ? `did you mean "${near}"?`
        : `known here: ${known.join(', ') || 'see the reference of site records'}`,
    };
  }
  const missing =
    issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      value,
    ) === undefined;
  return {
    file,
    line: lineOf(issue.path),
    reason: missing ? `${where} is missing` : `${where}: ${issue.message}`,
    fix: missing ? `add ${where}` : 'correct the value',
  };
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: unknown = siteSchema;
  for (const key of path) {
    const inner = unwrap(schema) as { shape?: Record<PropertyKey, unknown> };
    schema = inner.shape?.[key];
  }
  const shape = (unwrap(schema) as { shape?: Record<string, unknown> } | undefined)?.shape;
  return shape ? Object.keys(shape) : [];
}

function unwrap(schema: unknown): unknown {
  let current = schema as { def?: { innerType?: unknown } } | undefined;
  while (current?.def?.innerType !== undefined) current = current.def.innerType as typeof current;
  return current;
}

function lineAt(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const parent = length === 0 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (length > 0 && isMap(parent)) {
      const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === String(key));
      const range = pair && isNode(pair.key) ? pair.key.range : undefined;
      if (range) return lines.linePos(range[0]).line;
      continue;
    }
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 0;
}
