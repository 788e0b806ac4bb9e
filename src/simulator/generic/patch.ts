import { isDeepStrictEqual } from 'node:util';
import { Refused } from './refused.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Applies a JSON Patch (RFC 6902) to a copy. Throws a Refused: nothing is changed when one operation fails. */
export function patched(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new Refused(400, 'structure', 'a JSON Patch is a list of operations');
  let result = structuredClone(document);
  for (const operation of operations as Operation[]) result = applied(result, operation);
  return result;
}

function applied(document: unknown, { op, path, from, value }: Operation): unknown {
  const tokens = tokensOf(path);
  switch (op) {
    case 'add':
      return added(document, tokens, value);
    case 'replace':
      valueAt(document, tokens);
      return replaced(document, tokens, value);
    case 'remove':
      removed(document, tokens);
      return document;
    case 'test':
      if (isDeepStrictEqual(valueAt(document, tokens), value)) return document;
      throw new Refused(422, 'processing', `test failed at ${path}`);
    case 'copy':
      return added(document, tokens, structuredClone(valueAt(document, tokensOf(from))));
    case 'move': {
      const source = tokensOf(from);
      const moved = valueAt(document, source);
      removed(document, source);
      return added(document, tokens, moved);
    }
    default:
      throw new Refused(400, 'structure', `no such operation: ${op}`);
  }
}

function tokensOf(pointer: unknown): string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) {
    throw new Refused(400, 'structure', 'a path begins with a slash');
  }
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missing(tokens: readonly string[]): Refused {
  return new Refused(422, 'processing', `nothing at /${tokens.join('/')}`);
}

function valueAt(document: unknown, tokens: readonly string[]): unknown {
  let value = document;
  for (const token of tokens) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) throw missing(tokens);
    value = (value as Record<string, unknown>)[token];
  }
  return value;
}

/** The list or object that holds the last step of a path. */
function holder(document: unknown, tokens: readonly string[]): Record<string, unknown> | unknown[] {
  const value = valueAt(document, tokens.slice(0, -1));
  if (typeof value !== 'object' || value === null) throw missing(tokens);
  return value as Record<string, unknown> | unknown[];
}

function added(document: unknown, tokens: readonly string[], value: unknown): unknown {
  const last = tokens.at(-1);
  if (last === undefined) return value;
  const target = holder(document, tokens);
  if (!Array.isArray(target)) {
    target[last] = value;
    return document;
  }
  const index = last === '-' ? target.length : /^\d+$/.test(last) ? Number(last) : Number.NaN;
  if (!(index <= target.length)) throw missing(tokens);
  target.splice(index, 0, value);
  return document;
}

function replaced(document: unknown, tokens: readonly string[], value: unknown): unknown {
  const last = tokens.at(-1);
  if (last === undefined) return value;
  (holder(document, tokens) as Record<string, unknown>)[last] = value;
  return document;
}

function removed(document: unknown, tokens: readonly string[]): void {
  const last = tokens.at(-1);
  if (last === undefined) throw new Refused(422, 'processing', 'the whole resource cannot be removed');
  valueAt(document, tokens);
  const target = holder(document, tokens);
  if (Array.isArray(target)) target.splice(Number(last), 1);
  else delete target[last];
}
