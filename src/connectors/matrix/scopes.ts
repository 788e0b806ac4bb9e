/** Reads granted scopes, however a server spells them. Epic alone has four spellings. */

/** FHIR's create, read, update, delete, search. */
export type ScopeAction = 'c' | 'r' | 'u' | 'd' | 's';

export interface GrantedScope {
  /** `*` for all types. */
  readonly type: string;
  readonly actions: ReadonlySet<ScopeAction>;
  /** What it is limited to: `category=vital-signs`. */
  readonly only: string | null;
}

const SCOPE = /^(?:(?:system|user|patient)\/)?(\*|[A-Z][A-Za-z]+)\.([A-Za-z*]+)(?:\?(.+))?$/;

/**
 * SMART v2 (`system/Observation.rs?category=…`), v1 (`system/Observation.read`, `user/*.*`), Epic's older
 * `Patient.search`, and `user/Binary.Read`. `null` for what is no resource scope (`openid`, `launch`).
 * @example
 * [...(parseScope('system/Patient.read')?.actions ?? [])] // ['r', 's']
 */
export function parseScope(text: string): GrantedScope | null {
  const match = SCOPE.exec(text.trim());
  if (match === null) return null;
  const [, type = '', verb = '', query] = match;
  const actions = actionsOf(verb, text.includes('/'));
  return actions === null
    ? null
    : { type, actions: new Set(actions), only: query === undefined ? null : shortQuery(query) };
}

function actionsOf(verb: string, prefixed: boolean): readonly ScopeAction[] | null {
  switch (verb.toLowerCase()) {
    case '*':
      return ['c', 'r', 'u', 'd', 's'];
    // With a context v1's read includes searching; Epic's bare spelling has a word for each.
    case 'read':
      return prefixed ? ['r', 's'] : ['r'];
    case 'search':
      return ['s'];
    case 'write':
      return ['c', 'u', 'd'];
    case 'create':
      return ['c'];
    case 'update':
      return ['u'];
    case 'delete':
      return ['d'];
  }
  return /^c?r?u?d?s?$/.test(verb) ? ([...verb] as ScopeAction[]) : null;
}

/** `category=http://…/observation-category|vital-signs` to `category=vital-signs`. */
function shortQuery(query: string): string {
  return query
    .split('&')
    .map((part) => {
      const [name = '', value = ''] = part.split('=');
      const code = decodeURIComponent(value.replaceAll('%', '%25').replaceAll('%257C', '|'))
        .split('|')
        .at(-1);
      return `${name}=${code}`;
    })
    .join('&');
}

/** Whether scopes allow an action: wholly, for some content only, or not. */
export function allowance(
  scopes: readonly string[],
  type: string,
  action: ScopeAction,
): { readonly allowed: 'yes' | 'in part' | 'no'; readonly only: readonly string[] } {
  const fitting = scopes
    .map(parseScope)
    .filter((scope) => scope !== null)
    .filter((scope) => (scope.type === type || scope.type === '*') && scope.actions.has(action));
  if (fitting.length === 0) return { allowed: 'no', only: [] };
  if (fitting.some((scope) => scope.only === null)) return { allowed: 'yes', only: [] };
  return { allowed: 'in part', only: [...new Set(fitting.map((scope) => scope.only ?? ''))].sort() };
}
