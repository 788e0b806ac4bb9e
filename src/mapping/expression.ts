/**
 * FHIRPath as analysts write it, compiled once to closures: `event.name.where(use = 'official').given.first()`. What is
 * found is data and never looked at as an expression. Inside, everything is a list, as FHIRPath has it; the value of the
 * whole is the first item, or with `[*]` at its end the list of all.
 */
import { Failure, nearest } from '../std/index.ts';
import {
  functionsByName,
  type Items,
  isTrue,
  NOT_DONE,
  type Run,
  sameItem,
  spend,
} from './expression-functions.ts';
import { type Expression, type Operator, parseExpression } from './expression-syntax.ts';
import { FORBIDDEN_KEYS, invalid, type PathStep, type Read } from './path.ts';

/** Whether a source is FHIRPath rather than a plain path: it calls a function or has an operator. */
export function isExpression(source: string): boolean {
  if (!/[(|&+=<>~!]/.test(source)) return false;
  return /[(|&=<>~!]|\s\+\s/.test(source.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\[[^\]]*\]/g, ''));
}

export interface CompiledExpression {
  readonly root: string;
  readonly path: string;
  /** The fields before its first function. */
  readonly steps: readonly PathStep[];
  /** Of the root's value. */
  readonly read: Read;
}

const MOST_WORK = 200_000;

/** @throws Failure `config`: PATH_INVALID, PATH_FORBIDDEN, or PATH_NOT_DONE for FHIRPath that is not done here. */
export function compileExpression(source: string): CompiledExpression {
  const whole = parseExpression(source);
  const roots = [...new Set(rootsOf(whole))];
  const [root] = roots;
  if (root === undefined)
    throw invalid(source, 1, 'something that is read: begin with event, site or an earlier step');
  if (roots.length > 1) {
    throw new Failure({
      code: 'PATH_INVALID',
      kind: 'config',
      message: `"${source}" begins with ${roots.map((each) => `"${each}"`).join(' and ')}: an expression reads one of them.`,
      fix: 'Give `from` a list of sources, and join or choose between them with a transform.',
      at: { path: source },
      retry: { again: false },
    });
  }
  const run = new Compiler(source).compile(whole, true);
  const isList = whole.kind === 'every';
  return {
    root,
    path: source,
    steps: leading(whole),
    read(value) {
      const start = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
      const found = run(start, { left: MOST_WORK, index: 0, start });
      if (isList) return found.length === 0 ? undefined : found;
      return found[0];
    },
  };
}

/** Names at the beginning of paths that are read from the whole. */
function rootsOf(of: Expression): readonly string[] {
  switch (of.kind) {
    case 'name':
      return [of.name];
    case 'field':
    case 'item':
    case 'every':
      return rootsOf(of.of);
    case 'binary':
      return [
        ...rootsOf(of.left),
        ...(of.operator === 'is' || of.operator === 'as' ? [] : rootsOf(of.right)),
      ];
    case 'call':
      if (of.of !== null) return rootsOf(of.of);
      return of.args.flatMap(rootsOf);
    default:
      return [];
  }
}

/** Keys and indices behind the root, until something is computed. */
function leading(of: Expression): readonly PathStep[] {
  switch (of.kind) {
    case 'field': {
      const before = leading(of.of);
      return isPlain(of.of) ? [...before, { kind: 'key', key: of.name }] : before;
    }
    case 'item':
    case 'every':
      return leading(of.of);
    case 'call':
      return of.of === null ? (of.args[0] === undefined ? [] : leading(of.args[0])) : leading(of.of);
    case 'binary':
      return leading(of.left);
    default:
      return [];
  }
}

const isPlain = (of: Expression): boolean =>
  of.kind === 'name' ||
  ((of.kind === 'field' || of.kind === 'item' || of.kind === 'every') && isPlain(of.of));

/** R4's choice elements: `value` is written valueQuantity, valueString ... */
const CHOICES: ReadonlySet<string> = new Set(
  'value effective onset abatement deceased multipleBirth occurrence performed medication serviced timing asNeeded born age product item content reported allowed used location subject identified rate dose collected fastingStatus additive detail due scheduled start'.split(
    ' ',
  ),
);

class Compiler {
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  /** @param top names begin at the whole's root; otherwise they are fields of the item. */
  compile(of: Expression, top: boolean): Run {
    switch (of.kind) {
      case 'literal': {
        const items: Items = of.value === null ? [] : [of.value];
        return () => items;
      }
      case 'this':
        return (input) => input;
      case 'index of':
        return (_, at) => [at.index];
      case 'name':
        // A resource type at the beginning of an argument's path says what the item is.
        return top ? (_, at) => at.start : /^[A-Z]/.test(of.name) ? typed(of.name) : field(of.name);
      case 'field':
        return then(this.compile(of.of, top), field(of.name));
      case 'item': {
        const before = this.compile(of.of, top);
        const { index } = of;
        return (input, at) => before(input, at).slice(index, index + 1);
      }
      case 'every':
        return this.compile(of.of, top);
      case 'call':
        return this.#call(of, top);
      case 'binary':
        return this.#binary(of.operator, of, top);
    }
  }

  #call({ of, name, args, at }: Extract<Expression, { kind: 'call' }>, top: boolean): Run {
    const known = functionsByName.get(name);
    if (known === undefined) throw this.#unknown(name, at);
    const [least, most] = known.args;
    if (args.length < least || args.length > most)
      throw invalid(this.#source, at + 1, `${name}(${known.shape})`);
    if (known.takes === 'type') return this.#typed(of, name, args, at, top);
    // A function at the beginning is about the whole; in an argument about the item.
    const before = of === null ? (input: Items) => input : this.compile(of, top);
    const inItem = known.takes === 'item';
    const own = args.map((each) => this.compile(each, !inItem && top));
    try {
      return then(before, known.make(own, args));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw invalid(this.#source, at + 1, error.message);
    }
  }

  /** `value.ofType(Quantity)`: of a choice element it names the field. */
  #typed(of: Expression | null, name: string, args: readonly Expression[], at: number, top: boolean): Run {
    const [type] = args;
    if (type?.kind !== 'name' && type?.kind !== 'field')
      throw invalid(this.#source, at + 1, `${name}(Quantity): a type's name`);
    return this.#ofType(of, type.name, top, name === 'is');
  }

  #ofType(of: Expression | null, type: string, top: boolean, ask: boolean): Run {
    const isChoice = of !== null && (of.kind === 'field' || (of.kind === 'name' && !top));
    const choice = isChoice ? `${of.name}${type[0]?.toUpperCase()}${type.slice(1)}` : undefined;
    const owner = of?.kind === 'field' ? this.compile(of.of, top) : (input: Items) => input;
    const plain = of === null ? (input: Items) => input : this.compile(of, top);
    const filter = typed(type);
    const direct = choice === undefined || FORBIDDEN_KEYS.has(choice) ? undefined : field(choice);
    const found: Run = (input, at) => {
      if (direct !== undefined) {
        const values = direct(owner(input, at), at);
        if (values.length > 0) return values;
      }
      return filter(plain(input, at), at);
    };
    return ask ? (input, at) => [found(input, at).length > 0] : found;
  }

  #binary(operator: Operator, { left, right }: { left: Expression; right: Expression }, top: boolean): Run {
    if (operator === 'is' || operator === 'as') {
      if (right.kind !== 'name' && right.kind !== 'field')
        throw invalid(this.#source, 1, `a type's name behind "${operator}"`);
      return this.#ofType(left, right.name, top, operator === 'is');
    }
    const [a, b] = [this.compile(left, top), this.compile(right, top)];
    return binaries[operator](a, b);
  }

  #unknown(name: string, at: number): Failure {
    const instead = NOT_DONE.get(name);
    const near = nearest(name, [...functionsByName.keys()]);
    return new Failure({
      code: 'PATH_NOT_DONE',
      kind: 'config',
      message:
        instead === undefined
          ? `"${this.#source}": FHIRPath has no function "${name}" that is known here (character ${at + 1}).`
          : `"${this.#source}": FHIRPath's ${name}() is not done in a map (character ${at + 1}).`,
      fix:
        instead ??
        (near === undefined
          ? `Use one of: ${[...functionsByName.keys()].join(', ')}.`
          : `Did you mean "${near}"?`),
      at: { path: this.#source },
      retry: { again: false },
    });
  }
}

const then =
  (before: Run, next: Run): Run =>
  (input, at) =>
    next(before(input, at), at);

/** The values of a field in every item; lists are one list, as FHIRPath has it. Only an object's own fields. */
function field(name: string): Run {
  const isChoice = CHOICES.has(name);
  return (input, at) => {
    const found: unknown[] = [];
    spend(at, input.length + 1);
    for (const item of input) {
      if (typeof item !== 'object' || item === null) continue;
      const value = Object.hasOwn(item, name)
        ? (item as Record<string, unknown>)[name]
        : isChoice
          ? choiceOf(item, name)
          : undefined;
      if (Array.isArray(value)) {
        spend(at, value.length);
        for (const each of value) if (each !== null && each !== undefined) found.push(each);
      } else if (value !== undefined && value !== null) found.push(value);
    }
    return found;
  };
}

function choiceOf(item: object, name: string): unknown {
  for (const key of Object.keys(item))
    if (key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length)))
      return (item as Record<string, unknown>)[key];
  return undefined;
}

/** Items of a type: resources by their type, other values by what they are. */
function typed(type: string): Run {
  const wanted = type.toLowerCase();
  const primitive = ['boolean', 'string', 'code', 'uri', 'id', 'date', 'datetime', 'instant'].includes(wanted)
    ? wanted === 'boolean'
      ? 'boolean'
      : 'string'
    : ['integer', 'decimal', 'positiveint', 'unsignedint'].includes(wanted)
      ? 'number'
      : undefined;
  return (input) =>
    input.filter((item) =>
      primitive !== undefined
        ? typeof item === primitive
        : typeof item === 'object' &&
          item !== null &&
          (Object.hasOwn(item, 'resourceType')
            ? (item as { resourceType: unknown }).resourceType === type
            : false),
    );
}

type Plain = Exclude<Operator, 'is' | 'as'>;

const one = (items: Items): unknown => items[0];
const truth =
  (made: (a: Items, b: Items) => boolean | undefined) =>
  (left: Run, right: Run): Run =>
  (input, at) => {
    const result = made(left(input, at), right(input, at));
    return result === undefined ? [] : [result];
  };
const ordered = (test: (sign: number) => boolean) =>
  truth((a, b) => {
    const sign = compared(one(a), one(b));
    return sign === undefined ? undefined : test(sign);
  });
const equal = (a: Items, b: Items): boolean | undefined =>
  a.length === 0 || b.length === 0
    ? undefined
    : a.length === b.length && a.every((each, index) => sameItem(each, b[index]));

function compared(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return undefined;
}

const text = (items: Items): string => (one(items) === undefined ? '' : String(one(items)));

const binaries: Readonly<Record<Plain, (left: Run, right: Run) => Run>> = {
  or: truth((a, b) => isTrue(a) || isTrue(b)),
  and: truth((a, b) => isTrue(a) && isTrue(b)),
  '=': truth(equal),
  '!=': truth((a, b) => {
    const same = equal(a, b);
    return same === undefined ? undefined : !same;
  }),
  '~': truth(
    (a, b) =>
      a.length === b.length &&
      a.every((each, index) => String(each).toLowerCase() === String(b[index]).toLowerCase()),
  ),
  '<': ordered((sign) => sign < 0),
  '<=': ordered((sign) => sign <= 0),
  '>': ordered((sign) => sign > 0),
  '>=': ordered((sign) => sign >= 0),
  in: truth((a, b) => (a.length === 0 ? undefined : b.some((each) => sameItem(each, one(a))))),
  contains: truth((a, b) => (b.length === 0 ? undefined : a.some((each) => sameItem(each, one(b))))),
  '|': (left, right) => (input, at) => {
    const all = [...left(input, at), ...right(input, at)];
    spend(at, all.length * Math.min(all.length, 50));
    return all.filter((each, index) => all.findIndex((other) => sameItem(other, each)) === index);
  },
  '&': (left, right) => (input, at) => [`${text(left(input, at))}${text(right(input, at))}`],
  '+': (left, right) => (input, at) => {
    const [a, b] = [one(left(input, at)), one(right(input, at))];
    if (typeof a === 'number' && typeof b === 'number') return [a + b];
    return typeof a === 'string' && typeof b === 'string' ? [a + b] : [];
  },
};
