/** Values of a flow's file, each looked at for what may stand there. */
import type { Condition, FieldMap, Source } from '../../mapping/index.ts';
import { milliseconds, nearest } from '../../std/index.ts';
import type { Cards } from '../cds.ts';
import type { Branch, RouteStep, Step } from '../flow.ts';
import type { Lines, Path, YamlFault } from './faults.ts';
import { CARD, type Key, RULE_KEYS, RULE_SOURCES, type Shape } from './shapes.ts';

type Obj = Readonly<Record<string, unknown>>;
type ReadSteps = (given: unknown, path: Path) => readonly Step[] | undefined;

const CONDITIONS = ['path', 'exists', 'equals', 'in', 'all', 'any', 'not'];
const FORBIDDEN = ['__proto__', 'prototype', 'constructor'];

/** Deeper than any flow; a deeper one would exhaust the stack of whoever walks it. */
const DEEPEST = 60;

export class Values {
  readonly faults: YamlFault[] = [];
  readonly #lines: Lines;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  fault(path: Path, place: string, reason: string, fix: string): undefined {
    this.faults.push({ line: this.#lines.at(path), place, reason, fix });
    return undefined;
  }

  isObject(given: unknown, path: Path): given is Obj {
    if (path.length > DEEPEST) {
      this.fault(path, '', `it is nested more than ${DEEPEST} deep`, 'Split the flow.');
      return false;
    }
    return typeof given === 'object' && given !== null && !Array.isArray(given);
  }

  /** Unknown keys are faults, with the nearest known one. */
  only(given: Obj, known: readonly string[], path: Path, what: string, place = ''): void {
    for (const key of Object.keys(given)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      const fix = near ? `Did you mean "${near}"?` : `It has: ${known.join(', ')}.`;
      this.fault([...path, key], place, `${what} has no "${key}"`, fix);
    }
  }

  /** What the file says at these keys, and what is usual where it says nothing. */
  keys(
    given: Obj,
    keys: readonly Key[],
    path: Path,
    place: string,
    steps: ReadSteps = () => undefined,
  ): Record<string, unknown> {
    const said: Record<string, unknown> = {};
    for (const { key, shape, required, name = key, usual } of keys) {
      const value = given[key];
      const at = [...path, key];
      const where = whereOf(place, key);
      if (value === undefined || (value === null && shape !== 'json')) {
        if (required) this.fault(at, where, `there is no "${key}"`, `Give it: ${usageOf(shape)}.`);
        else if (usual !== undefined) said[name] = usual;
        continue;
      }
      const read = this.#read(value, shape, at, where, steps);
      if (read !== undefined) said[name] = read;
    }
    return said;
  }

  text(given: unknown, path: Path, place: string, missing = 'it is no text'): string | undefined {
    if (typeof given === 'string' && given !== '') return given;
    const fix =
      typeof given === 'number' || typeof given === 'boolean'
        ? `Put it in quotes: "${given}".`
        : 'Give a text.';
    return this.fault(path, place, missing, fix);
  }

  texts(given: unknown, path: Path, place: string): readonly string[] | undefined {
    const list = typeof given === 'string' ? [given] : given;
    if (Array.isArray(list) && list.every((each) => typeof each === 'string')) return list as string[];
    return this.fault(path, place, 'it is no list of texts', 'Write it as [one, two].');
  }

  condition(given: unknown, path: Path, place: string): Condition | undefined {
    const usage = 'Write it as { path: event.status, equals: booked }; or with exists, in, all, any, not.';
    if (!this.isObject(given, path)) return this.fault(path, place, 'it is no condition', usage);
    const [combined] = (['all', 'any'] as const).filter((each) => Object.hasOwn(given, each));
    this.only(given, CONDITIONS, path, 'a condition', place);
    if (combined !== undefined) {
      const parts = given[combined];
      if (!Array.isArray(parts) || Object.keys(given).length > 1)
        return this.fault(path, place, `"${combined}" is no list of conditions`, usage);
      const read = parts.map((each, index) => this.condition(each, [...path, combined, index], place));
      return read.some((each) => each === undefined)
        ? undefined
        : ({ [combined]: read } as unknown as Condition);
    }
    if (Object.hasOwn(given, 'not')) {
      if (Object.keys(given).length > 1) return this.fault(path, place, 'it asks several things', usage);
      const part = this.condition(given.not, [...path, 'not'], place);
      return part && { not: part };
    }
    const tests = (['exists', 'equals', 'in'] as const).filter((each) => Object.hasOwn(given, each));
    const [test] = tests;
    if (typeof given.path !== 'string' || test === undefined || tests.length > 1)
      return this.fault(path, place, 'it is no condition', usage);
    if (test === 'exists' && typeof given.exists !== 'boolean')
      return this.fault([...path, test], place, '"exists" is neither true nor false', usage);
    if (test === 'in' && !Array.isArray(given.in))
      return this.fault([...path, test], place, '"in" is no list', usage);
    this.#json(given[test], [...path, test], place);
    return { path: given.path, [test]: given[test] } as unknown as Condition;
  }

  #read(value: unknown, shape: Shape, path: Path, place: string, steps: ReadSteps): unknown {
    if (typeof shape === 'object' && 'group' in shape) {
      if (!this.isObject(value, path))
        return this.fault(path, place, 'it is no group of keys', `Give ${usageOf(shape)}.`);
      this.only(
        value,
        shape.group.map(({ key }) => key),
        path,
        `"${path.at(-1)}"`,
        place,
      );
      return this.keys(value, shape.group, path, place, steps);
    }
    if (typeof shape === 'object') {
      if (typeof value === 'string' && shape.includes(value)) return value;
      const near = typeof value === 'string' ? nearest(value, shape) : undefined;
      const fix = near ? `Did you mean "${near}"?` : `Write one of: ${shape.join(', ')}.`;
      return this.fault(path, place, `there is no "${String(value)}"`, fix);
    }
    switch (shape) {
      case 'text':
      case 'source':
        return this.text(value, path, place);
      case 'number':
        return typeof value === 'number'
          ? value
          : this.fault(path, place, 'it is no number', 'Give a number.');
      case 'boolean':
        return typeof value === 'boolean'
          ? value
          : this.fault(path, place, 'it is neither true nor false', 'Write true or false.');
      case 'silence':
      case 'duration': {
        if (shape === 'silence' && value === 'learn') return value;
        const length =
          typeof value === 'number' ? value : typeof value === 'string' ? milliseconds(value) : undefined;
        return (
          length ?? this.fault(path, place, 'it is no length of time', 'Write it like 30s, 5m, 2h or 3d.')
        );
      }
      case 'json':
        return this.#json(value, path, place);
      case 'condition':
        return this.condition(value, path, place);
      case 'fields':
        return this.#fields(value, path, place);
      case 'sources':
        return this.#sources(value, path, place);
      case 'texts':
        return this.texts(value, path, place);
      case 'on unknown':
        return this.#onUnknown(value, path, place);
      case 'cards':
        return this.#cards(value, path, place);
      case 'steps':
        return steps(value, path);
      case 'branches':
        return this.#branches(value, path, place, steps);
      case 'otherwise':
        return typeof value === 'string' ? (value as RouteStep['otherwise']) : steps(value, path);
    }
  }

  #json(value: unknown, path: Path, place: string): unknown {
    if (typeof value === 'number' && !Number.isFinite(value))
      return this.fault(path, place, 'the number has no end', 'Give a finite number.');
    if (typeof value !== 'object' || value === null) return value;
    for (const [name, each] of Object.entries(value)) {
      if (FORBIDDEN.includes(name))
        return this.fault(path, place, `"${name}" names an object's prototype`, 'Name it otherwise.');
      if (path.length > DEEPEST)
        return this.fault(path, place, `it is nested more than ${DEEPEST} deep`, 'Split it.');
      this.#json(each, [...path, Array.isArray(value) ? Number(name) : name], place);
    }
    return value;
  }

  #fields(value: unknown, path: Path, place: string): FieldMap | undefined {
    if (!this.isObject(value, path))
      return this.fault(path, place, 'it is no map of fields', 'Write it as { field: event.path }.');
    for (const [target, rule] of Object.entries(value)) {
      const at = [...path, target];
      const where = `${place}.${target}`;
      if (typeof rule === 'string') continue;
      if (!this.isObject(rule, at)) {
        const fix = 'Name a source: event.status. A value as it stands is { value: … }.';
        this.fault(at, where, `"${target}" has no rule`, fix);
        continue;
      }
      this.only(rule, RULE_KEYS, at, 'a rule', where);
      if (!RULE_SOURCES.some((each) => Object.hasOwn(rule, each)))
        this.fault(
          at,
          where,
          'the rule says nothing of where the value comes from',
          'Give from: event.path, or value: …',
        );
      if (rule.fields !== undefined) this.#fields(rule.fields, [...at, 'fields'], `${where}.fields`);
      if (rule.when !== undefined) this.condition(rule.when, [...at, 'when'], `${where}.when`);
      this.#json(rule, at, where);
      for (const name of ['from', 'each'] as const) this.#from(rule[name], [...at, name], where);
    }
    return value as FieldMap;
  }

  #from(value: unknown, path: Path, place: string): void {
    if (value === undefined || typeof value === 'string') return;
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return;
    this.fault(path, place, 'it is no source', 'Write a path, or several: [event.start, event.created].');
  }

  #sources(value: unknown, path: Path, place: string): Readonly<Record<string, Source>> | undefined {
    if (!this.isObject(value, path))
      return this.fault(path, place, 'it names no sources', 'Write it as { name: event.path }.');
    for (const [name, source] of Object.entries(value))
      if (typeof source !== 'string')
        this.fault([...path, name], `${place}.${name}`, 'it is no source', 'Write a path.');
    return value as Readonly<Record<string, Source>>;
  }

  #onUnknown(value: unknown, path: Path, place: string): unknown {
    if (value === 'resend' || value === 'hold') return value;
    if (this.isObject(value, path) && typeof value.findFirst === 'string' && Object.keys(value).length === 1)
      return { findFirst: value.findFirst };
    return this.fault(
      path,
      place,
      'it is none of the three',
      'Write resend, hold, or { findFirst: id of an earlier find }.',
    );
  }

  #cards(value: unknown, path: Path, place: string): Cards | undefined {
    if (typeof value === 'string') return value;
    if (!Array.isArray(value))
      return this.fault(path, place, 'it is no list of cards', 'Write each as - card: { summary: …, … }.');
    return value.flatMap((each, index) => {
      const at = [...path, index];
      if (!this.isObject(each, at))
        return this.fault(at, place, 'it is no card', 'Write it as - card: { summary: … }.') ?? [];
      this.only(each, ['when', 'card'], at, 'a card', place);
      return [this.keys(each, CARD, at, `${place}[${index}]`) as unknown as Cards[number]];
    }) as unknown as Cards;
  }

  #branches(value: unknown, path: Path, place: string, steps: ReadSteps): readonly Branch[] | undefined {
    if (!this.isObject(value, path))
      return this.fault(path, place, 'it names no branches', 'Write them as <name>: { when: …, steps: … }.');
    return Object.entries(value).flatMap(([name, given]) => {
      const at = [...path, name];
      const where = `${place}.${name}`;
      if (!this.isObject(given, at))
        return this.fault(at, where, 'it is no branch', 'Give it when and steps.') ?? [];
      this.only(given, ['when', 'steps'], at, 'a branch', where);
      const when = this.condition(given.when, [...at, 'when'], `${where}.when`);
      const inner = steps(given.steps, [...at, 'steps']);
      return when === undefined || inner === undefined ? [] : [{ name, when, steps: inner }];
    });
  }
}

/** `step "x", late`, and below that `step "x", hl7.type`: as findings of `lint` name places. */
const whereOf = (place: string, key: string): string =>
  place === '' ? key : /^step "[^"]*"$/.test(place) ? `${place}, ${key}` : `${place}.${key}`;

function usageOf(shape: Shape): string {
  if (typeof shape === 'object')
    return 'group' in shape ? shape.group.map(({ key }) => key).join(', ') : `one of ${shape.join(', ')}`;
  const words: Readonly<Record<string, string>> = {
    text: 'a text',
    source: 'a path',
    duration: 'a length of time such as 2h',
    condition: '{ path: event.status, equals: booked }',
    fields: '{ field: event.path }',
    texts: '[one, two]',
    steps: 'a list of steps',
    branches: '<name>: { when: …, steps: … }',
    otherwise: 'filter, fail, continue, or a list of steps',
    cards: 'a list of cards',
  };
  return words[shape] ?? `a ${shape}`;
}
