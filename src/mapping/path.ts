/**
 * Paths into JSON values, compiled once to closures. They only look at an object's own properties, cannot
 * name a prototype, and never evaluate what they find.
 *
 *     participant[0].actor.reference      an index counts from 0
 *     name.given                          a list without brackets means its first item
 *     name[0].given[*]                    every item, as a list
 *     identifier[system=urn:oid:1.2].value      the first item for which the condition holds
 *     identifier[type.coding.code=MR][use=usual].value      conditions add up
 *     participant[actor.reference^=Patient/].actor.reference      the first whose value begins so
 *     identifier[system$=.698084.8].value       the first whose value ends so
 *     identifier[system=%site.mrnSystem].value  the first whose value is a field of `site`, at each site its own
 *     identifier[type.text="A]B"].value   a value with ] in it stands in quotes; \" and \\ inside them
 *     headers."content-type"              so does a key with other characters than letters, digits, _ and -
 *
 * A condition holds when any value at its path, in any item of the lists on the way, is written like that.
 * A single value counts as a list of one: `[0]` and conditions may be used on it.
 */
import { Failure } from '../std/index.ts';

/** Reads what is at the path; `undefined` when nothing is. */
export type Read = (from: unknown) => unknown;

export interface ValuePath {
  /** As written. */
  readonly text: string;
  readonly steps: readonly PathStep[];
  readonly read: Read;
}

export type PathStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'every' }
  | {
      readonly kind: 'where';
      readonly path: readonly PathStep[];
      readonly test: 'is' | 'begins' | 'ends';
      readonly text: string;
      /** The field of `site` whose value is compared with; it takes the text's place before anything is read. */
      readonly site?: string;
    };

/** Names that lead to an object's prototype; no path may hold one, as source or as target. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

const LONGEST = 1_000;
const MOST_STEPS = 40;
const DEEPEST = 3;
const HIGHEST_INDEX = 9_999;

/** A value of the site in a condition, as FHIRPath marks what comes from outside. */
const SITE = '%site.';
const SITE_FIELD = /%site\.[A-Za-z]+(?=\])/y;

const CACHE_LIMIT = 5_000;
const cache = new Map<string, ValuePath>();

/**
 * @example
 * compilePath('name[use=official].family').read(patient) // 'LOPEZ'
 * @throws Failure `config`, code PATH_INVALID or PATH_FORBIDDEN: the path, the character, what was expected.
 */
export function compilePath(text: string): ValuePath {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const steps = parsePath(text);
  if (siteFields(steps).length > 0)
    throw invalid(text, text.indexOf(SITE) + 1, 'a value: only a source of a flow or map knows the site');
  const path: ValuePath = Object.freeze({ text, steps, read: reader(steps) });
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, path);
  return path;
}

/** The steps of a path, without reading anything; what `compilePath` throws, it throws. */
export function parsePath(text: string): readonly PathStep[] {
  if (text.length > LONGEST) throw invalid(text.slice(0, 60), LONGEST, `at most ${LONGEST} characters`);
  return new PathReader(text).read();
}

// ---------------------------------------------------------------- reading values

/** A reader of parsed steps, which may begin with brackets. Of no steps: the value itself. */
export const readSteps = (steps: readonly PathStep[]): Read => reader(steps);

/** The fields of the site that its conditions compare with. */
export function siteFields(steps: readonly PathStep[]): readonly string[] {
  return steps.flatMap((step) =>
    step.kind !== 'where' ? [] : [...(step.site === undefined ? [] : [step.site]), ...siteFields(step.path)],
  );
}

/** The steps with what the site says in the place of its fields; `undefined` where it says nothing to one of them. */
export function stepsAt(site: unknown, steps: readonly PathStep[]): readonly PathStep[] | undefined {
  const there: PathStep[] = [];
  for (const step of steps) {
    if (step.kind !== 'where') {
      there.push(step);
      continue;
    }
    const path = stepsAt(site, step.path);
    const text =
      step.site === undefined
        ? step.text
        : isObject(site) && Object.hasOwn(site, step.site)
          ? site[step.site]
          : undefined;
    if (path === undefined || typeof text !== 'string') return undefined;
    there.push({ kind: 'where', path, test: step.test, text });
  }
  return there;
}

const itself: Read = (from) => from;

/** The first item of a list, the value itself otherwise. A list in a list is not FHIR, and not looked into twice. */
const first: Read = (from) => (Array.isArray(from) ? from[0] : from);

function reader(steps: readonly PathStep[], at = 0): Read {
  const step = steps[at];
  if (step === undefined) return at === 0 ? itself : first;
  if (step.kind === 'key') return keyReader(step.key, reader(steps, at + 1));
  if (step.kind === 'every') return everyReader(steps, at + 1);
  // Conditions that follow each other, and an index after them, choose one item together.
  const conditions: ((item: unknown) => boolean)[] = [];
  let next = at;
  for (let condition = steps[next]; condition?.kind === 'where'; condition = steps[++next])
    conditions.push(holds(condition));
  const chosen = steps[next];
  if (chosen?.kind === 'every') {
    const rest = reader(steps, next + 1);
    return (from) =>
      collect(
        asList(from).filter((item) => conditions.every((each) => each(item))),
        rest,
      );
  }
  const index = chosen?.kind === 'index' ? chosen.index : 0;
  const rest = reader(steps, chosen?.kind === 'index' ? next + 1 : next);
  if (conditions.length === 0)
    return (from) => rest(Array.isArray(from) ? from[index] : index === 0 ? from : undefined);
  const [condition] = conditions;
  if (condition !== undefined && conditions.length === 1 && index === 0)
    return (from) => {
      if (!Array.isArray(from)) return from !== undefined && condition(from) ? rest(from) : undefined;
      // Counted, since most lists are short and the iterator is most of the work.
      for (let at = 0; at < from.length; at++) if (condition(from[at])) return rest(from[at]);
      return undefined;
    };
  return (from) => {
    let left = index;
    for (const item of asList(from))
      if (conditions.every((each) => each(item)) && left-- === 0) return rest(item);
    return undefined;
  };
}

function keyReader(key: string, rest: Read): Read {
  return (from) => {
    const object = Array.isArray(from) ? from[0] : from;
    if (typeof object !== 'object' || object === null || !Object.hasOwn(object, key)) return undefined;
    return rest((object as Record<string, unknown>)[key]);
  };
}

function everyReader(steps: readonly PathStep[], at: number): Read {
  const rest = reader(steps, at);
  return (from) => collect(asList(from), rest);
}

const asList = (from: unknown): readonly unknown[] =>
  Array.isArray(from) ? from : from === undefined || from === null ? [] : [from];

/** What is found in each item, one list; `undefined` when nothing is. */
function collect(items: readonly unknown[], rest: Read): readonly unknown[] | undefined {
  const found: unknown[] = [];
  for (const item of items) {
    const value = rest(item);
    if (Array.isArray(value)) found.push(...value);
    else if (value !== undefined) found.push(value);
  }
  return found.length === 0 ? undefined : found;
}

/** Does any value at the condition's path, lists looked into item by item, read as its text or begin with it? */
function holds({ path, test: how, text }: Extract<PathStep, { kind: 'where' }>): (item: unknown) => boolean {
  const fits = FITS[how];
  const [only] = path;
  if (path.length === 1 && only?.kind === 'key') {
    const { key } = only;
    return (item) => {
      if (!isObject(item) || !Object.hasOwn(item, key)) return Array.isArray(item) && item.some(inItem);
      const value = item[key];
      return typeof value === 'string' || !Array.isArray(value)
        ? fits(value, text)
        : value.some((each) => fits(each, text));
    };
    function inItem(item: unknown): boolean {
      return isObject(item) && Object.hasOwn(item, key) && asList(item[key]).some((each) => fits(each, text));
    }
  }
  let test = (value: unknown): boolean => asList(value).some((item) => fits(item, text));
  for (let at = path.length - 1; at >= 0; at--) {
    const step = path[at] as PathStep;
    const then = test;
    if (step.kind === 'key') {
      test = (value) =>
        asList(value).some((item) => isObject(item) && Object.hasOwn(item, step.key) && then(item[step.key]));
    } else if (step.kind === 'index')
      test = (value) => asList(value).length > step.index && then(asList(value)[step.index]);
    else if (step.kind === 'where') {
      const inner = holds(step);
      test = (value) => asList(value).some((item) => inner(item) && then(item));
    }
  }
  return test;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isWritten = (value: unknown, text: string): boolean =>
  typeof value === 'string'
    ? value === text
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value) === text
      : false;

const beginsWith = (value: unknown, text: string): boolean =>
  typeof value === 'string' && value.startsWith(text);

const endsWith = (value: unknown, text: string): boolean => typeof value === 'string' && value.endsWith(text);

const FITS = { is: isWritten, begins: beginsWith, ends: endsWith };

// ---------------------------------------------------------------- parsing

class PathReader {
  readonly #text: string;
  #at = 0;
  #count = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly PathStep[] {
    const steps = this.#path(0);
    if (this.#at < this.#text.length) this.#fail('".", "[" or the end');
    return steps;
  }

  #path(depth: number): readonly PathStep[] {
    const steps: PathStep[] = [];
    do {
      steps.push({ kind: 'key', key: this.#key() });
      while (this.#take('[')) {
        steps.push(this.#brackets(depth));
        if (!this.#take(']')) this.#fail('"]"');
      }
      this.#count += 1;
      if (this.#count > MOST_STEPS) this.#fail(`at most ${MOST_STEPS} steps`);
    } while (this.#take('.'));
    return Object.freeze(steps);
  }

  #key(): string {
    const start = this.#at;
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/y);
    const key = quoted === undefined ? this.#match(/(?:[\p{L}\p{N}_-]|\$(?!=))+/uy) : unquoted(quoted);
    if (key === undefined || key === '') this.#fail('a name; one with other characters stands in quotes');
    if (FORBIDDEN_KEYS.has(key)) throw forbidden(this.#text, start + 1);
    if (quoted === undefined && /^\d+$/.test(key))
      this.#fail(`a name; an index stands in brackets: [${key}]`, start);
    return key;
  }

  #brackets(depth: number): PathStep {
    if (this.#take('*')) return { kind: 'every' };
    const digits = this.#match(/\d+(?=\])/y);
    if (digits !== undefined) {
      if (Number(digits) > HIGHEST_INDEX) this.#fail(`an index of at most ${HIGHEST_INDEX}`);
      return { kind: 'index', index: Number(digits) };
    }
    if (depth >= DEEPEST) this.#fail(`conditions nested at most ${DEEPEST} deep`);
    const path = this.#path(depth + 1);
    if (path.some((step) => step.kind === 'every'))
      this.#fail('a condition without [*]: it looks into every item already');
    const test = this.#take('^') ? 'begins' : this.#take('$') ? 'ends' : 'is';
    if (!this.#take('=')) this.#fail('"=", "^=" or "$=" and a value');
    const site = this.#match(SITE_FIELD)?.slice(SITE.length);
    if (site !== undefined) return { kind: 'where', path, test, text: '', site };
    const quoted = this.#match(/"(?:[^"\\]|\\.)*"/y);
    const text =
      quoted === undefined ? (this.#match(/[^\]"[]+/y) ?? this.#fail('a value')) : unquoted(quoted);
    return { kind: 'where', path, test, text };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fail(expected: string, at = this.#at): never {
    throw invalid(this.#text, at + 1, expected);
  }
}

const unquoted = (quoted: string): string => quoted.slice(1, -1).replace(/\\(.)/gs, '$1');

/** A path that cannot be read, as a failure that shows where. */
export function invalid(path: string, position: number, expected: string): Failure {
  return new Failure({
    code: 'PATH_INVALID',
    kind: 'config',
    message: `"${path}" is not a path: at character ${position}, expected ${expected}.`,
    fix: 'Correct the path; it is written like participant[0].actor.reference or identifier[system=urn:oid:1.2].value.',
    at: { path },
    retry: { again: false },
  });
}

export function forbidden(path: string, position: number): Failure {
  return new Failure({
    code: 'PATH_FORBIDDEN',
    kind: 'config',
    message: `"${path}" names an object's prototype at character ${position}; no path may.`,
    fix: 'Name a field of the data instead.',
    at: { path },
    retry: { again: false },
  });
}
