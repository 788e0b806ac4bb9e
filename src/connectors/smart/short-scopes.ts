/** Many scopes as a person reads them. */

const LETTERS = 'cruds';

/**
 * Scopes as a person reads them, one word a resource: `user/Patient.r user/Patient.s` is `Patient.rs`. A scope that is narrowed by
 * a query is told as such, since the queries alone fill a screen.
 */
export function shortScopes(scopes: readonly string[]): string {
  const found = new Map<string, { letters: string; narrowed: boolean }>();
  const others: string[] = [];
  for (const scope of scopes) {
    const [, type, letters, query] = /^\w+\/([A-Z]\w+|\*)\.([cruds]+)(\?.*)?$/.exec(scope) ?? [];
    if (type === undefined || letters === undefined) {
      others.push(scope);
      continue;
    }
    const one = found.get(type) ?? { letters: '', narrowed: false };
    found.set(type, { letters: one.letters + letters, narrowed: one.narrowed || query !== undefined });
  }
  const types = [...found].map(
    ([type, { letters, narrowed }]) =>
      `${type}.${[...LETTERS].filter((each) => letters.includes(each)).join('')}${narrowed ? ' (some of them)' : ''}`,
  );
  return [...others, ...types].join(', ');
}
