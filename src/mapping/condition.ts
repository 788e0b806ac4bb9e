/** Conditions compiled to closures. */
import { canonicalJson, type Json } from '../std/index.ts';
import type { Condition } from './rule.ts';
import { compileSource, type MappingContext } from './source.ts';

/**
 * `equals` and `in` compare JSON values: the text "1" is not the number 1. Nothing equals `null`.
 * @example
 * compileCondition({ path: 'event.status', in: ['booked', 'arrived'] })(context) // true
 * @throws Failure `config` for a path that cannot be read.
 */
export function compileCondition(condition: Condition): (context: MappingContext) => boolean {
  if ('all' in condition) {
    const parts = condition.all.map(compileCondition);
    return (context) => parts.every((part) => part(context));
  }
  if ('any' in condition) {
    const parts = condition.any.map(compileCondition);
    return (context) => parts.some((part) => part(context));
  }
  if ('not' in condition) {
    const part = compileCondition(condition.not);
    return (context) => !part(context);
  }
  const { read } = compileSource(condition.path);
  if ('exists' in condition) return (context) => (read(context) !== undefined) === condition.exists;
  const wanted = ('in' in condition ? condition.in : [condition.equals]).map(matcher);
  return (context) => {
    const value = read(context);
    return value === undefined ? false : wanted.some((each) => each(value));
  };
}

function matcher(wanted: Json): (value: unknown) => boolean {
  if (typeof wanted !== 'object' || wanted === null) return (value) => value === wanted;
  const text = canonicalJson(wanted);
  return (value) => canonicalJson(value) === text;
}

/** The sources that a condition reads. */
export function conditionSources(condition: Condition): readonly string[] {
  if ('all' in condition) return condition.all.flatMap(conditionSources);
  if ('any' in condition) return condition.any.flatMap(conditionSources);
  if ('not' in condition) return conditionSources(condition.not);
  return [condition.path];
}
