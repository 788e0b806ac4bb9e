/** Whether a value that a file holds is a rule or a condition, before it is compiled. */
import { nearest } from '../std/index.ts';

export interface ShapeFault {
  /** In the rule. */
  readonly path: readonly string[];
  readonly reason: string;
  readonly fix: string;
}

const READ = ['from', 'transform', 'with', 'valueSet', 'default', 'required', 'when'];
const KEYS: Readonly<Record<string, readonly string[]>> = {
  each: ['each', 'as', 'when', 'fields'],
  fields: ['fields', 'when'],
  value: ['value', 'when'],
  from: READ,
};
const ALL = ['from', 'value', 'each', 'as', 'fields', ...READ.slice(1)];
const CONDITIONS = ['exists', 'equals', 'in'];

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSource = (value: unknown): boolean => typeof value === 'string' && value !== '';
const fault = (path: readonly string[], reason: string, fix: string): ShapeFault => ({ path, reason, fix });

/** What is wrong with a rule; none: it can be compiled, which may find more. */
export function ruleFault(rule: unknown): ShapeFault | undefined {
  if (typeof rule === 'string')
    return rule === '' ? fault([], 'the source is empty', 'write a path, such as hl7:PID-5.1') : undefined;
  if (!isPlain(rule))
    return fault(
      [],
      'it is no rule',
      'write a source, or { from: …, transform: … }; a value as it stands is { value: … }',
    );
  const kind = ['each', 'fields', 'value', 'from'].find((key) => key in rule);
  for (const key of Object.keys(rule)) {
    if (kind !== undefined && KEYS[kind]?.includes(key)) continue;
    if (ALL.includes(key) && kind !== undefined)
      return fault(
        [key],
        `"${key}" does not go with "${kind}"`,
        `beside "${kind}" there can be: ${KEYS[kind]?.join(', ')}`,
      );
    const near = nearest(key, ALL);
    return ALL.includes(key)
      ? fault([key], 'it says nothing of where its value comes from', 'add from:, value:, each: or fields:')
      : fault(
          [key],
          `a rule has no "${key}"`,
          near ? `did you mean "${near}"?` : `it has: ${ALL.join(', ')}`,
        );
  }
  if (kind === undefined)
    return fault([], 'it says nothing of where its value comes from', 'add from:, value:, each: or fields:');
  if ('when' in rule) {
    const wrong = conditionFault(rule.when);
    if (wrong !== undefined) return { ...wrong, path: ['when', ...wrong.path] };
  }
  if (kind === 'from') return readFault(rule);
  if (kind === 'value') return undefined;
  if (kind === 'each' && !isSource(rule.each))
    return fault(['each'], '"each" is no source', 'write a list’s path, such as event.contact');
  return isPlain(rule.fields) && Object.keys(rule.fields).length > 0
    ? undefined
    : fault(['fields'], 'it has no fields', 'write what is made under fields:, a line each');
}

function readFault({
  from,
  transform,
  valueSet,
  required,
}: Readonly<Record<string, unknown>>): ShapeFault | undefined {
  if (!isSource(from) && !(Array.isArray(from) && from.length > 0 && from.every(isSource)))
    return fault(['from'], '"from" is no source', 'write a path, or a list of paths');
  const uses = Array.isArray(transform) ? transform : transform === undefined ? [] : [transform];
  if (!uses.every((use) => typeof use === 'string' || isPlain(use)))
    return fault(
      ['transform'],
      '"transform" is no name',
      'write a name, name: what it is done with, or a list of them',
    );
  if (valueSet !== undefined && typeof valueSet !== 'string' && !isPlain(valueSet))
    return fault(['valueSet'], '"valueSet" is no name', 'write the map’s name, or { map: …, back: true }');
  if (required !== undefined && typeof required !== 'boolean')
    return fault(['required'], '"required" is neither true nor false', 'write true, or leave it out');
  return undefined;
}

/** What is wrong with a condition. */
export function conditionFault(condition: unknown, depth = 0): ShapeFault | undefined {
  if (depth > 20) return fault([], 'conditions are nested more than 20 deep', 'write fewer of them');
  if (!isPlain(condition)) return fault([], 'it is no condition', 'write { path: …, equals: … }');
  const keys = Object.keys(condition);
  for (const word of ['all', 'any'] as const) {
    if (!(word in condition)) continue;
    const list = condition[word];
    if (keys.length > 1 || !Array.isArray(list) || list.length === 0)
      return fault(
        [word],
        `"${word}" is no list of conditions alone`,
        `write ${word}: and conditions under it`,
      );
    for (const each of list) {
      const wrong = conditionFault(each, depth + 1);
      if (wrong !== undefined) return { ...wrong, path: [word] };
    }
    return undefined;
  }
  if ('not' in condition)
    return keys.length > 1
      ? fault(['not'], '"not" stands alone', 'write not: and one condition under it')
      : conditionFault(condition.not, depth + 1);
  const known = ['path', ...CONDITIONS, 'all', 'any', 'not'];
  for (const key of keys) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    return fault(
      [key],
      `a condition has no "${key}"`,
      near ? `did you mean "${near}"?` : `it has: ${known.join(', ')}`,
    );
  }
  if (!isSource(condition.path))
    return fault(['path'], 'the condition has no path', 'write path: and a source');
  if (CONDITIONS.filter((key) => key in condition).length !== 1)
    return fault([], 'it asks nothing, or several things', 'write one of: equals, in, exists');
  if ('in' in condition && !(Array.isArray(condition.in) && condition.in.length > 0))
    return fault(['in'], '"in" is no list of values', 'write in: [A01, A04]');
  if ('exists' in condition && typeof condition.exists !== 'boolean')
    return fault(['exists'], '"exists" is neither true nor false', 'write exists: true');
  return undefined;
}
