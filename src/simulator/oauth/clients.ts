import type { Behaviour } from '../profile/index.ts';

/** An application as the hospital has it on record. */
export interface ClientOptions {
  readonly clientId: string;
  /** Where the client publishes its public keys. Epic demands TLS; a simulator on one machine takes http too. */
  readonly jwksUrl: string;
  /**
   * Whether the site has mapped the client to a background user (when absent, the switch `backgroundUserMapped` says). Until a site has,
   * Epic answers a good assertion with 400 unauthorized_client.
   */
  readonly backgroundUser?: boolean;
  /**
   * The APIs on the client's record, in any spelling Epic has used: `system/Patient.rs`, `system/Patient.read`,
   * `Patient.Read`. Everything the simulator serves when absent. What the client asks for in `scope` changes nothing.
   */
  readonly scopes?: readonly string[];
}

export type Interaction = 'read' | 'search';

/** How the token response spells the granted scopes: all four have been seen at real sites. */
export type ScopeSpelling = Behaviour['scopeSpelling'];

/** The client records of the hospital. */
export class Clients {
  readonly #records = new Map<string, ClientOptions>();

  put(client: ClientOptions): void {
    this.#records.set(client.clientId, client);
  }
  get(clientId: string): ClientOptions | undefined {
    return this.#records.get(clientId);
  }
  list(): ClientOptions[] {
    return [...this.#records.values()];
  }
}

const capitalized: Readonly<Record<string, readonly Interaction[]>> = { Read: ['read'], Search: ['search'] };
// In SMART v1 `read` covers searching too; in the API names (`Patient.Read`) it does not.
const lowercase: Readonly<Record<string, readonly Interaction[]>> = {
  read: ['read', 'search'],
  search: ['search'],
  '*': ['read', 'search'],
};

function interactionsOf(scope: string): { type: string; interactions: readonly Interaction[] } | undefined {
  const match = /^(?:(?:system|user|patient)\/)?([A-Za-z]+|\*)\.([A-Za-z]+|\*)(?:\?.*)?$/.exec(scope);
  const [, type, access] = match ?? [];
  if (!type || !access) return undefined;
  const named = capitalized[access] ?? lowercase[access];
  if (named) return { type, interactions: named };
  if (!/^c?r?u?d?s?$/.test(access)) return undefined;
  const letters: Interaction[] = [];
  if (access.includes('r')) letters.push('read');
  if (access.includes('s')) letters.push('search');
  return { type, interactions: letters };
}

/** Whether the client's record holds the API that this call belongs to. */
export function isAllowed(client: ClientOptions, type: string, interaction: Interaction): boolean {
  if (!client.scopes) return true;
  return client.scopes.some((scope) => {
    const granted = interactionsOf(scope);
    return (
      granted !== undefined &&
      (granted.type === type || granted.type === '*') &&
      granted.interactions.includes(interaction)
    );
  });
}

/** The `scope` of the token response: every API on the client's record, whatever was asked. */
export function grantedScope(
  client: ClientOptions,
  served: readonly (readonly [type: string, interaction: Interaction])[],
  spelling: ScopeSpelling,
): string {
  const spelled = served
    .filter(([type, interaction]) => isAllowed(client, type, interaction))
    .map(([type, interaction]) => {
      if (spelling === 'v2') return `system/${type}.${interaction === 'read' ? 'r' : 's'}`;
      if (spelling === 'v1') return `system/${type}.read`;
      if (spelling === 'user') return `user/${type}.${interaction === 'read' ? 'Read' : 'Search'}`;
      return `${type}.${interaction === 'read' ? 'Read' : 'Search'}`;
    });
  return [...new Set(spelled)].join(' ');
}
