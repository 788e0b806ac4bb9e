import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import { Assertions } from './assertion.ts';
import { Authorizations } from './authorization.ts';
import { authorizeEndpoint } from './authorize-endpoint.ts';
import { Clients } from './clients.ts';
import { type Addresses, discovery } from './discovery.ts';
import { KeySets } from './key-sets.ts';
import { Launches } from './launches.ts';
import { registrationEndpoint } from './registration-endpoint.ts';
import { type Api, grantedScope, type Interaction, isAllowed } from './scopes.ts';
import { SigningKeys } from './signing-keys.ts';
import { tokenEndpoint } from './token-endpoint.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

/** Who calls, and what the client's record and the token let them do. */
export interface Caller {
  readonly clientId: string;
  /** `category` is one value of the resource's category, where an API is for one category alone. */
  allows(type: string, interaction: Interaction, category?: string): boolean;
  /** The patient's FHIR id when the token speaks for a patient, who sees that chart and no other. */
  readonly patient?: string | undefined;
}

export interface OAuthOptions {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  /** The authorization server's idea of the time. */
  readonly now: () => number;
  readonly stopped: AbortSignal;
  /** Every API that the hospital's FHIR servers have. */
  readonly served: () => readonly Api[];
  /** Addresses are known once the server listens. */
  readonly addresses: () => Addresses;
  /** The FHIR bases that `aud` of an authorize request may be. */
  readonly fhirBases: () => readonly string[];
  readonly notFound: (reply: FastifyReply) => FastifyReply;
}

/** The hospital's authorization server: client records, users, tokens, and the endpoints in front of them. */
export class OAuth {
  readonly clients: Clients;
  readonly tokens: Tokens;
  readonly users: Users;
  readonly launches: Launches;
  readonly keySets: KeySets;
  readonly assertions: Assertions;
  readonly oidcKeys = new SigningKeys('RS256');
  readonly #options: OAuthOptions;

  constructor(options: OAuthOptions) {
    const { hospital, behaviour, now, stopped } = options;
    this.#options = options;
    this.clients = new Clients(behaviour, now);
    this.tokens = new Tokens(behaviour, now);
    this.users = new Users(hospital);
    this.launches = new Launches(hospital, this.users, behaviour, now);
    this.keySets = new KeySets(behaviour, now, stopped);
    this.assertions = new Assertions(this.clients, this.keySets, behaviour, now);
  }

  /** What a bearer token lets its holder do; undefined when it is not in force, or its client is gone. */
  caller(token: string): Caller | undefined {
    const grant = this.tokens.grantOf(token);
    const client = grant && this.clients.get(grant.clientId);
    if (!client) return undefined;
    const forPatient = grant.user !== undefined && grant.user.kind !== 'clinician';
    return {
      clientId: client.clientId,
      allows: (type, interaction, category) => isAllowed(client, type, interaction, category),
      ...(forPatient && grant.patientId !== undefined ? { patient: grant.patientId } : {}),
    };
  }

  /** What a client's record holds, in Epic's names of APIs. */
  scopeOf(clientId: string): string {
    const client = this.clients.get(clientId);
    const spelling = { scopeSpelling: 'epic', scopeCategories: false } as const;
    return client ? grantedScope(client, this.#options.served(), 'system', spelling) : '';
  }

  /** Every API there is. */
  served(): readonly Api[] {
    return this.#options.served();
  }

  addresses(): Addresses {
    return this.#options.addresses();
  }

  discovery(): Record<string, unknown> {
    return discovery(this.#options.addresses(), this.#options.behaviour);
  }

  /** The endpoints below `/epic/oauth2`. */
  async routes(app: FastifyInstance): Promise<void> {
    const { behaviour, now, addresses } = this.#options;
    const parts = {
      ...this.#options,
      clients: this.clients,
      tokens: this.tokens,
      users: this.users,
      launches: this.launches,
      oidcKeys: this.oidcKeys,
      assertions: this.assertions,
      authorizations: new Authorizations(this.clients, behaviour, now),
    };
    app.get('/.well-known/openid-configuration', (_request, reply) => reply.send(this.discovery()));
    await app.register(async (scope) =>
      tokenEndpoint(scope, {
        ...parts,
        audiences: () => [...(behaviour.ownAudience ? [addresses().tokenUrl] : []), ...behaviour.audiences],
      }),
    );
    await app.register(async (scope) => registrationEndpoint(scope, parts));
    await app.register(async (scope) =>
      authorizeEndpoint(scope, { ...parts, audiences: this.#options.fhirBases }),
    );
  }
}
