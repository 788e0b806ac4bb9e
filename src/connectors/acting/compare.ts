/** Whether two records say the same, element by element, whatever a server makes of the spelling. Pure. */
import { type FhirResource, objectsIn, referencedId } from '../../fhir/index.ts';
import { localTimeOf } from '../../site/index.ts';

/** `other`: a record of its own. `doubt`: it may be the one, and what is named speaks against it or is missing. */
export type Compared =
  | { readonly verdict: 'same' | 'other' }
  | { readonly verdict: 'doubt'; readonly about: readonly string[] };

export const SAME: Compared = { verdict: 'same' };
export const OTHER: Compared = { verdict: 'other' };

export interface Coding {
  readonly system: string;
  readonly code: string;
}

type Part = Readonly<Record<string, unknown>>;
export const partOf = (value: unknown): Part | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Part) : undefined;
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;

/** Codings with a code, of a CodeableConcept or a Coding. */
export function codingsOf(concept: unknown): readonly Coding[] {
  const part = partOf(concept);
  if (part === undefined) return [];
  const list = part.coding === undefined ? [part] : objectsIn(part.coding);
  return list.flatMap((coding) => {
    const code = textOf(coding.code);
    return code === undefined ? [] : [{ system: textOf(coding.system) ?? '', code }];
  });
}

/** One coding of theirs is one of ours: servers add their own beside it. */
export function sharesCoding(ours: unknown, theirs: unknown): boolean {
  const known = new Set(codingsOf(theirs).map(({ system, code }) => `${system}|${code}`));
  return codingsOf(ours).some(({ system, code }) => known.has(`${system}|${code}`));
}

const DAY_ONLY = /^\d{4}-\d\d-\d\d$/;

/** The day on the site's calendar. Epic gives days so: what came at 20:00 in Chicago is of that day, though UTC has the next. */
function dayAt(moment: string, timeZone: string): string | undefined {
  if (DAY_ONLY.test(moment)) return moment;
  const at = Date.parse(moment);
  return Number.isNaN(at) ? undefined : localTimeOf(timeZone, at).day;
}

/** The same moment; of the two the coarser spelling counts (a day of the site's, a minute). */
export function sameMoment(ours: unknown, theirs: unknown, timeZone: string): boolean {
  const [a, b] = [textOf(ours), textOf(theirs)];
  if (a === undefined || b === undefined) return false;
  if (DAY_ONLY.test(a) || DAY_ONLY.test(b)) return dayAt(a, timeZone) === dayAt(b, timeZone);
  const [x, y] = [Date.parse(a), Date.parse(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return false;
  if (Math.floor(x / 1_000) === Math.floor(y / 1_000)) return true;
  const coarse = x % 60_000 === 0 || y % 60_000 === 0;
  return coarse && Math.floor(x / 60_000) === Math.floor(y / 60_000);
}

/** To a unit that all of a kind have: factor and offset, and what it may differ by when it was converted. */
const UNITS: Readonly<Record<string, readonly [kind: string, factor: number, offset: number]>> = {
  cel: ['temperature', 1, 0],
  '°c': ['temperature', 1, 0],
  '[degf]': ['temperature', 5 / 9, -160 / 9],
  '°f': ['temperature', 5 / 9, -160 / 9],
  kg: ['mass', 1, 0],
  g: ['mass', 0.001, 0],
  '[lb_av]': ['mass', 0.45359237, 0],
  lb: ['mass', 0.45359237, 0],
  '[oz_av]': ['mass', 0.028349523125, 0],
  oz: ['mass', 0.028349523125, 0],
  cm: ['length', 1, 0],
  m: ['length', 100, 0],
  '[in_i]': ['length', 2.54, 0],
  in: ['length', 2.54, 0],
};
/** A converted value is rounded by the server, to a tenth at the coarsest. */
const ROUNDED = 0.1;

/** The same quantity, in whatever unit the server keeps it. Without a unit on one side the number decides. */
export function sameQuantity(ours: unknown, theirs: unknown): boolean {
  const [a, b] = [partOf(ours), partOf(theirs)];
  const [x, y] = [Number(a?.value), Number(b?.value)];
  if (a === undefined || b === undefined || Number.isNaN(x) || Number.isNaN(y)) return false;
  const unitOf = (part: Part): string => (textOf(part.code) ?? textOf(part.unit) ?? '').toLowerCase();
  const [from, to] = [unitOf(a), unitOf(b)];
  if (from === to || from === '' || to === '') return x === y;
  const [one, other] = [UNITS[from], UNITS[to]];
  if (one === undefined || other === undefined || one[0] !== other[0]) return false;
  return Math.abs(x * one[1] + one[2] - (y * other[1] + other[2])) <= ROUNDED;
}

/** Letters and digits alone, without accents: `O'Brien` is `OBRIEN`. */
export const plainText = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();

export const sameText = (ours: unknown, theirs: unknown): boolean => {
  const [a, b] = [textOf(ours), textOf(theirs)];
  return a !== undefined && b !== undefined && plainText(a) === plainText(b);
};

/** The id in a Reference element. */
export const referenceId = (element: unknown, type: string, baseUrl?: string): string | undefined =>
  referencedId(partOf(element)?.reference, type, baseUrl);

/** An identifier with system and value that both have; blanks around a value do not count. */
export function sharedIdentifier(ours: FhirResource, theirs: FhirResource): boolean {
  const known = new Set(identifierKeys(theirs));
  return identifierKeys(ours).some((key) => known.has(key));
}

export const identifierKeys = (resource: FhirResource): readonly string[] =>
  objectsIn(resource.identifier).flatMap(({ system, value }) => {
    const [a, b] = [textOf(system), textOf(value)];
    return a === undefined || b === undefined ? [] : [`${a}|${b}`];
  });

/**
 * The paths at which what is there is not what we would write; empty: an update would change nothing. Elements that the server
 * adds do not count, and a list counts as kept when each of our items is in it.
 */
export function differences(ours: unknown, theirs: unknown, timeZone: string, path = ''): readonly string[] {
  if (ours === undefined || ours === null) return [];
  if (Array.isArray(ours)) {
    const list = Array.isArray(theirs) ? theirs : [];
    const kept = ours.every((item) => list.some((other) => differences(item, other, timeZone).length === 0));
    return kept ? [] : [path];
  }
  const [a, b] = [partOf(ours), partOf(theirs)];
  if (a !== undefined) {
    if (b === undefined) return [path];
    if ('value' in a && ('unit' in a || 'code' in a) && sameQuantity(a, b)) return [];
    return Object.entries(a).flatMap(([name, value]) =>
      path === '' && (name === 'id' || name === 'meta' || name === 'text')
        ? []
        : differences(value, b[name], timeZone, path === '' ? name : `${path}.${name}`),
    );
  }
  if (ours === theirs || sameMoment(ours, theirs, timeZone)) return [];
  return [path];
}
