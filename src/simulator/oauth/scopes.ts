import type { Behaviour } from '../profile/index.ts';

export type Interaction = 'read' | 'search' | 'create' | 'update';

/** One of the hospital's APIs: what may be done with a type, or with one category of it. */
export interface Api {
  readonly type: string;
  readonly interaction: Interaction;
  readonly category?: string;
}

/** How the token response spells the granted scopes: all four have been seen. */
export type ScopeSpelling = Behaviour['scopeSpelling'];

/** Whose eyes a token looks through: v2 and v1 scopes begin with it. */
export type Perspective = 'system' | 'user' | 'patient';

interface Permission {
  readonly type: string;
  readonly interactions: readonly Interaction[];
  readonly category?: string;
}

const capitalized: Readonly<Record<string, readonly Interaction[]>> = {
  Read: ['read'],
  Search: ['search'],
  Create: ['create'],
  Update: ['update'],
  Write: ['create', 'update'],
};
// In SMART v1 `read` covers searching too; in the API names (`Patient.Read`) it does not.
const lowercase: Readonly<Record<string, readonly Interaction[]>> = {
  read: ['read', 'search'],
  search: ['search'],
  write: ['create', 'update'],
  create: ['create'],
  update: ['update'],
  '*': ['read', 'search', 'create', 'update'],
};
const letters = { c: 'create', r: 'read', u: 'update', s: 'search' } as const;

/** Reads a scope or an API name: `system/Observation.rs?category=...|vital-signs`, `Observation.Create (vital-signs)`. */
function permissionOf(scope: string): Permission | undefined {
  const form =
    /^(?:(?:system|user|patient)\/)?([A-Za-z]+|\*)\.([A-Za-z]+|\*)(?:\?category=(?:[^|\s]*\|)?(\S+)| \(([\w-]+)\))?$/;
  const [, type, access, inQuery, inBrackets] = form.exec(scope) ?? [];
  if (!type || !access) return undefined;
  const category = inQuery ?? inBrackets;
  const of = (interactions: readonly Interaction[]): Permission => ({
    type,
    interactions,
    ...(category === undefined ? {} : { category }),
  });
  const named = capitalized[access] ?? lowercase[access];
  if (named) return of(named);
  if (!/^c?r?u?d?s?$/.test(access)) return undefined;
  return of([...access].flatMap((letter) => letters[letter as keyof typeof letters] ?? []));
}

/** Whether a scope or API name can be read at all. */
export function isScope(scope: string): boolean {
  return permissionOf(scope) !== undefined;
}

/**
 * Whether a client's record holds the API that a call belongs to. A record without scopes holds every API.
 * A call without a category is allowed when any category of the type is.
 */
export function isAllowed(
  client: { readonly scopes?: readonly string[] | undefined },
  type: string,
  interaction: Interaction,
  category?: string,
): boolean {
  if (!client.scopes) return true;
  return client.scopes.some((scope) => {
    const granted = permissionOf(scope);
    return (
      granted !== undefined &&
      (granted.type === type || granted.type === '*') &&
      granted.interactions.includes(interaction) &&
      (granted.category === undefined || category === undefined || granted.category === category)
    );
  });
}

const categorySystems: Readonly<Record<string, string>> = {
  Observation: 'http://terminology.hl7.org/CodeSystem/observation-category',
  Condition: 'http://terminology.hl7.org/CodeSystem/condition-category',
};

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The `scope` of the token response: every API on the client's record, whatever was asked. */
export function grantedScope(
  client: { readonly scopes?: readonly string[] | undefined },
  served: readonly Api[],
  perspective: Perspective,
  { scopeSpelling, scopeCategories }: Pick<Behaviour, 'scopeSpelling' | 'scopeCategories'>,
): string {
  const spelled = served
    .filter(({ type, interaction, category }) => isAllowed(client, type, interaction, category))
    .map(({ type, interaction, category }) => {
      if (scopeSpelling === 'epic') return `${type}.${interaction}`;
      if (scopeSpelling === 'user') return `user/${type}.${capital(interaction)}`;
      if (scopeSpelling === 'v1') {
        const access = interaction === 'read' || interaction === 'search' ? 'read' : 'write';
        return `${perspective}/${type}.${access}`;
      }
      const system = categorySystems[type];
      const suffix = scopeCategories && category && system ? `?category=${system}|${category}` : '';
      return `${perspective}/${type}.${interaction.charAt(0)}${suffix}`;
    });
  return [...new Set(spelled)].join(' ');
}

/** An API as the registration page names it: `Observation.Create (vital-signs)`. */
export function apiName({ type, interaction, category }: Api): string {
  return `${type}.${capital(interaction)}${category === undefined ? '' : ` (${category})`}`;
}
