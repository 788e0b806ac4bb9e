/** Field maps compiled to closures: data in, a new object out; nothing is evaluated, nothing else is touched. */
import { asFailure, Failure, type Json } from '../std/index.ts';
import { FORBIDDEN_KEYS, invalid, type PathStep, parsePath } from './path.ts';
import type { FieldMap, FieldRule } from './rule.ts';
import { compileSource, type MappingContext } from './source.ts';
import { transforms, Unreadable } from './transforms.ts';

/** @throws Failure `validation`, FIELD_MISSING or FIELD_UNREADABLE, `at.path` naming the target field. */
export type Mapper = (context: MappingContext) => Record<string, unknown>;

type Make = (context: MappingContext) => unknown;

const HIGHEST_TARGET_INDEX = 99;

/**
 * @example
 * compileFieldMap({ mrn: 'hl7:PID-3[5=MR].1', 'name.family': 'hl7:PID-5.1' })(context)
 * // { mrn: '203713', name: { family: 'LOPEZ' } }
 * @throws Failure `config`: a path that cannot be read, an unknown transform, two rules for one field.
 */
export function compileFieldMap(map: FieldMap): Mapper {
  const root = objectPart();
  for (const [target, rule] of Object.entries(map)) place(root, target, compileRule(target, rule));
  const make = maker(root);
  return (context) => (make(context) ?? {}) as Record<string, unknown>;
}

/** The sources that a rule reads. */
export function ruleSources(rule: FieldRule): readonly string[] {
  if (typeof rule === 'string') return [rule];
  if (!('from' in rule)) return [];
  return typeof rule.from === 'string' ? [rule.from] : rule.from;
}

// ---------------------------------------------------------------- one rule

function compileRule(target: string, rule: FieldRule): Make {
  if (typeof rule === 'string') return compileSource(rule).read;
  if (!('from' in rule)) {
    const { value } = rule;
    return () => value;
  }
  const sources = ruleSources(rule);
  if (sources.length === 0)
    throw unusable(target, 'names no source', 'Give `from` a source, or use `value`.');
  const reads = sources.map((source) => compileSource(source).read);
  const changed = transformed(target, rule, sources);
  const { default: fallback, required } = rule;
  return (context) => {
    const value = changed(reads, context);
    if (value !== undefined) return value;
    if (fallback !== undefined) return fallback;
    if (required) throw missing(target, sources);
    return undefined;
  };
}

function transformed(
  target: string,
  rule: { readonly transform?: string; readonly with?: Json },
  sources: readonly string[],
): (reads: readonly Make[], context: MappingContext) => unknown {
  const { transform: name, with: argument } = rule;
  if (name === undefined) return firstOf;
  const transform = transforms.get(name);
  if (transform === undefined) {
    throw unusable(
      target,
      `there is no transform "${name}"`,
      `Use one of: ${[...transforms.keys()].join(', ')}.`,
    );
  }
  const fits = transform.with ? transform.with.fits(argument) : argument === undefined;
  if (!fits) {
    const fix = transform.with ? `Give \`with\` ${transform.with.about}.` : 'Leave `with` out.';
    throw unusable(target, `the transform "${name}" cannot be done with that`, fix);
  }
  const gather = transform.many ? allOf : firstOf;
  return (reads, context) => {
    const value = gather(reads, context);
    if (value === undefined) return undefined;
    try {
      return transform.run(value, argument, context.timeZone);
    } catch (error) {
      if (error instanceof Unreadable) throw unreadable(target, sources, name, error.message);
      throw asFailure(error, { path: target });
    }
  };
}

function firstOf(reads: readonly Make[], context: MappingContext): unknown {
  for (const read of reads) {
    const value = read(context);
    if (value !== undefined) return value;
  }
  return undefined;
}

function allOf(reads: readonly Make[], context: MappingContext): readonly unknown[] | undefined {
  const values = reads.map((read) => read(context)).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : values;
}

// ---------------------------------------------------------------- the object

/** A place of the target: a rule, an object of places, or a list of them. */
type Part =
  | { readonly kind: 'rule'; readonly make: Make }
  | { readonly kind: 'object'; readonly parts: Map<string, Part> }
  | { readonly kind: 'list'; readonly parts: Map<number, Part> };

const objectPart = (): Part & { kind: 'object' } => ({ kind: 'object', parts: new Map() });

/** `contact.names[0].family` as steps: keys and indices only. */
export function targetSteps(target: string): readonly PathStep[] {
  const steps = parsePath(target);
  for (const step of steps) {
    if (step.kind === 'where' || step.kind === 'every')
      throw invalid(target, target.indexOf('[') + 2, 'an index: a target names one place');
    if (step.kind === 'index' && step.index > HIGHEST_TARGET_INDEX)
      throw invalid(target, target.indexOf('[') + 2, `an index of at most ${HIGHEST_TARGET_INDEX}`);
  }
  return steps;
}

function place(root: Part, target: string, make: Make): void {
  const steps = targetSteps(target);
  let at: Part = root;
  steps.forEach((step, position) => {
    const isLast = position === steps.length - 1;
    const follows = steps[position + 1]?.kind === 'index' ? 'list' : 'object';
    const key = step.kind === 'key' ? step.key : step.kind === 'index' ? step.index : 0;
    // A second guard beside the parser's: nothing may ever write to a prototype.
    if (at.kind === 'rule' || FORBIDDEN_KEYS.has(String(key))) throw twice(target);
    if ((at.kind === 'list') !== (step.kind === 'index')) throw twice(target);
    const parts = at.parts as Map<string | number, Part>;
    const there = parts.get(key);
    if (isLast) {
      if (there !== undefined) throw twice(target);
      parts.set(key, { kind: 'rule', make });
      return;
    }
    const next: Part = there ?? (follows === 'list' ? { kind: 'list', parts: new Map() } : objectPart());
    if (next.kind !== follows) throw twice(target);
    parts.set(key, next);
    at = next;
  });
}

function maker(part: Part): Make {
  if (part.kind === 'rule') return part.make;
  if (part.kind === 'list') {
    const makes = [...part.parts].sort(([a], [b]) => a - b).map(([, item]) => maker(item));
    return (context) => {
      const list: unknown[] = [];
      for (const make of makes) {
        const item = make(context);
        if (item !== undefined) list.push(item);
      }
      return list.length === 0 ? undefined : list;
    };
  }
  const keys = [...part.parts.keys()];
  const makes = [...part.parts.values()].map(maker);
  return (context) => {
    const object: Record<string, unknown> = {};
    let empty = true;
    for (let i = 0; i < makes.length; i++) {
      const value = (makes[i] as Make)(context);
      if (value === undefined) continue;
      object[keys[i] as string] = value;
      empty = false;
    }
    return empty ? undefined : object;
  };
}

// ---------------------------------------------------------------- failures: names of fields, never values

const from = (sources: readonly string[]): string => sources.map((source) => `"${source}"`).join(' or ');

const missing = (target: string, sources: readonly string[]): Failure =>
  new Failure({
    code: 'FIELD_MISSING',
    kind: 'validation',
    message: `The field "${target}" is required, but ${from(sources)} has no value in this message.`,
    fix: 'Have the sender fill it, or give the field a default in the flow.',
    at: { path: target },
  });

const unreadable = (
  target: string,
  sources: readonly string[],
  transform: string,
  expected: string,
): Failure =>
  new Failure({
    code: 'FIELD_UNREADABLE',
    kind: 'validation',
    message: `The field "${target}": the transform "${transform}" expected ${expected} in ${from(sources)}.`,
    fix: 'Look at the value in the message; correct it at the sender, or use another transform.',
    at: { path: target },
  });

const unusable = (target: string, reason: string, fix: string): Failure =>
  new Failure({
    code: 'FIELD_RULE_INVALID',
    kind: 'config',
    message: `The rule of the field "${target}": ${reason}.`,
    fix,
    at: { path: target },
    retry: { again: false },
  });

const twice = (target: string): Failure =>
  unusable(target, 'another rule makes the same field, or a part of it', 'Leave one of the two out.');
