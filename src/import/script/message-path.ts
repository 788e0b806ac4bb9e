/** `msg['PID']['PID.5'][0]['PID.5.1']` as a source of Suture: `hl7:PID-5[1].1`, or `event.patient.name` for JSON. */
import type { Node } from './parse.ts';

export interface MessagePath {
  readonly root: 'msg' | 'tmp';
  /** As a map names it, without `hl7:`: `PID-5.1`; for JSON `patient.name`. */
  readonly path: string;
  /** A component or subcomponent: what Mirth gives a text for. */
  readonly leaf: boolean;
  /** The field whose component it is, for what overlaps: `PID-5`. */
  readonly field: string;
}

type Key = string | number;

/** The keys behind `msg` or `tmp`; none for anything else. */
function keysOf(node: Node): { readonly root: 'msg' | 'tmp'; readonly keys: readonly Key[] } | undefined {
  const keys: Key[] = [];
  let at = node;
  while (at.type === 'MemberExpression') {
    const property = at.property as Node;
    if (
      property.type === 'Literal' &&
      (typeof property.value === 'string' || typeof property.value === 'number')
    )
      keys.unshift(property.value);
    else if (!at.computed && property.type === 'Identifier') keys.unshift(property.name as string);
    else return undefined;
    at = at.object as Node;
  }
  if (at.type !== 'Identifier' || (at.name !== 'msg' && at.name !== 'tmp')) return undefined;
  return { root: at.name, keys };
}

export function hl7PathOf(node: Node): MessagePath | undefined {
  const found = keysOf(node);
  const [segment, ...rest] = found?.keys ?? [];
  if (found === undefined || typeof segment !== 'string' || !/^[A-Z][A-Z0-9]{2}$/.test(segment))
    return undefined;
  let path = segment;
  if (typeof rest[0] === 'number') path += `[${(rest.shift() as number) + 1}]`;
  const numbers: string[] = [];
  let field = path;
  for (const key of rest) {
    if (typeof key === 'number') {
      // An index behind a component is of a list of one.
      if (numbers.length === 1) field = path += `[${key + 1}]`;
      else if (key !== 0) return undefined;
      continue;
    }
    const parts = key.split('.');
    if (parts[0] !== segment || parts.length !== numbers.length + 2) return undefined;
    if (!parts.slice(1).every((part, index) => /^[1-9]\d*$/.test(part) && (numbers[index] ?? part) === part))
      return undefined;
    numbers.push(parts.at(-1) as string);
    path += numbers.length === 1 ? `-${parts.at(-1)}` : `.${parts.at(-1)}`;
    if (numbers.length === 1) field = path;
    if (numbers.length > 3) return undefined;
  }
  const isDeclaration = segment === 'MSH' && (numbers[0] === '1' || numbers[0] === '2');
  return { root: found.root, path, leaf: numbers.length >= 2 || isDeclaration, field };
}

export function jsonPathOf(node: Node): MessagePath | undefined {
  const found = keysOf(node);
  if (found === undefined || found.keys.length === 0 || typeof found.keys[0] !== 'string') return undefined;
  let path = '';
  for (const key of found.keys) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return undefined;
    else path += path === '' ? key : `.${key}`;
  }
  return { root: found.root, path, leaf: true, field: path };
}
