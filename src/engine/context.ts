/** What a connection is given, implemented on the store. */
import type { Budget, ConnectionContext, Secrets } from '../connectors/index.ts';
import { type Clock, Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { identityKey } from './intake.ts';
import type { Keyring } from './keys/keyring.ts';
import { createLedger } from './ledger.ts';
import { survivorsOf, survivorsPage } from './merge.ts';
import { type KeyedHash, patientKey } from './patient.ts';

export interface ContextOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly site: string;
  readonly connection: string;
  readonly timeZone: string;
  readonly budget: Budget;
  readonly identifiers: ConnectionContext['identifiers'];
  readonly learnt: readonly string[];
  readonly exported: ConnectionContext['exported'];
  readonly keyring: Keyring;
  readonly report: ConnectionContext['report'];
  readonly observed: ConnectionContext['observed'];
  readonly found: ConnectionContext['found'];
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
    signingKey: (name, algorithm) => options.keyring.get({ site, connection, name }, algorithm),
  };
  return {
    site,
    connection,
    identifiers: options.identifiers,
    learnt: options.learnt,
    exported: options.exported,
    clock,
    timeZone: options.timeZone,
    secrets,
    shared(name) {
      const slot = `connection ${site} ${connection} ${name}`;
      return {
        read: () => store.slot(slot),
        swap: (expect, value) => store.swapSlot({ name: slot, expect, value }),
      };
    },
    budget: options.budget,
    ledger: createLedger({ store, clock, keyedHash, site, connection }),
    neighbour: options.neighbour,
    roster: {
      page: (after, limit, activity) => survivorsPage(store, site, after, limit, activity),
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
    observed: options.observed,
    found: options.found,
    log: options.log,
  };
}

/** `care-app` → `SUTURE_SECRET_CARE_APP`: where a secret comes from when it is not yet kept. */
export function secretVariable(name: string): string {
  return `SUTURE_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}`;
}
