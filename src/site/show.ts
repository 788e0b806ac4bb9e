/** A record as it holds for one environment, written out with where each value comes from. */
import { stringify } from 'yaml';
import type { LoadedSite, Place } from './load.ts';
import { isFields, type Path } from './read/layer.ts';
import { isFromEnvironment } from './read/merge.ts';

/** One value of a record. */
export interface ShownValue {
  readonly path: Path;
  /** A single value, or an empty list or map. From the environment: the reference, never what it stands for. */
  readonly value: unknown;
  /** Where it stands; `undefined`: a default. */
  readonly place: Place | undefined;
}

/** Every single value of the record, in the order of the schema. */
export function shownValues(site: LoadedSite): ShownValue[] {
  const values: ShownValue[] = [];
  const visit = (value: unknown, path: Path): void => {
    const written = path.reduce<unknown>(
      (at, key) =>
        isFields(at) || Array.isArray(at) ? (at as Record<PropertyKey, unknown>)[key] : undefined,
      site.written,
    );
    const place = site.originOf(path);
    if (isFromEnvironment(written)) values.push({ path, value: written, place });
    else if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
      values.push({ path, value, place });
    else for (const [key, inside] of Object.entries(value)) visit(inside, [...path, key]);
  };
  visit(site.record, []);
  return values;
}

/**
 * As YAML.
 * @param origin Adds behind each value the file and line it comes from.
 */
export function siteText(site: LoadedSite, origin?: (place: Place | undefined) => string): string {
  const root = new Map<PropertyKey, unknown>();
  for (const { path, value } of shownValues(site)) put(root, path, value);
  const record = plain(root);
  if (origin === undefined) return stringify(record, { lineWidth: 0 });
  const rows = shownValues(site).map(({ path, value, place }) => [
    `${path.map(String).join('.')}: ${stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}`,
    origin(place),
  ]);
  const width = Math.min(
    60,
    rows.reduce((most, [text = '']) => Math.max(most, text.length), 0),
  );
  return rows.map(([text = '', from = '']) => `${text.padEnd(width)}  # ${from}\n`).join('');
}

function put(into: Map<PropertyKey, unknown>, path: Path, value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    into.set(key, value);
    return;
  }
  let inside = into.get(key);
  if (!(inside instanceof Map)) {
    inside = new Map();
    into.set(key, inside);
  }
  put(inside as Map<PropertyKey, unknown>, rest, value);
}

/** Keys that count from 0 were a list's. */
function plain(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  const entries = [...(value as Map<string, unknown>)].map(([key, inside]) => [key, plain(inside)] as const);
  return entries.every(([key], at) => key === String(at))
    ? entries.map(([, inside]) => inside)
    : Object.fromEntries(entries);
}
