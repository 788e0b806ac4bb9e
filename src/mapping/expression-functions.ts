/** FHIRPath's functions that maps have, each a closure over lists; and the way to take instead of those that they have not. */
import { canonicalJson, Failure } from '../std/index.ts';
import type { Expression } from './expression-syntax.ts';
import { compilePattern } from './transforms/pattern.ts';
import { BadArgument } from './transforms/transform.ts';

export type Items = readonly unknown[];

/** What one evaluation may still do, and which item it is at. */
export interface Fhirpath {
  left: number;
  index: number;
  /** What the whole began with. */
  readonly start: Items;
}

export type Run = (input: Items, at: Fhirpath) => Items;

interface FhirpathFunction {
  /** As in `where(condition)`; for faults. */
  readonly shape: string;
  readonly args: readonly [least: number, most: number];
  /** Its arguments are about each `item`, about the `whole`, or name a `type`. */
  readonly takes: 'item' | 'whole' | 'type';
  /** @throws RangeError: what was expected of an argument. */
  readonly make: (args: readonly Run[], written: readonly Expression[]) => Run;
}

const of = (
  shape: string,
  args: readonly [number, number],
  make: FhirpathFunction['make'],
  takes: FhirpathFunction['takes'] = 'whole',
): FhirpathFunction => ({ shape, args, takes, make });

/** Counts what an evaluation looks at: its work is bounded whatever the message holds. */
export function spend(at: Fhirpath, work: number): void {
  at.left -= work;
  if (at.left >= 0) return;
  throw new Failure({
    code: 'EXPRESSION_TOO_LONG',
    kind: 'validation',
    message: 'An expression looked at more values than any message should make it.',
    fix: 'Look at the message; write the expression so that it goes through each list once.',
  });
}

/** FHIRPath's true; an item that is there counts, as HL7's engines have it. */
export const isTrue = (items: Items): boolean => items.length > 0 && items[0] !== false;

export const sameItem = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && canonicalJson(a) === canonicalJson(b));

const oneItem = (each: Run, item: unknown, index: number, at: Fhirpath): Items => {
  spend(at, 1);
  const before = at.index;
  at.index = index;
  const found = each([item], at);
  at.index = before;
  return found;
};

const bare = (make: (input: Items) => Items): FhirpathFunction => of('', [0, 0], () => make);
/** Of each item's text; others are left out. */
const texts = (make: (text: string) => unknown): FhirpathFunction =>
  bare((input) => input.flatMap((item) => (typeof item === 'string' ? kept(make(item)) : [])));
const kept = (value: unknown): Items => (value === undefined ? [] : [value]);

const withText = (shape: string, make: (text: string, argument: string) => unknown): FhirpathFunction =>
  of(shape, [1, 1], ([argument]) => (input, at) => {
    const given = argument?.(input, at)[0];
    return typeof given === 'string'
      ? input.flatMap((item) => (typeof item === 'string' ? kept(make(item, given)) : []))
      : [];
  });

/** A number that stands in the expression, or is computed from it. */
const numberAt = (run: Run | undefined, input: Items, at: Fhirpath): number | undefined => {
  const value = run?.(input, at)[0];
  return typeof value === 'number' ? Math.trunc(value) : undefined;
};

/** Patterns stand in the expression: one that comes from a message would be one that nobody has looked at. */
function patternOf(written: Expression | undefined) {
  if (written?.kind !== 'literal' || typeof written.value !== 'string')
    throw new RangeError('a pattern that is written here, in single quotation marks');
  try {
    return compilePattern(written.value);
  } catch (error) {
    if (error instanceof BadArgument) throw new RangeError(error.message);
    throw error;
  }
}

const functions: Readonly<Record<string, FhirpathFunction>> = {
  where: of(
    'condition',
    [1, 1],
    ([test]) =>
      (input, at) =>
        input.filter((item, index) => isTrue(oneItem(test as Run, item, index, at))),
    'item',
  ),
  exists: of(
    'condition?',
    [0, 1],
    ([test]) =>
      (input, at) => [
        test === undefined
          ? input.length > 0
          : input.some((item, index) => isTrue(oneItem(test, item, index, at))),
      ],
    'item',
  ),
  all: of(
    'condition',
    [1, 1],
    ([test]) =>
      (input, at) => [input.every((item, index) => isTrue(oneItem(test as Run, item, index, at)))],
    'item',
  ),
  select: of(
    'expression',
    [1, 1],
    ([each]) =>
      (input, at) =>
        input.flatMap((item, index) => {
          const found = oneItem(each as Run, item, index, at);
          spend(at, found.length);
          return found;
        }),
    'item',
  ),
  empty: bare((input) => [input.length === 0]),
  hasValue: bare((input) => [input.length === 1 && typeof input[0] !== 'object']),
  not: bare((input) => (input.length === 0 ? [] : [!isTrue(input)])),
  first: bare((input) => input.slice(0, 1)),
  last: bare((input) => input.slice(-1)),
  tail: bare((input) => input.slice(1)),
  single: bare((input) => (input.length === 1 ? input : [])),
  skip: of(
    'number',
    [1, 1],
    ([count]) =>
      (input, at) =>
        input.slice(Math.max(0, numberAt(count, input, at) ?? 0)),
  ),
  take: of(
    'number',
    [1, 1],
    ([count]) =>
      (input, at) =>
        input.slice(0, Math.max(0, numberAt(count, input, at) ?? 0)),
  ),
  count: bare((input) => [input.length]),
  distinct: of('', [0, 0], () => (input, at) => {
    spend(at, input.length * Math.min(input.length, 50));
    return input.filter((item, index) => input.findIndex((other) => sameItem(other, item)) === index);
  }),
  union: of('other', [1, 1], ([other]) => (input, at) => {
    const all = [...input, ...(other as Run)(at.start, at)];
    spend(at, all.length * Math.min(all.length, 50));
    return all.filter((item, index) => all.findIndex((each) => sameItem(each, item)) === index);
  }),
  combine: of('other', [1, 1], ([other]) => (input, at) => {
    const all = [...input, ...(other as Run)(input, at)];
    spend(at, all.length);
    return all;
  }),
  extension: of('url', [1, 1], ([url]) => (input, at) => {
    const wanted = url?.(input, at)[0];
    return input.flatMap((item) => {
      const list =
        typeof item === 'object' && item !== null && Object.hasOwn(item, 'extension')
          ? (item as { extension: unknown }).extension
          : [];
      return Array.isArray(list)
        ? list.filter(
            (each) =>
              typeof each === 'object' && each !== null && Object.hasOwn(each, 'url') && each.url === wanted,
          )
        : [];
    });
  }),
  iif: of(
    'condition, then, otherwise?',
    [2, 3],
    ([test, then, otherwise]) =>
      (input, at) =>
        isTrue((test as Run)(input, at)) ? (then as Run)(input, at) : (otherwise?.(input, at) ?? []),
  ),
  ofType: of('Type', [1, 1], () => (input) => input, 'type'),
  as: of('Type', [1, 1], () => (input) => input, 'type'),
  is: of('Type', [1, 1], () => (input) => input, 'type'),
  join: of("', '", [0, 1], ([separator]) => (input, at) => {
    const between = separator?.(input, at)[0] ?? '';
    const found = input.filter((item) => typeof item !== 'object').map(String);
    spend(at, found.length);
    return found.length === 0 ? [] : [found.join(String(between))];
  }),
  startsWith: withText('text', (text, begin) => text.startsWith(begin)),
  endsWith: withText('text', (text, end) => text.endsWith(end)),
  contains: withText('text', (text, part) => text.includes(part)),
  indexOf: withText('text', (text, part) => text.indexOf(part)),
  split: of("','", [1, 1], ([mark]) => (input, at) => {
    const between = mark?.(input, at)[0];
    const found = input.flatMap((item) =>
      typeof item === 'string' && typeof between === 'string' && between !== '' ? item.split(between) : [],
    );
    spend(at, found.length);
    return found;
  }),
  matches: of("'pattern'", [1, 1], (_, [written]) => {
    const pattern = patternOf(written);
    return (input, at) =>
      input.flatMap((item) => {
        if (typeof item !== 'string') return [];
        spend(at, 1_000);
        return [pattern.fits(item)];
      });
  }),
  replaceMatches: of("'pattern', 'by'", [2, 2], (_, [written, by]) => {
    const pattern = patternOf(written);
    if (by?.kind !== 'literal' || typeof by.value !== 'string')
      throw new RangeError('a text that is written here, in single quotation marks');
    const replacement = pattern.replacement(by.value);
    return (input, at) =>
      input.flatMap((item) => {
        if (typeof item !== 'string') return [];
        spend(at, 1_000);
        return [pattern.replace(item, replacement)];
      });
  }),
  replace: of("'text', 'by'", [2, 2], ([text, by]) => (input, at) => {
    const [from, to] = [text?.(input, at)[0], by?.(input, at)[0]];
    if (typeof from !== 'string' || typeof to !== 'string' || from === '') return [];
    return input.flatMap((item) => {
      if (typeof item !== 'string') return [];
      const made = item.replaceAll(from, () => to);
      spend(at, Math.ceil(made.length / 100));
      return [made];
    });
  }),
  substring: of('first, length?', [1, 2], ([first, length]) => (input, at) => {
    const from = numberAt(first, input, at);
    const most = numberAt(length, input, at);
    if (from === undefined || from < 0) return [];
    return input.flatMap((item) =>
      typeof item !== 'string' || from >= item.length
        ? []
        : [item.slice(from, most === undefined ? undefined : from + most)],
    );
  }),
  length: texts((text) => text.length),
  upper: texts((text) => text.toUpperCase()),
  lower: texts((text) => text.toLowerCase()),
  trim: texts((text) => text.trim()),
  toString: bare((input) => input.flatMap((item) => (typeof item === 'object' ? [] : [String(item)]))),
  toInteger: bare((input) =>
    input.flatMap((item) => (/^[+-]?\d{1,15}$/.test(String(item)) ? [Number(item)] : [])),
  ),
  toDecimal: bare((input) =>
    input.flatMap((item) => (/^[+-]?\d{1,15}(\.\d{1,15})?$/.test(String(item)) ? [Number(item)] : [])),
  ),
};

export const functionsByName: ReadonlyMap<string, FhirpathFunction> = new Map(Object.entries(functions));

/** What FHIRPath has and maps have not: what to do instead. */
export const NOT_DONE: ReadonlyMap<string, string> = new Map([
  ['resolve', 'A map reads one record: look the other one up with a find step, and read that step.'],
  [
    'today',
    'Use the transform `age`, or `addTime` on a date of the message: a map gives the same at every attempt.',
  ],
  [
    'now',
    'Use the transform `age`, or `addTime` on a date of the message: a map gives the same at every attempt.',
  ],
  ['timeOfDay', 'Use the transform `timeOfDay` on a time of the message.'],
  ['memberOf', 'Write the codes as a value set map, and look the code up with `valueSet`.'],
  ['subsumes', 'Write the codes as a value set map, and look the code up with `valueSet`.'],
  ['conformsTo', "Ask for the fields that matter: where(use = 'official')."],
  ['descendants', 'Write the path to the field, or one `from` with several paths.'],
  ['children', 'Write the path to the field, or one `from` with several paths.'],
  ['repeat', 'Write the path to each depth that there is, as several sources of `from`.'],
  ['aggregate', 'Use the transforms `sum`, `smallest`, `largest`, `count` or `join`.'],
  ['trace', 'Run the flow by hand: suture run shows what each step gave.'],
  ['toQuantity', 'Use the transform `quantity`.'],
  ['toDate', 'Use the transforms `date` and `dateFrom`.'],
  ['toDateTime', 'Use the transforms `date` and `dateFrom`.'],
  ['toTime', 'Use the transform `timeOfDay`.'],
  ['round', 'Use the transform `round`.'],
  ['abs', 'Use a transform: plus, times, round.'],
  ['encode', 'Use the transform `base64`.'],
  ['decode', 'Use the transform `fromBase64`.'],
  ['getValue', 'Leave it out: a path gives the value.'],
  ['slice', 'Use where() with what tells the slice from others.'],
  ['checkModifiers', 'Leave it out.'],
  ['htmlChecks', 'Leave it out.'],
  ['intersect', 'Use where() with a condition.'],
  ['exclude', 'Use where() with a condition.'],
  ['allTrue', 'Use all().'],
  ['anyTrue', 'Use exists($this).'],
]);
