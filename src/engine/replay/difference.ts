/** What differs between two plain values, field by field. */
import type { Difference } from './wish.ts';

/** More are not told: a value that differs everywhere is another value. */
const MOST_DIFFERENCES = 200;

const isBranch = (value: unknown): value is Readonly<Record<string, unknown>> | readonly unknown[] =>
  typeof value === 'object' && value !== null;

/**
 * The leaves that differ, in the order of `before`, then what is new in `after`.
 * @example
 * differences({ a: 1, b: [2] }, { a: 1, b: [3], c: 4 }) // [{ path: 'b[0]', before: 2, after: 3 }, { path: 'c', after: 4 }]
 */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = [];
  const walk = (path: string, one: unknown, other: unknown): void => {
    if (found.length >= MOST_DIFFERENCES || Object.is(one, other)) return;
    if (!isBranch(one) || !isBranch(other) || Array.isArray(one) !== Array.isArray(other)) {
      found.push({
        path,
        ...(one === undefined ? {} : { before: one }),
        ...(other === undefined ? {} : { after: other }),
      });
      return;
    }
    const list = Array.isArray(one);
    const of = (value: object, key: string): unknown =>
      Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      const inner = list ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      walk(inner, of(one, key), of(other, key));
    }
  };
  walk('', before, after);
  return found;
}
