/** What a connection is given, implemented on the store. */
import type { Budget, ConnectionContext, Secrets } from '../connectors/index.ts';
import { makeSigningKey } from '../fhir/index.ts';
import { type Clock, Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { identityKey } from './intake.ts';
import { createLedger } from './ledger.ts';
import { survivorsOf, survivorsPage } from './merge.ts';
import { type KeyedHash, patientKey } from './patient.ts';

export interface SigningKey {
  readonly kid: string;
  readonly alg: 'RS384' | 'ES384';
  readonly privateJwk: Readonly<Record<string, unknown>>;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** Signing keys of all connections, made once and kept sealed; one promise per key, so that two callers make one. */
export function createKeyring(store: Store): {
  get(site: string, connection: string, name: string): Promise<SigningKey>;
  all(): Promise<readonly SigningKey[]>;
} {
  const held = new Map<string, Promise<SigningKey>>();
  async function load(slot: string): Promise<SigningKey> {
    const kept = await store.getSecret(slot);
    if (kept !== null) return JSON.parse(kept) as SigningKey;
    const made = await makeSigningKey('RS384');
    await store.putSecret(slot, JSON.stringify(made));
    return made;
  }
  return {
    get(site, connection, name) {
      const slot = `signing-key:${site}:${connection}:${name}`;
      let key = held.get(slot);
      if (key === undefined) {
        key = load(slot);
        held.set(slot, key);
        key.catch(() => held.delete(slot));
      }
      return key;
    },
    all: () => Promise.all(held.values()),
  };
}

export interface ContextOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly site: string;
  readonly connection: string;
  readonly budget: Budget;
  readonly keyring: ReturnType<typeof createKeyring>;
  readonly report: ConnectionContext['report'];
  readonly log: ConnectionContext['log'];
  readonly neighbour: ConnectionContext['neighbour'];
}

export function connectionContext(options: ContextOptions): ConnectionContext {
  const { store, clock, keyedHash, site, connection } = options;
  const secrets: Secrets = {
    async get(name) {
      const value = await store.getSecret(`secret:${name}`);
      if (value !== null) return value;
      throw new Failure({
        code: 'SECRET_MISSING',
        kind: 'config',
        message: `The secret "${name}" is not set.`,
        fix: `Set the environment variable ${secretVariable(name)} (or ${secretVariable(name)}_FILE) and start again.`,
        at: { site, connection },
      });
    },
    signingKey: (name) => options.keyring.get(site, connection, name),
  };
  return {
    site,
    connection,
    clock,
    secrets,
    budget: options.budget,
    ledger: createLedger({ store, clock, keyedHash, site, connection }),
    neighbour: options.neighbour,
    roster: {
      page: (after, limit) => survivorsPage(store, site, after, limit),
      get: (keys) => survivorsOf(store, site, keys),
    },
    seen: {
      async get(resource, identities) {
        const byKey = new Map(
          identities.map((identity) => [identityKey(keyedHash, site, resource, identity), identity]),
        );
        const hashes = await store.seen(site, resource, [...byKey.keys()]);
        return new Map([...hashes].map(([key, value]) => [byKey.get(key) ?? key, value]));
      },
    },
    patientKey: (system, value) => patientKey(keyedHash, site, system, value),
    report: options.report,
    log: options.log,
  };
}

/** `care-app` → `SUTURE_SECRET_CARE_APP`: where a secret comes from when it is not yet kept. */
export function secretVariable(name: string): string {
  return `SUTURE_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
}
