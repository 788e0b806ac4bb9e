/**
 * Hostile paths, expressions and patterns, made from a seed: none may reach a prototype, change anything but the object that is
 * made, or work longer than its bound. Used by a test with some of them, and by `npm run hostile-maps` with all.
 */

import { parse } from '../../src/hl7/index.ts';
import {
  compileFieldMap,
  compileSource,
  type FieldMap,
  type MappingContext,
  transforms,
} from '../../src/mapping/index.ts';
import { asFailure } from '../../src/std/index.ts';

/** Small, and the same everywhere. */
function chance(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4_294_967_296;
  };
}

const NAMES = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    '__defineGetter__',
    '__lookupSetter__',
    'hasOwnProperty',
    'toString',
    'valueOf',
  ],
  ...[
    'name',
    'given',
    'event',
    'site',
    'polluted',
    'length',
    'push',
    'then',
    'toJSON',
    '0',
    '*',
    '\u0000',
    'ｃonstructor',
  ],
  ...[
    '"__proto__"',
    '"constr\\uctor"',
    '`__proto__`',
    '"__pro\\u0074o__"',
    "'__proto__'",
    '["__proto__"]',
    '__PROTO__',
  ],
];
const JOINTS = [
  '.',
  '[',
  ']',
  '[0]',
  '[*]',
  '[system=',
  '].',
  '.where(',
  '.select(',
  ')',
  '(',
  ' | ',
  ' & ',
  '.first()',
  "='x'",
  '.ofType(',
  ':',
  'hl7:',
  '.repeat(',
  '.resolve()',
  '$this',
  '%context',
  '"',
  "'",
  '\\',
  '.__proto__.',
  '[__proto__=x]',
  '.constructor(',
];

export function hostilePath(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] as string;
  let text = random() < 0.7 ? 'event' : pick(NAMES);
  for (let count = Math.floor(random() * 12); count >= 0; count--)
    text += random() < 0.55 ? `${pick(['.', '.', ''])}${pick(NAMES)}` : pick(JOINTS);
  return random() < 0.01 ? text.repeat(100) : text;
}

const ATOMS = [
  'a',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '[a-z]',
  '[^a]',
  '(a|a)',
  '(a|ab)',
  '(?:a*)',
  '(.*)',
  '(a+)',
  '(?i:a)',
  '\\b',
  '^',
  '$',
  '\\p{L}',
  '(?=a)',
  '\\1',
  '(?P<n>a)',
  '[[:alpha:]]',
  '(',
  ')',
  '[',
  '{',
  '|',
];
const COUNTS = ['', '', '*', '+', '?', '*?', '+?', '{2,}', '{1,50}', '{1000}', '{0,999}', '**'];

export function evilPattern(random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] as string;
  let text = random() < 0.3 ? '^' : '';
  for (let count = 1 + Math.floor(random() * 6); count > 0; count--) {
    const inner = `${pick(ATOMS)}${pick(COUNTS)}${random() < 0.4 ? pick(ATOMS) + pick(COUNTS) : ''}`;
    text += random() < 0.5 ? `(${inner})${pick(COUNTS)}` : inner;
  }
  return `${text}${random() < 0.4 ? '$' : ''}`;
}

/** Texts on which backtracking engines hang. */
export const EVIL_TEXTS: readonly string[] = [
  `${'a'.repeat(5_000)}!`,
  `${'ab'.repeat(2_500)}!`,
  `${'a '.repeat(2_500)}!`,
  `${'1'.repeat(5_000)}x`,
  `${'\u00e4'.repeat(3_000)}!`,
];

/** A message whose values are expressions, templates and patterns: data, all of it. */
const VALUES = [
  'event.secret',
  '{{event.secret}}',
  '$' + '{secret}',
  '{1}',
  '$1',
  '$&',
  'event.where(true)',
  'hl7:PID-3',
  '__proto__',
  '(a+)+$',
  '=1+1',
];
const event = {
  name: [{ given: VALUES, family: 'event.secret' }],
  ...Object.fromEntries(VALUES.map((value, at) => [`v${at}`, value])),
};

const MESSAGE = parse(
  'MSH|^~\\&|A|B|||20260131||ADT^A01|1|P|2.5\rPID|1||event.secret^^^X^MR||__proto__^constructor\r',
);

function context(): MappingContext {
  return {
    values: new Map<string, unknown>([
      // A value with a field of that name of its own, as a parser of JSON makes it.
      [
        'event',
        JSON.parse(`${JSON.stringify(event).slice(0, -1)},"secret":"SECRET","__proto__":{"polluted":"own"}}`),
      ],
      ['site', Object.freeze({ name: 'Mercy' })],
    ]),
    hl7: MESSAGE,
    timeZone: 'UTC',
  };
}

export interface HostileTally {
  paths: number;
  /** How many could be read at all. */
  read: number;
  /** The longest evaluation; milliseconds. */
  slowest: number;
  what: string;
}

/** What prototypes look like: any difference is pollution. */
export function prototypes(): string {
  return [Object, Array, String, Number, Function, Map, Set, Promise, RegExp]
    .map(
      (made) =>
        `${made.name}:${Reflect.ownKeys(made.prototype).map(String).join()}|${Reflect.ownKeys(made).map(String).join()}`,
    )
    .join('\n');
}

const isDefect = (error: unknown): boolean => {
  const { kind, code } = asFailure(error);
  return kind === 'defect' || code === 'DEFECT';
};

/** Each as source, as target, as both, as a condition; throws at the first that did what it must not. */
export function tryPaths(count: number, seed: number, clock: () => number): HostileTally {
  const random = chance(seed);
  const before = prototypes();
  const tally: HostileTally = { paths: 0, read: 0, slowest: 0, what: '' };
  for (; tally.paths < count; tally.paths++) {
    const [from, to] = [hostilePath(random), hostilePath(random)];
    const maps: readonly FieldMap[] = [
      { a: from },
      { [to]: 'event.name' },
      { [to]: { from, when: { path: from, exists: true } } },
      { a: { each: from, as: 'item', fields: { b: `item.${to}` } } },
    ];
    const start = clock();
    for (const map of maps) {
      try {
        const made = compileFieldMap(map)(context());
        tally.read++;
        assertPlain(made, from, to);
      } catch (error) {
        if (isDefect(error)) throw new Error(`a defect for ${JSON.stringify(map)}`, { cause: error });
      }
    }
    const ms = clock() - start;
    if (ms > tally.slowest)
      Object.assign(tally, { slowest: ms, what: JSON.stringify([from, to]).slice(0, 200) });
    if (({} as { polluted?: unknown }).polluted !== undefined)
      throw new Error(`polluted by ${from} or ${to}`);
    if (tally.paths % 1_000 === 0 && prototypes() !== before) throw new Error('a prototype has changed');
  }
  if (prototypes() !== before) throw new Error('a prototype has changed');
  return tally;
}

/** What a map makes is plain data: nothing of it is a function, and no object has another prototype. */
function assertPlain(made: unknown, ...about: readonly string[]): void {
  if (typeof made === 'function') throw new Error(`a function came out of ${about.join(' and ')}`);
  if (typeof made !== 'object' || made === null) return;
  const prototype = Object.getPrototypeOf(made) as unknown;
  if (
    prototype !== Object.prototype &&
    prototype !== Array.prototype &&
    prototype !== null &&
    !('get' in made)
  )
    throw new Error(`another prototype came out of ${about.join(' and ')}`);
  for (const key of Object.keys(made)) assertPlain((made as Record<string, unknown>)[key], ...about);
}

/** Each on every evil text, by the transforms and by FHIRPath. */
export function tryPatterns(count: number, seed: number, clock: () => number): HostileTally {
  const random = chance(seed);
  const tally: HostileTally = { paths: 0, read: 0, slowest: 0, what: '' };
  for (; tally.paths < count; tally.paths++) {
    const pattern = evilPattern(random);
    const text = EVIL_TEXTS[tally.paths % EVIL_TEXTS.length] as string;
    const runs: readonly (() => unknown)[] = [
      () => transforms.get('fits')?.make(pattern)(text, { timeZone: 'UTC' }),
      () => transforms.get('replace')?.make({ pattern, by: '' })(text, { timeZone: 'UTC' }),
      () =>
        compileSource(`event.matches('${pattern.replace(/['\\]/g, '\\$&')}')`).read({
          values: new Map([['event', text]]),
          timeZone: 'UTC',
        }),
    ];
    for (const run of runs) {
      const start = clock();
      try {
        run();
        tally.read++;
      } catch {
        // Refused: it is no pattern, too large, or too much for this text.
      }
      const ms = clock() - start;
      if (ms > tally.slowest) Object.assign(tally, { slowest: ms, what: pattern });
    }
  }
  return tally;
}
