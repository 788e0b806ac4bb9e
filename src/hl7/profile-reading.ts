import { type LocalDefinitions, LocalDefinitionsError, localDefinitions } from './dictionary/index.ts';
import { nearest } from './dictionary/nearest.ts';
import type { FieldRule, MessageRule, Observed, Profile, SegmentRule } from './profile.ts';
import { longestPattern } from './profile-pattern.ts';

/** A profile that cannot be read. `at` is the place in it: `fields.PID-3.requird`. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly at: string;
  constructor(at: string, text: string) {
    super(`The profile cannot be used. ${at === '' ? 'At its top' : at}: ${text}`);
    this.at = at;
  }
}

type Reader<Value> = (value: unknown, at: string) => Value;

/**
 * Checks a profile that was read from YAML or JSON. Throws {@link ProfileError} with the place, the reason and, for a
 * key that is not known, the nearest one that is.
 *
 *     profile(parseYaml(await readFile('adt.yaml', 'utf8')))
 */
export function profile(value: unknown): Profile {
  return readProfile(value, '') as unknown as Profile;
}

const fail = (at: string, expected: string): never => {
  throw new ProfileError(at, `expected ${expected}.`);
};

const text: Reader<string> = (value, at) =>
  typeof value === 'string' && value !== '' ? value : fail(at, 'a text');

/** YAML reads `codes: [1, 2]` as numbers and `version: 2.5` as one. */
const word: Reader<string> = (value, at) => (typeof value === 'number' ? String(value) : text(value, at));

const flag: Reader<boolean> = (value, at) => (typeof value === 'boolean' ? value : fail(at, 'true or false'));

const count =
  (least: number, most = 1e9): Reader<number> =>
  (value, at) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? value
      : fail(at, `a whole number of ${least} or more`);

const list =
  <Value>(each: Reader<Value>): Reader<Value[]> =>
  (value, at) =>
    Array.isArray(value) ? value.map((item, i) => each(item, `${at}[${i}]`)) : fail(at, 'a list');

const below = (at: string, key: string): string => (at === '' ? key : `${at}.${key}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object whose keys are the reader's to judge. */
const map =
  <Value>(keys: RegExp, example: string, each: Reader<Value>): Reader<Record<string, Value>> =>
  (value, at) => {
    if (!isObject(value)) return fail(at, `names with their rules, such as ${example}`);
    const entries = Object.entries(value).map(([key, item]) => {
      if (!keys.test(key)) throw new ProfileError(below(at, key), `this is no name such as ${example}.`);
      return [key, each(item, below(at, key))] as const;
    });
    return Object.fromEntries(entries);
  };

/** An object with known keys. */
const record =
  <Value>(
    readers: Readonly<Record<string, Reader<unknown>>>,
    required: readonly string[] = [],
  ): Reader<Value> =>
  (value, at) => {
    // A rule without content (`PV1:` alone in YAML) says that the name is expected, and no more.
    if (value === null && required.length === 0) return {} as Value;
    if (!isObject(value)) return fail(at, `keys such as ${Object.keys(readers).slice(0, 3).join(', ')}`);
    const entries = Object.entries(value).map(([key, item]) => {
      const reader = Object.hasOwn(readers, key) ? readers[key] : undefined;
      if (reader === undefined) throw new ProfileError(below(at, key), unknownKey(key, readers));
      return [key, reader(item, below(at, key))] as const;
    });
    const missing = required.find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) throw new ProfileError(below(at, missing), 'this key is missing.');
    return Object.fromEntries(entries) as Value;
  };

function unknownKey(key: string, readers: Readonly<Record<string, unknown>>): string {
  const near = nearest(key, Object.keys(readers));
  return near === undefined
    ? `no such key; known are ${Object.keys(readers).join(', ')}.`
    : `no such key. Did you mean "${near}"?`;
}

const id = /^[A-Z][A-Z0-9]{2}$/;
const messageType = /^[A-Z][A-Z0-9]{2}(\^([A-Z0-9]{3}|\*))?$/;
const fieldPath = /^[A-Z][A-Z0-9]{2}-[1-9]\d{0,3}(\.[1-9]\d{0,2}){0,2}$/;

const pattern: Reader<string> = (value, at) => {
  const read = word(value, at);
  return read.length <= longestPattern ? read : fail(at, `at most ${longestPattern} characters`);
};

const segmentRule: Reader<SegmentRule> = (value, at) => {
  const rule = record<SegmentRule>({ min: count(0), max: count(0) })(value, at);
  if (rule.min !== undefined && rule.max !== undefined && rule.max < rule.min)
    throw new ProfileError(`${at}.max`, `it is less than min, which is ${rule.min}.`);
  return rule;
};
const segmentRules = map(id, 'PID', segmentRule);

const fieldRule: Reader<FieldRule> = (value, at) => {
  const rule = record<FieldRule>({
    required: flag,
    unused: flag,
    length: count(1),
    repetitions: count(1),
    codes: list(word),
    pattern,
  })(value, at);
  if (rule.required === true && rule.unused === true)
    throw new ProfileError(`${at}.unused`, 'a field cannot be both required and unused.');
  return rule;
};
const fieldRules = map(fieldPath, 'PID-3 or PID-3.5', fieldRule);

/** The dictionary reads its own part; its error says where within `local`. */
const local: Reader<LocalDefinitions> = (value, at) => {
  try {
    return localDefinitions(value);
  } catch (error) {
    if (error instanceof LocalDefinitionsError) throw new ProfileError(at, error.message);
    throw error;
  }
};

const counts = map(/^/, 'ADT^A01', count(0));
const observed = record<Observed>({
  messages: count(0),
  types: counts,
  versions: counts,
  senders: counts,
  segments: map(id, 'PID', record({ messages: count(0), total: count(0) }, ['messages', 'total'])),
  fields: map(
    fieldPath,
    'PID-3',
    record({ filled: count(0), of: count(0), longest: count(0), codes: counts }, ['filled', 'of']),
  ),
});

const readProfile = record<Profile>(
  {
    name: text,
    version: (value, at) => {
      const read = word(value, at);
      return /^2(\.\d){1,2}$/.test(read) ? read : fail(at, 'an HL7 version such as "2.5.1"');
    },
    senders: list(word),
    messages: map(
      messageType,
      'ADT^A01',
      record<MessageRule>({ segments: segmentRules, order: list(text), fields: fieldRules }),
    ),
    segments: segmentRules,
    fields: fieldRules,
    local,
    observed,
  },
  ['name'],
);
