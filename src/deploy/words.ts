/** How two plain values differ, leaf by leaf, as a person would say it. Pure. */
import { canonicalJson } from '../std/index.ts';

export interface Leaf {
  /** `listen.port`, `steps[notice].args.body` */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

const LONG = 60;

/** A value in a sentence: short, on one line. */
export function said(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
  const line = (text ?? 'nothing').replaceAll(/\s+/g, ' ');
  return line.length > LONG ? `${line.slice(0, LONG - 1)}…` : line;
}

/** `listen.port is now 6662 (was 6661)` */
export function leafText({ path, before, after }: Leaf): string {
  if (before === undefined) return `${path} is new: ${said(after)}`;
  if (after === undefined) return `${path} is gone (was ${said(before)})`;
  return `${path} is now ${said(after)} (was ${said(before)})`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the entries of a list are known by, where they have such a name. */
const NAMES = ['id', 'target', 'name', 'path', 'source', 'system'];

function keyed(list: readonly unknown[]): Record<string, unknown> | undefined {
  const name = NAMES.find((one) => list.every((item) => isObject(item) && typeof item[one] === 'string'));
  if (name === undefined) return undefined;
  const entries = list.map((item) => [(item as Record<string, string>)[name] as string, item] as const);
  return new Set(entries.map(([key]) => key)).size === list.length ? Object.fromEntries(entries) : undefined;
}

export function leaves(before: unknown, after: unknown, path = ''): readonly Leaf[] {
  if (canonicalJson(before) === canonicalJson(after) && typeof before === typeof after) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length + after.length > 0) {
    const [one, other] = [keyed(before), keyed(after)];
    if (one && other) {
      const inner = betweenObjects(one, other, (key) => `${path}[${key}]`);
      return inner.length > 0
        ? inner
        : [{ path: `the order of ${path}`, before: Object.keys(one), after: Object.keys(other) }];
    }
  }
  if (isObject(before) && isObject(after))
    return betweenObjects(before, after, (key) => (path === '' ? key : `${path}.${key}`));
  return [{ path: path === '' ? 'all of it' : path, before, after }];
}

function betweenObjects(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  pathOf: (key: string) => string,
): readonly Leaf[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => leaves(before[key], after[key], pathOf(key)));
}

/** A word as a shell takes it. */
export const shellWord = (text: string): string =>
  /^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
