/** One rule of a field map, compiled to a closure. */
import { asFailure, type Failure, type Json, nearest } from '../std/index.ts';
import { type CodeUse, codeOf, Unmapped } from './code-lookup.ts';
import { compileCondition } from './condition.ts';
import { missing, unreadable, unusable } from './map-failures.ts';
import type { ReadRule, TransformUse } from './rule.ts';
import { compileSource, type MappingContext } from './source.ts';
import {
  BadArgument,
  type Transform,
  type TransformRun,
  transforms,
  Unreadable,
} from './transforms/index.ts';

export type Make = (context: MappingContext) => unknown;

/** @throws Failure `config`. */
export function compileRead(target: string, rule: ReadRule): Make {
  const sources = typeof rule.from === 'string' ? [rule.from] : rule.from;
  if (sources.length === 0)
    throw unusable(target, 'names no source', 'Give `from` a source, or use `value`.');
  const reads = sources.map((source) => compileSource(source).read);
  const steps = stepsOf(target, rule, sources);
  const lookup = rule.valueSet === undefined ? undefined : lookupOf(target, rule.valueSet);
  const gather = steps[0]?.transform.many ? allOf : reads.length === 1 ? undefined : firstOf;
  const [only] = reads as [Make];
  const { default: fallback, required } = rule;
  const made: Make = (context) => {
    let value = gather === undefined ? only(context) : gather(reads, context);
    for (let at = 0; value !== undefined && at < steps.length; at++) value = steps[at]?.run(value, context);
    if (value !== undefined && lookup !== undefined) {
      const found = looked(lookup, value, target, sources, context);
      if (found === GAP) return undefined;
      value = found;
    }
    if (value !== undefined && value !== null && value !== '') return value;
    if (fallback !== undefined) return fallback;
    if (required) throw missing(target, sources);
    return undefined;
  };
  return conditional(rule.when, made);
}

export function conditional(when: ReadRule['when'], made: Make): Make {
  if (when === undefined) return made;
  const holds = compileCondition(when);
  return (context) => (holds(context) ? made(context) : undefined);
}

// ---------------------------------------------------------------- transforms

interface Step {
  readonly transform: Transform;
  readonly run: (value: unknown, context: MappingContext) => unknown;
}

/** The transforms of a rule as names with arguments. */
export function transformUses({ transform, with: argument }: Pick<ReadRule, 'transform' | 'with'>): readonly {
  readonly name: string;
  readonly argument: Json | undefined;
}[] {
  if (transform === undefined) return [];
  const list: readonly TransformUse[] = Array.isArray(transform) ? transform : [transform as TransformUse];
  return list.map((use) => {
    if (typeof use === 'string') return { name: use, argument: list.length === 1 ? argument : undefined };
    const [[name, own] = ['', undefined]] = Object.entries(use);
    return { name, argument: own };
  });
}

function stepsOf(target: string, rule: ReadRule, sources: readonly string[]): readonly Step[] {
  const { transform, with: argument } = rule;
  if (argument !== undefined && (Array.isArray(transform) ? transform.length !== 1 : transform === undefined))
    throw unusable(
      target,
      '`with` belongs to one transform',
      'Write several as - name: what it is done with.',
    );
  const uses = Array.isArray(transform) ? transform : transform === undefined ? [] : [transform];
  for (const use of uses)
    if (typeof use !== 'string' && Object.keys(use as object).length !== 1)
      throw unusable(
        target,
        'one of its transforms has not one name',
        'Write each as a name, or as name: what it is done with.',
      );
  return transformUses(rule).map(({ name, argument }, index) => {
    const step = stepOf(target, name, argument);
    const { many } = step.transform;
    const run: Step['run'] = (value, context) => {
      try {
        return step.run(many && index > 0 && !Array.isArray(value) ? [value] : value, context);
      } catch (error) {
        if (error instanceof Unreadable) throw unreadable(target, sources, name, error.message);
        if (error instanceof Unmapped) return gap(error, target, context);
        throw asFailure(error, { path: target });
      }
    };
    return { transform: step.transform, run };
  });
}

function stepOf(target: string, name: string, argument: Json | undefined): Step {
  const transform = transforms.get(name);
  if (transform === undefined) {
    const near = nearest(name, [...transforms.keys()]);
    throw unusable(
      target,
      `there is no transform "${name}"`,
      near ? `Did you mean "${near}"?` : `Use one of: ${[...transforms.keys()].join(', ')}.`,
    );
  }
  const fits = transform.with ? transform.with.fits(argument) : argument === undefined;
  if (!fits) {
    const fix = transform.with ? `Give \`with\` ${transform.with.about}.` : 'Leave `with` out.';
    throw unusable(target, `the transform "${name}" cannot be done with that`, fix);
  }
  try {
    return { transform, run: transform.make(argument) };
  } catch (error) {
    if (!(error instanceof BadArgument)) throw error;
    throw unusable(target, `the transform "${name}": ${error.message}`, 'Correct what it is done with.');
  }
}

// ---------------------------------------------------------------- value sets

const NAME = /^[a-z0-9][a-z0-9-]*$/;
const GIVES = ['code', 'display', 'note'];
const WAYS = ['hold', 'keep', 'leave out'];
const KEYS = ['map', 'back', 'give', 'unmapped'];

function lookupOf(target: string, use: string | CodeUse): TransformRun {
  const given: CodeUse = typeof use === 'string' ? { map: use } : use;
  const bad = (reason: string, fix: string): Failure => unusable(target, `its value set: ${reason}`, fix);
  if (typeof given !== 'object' || given === null || typeof given.map !== 'string' || !NAME.test(given.map))
    throw bad('no name of a map', 'Write valueSet: visit-types, as its file is called without .csv.');
  for (const key of Object.keys(given)) {
    if (KEYS.includes(key)) continue;
    const near = nearest(key, KEYS);
    throw bad(`there is no "${key}"`, near ? `Did you mean "${near}"?` : `It has: ${KEYS.join(', ')}.`);
  }
  if (given.give !== undefined && !GIVES.includes(given.give))
    throw bad(`it cannot give "${given.give}"`, `Use one of: ${GIVES.join(', ')}.`);
  if (given.unmapped !== undefined && !WAYS.includes(given.unmapped))
    throw bad(`"${given.unmapped}" is nothing that can be done`, `Use one of: ${WAYS.join(', ')}.`);
  return codeOf(given);
}

const GAP = Symbol('gap');

function looked(
  lookup: TransformRun,
  value: unknown,
  target: string,
  sources: readonly string[],
  context: MappingContext,
): unknown {
  try {
    if (!Array.isArray(value)) return lookup(value, context);
    const found = value.map((each) => lookup(each, context)).filter((each) => each !== undefined);
    return found.length === 0 ? undefined : found;
  } catch (error) {
    if (error instanceof Unreadable) throw unreadable(target, sources, 'valueSet', error.message);
    if (error instanceof Unmapped) return gap(error, target, context) ?? GAP;
    throw error;
  }
}

/** Noted, so that a map tells of all its codes at once. */
function gap(error: Unmapped, target: string, { gaps }: MappingContext): undefined {
  if (gaps === undefined) throw error;
  gaps.push({ ...error.gap, path: target });
  return undefined;
}

// ---------------------------------------------------------------- several sources

function firstOf(reads: readonly Make[], context: MappingContext): unknown {
  for (const read of reads) {
    const value = read(context);
    if (value !== undefined) return value;
  }
  return undefined;
}

function allOf(reads: readonly Make[], context: MappingContext): readonly unknown[] | undefined {
  const values: unknown[] = [];
  for (const read of reads) {
    const value = read(context);
    if (value !== undefined) values.push(value);
  }
  return values.length === 0 ? undefined : values;
}
