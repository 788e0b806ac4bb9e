/**
 * What is known of values before a flow runs: the same that the builder's types know, as data. What nobody knows (JSON of a
 * webhook, answers of connections) is `undefined` and lets every path pass.
 */
import {
  compileSource,
  type FieldMap,
  type PathStep,
  parsePath,
  r4Elements,
  type Source,
} from '../mapping/index.ts';
import { nearest } from '../std/index.ts';
import type { Step, Trigger } from './flow.ts';
import { resourceOf } from './prepare.ts';

export type Shape =
  | undefined
  /** A text, a number, a truth value. */
  | { readonly kind: 'scalar' }
  /** Of a type of FHIR R4, or of one inline: `Patient.contact`. */
  | { readonly kind: 'r4'; readonly type: string }
  | { readonly kind: 'object'; readonly what: string; readonly fields: Readonly<Record<string, Shape>> };

const SCALAR: Shape = { kind: 'scalar' };

/** Resources that events and finds may be about: those of which the elements are known. */
const resource = (type: string | undefined): Shape =>
  type !== undefined && fieldsOf(type)?.has('meta') ? { kind: 'r4', type } : undefined;

const known = new Map<string, ReadonlyMap<string, string>>();

function fieldsOf(type: string): ReadonlyMap<string, string> | undefined {
  let fields = known.get(type);
  if (fields === undefined && Object.hasOwn(r4Elements, type)) {
    fields = new Map(
      (r4Elements[type] ?? '').split(' ').map((each) => {
        const [name = '', of = ''] = each.split(/[:*]/);
        return [name, of];
      }),
    );
    known.set(type, fields);
  }
  return fields;
}

const object = (what: string, names: readonly string[], shape: Shape = undefined): Shape => ({
  kind: 'object',
  what,
  fields: Object.fromEntries(names.map((name) => [name, shape])),
});

/** What `event` is; without `types` only what it has at the top. */
export function eventShape(trigger: Trigger, types = true): Shape {
  if (!types)
    return trigger.kind === 'hl7'
      ? object('an HL7 event', ['type', 'controlId', 'patient', 'encounter'])
      : undefined;
  switch (trigger.kind) {
    case 'event':
    case 'bulk':
      return resource(trigger.resource);
    case 'hl7':
      return {
        kind: 'object',
        what: 'an HL7 event',
        fields: {
          type: SCALAR,
          controlId: SCALAR,
          patient: resource('Patient'),
          encounter: resource('Encounter'),
        },
      };
    case 'schedule':
      return object('a schedule’s event', ['flow', 'scheduledFor', 'previous'], SCALAR);
    case 'cds':
      return object('a CDS Hooks call', [
        'hook',
        'hookInstance',
        'fhirServer',
        'context',
        'prefetch',
        'extension',
      ]);
    default:
      return undefined;
  }
}

export const siteShape: Shape = object(
  'site',
  ['id', 'name', 'environment', 'timeZone', 'mrnSystem'],
  SCALAR,
);

/** What a step gives to later ones. */
export function stepShape(step: Step): Shape {
  switch (step.kind) {
    case 'find':
    case 'read':
      return resource(resourceOf(step.do));
    case 'map':
      return step.hl7 !== undefined
        ? SCALAR
        : step.fields === undefined
          ? undefined
          : mapShape(step.id, step.fields);
    case 'lookup':
      return step.otherwise === undefined ? object('a look-up', ['code', 'display'], SCALAR) : undefined;
    case 'route':
      return object('a route', ['branch'], SCALAR);
    case 'wait':
      return object('a wait', ['since', 'wokenAt', 'by', 'came'], SCALAR);
    case 'approve':
      return object('an approval', ['since', 'wokenAt', 'by', 'approved', 'who', 'reason'], SCALAR);
    case 'respond':
      return object('a response', ['cards']);
    default:
      return undefined;
  }
}

/** Its fields at the top are known, what is in them is not. */
function mapShape(id: string, fields: FieldMap): Shape {
  const names = Object.keys(fields).flatMap((target) => {
    try {
      const [first] = parsePath(target);
      return first?.kind === 'key' ? [first.key] : [];
    } catch {
      return []; // said of the field
    }
  });
  return object(`"${id}"`, names);
}

/** An item of the list at a source. */
export function itemShape(source: Source, shapes: ReadonlyMap<string, Shape>): Shape {
  if (source.startsWith('hl7:')) return SCALAR;
  const { root, steps } = compileSource(source);
  const end = walk(shapes.get(root), steps);
  return 'fault' in end ? undefined : end.shape;
}

export interface PathFault {
  readonly reason: string;
  readonly fix: string;
}

/** What a path leads to; or the first name on it that there is not. Lists are looked through. */
export function walk(
  shape: Shape,
  steps: readonly PathStep[],
): { readonly shape: Shape } | { readonly fault: PathFault } {
  let at = shape;
  for (const step of steps) {
    if (at === undefined) return { shape: undefined };
    if (step.kind === 'where') {
      const within = walk(at, step.path);
      if ('fault' in within) return within;
      continue;
    }
    if (step.kind !== 'key') continue;
    const found = field(at, step.key);
    if ('fault' in found) return found;
    at = found.shape;
  }
  return { shape: at };
}

function field(
  shape: NonNullable<Shape>,
  name: string,
): { readonly shape: Shape } | { readonly fault: PathFault } {
  if (shape.kind === 'scalar')
    return { fault: { reason: `a text or number has no field "${name}"`, fix: 'End the path before it.' } };
  if (shape.kind === 'r4') {
    const fields = fieldsOf(shape.type) ?? new Map<string, string>();
    const type = fields.get(name);
    if (type === undefined && name === 'resourceType' && fields.has('meta')) return { shape: SCALAR };
    // Extensions of a text or number stand beside it.
    if (type === undefined && name.startsWith('_') && fields.has(name.slice(1)))
      return { shape: { kind: 'r4', type: 'Element' } };
    if (type === undefined) return { fault: missing(shape.type, name, [...fields.keys()]) };
    if (type !== 'Resource' && fieldsOf(type) !== undefined) return { shape: { kind: 'r4', type } };
    // Texts and numbers have small letters; a contained resource may be any.
    return { shape: /^[a-z]/.test(type) ? SCALAR : undefined };
  }
  if (Object.hasOwn(shape.fields, name)) return { shape: shape.fields[name] };
  return { fault: missing(shape.what, name, Object.keys(shape.fields)) };
}

function missing(what: string, name: string, names: readonly string[]): PathFault {
  const near = nearest(name, names);
  const fix = near ? `Did you mean "${near}"?` : `It has ${names.join(', ')}.`;
  return { reason: `${what} has no "${name}"`, fix };
}
