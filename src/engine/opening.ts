/** How a connection of a site record becomes one that works: its context, its door, its pollers. */
import type { ConnectionContext, Connector, Method } from '../connectors/index.ts';
import { connectorRecord, type SiteRecord } from '../site/index.ts';
import { type Clock, Failure, type Random } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { siteBudget } from './budget.ts';
import { connectionContext, type createKeyring } from './context.ts';
import type { RunningFlow } from './control.ts';
import { createIntake, identityKey } from './intake.ts';
import type { Tallykeeper } from './outcomes.ts';
import type { KeyedHash } from './patient.ts';
import { type Poll, startPoll } from './poll.ts';
import type { Open } from './view.ts';

export interface OpeningOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyedHash: KeyedHash;
  readonly keyring: ReturnType<typeof createKeyring>;
  readonly registry: ReadonlyMap<string, Connector>;
  readonly sites: readonly SiteRecord[];
  readonly flows: readonly RunningFlow[];
  readonly tallies: Tallykeeper;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly changed: (what: 'messages' | 'health') => void;
  readonly log: ConnectionContext['log'];
  /** An open connection of a site, by name. */
  readonly open: (site: string, connection: string) => Open | undefined;
}

export interface Opening {
  /** @throws Failure `config`: what the record asks for cannot be opened. */
  openConnection(site: SiteRecord, name: string): Open;
  poll(
    one: Open,
    learns: { readonly resource: string; readonly method: Method; readonly every: number },
  ): Poll;
}

export function createOpening(options: OpeningOptions): Opening {
  const { store, clock, random, keyedHash, keyring, registry, flows, tallies, planned, changed, log } =
    options;
  const budgets = new Map(
    options.sites.map((site) => [site.site, siteBudget(clock, site.budget.requestsPerSecond)]),
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
    const intake = createIntake({ store, clock, site, connection: name, flows, keyedHash, planned });
    const context = connectionContext({
      store,
      clock,
      keyedHash,
      ...at,
      budget: budgets.get(site.site) as ReturnType<typeof siteBudget>,
      keyring,
      report: (outcome) => tallies.outcome(site.site, name, outcome),
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
      polls: [],
      failure: null,
      paused: null,
    };
  }

  function poll(
    one: Open,
    learns: { readonly resource: string; readonly method: Method; readonly every: number },
  ): Poll {
    return startPoll({
      store,
      clock,
      random,
      site: one.site.site,
      connectionName: one.name,
      connection: one.connection,
      resource: learns.resource,
      every: learns.every,
      intake: one.intake,
      identityKey: (identity) => identityKey(keyedHash, one.site.site, learns.resource, identity),
      planned,
      found: (findings) => {
        for (const { code, text, count } of findings) {
          log('warn', text, { site: one.site.site, connection: one.name, code, count });
        }
      },
      state: (failure) => {
        if (failure && failure.code !== one.failure?.code) {
          log('error', failure.message, { ...failure.at, code: failure.code, fix: failure.fix });
        }
        if (failure?.code !== one.failure?.code) changed('health');
        one.failure = failure;
      },
    });
  }

  return { openConnection, poll };
}
