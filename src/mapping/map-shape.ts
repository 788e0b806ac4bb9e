/** What a map says that it makes: a FHIR R4 type, or a shape of its own; and whether its targets are fields of it. */
import { nearest } from '../std/index.ts';
import type { PathStep } from './path.ts';
import { r4Elements } from './r4-elements.generated.ts';

/** `string`, `{ mrn: string }`, `[{ family: string }]`; `any` holds whatever it may. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

export const SCALARS = ['string', 'number', 'boolean', 'date', 'any'] as const;

/** What stands at a place. */
type At =
  | { readonly kind: 'r4'; readonly type: string; readonly list: boolean }
  | { readonly kind: 'shape'; readonly shape: Shape };

export interface Makes {
  readonly at: At;
  /** For faults: `Patient`, or "the shape". */
  readonly name: string;
}

export const makesR4 = (type: string): Makes | undefined =>
  Object.hasOwn(r4Elements, type) && !type.includes('.')
    ? { at: { kind: 'r4', type, list: false }, name: type }
    : undefined;

export const makesShape = (shape: Shape): Makes => ({ at: { kind: 'shape', shape }, name: 'the shape' });

/** Names of R4's types, for suggestions. */
export const r4Types = (): readonly string[] => Object.keys(r4Elements).filter((type) => !type.includes('.'));

const elements = new Map<string, ReadonlyMap<string, At>>();

function elementsOf(type: string): ReadonlyMap<string, At> | undefined {
  const known = elements.get(type);
  if (known !== undefined) return known;
  const text = Object.hasOwn(r4Elements, type) ? r4Elements[type] : undefined;
  if (text === undefined) return undefined;
  const made = new Map<string, At>([['resourceType', { kind: 'r4', type: 'code', list: false }]]);
  for (const each of text.split(' ')) {
    const at = each.search(/[:*]/);
    made.set(each.slice(0, at), { kind: 'r4', type: each.slice(at + 1), list: each[at] === '*' });
  }
  elements.set(type, made);
  return made;
}

/** R4's types that hold any resource or any value. */
const OPEN = new Set(['Resource', 'ResourceList', 'xhtml']);

export interface TargetFault {
  readonly reason: string;
  readonly fix: string;
}

/**
 * What is wrong with a target: a field that is not there, an index where there is no list, none where there is one.
 * `inner`: the target is a list of objects (`each`); gives where their fields stand.
 */
export function targetFault(
  { at, name }: Makes,
  steps: readonly PathStep[],
  isEach: boolean,
): TargetFault | { readonly inner: Makes } {
  let here = at;
  let path = '';
  for (let place = 0; place < steps.length; place++) {
    const step = steps[place] as PathStep;
    if (step.kind !== 'key') continue;
    const fields = fieldsOf(here);
    if (fields === 'any') return { inner: { at: { kind: 'shape', shape: 'any' }, name } };
    const owner = path === '' ? name : `"${path}"`;
    if (fields === undefined)
      return {
        reason: `${owner} is a single value and has no field "${step.key}"`,
        fix: 'map it as a whole',
      };
    const found = fields.get(step.key);
    if (found === undefined) {
      const near = nearest(step.key, [...fields.keys()]);
      const all = [...fields.keys()].slice(0, 40).join(', ');
      return {
        reason: `${owner} has no field "${step.key}"`,
        fix: near ? `did you mean "${near}"?` : `it has: ${all}`,
      };
    }
    path = path === '' ? step.key : `${path}.${step.key}`;
    if (found.kind === 'shape' && found.shape === 'any') return { inner: { at: found, name: `"${path}"` } };
    const list = listOf(found);
    const indexed = steps[place + 1]?.kind === 'index';
    const isLast = place === steps.length - 1;
    if (indexed && list === undefined)
      return { reason: `"${path}" is no list`, fix: `write ${path} without brackets` };
    if (list !== undefined && !indexed && !isLast)
      return { reason: `"${path}" is a list`, fix: `write ${path}[0] for its first item, or use each` };
    if (isEach && isLast && list === undefined)
      return {
        reason: `"${path}" is no list, and \`each\` makes one`,
        fix: 'take `each` away, or name a list',
      };
    here = list !== undefined && (indexed || isEach) ? list : found;
  }
  return { inner: { at: here, name: path === '' ? name : `"${path}"` } };
}

function fieldsOf(at: At): ReadonlyMap<string, At> | 'any' | undefined {
  if (at.kind === 'r4') return OPEN.has(at.type) ? 'any' : elementsOf(at.type);
  const { shape } = at;
  if (shape === 'any') return 'any';
  if (typeof shape !== 'object' || Array.isArray(shape)) return undefined;
  return new Map(Object.entries(shape).map(([key, field]) => [key, { kind: 'shape', shape: field }]));
}

function listOf(at: At): At | undefined {
  if (at.kind === 'r4') return at.list ? { ...at, list: false } : undefined;
  return Array.isArray(at.shape) ? { kind: 'shape', shape: at.shape[0] as Shape } : undefined;
}

/** What is wrong with a shape as it is written; none: it is one. */
export function shapeFault(shape: unknown, path: string, depth = 0): string | undefined {
  if (depth > 10) return `${path} is nested more than 10 deep`;
  if (typeof shape === 'string')
    return (SCALARS as readonly string[]).includes(shape)
      ? undefined
      : `${path} is "${shape.slice(0, 40)}"; a field is one of: ${SCALARS.join(', ')}`;
  if (Array.isArray(shape))
    return shape.length === 1
      ? shapeFault(shape[0], `${path}[]`, depth + 1)
      : `${path} is a list of ${shape.length}; write one item`;
  if (typeof shape !== 'object' || shape === null) return `${path} is no shape`;
  for (const [key, field] of Object.entries(shape)) {
    const fault = shapeFault(field, path === '' ? key : `${path}.${key}`, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
