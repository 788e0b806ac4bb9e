import type { Dictionary, FieldDefinition } from './dictionary/definition.ts';

/** The keys of the parts of one segment or data type, in both directions. */
export interface PartKeys {
  /** The key of part n: `patientName`, or `field30` where the dictionary has no name for it. */
  keyOf(n: number): string;
  /** The number of the part with this key or name; undefined when there is none. */
  numberOf(key: string): number | undefined;
  readonly known: readonly string[];
}

/** Keys that the readable form uses for itself. */
const reserved = new Set(['segment', 'trailing', 'raw', 'line']);

/**
 * The key of a name of the dictionary: `Date/Time of Birth` is `dateTimeOfBirth`, `Set ID - PID` in PID is `setId`.
 *
 *     fieldKey("Mother's Maiden Name")   // 'mothersMaidenName'
 */
export function fieldKey(name: string, owner = ''): string {
  const words = name
    .replace(/['’]/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  if (words.length > 1 && words.at(-1) === owner) words.pop();
  return words
    .map((word, i) => {
      const lower = word.toLowerCase();
      return i === 0 ? lower : lower.charAt(0).toUpperCase() + lower.slice(1);
    })
    .join('');
}

/** No message has so many parts; a key or a count beyond it would make a small text grow into a large message. */
export const mostParts = 1_000;

const cache = new WeakMap<object, Map<string, PartKeys>>();
const unnamed: readonly FieldDefinition[] = [];

function keysOf(fields: readonly FieldDefinition[], owner: string, kind: string): PartKeys {
  const cached = cache.get(fields)?.get(kind);
  if (cached !== undefined) return cached;
  const made = makeKeys(fields, owner, kind);
  const kinds = cache.get(fields);
  if (kinds === undefined) cache.set(fields, new Map([[kind, made]]));
  else kinds.set(kind, made);
  return made;
}

function makeKeys(fields: readonly FieldDefinition[], owner: string, kind: string): PartKeys {
  const keys: string[] = [];
  const numbers = new Map<string, number>();
  for (const [i, field] of fields.entries()) {
    // A site's own data type may leave places open.
    let key = fieldKey((field as FieldDefinition | undefined)?.name ?? '', owner);
    if (!/^[a-z]/.test(key)) key = `${kind}${i + 1}`;
    // Two parts of one name differ by their number.
    if (numbers.has(key) || reserved.has(key)) key += String(i + 1);
    keys.push(key);
    numbers.set(key, i + 1);
  }
  const byNumber = new RegExp(`^(?:${kind})?([1-9]\\d{0,3})$`);
  return {
    keyOf: (n) => keys[n - 1] ?? `${kind}${n}`,
    numberOf(key) {
      const known = numbers.get(key);
      if (known !== undefined) return known;
      const digits = byNumber.exec(key)?.[1];
      if (digits !== undefined) return Number(digits) <= mostParts ? Number(digits) : undefined;
      return numbers.get(fieldKey(key, owner));
    },
    known: keys,
  };
}

/** The keys of the fields of a segment; `field1` and so on for one the dictionary does not know. */
export const segmentKeys = (dictionary: Dictionary, id: string): PartKeys =>
  keysOf(dictionary.segment(id)?.fields ?? unnamed, id, 'field');

/** The keys of the components of a data type; `component1` and so on for a primitive one. */
export const componentKeys = (dictionary: Dictionary, type: string): PartKeys =>
  keysOf(dictionary.type(type)?.components ?? unnamed, type, 'component');

/** The keys of the subcomponents of a component of this type. */
export const subcomponentKeys = (dictionary: Dictionary, type: string): PartKeys =>
  keysOf(dictionary.type(type)?.components ?? unnamed, type, 'subcomponent');
