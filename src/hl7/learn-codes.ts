import type { Dictionary } from './dictionary/definition.ts';

/** Coded data types, whose first component is the code. */
const coded = new Set(['CE', 'CWE', 'CNE', 'CF']);

/** Composites that name a person, a place where one lives, a number to call or an organisation. */
const personal = new Set([
  'XPN',
  'XAD',
  'XTN',
  'XCN',
  'XON',
  'CN',
  'PN',
  'AD',
  'TN',
  'PPN',
  'SAD',
  'FN',
  'DLN',
  'JCC',
]);

/**
 * Coded places that help to find one person all the same: county, birth place, faith, ethnic group and citizenship in
 * PID, and the same in the segments of kin, guarantor and insured.
 */
const identifying = new Set([
  ...['PID-4', 'PID-12', 'PID-17', 'PID-22', 'PID-23', 'PID-26', 'PID-27', 'PID-28', 'PID-39'],
  ...['NK1-19', 'NK1-25', 'NK1-28', 'NK1-35', 'GT1-35', 'GT1-41', 'GT1-43', 'GT1-44', 'GT1-52', 'GT1-55'],
  ...['IN2-33', 'IN2-39', 'IN2-41', 'IN2-42', 'IN2-71', 'IN2-72'],
]);

/** What looks like a code: no blanks, no `@`, and no row of digits as long as a number that names a person. */
const codeLike = /^(?!.*\d{7})[A-Za-z0-9][A-Za-z0-9._+/*-]{0,19}$/;

/** Counts of codes seen at one place; undefined once it is no longer counted there. */
interface Counted {
  codes: Map<string, number> | undefined;
  readonly filled: number;
}

/** Where codes may be taken from, and whether what stands there is a list of codes. */
export class CodePlaces {
  readonly #most: number;
  readonly #places = new WeakMap<Dictionary, Map<string, readonly number[]>>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * The components of a field that hold a code: [0] for the whole field, [1] for the code of a CE, [5] for the kind of
   * identifier in a CX. Observation values are no codes of the feed (OBX-5), and neither are components of what is
   * personal.
   */
  of(id: string, n: number, type: string, dictionary: Dictionary): readonly number[] {
    const known = this.#places.get(dictionary) ?? new Map<string, readonly number[]>();
    this.#places.set(dictionary, known);
    const path = `${id}-${n}`;
    const key = `${path} ${type}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = placesOf(path, type, dictionary);
    if (known.size < 20_000) known.set(key, made);
    return made;
  }

  note(seen: Counted, code: string): void {
    if (seen.codes === undefined) return;
    if (codeLike.test(code) && (seen.codes.has(code) || seen.codes.size < this.#most))
      seen.codes.set(code, (seen.codes.get(code) ?? 0) + 1);
    else seen.codes = undefined;
  }

  /** The codes, most frequent first; undefined where there are none, or where nearly every value is another. */
  listed({ codes }: Counted): Record<string, number> | undefined {
    if (codes === undefined || codes.size === 0) return undefined;
    const total = [...codes.values()].reduce((sum, each) => sum + each, 0);
    if (codes.size > 5 && codes.size > total / 2) return undefined;
    return Object.fromEntries([...codes].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
  }
}

function placesOf(path: string, type: string, dictionary: Dictionary): readonly number[] {
  // A segment that the dictionary does not know has no types, and its values may say anything.
  if (path === 'OBX-5' || identifying.has(path) || type === '') return [];
  if (type === 'ID' || type === 'IS') return [0];
  if (coded.has(type)) return [1];
  if (personal.has(type)) return [];
  const components = dictionary.type(type)?.components ?? [];
  return components.flatMap((component, i) => (component?.type === 'ID' ? [i + 1] : []));
}
