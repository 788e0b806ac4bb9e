/** Field maps compiled to closures: data in, a new object out; nothing is evaluated, nothing else is touched. */
import { type CodeUse, type UnmappedAt, unmappedFailure } from './code-lookup.ts';
import { compileCondition, conditionSources } from './condition.ts';
import { compileRead, conditional, type Make, transformUses } from './field-rule.ts';
import { tooMany, twice, unusable } from './map-failures.ts';
import { FORBIDDEN_KEYS, invalid, type PathStep, parsePath } from './path.ts';
import type { EachRule, FieldMap, FieldRule } from './rule.ts';
import { compileItems, compileSource, type MappingContext } from './source.ts';

/** @throws Failure `validation`, FIELD_MISSING, FIELD_UNREADABLE or CODE_UNMAPPED, `at.path` naming the target field. */
export type Mapper = (context: MappingContext) => Record<string, unknown>;

const HIGHEST_TARGET_INDEX = 99;
const DEEPEST = 8;
const MOST_ITEMS = 10_000;

/**
 * @example
 * compileFieldMap({ mrn: 'hl7:PID-3[5=MR].1', 'name.family': 'hl7:PID-5.1' })(context)
 * // { mrn: '203713', name: { family: 'LOPEZ' } }
 * @throws Failure `config`: a path that cannot be read, an unknown transform, two rules for one field.
 */
export function compileFieldMap(map: FieldMap): Mapper {
  const make = compileFields(map, 0);
  if (mapValueSets(map).length === 0) return (context) => (make(context) ?? {}) as Record<string, unknown>;
  return (context) => {
    const gaps: UnmappedAt[] = [];
    const made = make({ ...context, gaps }) ?? {};
    if (gaps.length > 0) throw unmappedFailure(gaps);
    return made as Record<string, unknown>;
  };
}

/** The sources that a rule reads; those of an `each` item are not among them. */
export function ruleSources(rule: FieldRule): readonly string[] {
  if (typeof rule === 'string') return [rule];
  const when = 'when' in rule && rule.when !== undefined ? conditionSources(rule.when) : [];
  if ('each' in rule) {
    const { as } = rule;
    const inner = [...when, ...mapSources(rule.fields)].filter((source) => !isBelow(source, as));
    return [rule.each, ...inner];
  }
  if ('fields' in rule) return [...when, ...mapSources(rule.fields)];
  if (!('from' in rule)) return when;
  return [...(typeof rule.from === 'string' ? [rule.from] : rule.from), ...when];
}

export const mapSources = (map: FieldMap): readonly string[] => Object.values(map).flatMap(ruleSources);

const isBelow = (source: string, name: string): boolean =>
  source === name || (source.startsWith(name) && /^[.[:]/.test(source.slice(name.length)));

/** The value set maps that a map looks codes up in, with the target field of each. */
export function mapValueSets(map: FieldMap): readonly { readonly target: string; readonly use: CodeUse }[] {
  return Object.entries(map).flatMap(([target, rule]) => {
    if (typeof rule === 'string') return [];
    if ('fields' in rule)
      return mapValueSets(rule.fields).map((each) => ({ ...each, target: `${target}.${each.target}` }));
    if (!('from' in rule)) return [];
    const looked = transformUses(rule).flatMap(({ name, argument }) =>
      typeof argument === 'string' && (name === 'lookup' || name === 'lookupBack')
        ? [{ target, use: { map: argument, back: name === 'lookupBack' } }]
        : [],
    );
    const { valueSet } = rule;
    if (valueSet === undefined) return looked;
    return [...looked, { target, use: typeof valueSet === 'string' ? { map: valueSet } : valueSet }];
  });
}

// ---------------------------------------------------------------- rules

function compileFields(map: FieldMap, depth: number): Make {
  const root = objectPart();
  for (const [target, rule] of Object.entries(map)) place(root, target, compileRule(target, rule, depth));
  return maker(root);
}

function compileRule(target: string, rule: FieldRule, depth: number): Make {
  if (typeof rule === 'string') return compileSource(rule).read;
  if ('fields' in rule) {
    if (depth >= DEEPEST)
      throw unusable(target, `fields are nested more than ${DEEPEST} deep`, 'Divide the map.');
    return 'each' in rule
      ? compileEach(target, rule, depth)
      : conditional(rule.when, compileFields(rule.fields, depth + 1));
  }
  if ('from' in rule) return compileRead(target, rule);
  const { value } = rule;
  return conditional(rule.when, () => value);
}

function compileEach(target: string, { each, as, when, fields }: EachRule, depth: number): Make {
  if (typeof as !== 'string' || !/^[A-Za-z][\w-]*$/.test(as) || FORBIDDEN_KEYS.has(as) || as === 'hl7')
    throw unusable(target, 'its `as` is no name', 'Name an item with letters and digits: as: contact.');
  const items = compileItems(each);
  const holds = when && compileCondition(when);
  const make = compileFields(fields, depth + 1);
  return (context) => {
    const found = items(context);
    if (found.length > MOST_ITEMS) throw tooMany(target, MOST_ITEMS);
    const list: unknown[] = [];
    for (const item of found) {
      const inner: MappingContext = { ...context, values: new Named(context.values, as, item) };
      if (holds !== undefined && !holds(inner)) continue;
      const made = make(inner);
      if (made !== undefined) list.push(made);
    }
    return list.length === 0 ? undefined : list;
  };
}

/** Values with one name more. */
class Named implements Pick<ReadonlyMap<string, unknown>, 'get'> {
  readonly #below: MappingContext['values'];
  readonly #name: string;
  readonly #item: unknown;

  constructor(below: MappingContext['values'], name: string, item: unknown) {
    this.#below = below;
    this.#name = name;
    this.#item = item;
  }

  get(name: string): unknown {
    return name === this.#name ? this.#item : this.#below.get(name);
  }
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
