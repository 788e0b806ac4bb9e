import type { FastifyInstance } from 'fastify';
import { Paging } from './bundle.ts';
import {
  type AnyDeclaration,
  type Caller,
  type Interaction,
  type Site,
  type Version,
  versions,
} from './declaration.ts';
import { Edition } from './edition.ts';
import { DocumentQuota } from './quota.ts';
import { declarationsOf, operationsOf, type PatientGroup, type PatientGroups } from './resources/index.ts';
import { fhirServer } from './server.ts';

/** One of the hospital's APIs, as scopes name them. */
export interface Api {
  readonly type: string;
  readonly interaction: Interaction;
  readonly category?: string;
}

export interface FhirParts {
  /** The time by which paging sessions expire. */
  readonly wallNow: () => number;
  readonly groups?: PatientGroups<PatientGroup>;
  /** Who a bearer token speaks for; undefined for a token that is none. */
  caller(token: string): Caller | undefined;
  addresses(): { readonly fhirBase: string; readonly authorizeUrl: string; readonly tokenUrl: string };
  /** The answers of `.well-known/smart-configuration` and `openid-configuration`. */
  discovery(): unknown;
}

// Categories that have APIs of their own, and so scopes of their own.
const categories: Readonly<Record<string, readonly string[]>> = {
  Observation: ['vital-signs', 'laboratory', 'social-history'],
  Condition: ['problem-list-item', 'encounter-diagnosis'],
};

/** The hospital's FHIR servers: R4, STU3 and DSTU2 over one truth. */
export class Fhir {
  readonly site: Site;
  readonly declarations: readonly AnyDeclaration[];
  readonly paging: Paging;
  readonly #parts: FhirParts;
  readonly #editions: readonly Edition[];

  constructor(site: Site, parts: FhirParts) {
    this.site = site;
    this.#parts = parts;
    this.declarations = declarationsOf(site, parts.groups);
    this.paging = new Paging(site.behaviour, parts.wallNow);
    this.#editions = versions.map((version) => new Edition(version, site, this.declarations));
  }

  edition(version: Version): Edition {
    return this.#editions.find((each) => each.version === version) as Edition;
  }

  /** Every API, once: what a client record may hold and a token response lists. */
  apis(): readonly Api[] {
    const all = this.declarations.flatMap((declaration) => apisOf(declaration));
    const scheduling = this.site.behaviour.scheduling
      ? [{ type: 'Appointment', interaction: 'create' as const }]
      : [];
    return [...all, ...scheduling];
  }

  /** The endpoints below `/epic/api/FHIR`. */
  async routes(app: FastifyInstance): Promise<void> {
    const quota = new DocumentQuota(this.site);
    const operations = operationsOf(this.site);
    const { caller, addresses, discovery } = this.#parts;
    // The statement says `cors: true`: pages of other origins may ask.
    app.addHook('onRequest', async (request, reply) => {
      reply.header('access-control-allow-origin', '*');
      reply.header('access-control-expose-headers', 'Location, WWW-Authenticate');
      if (request.method !== 'OPTIONS') return;
      reply.header('access-control-allow-methods', 'GET, POST, PUT');
      reply.header(
        'access-control-allow-headers',
        'Authorization, Accept, Content-Type, Prefer, Epic-Client-ID',
      );
      return reply.code(204).send();
    });
    app.options('/*', (_request, reply) => reply.code(204).send());
    for (const edition of this.#editions) {
      const base = () => addresses().fhirBase.replace(/R4$/, edition.version);
      const parts = {
        edition,
        quota,
        operations,
        paging: this.paging,
        caller,
        discovery,
        addresses: () => ({ ...addresses(), fhirBase: base() }),
      };
      await app.register(async (scope) => fhirServer(scope, parts), { prefix: `/${edition.version}` });
    }
  }
}

function apisOf({ type, interactions, creates, updates }: AnyDeclaration): readonly Api[] {
  const offered = new Set(versions.flatMap((version) => interactions[version] ?? []));
  return [...offered].flatMap((interaction): readonly Api[] => {
    const writes = interaction === 'create' ? creates : interaction === 'update' ? updates : undefined;
    const named = writes ? writes.map(({ category }) => category) : (categories[type] ?? [undefined]);
    return named.map((category) => ({ type, interaction, ...(category === undefined ? {} : { category }) }));
  });
}
