/** How a connection of a site record becomes one that works: its context, its door, its pollers. */
import type { ConnectionContext, Connector } from '../connectors/index.ts';
import { connectorRecord, learningOf, type SiteRecord } from '../site/index.ts';
import { type Clock, Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { siteBudget } from './budget.ts';
import { sharedSource } from './budget-shared.ts';
import { connectionContext } from './context.ts';
import type { RunningFlow } from './control.ts';
import { createIntake } from './intake.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Tallykeeper } from './outcomes.ts';
import type { KeyedHash } from './patient.ts';
import type { Open } from './view.ts';

export interface OpeningOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly keyring: Keyring;
  readonly registry: ReadonlyMap<string, Connector>;
  readonly sites: readonly SiteRecord[];
  readonly flows: readonly RunningFlow[];
  readonly tallies: Tallykeeper;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  /** A message has come in by this connection. */
  readonly heard: (site: string, connection: string) => void;
  readonly changed: (what: 'messages' | 'health') => void;
  readonly log: ConnectionContext['log'];
  /** An open connection of a site, by name. */
  readonly open: (site: string, connection: string) => Open | undefined;
}

export interface Opening {
  /** @throws Failure `config`: what the record asks for cannot be opened. */
  openConnection(site: SiteRecord, name: string): Open;
}

export function createOpening(options: OpeningOptions): Opening {
  const { store, clock, keyedHash, keyring, registry, flows, tallies, planned, changed, log } = options;
  const budgets = new Map(
    options.sites.map(({ site, budget: { requestsPerSecond: perSecond } }) => {
      // Only a store that others write to, too, tells of their work.
      const shared = store.onWork === undefined ? undefined : sharedSource({ store, clock, site, perSecond });
      return [site, siteBudget(clock, perSecond, shared)];
    }),
  );

  function openConnection(site: SiteRecord, name: string): Open {
    const record = site.connections[name] as SiteRecord['connections'][string];
    const at = { site: site.site, connection: name };
    const connector = registry.get(record.connector);
    if (connector === undefined) {
      throw new Failure({
        code: 'CONNECTOR_UNKNOWN',
        kind: 'config',
        message: `There is no connector "${record.connector}".`,
        fix: `Use one of: ${[...registry.keys()].join(', ')}.`,
        at,
      });
    }
    const heard = (deliveries: number, woke?: boolean): void => {
      planned(deliveries, woke);
      options.heard(site.site, name);
    };
    const intake = createIntake({ store, clock, site, connection: name, flows, keyedHash, planned: heard });
    const context = connectionContext({
      store,
      clock,
      keyedHash,
      ...at,
      timeZone: site.timeZone,
      budget: budgets.get(site.site) as ReturnType<typeof siteBudget>,
      keyring,
      learnt: Object.keys(site.learn).filter((resource) => site.learn[resource]?.from === name),
      exported: exportedBy(site, name),
      identifiers: {
        mrn: site.identifiers.mrn.system,
        ...(site.identifiers.csn?.system === undefined ? {} : { csn: site.identifiers.csn.system }),
      },
      report: (outcome) => tallies.outcome(site.site, name, outcome),
      found: (findings) => tallies.findings(site.site, name, findings),
      log,
      neighbour: (other) => {
        const { connection } = options.open(site.site, other) ?? {};
        return connection?.call?.bind(connection);
      },
    });
    return {
      site,
      name,
      connector: connector.name,
      capabilities: connector.capabilities,
      connection: connector.open(connector.parse(connectorRecord(record), at), context),
      intake,
      receiver: {
        receive: (inbound) => void intake.receive(inbound),
        noise: (noise) => {
          tallies.noise(site.site, name, noise);
          changed('messages');
        },
      },
      listening: null,
      failure: null,
      paused: null,
    };
  }

  return { openConnection };
}

/** By Group, the resources that this connection learns from its exports. */
function exportedBy(site: SiteRecord, connection: string): ConnectionContext['exported'] {
  const groups: Record<string, string[]> = {};
  for (const { resource, method, from, group } of learningOf(site)) {
    if (method !== 'bulk' || from !== connection || group === undefined) continue;
    groups[group] = [...(groups[group] ?? []), resource];
  }
  return groups;
}
