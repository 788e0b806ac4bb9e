/** What a step came to, in a word, of what is remembered of it: nothing of anybody's content. */

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
  const way = typeof route === 'string' ? ROUTES[route] : undefined;
  return `${outcome}${way === undefined ? '' : ` by ${way}`}`;
}
