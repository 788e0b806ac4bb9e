import { hash } from 'node:crypto';

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * JSON with keys in order and nothing undefined: equal content gives equal text.
 * @example
 * canonicalJson({ b: 1, a: [true] }) // '{"a":[true],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  // Texts are put together, not lists of their parts: bulk exports are millions of records.
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value)
      text += text === '' ? canonicalJson(item ?? null) : `,${canonicalJson(item ?? null)}`;
    return `[${text}]`;
  }
  const object = value as Record<string, unknown>;
  for (const key of inOrder(Object.keys(object))) {
    const item = object[key];
    if (item === undefined) continue;
    text += text === '' ? quoted(key) : `,${quoted(key)}`;
    text += `:${canonicalJson(item)}`;
  }
  return `{${text}}`;
}

function inOrder(keys: string[]): string[] {
  for (let at = 1; at < keys.length; at++) {
    if ((keys[at] as string) < (keys[at - 1] as string)) return keys.sort();
  }
  return keys;
}

/** Names of elements are few, and come again and again. */
const names = new Map<string, string>();
const MOST_NAMES = 2_000;

function quoted(name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (names.size < MOST_NAMES) names.set(name, text);
  }
  return text;
}

/** SHA-256 of the canonical JSON, base64url. */
export function contentHash(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'base64url');
}
