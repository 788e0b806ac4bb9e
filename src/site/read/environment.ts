/** Values that come from the environment: `{ env: NAME, default: ... }`. */
import type { Fields, Path } from './layer.ts';
import { isFromEnvironment } from './merge.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Each such value becomes the variable's, as a number or boolean where it looks like one. What holds none is given back as it is. */
export function resolveEnvironment(
  value: Fields,
  variables: Variables,
  fault: (path: Path, reason: string, fix: string) => void,
): Fields {
  return resolved(value, variables, [], fault) as Fields;
}

function resolved(
  value: unknown,
  variables: Variables,
  path: PropertyKey[],
  fault: (path: Path, reason: string, fix: string) => void,
): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isFromEnvironment(value)) {
    const set = variables[value.env];
    if (set !== undefined && set !== '') return scalar(set);
    if ('default' in value) return value.default;
    fault(
      [...path],
      `the environment variable ${value.env} is not set`,
      `set ${value.env}, or give a default beside env`,
    );
    return undefined;
  }
  let changed = false;
  const entries = Object.entries(value).map(([key, inside]): [string, unknown] => {
    if (typeof inside !== 'object' || inside === null) return [key, inside];
    path.push(key);
    const now = resolved(inside, variables, path, fault);
    path.pop();
    if (now !== inside) changed = true;
    return [key, now];
  });
  if (!changed) return value;
  return Array.isArray(value) ? entries.map(([, inside]) => inside) : Object.fromEntries(entries);
}

function scalar(words: string): string | number | boolean {
  if (/^-?\d{1,15}$/.test(words)) return Number(words);
  if (words === 'true' || words === 'false') return words === 'true';
  return words;
}
