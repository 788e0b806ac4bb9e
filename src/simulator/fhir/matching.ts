import { type DateTest, dateTests, readDate } from './date-search.ts';
import type { Resource } from './outcome.ts';

/** How a value in a resource answers to the value of a search parameter, by the type of the parameter. */

type Data = Readonly<Record<string, unknown>>;

function isData(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at a dotted path; lists on the way are walked through. Several paths are divided by commas. */
export function valuesAt(resource: Resource | Data, paths: string): unknown[] {
  return paths.split(',').flatMap((path) =>
    path.split('.').reduce<unknown[]>(
      (values, name) =>
        values.flatMap((value) => {
          const inner = isData(value) ? value[name] : undefined;
          return inner === undefined ? [] : Array.isArray(inner) ? inner : [inner];
        }),
      [resource],
    ),
  );
}

/** A token: `system|value`, `|value` or `value`. An empty system asks for a value that has none. */
export function readToken(token: string): { system: string | undefined; value: string } {
  const bar = token.indexOf('|');
  if (bar < 0) return { system: undefined, value: token };
  return { system: token.slice(0, bar), value: token.slice(bar + 1) };
}

/** Compares with a code, Coding, CodeableConcept, Identifier, ContactPoint, or a plain value. */
export function tokenMatches(found: unknown, token: string): boolean {
  const { system, value } = readToken(token);
  if (!isData(found)) return system ? false : String(found).toLowerCase() === value.toLowerCase();
  if (Array.isArray(found.coding)) return found.coding.some((coding) => tokenMatches(coding, token));
  const own = found.code ?? found.value;
  if (value !== '' && String(own ?? '').trim() !== value.trim()) return false;
  return system === undefined || (found.system ?? '') === system;
}

/** The id at the end of a reference: relative, absolute, or the bare id. */
export function idIn(reference: string): string {
  return reference.split('/').at(-1) as string;
}

function referenceMatches(found: unknown, wanted: string): boolean {
  const reference = isData(found) ? found.reference : found;
  if (typeof reference !== 'string' || idIn(reference) !== idIn(wanted)) return false;
  const type = wanted.split('/').at(-2);
  return type === undefined || reference.split('/').at(-2) === type;
}

/** Lower case and without accents. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function stringMatches(found: unknown, wanted: string): boolean {
  if (Array.isArray(found)) return found.some((each) => stringMatches(each, wanted));
  if (isData(found)) return Object.values(found).some((each) => stringMatches(each, wanted));
  return typeof found === 'string' && plain(found).startsWith(plain(wanted));
}

const comparisons: Readonly<Record<string, (found: number, wanted: number) => boolean>> = {
  eq: (found, wanted) => found === wanted,
  lt: (found, wanted) => found < wanted,
  le: (found, wanted) => found <= wanted,
  gt: (found, wanted) => found > wanted,
  ge: (found, wanted) => found >= wanted,
};

/** A quantity: `5.4`, `gt100`, `5.4|http://unitsofmeasure.org|mmol/L`. */
function quantityMatches(found: unknown, wanted: string): boolean {
  const [amount = '', system, code] = wanted.split('|');
  const [, prefix = 'eq', number = ''] = /^([a-z]{2})?(.*)$/.exec(amount) ?? [];
  if (!isData(found) || typeof found.value !== 'number' || number === '') return false;
  if (!comparisons[prefix]?.(found.value, Number(number))) return false;
  if (system && found.system !== system) return false;
  return !code || found.code === code || found.unit === code;
}

function dateMatches(found: unknown, test: DateTest, timeZone: string): boolean {
  if (isData(found)) {
    const [start] = instantsOf(found.start, timeZone);
    const end = found.end === undefined ? undefined : instantsOf(found.end, timeZone)[1];
    return start !== undefined && test(start, end);
  }
  const [start, end] = instantsOf(found, timeZone);
  return start !== undefined && test(start, end);
}

function instantsOf(found: unknown, timeZone: string): readonly [number?, number?] {
  if (typeof found !== 'string') return [];
  const covered = readDate(found, timeZone);
  return covered ? [covered.begin, covered.end - 1] : [];
}

export type ParameterType = 'token' | 'string' | 'date' | 'reference' | 'number' | 'quantity' | 'special';

/** Whether one of the values found answers to one of the values asked for (divided by commas). */
export function matches(
  found: readonly unknown[],
  wanted: string,
  type: ParameterType,
  timeZone: string,
): boolean {
  return wanted.split(',').some((each) => {
    switch (type) {
      case 'reference':
        return found.some((value) => referenceMatches(value, each));
      case 'string':
        return found.some((value) => stringMatches(value, each));
      case 'quantity':
      case 'number':
        return found.some((value) => quantityMatches(isData(value) ? value : { value }, each));
      case 'date': {
        const test = dateTests(each, timeZone);
        return test !== undefined && found.some((value) => dateMatches(value, test, timeZone));
      }
      default:
        return found.some((value) => tokenMatches(value, each));
    }
  });
}
