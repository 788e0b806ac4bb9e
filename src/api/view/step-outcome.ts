/** What a step came to, in a word, of what is remembered of it: nothing of anybody's content. */

import type { WriteView } from '../types.ts';

const OUTCOMES: ReadonlySet<unknown> = new Set([
  'created',
  'found',
  'updated',
  'unchanged',
  'differs',
  'sent',
]);

/** As people call the ways that a record can go to a site. */
const ROUTES: Readonly<Record<string, string>> = {
  fhir: 'FHIR',
  book: '$find + $book',
  siu: 'SIU^S12',
  adt: 'ADT^A04',
  oru: 'ORU^R01',
  mdm: 'MDM^T02',
  'web service': 'web service',
};

/**
 * @example
 * stepOutcome({ id: 'e1', reference: 'Appointment/e1', outcome: 'created', route: 'book' }) // 'created by $find + $book'
 * stepOutcome({ matches: [{ resourceType: 'Patient', ... }] }) // '1 match'
 */
export function stepOutcome(output: unknown): string | null {
  if (typeof output !== 'object' || output === null) return null;
  const { matches, outcome, route, reference } = output as Readonly<Record<string, unknown>>;
  if (Array.isArray(matches)) return `${matches.length} ${matches.length === 1 ? 'match' : 'matches'}`;
  // Any application may answer with a field of this name: what a write says has the others, too.
  if (reference === undefined || !OUTCOMES.has(outcome)) return null;
  const way = wayOf(route);
  return `${outcome}${way === null ? '' : ` by ${way}`}`;
}

/** A write's way and outcome, of what its ledger has sealed; words of ours alone. */
export function writeOutcome(body: unknown, result: unknown): Pick<WriteView, 'way' | 'outcome'> {
  const [asked, given] = [body, result].map((one) => (one ?? {}) as Readonly<Record<string, unknown>>);
  return {
    way: wayOf(given?.route) ?? wayOf(asked?.route),
    outcome: OUTCOMES.has(given?.outcome) ? (given?.outcome as string) : null,
  };
}

const wayOf = (route: unknown): string | null =>
  typeof route === 'string' && Object.hasOwn(ROUTES, route) ? (ROUTES[route] as string) : null;
