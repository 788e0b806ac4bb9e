/** How a connection of a site record becomes one that works: its context, its door, its pollers. */
import type { Budget, Connection, ConnectionContext, Connector, Inbound } from '../connectors/index.ts';
import { connectorRecord, learningOf, type ObservedSite, type SiteRecord } from '../site/index.ts';
import { type Clock, canonicalJson, Failure } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { siteBudget } from './budget.ts';
import { sharedSource } from './budget-shared.ts';
import { connectionContext } from './context.ts';
import { createFileDoor } from './file-door.ts';
import { createIntake, type Intake } from './intake.ts';
import type { Keyring } from './keys/keyring.ts';
import type { Tallykeeper } from './outcomes.ts';
import type { KeyedHash } from './patient.ts';
import type { Prepared } from './present.ts';
import type { Open } from './view.ts';

export interface OpeningOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly keyring: Keyring;
  readonly registry: ReadonlyMap<string, Connector>;
  readonly tallies: Tallykeeper;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  /** A message has come in by this connection. */
  readonly heard: (site: string, connection: string) => void;
  /** May listen to what becomes of a message. */
  readonly seen: (site: string, connection: string) => (inbound: Inbound) => Inbound;
  readonly changed: (what: 'messages' | 'health') => void;
  readonly observed: () => Readonly<Record<string, ObservedSite>>;
  readonly log: ConnectionContext['log'];
  /** An open connection of a site, by name. */
  readonly open: (site: string, connection: string) => Open | undefined;
}

export interface Opening {
  /** @throws Failure `config`: what the record asks for cannot be opened. */
  openConnection(site: SiteRecord, name: string, project: Prepared): Open;
  /** What a connection that stays open plans with from now on. */
  intakeOf(site: SiteRecord, name: string, project: Prepared): Intake;
}

/** Equal for two records of a site whose connection of this name may stay as it is. */
export function connectionKey(site: SiteRecord, name: string): string {
  const record = site.connections[name];
  return canonicalJson([record && connectorRecord(record), contextOf(site, name)]);
}

/** What a connection is told of its site. */
const contextOf = (site: SiteRecord, name: string) => ({
  timeZone: site.timeZone,
  learnt: Object.keys(site.learn).filter((resource) => site.learn[resource]?.from === name),
  exported: exportedBy(site, name),
  identifiers: {
    mrn: site.identifiers.mrn.system,
    ...(site.identifiers.csn?.system === undefined ? {} : { csn: site.identifiers.csn.system }),
  },
});

export function createOpening(options: OpeningOptions): Opening {
  const { store, clock, keyedHash, keyring, registry, tallies, planned, changed, log } = options;
  const budgets = new Map<string, { readonly perSecond: number; readonly budget: Budget }>();

  /** One bucket per site; another when the site allows more or less than before. */
  function budgetOf({ site, budget: { requestsPerSecond: perSecond } }: SiteRecord): Budget {
    const known = budgets.get(site);
    if (known?.perSecond === perSecond) return known.budget;
    // Only a store that others write to, too, tells of their work.
    const shared = store.onWork === undefined ? undefined : sharedSource({ store, clock, site, perSecond });
    const budget = siteBudget(clock, perSecond, shared);
    budgets.set(site, { perSecond, budget });
    return budget;
  }

  const heardBy =
    (site: string, name: string) =>
    (deliveries: number, woke?: boolean): void => {
      planned(deliveries, woke);
      options.heard(site, name);
    };

  function intakeOf(site: SiteRecord, name: string, { flows }: Prepared): Intake {
    const heard = heardBy(site.site, name);
    return createIntake({ store, clock, site, connection: name, flows, keyedHash, planned: heard });
  }

  function openConnection(site: SiteRecord, name: string, project: Prepared): Open {
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
    const context = connectionContext({
      store,
      clock,
      keyedHash,
      ...at,
      ...contextOf(site, name),
      budget: presentBudget(() => budgetOf(one.site)),
      keyring,
      report: (outcome) => tallies.outcome(site.site, name, outcome),
      observed: () => options.observed()[site.site]?.[name] ?? {},
      found: (findings) => tallies.findings(site.site, name, findings),
      log,
      neighbour: (other) => {
        const { connection } = options.open(site.site, other) ?? {};
        return connection?.call?.bind(connection);
      },
    });
    const { connection, idle } = counted(
      connector.open(connector.parse(connectorRecord(record), at), context),
    );
    const seen = options.seen(site.site, name);
    const one: Open = {
      site,
      name,
      connector: connector.name,
      capabilities: connector.capabilities,
      connection,
      idle,
      intake: intakeOf(site, name, project),
      receiver: {
        receive: (inbound) => void one.intake.receive(seen(inbound)),
        files: createFileDoor({
          store,
          clock,
          keyedHash,
          ...at,
          intake: () => one.intake,
          planned: heardBy(site.site, name),
        }),
        noise: (noise) => {
          tallies.noise(site.site, name, noise);
          changed('messages');
        },
      },
      listening: null,
      failure: null,
      paused: null,
    };
    return one;
  }

  return { openConnection, intakeOf };
}

/** The bucket of now, for a connection that outlives a change of it. */
const presentBudget = (now: () => Budget): Budget => ({
  take: (signal, who) => now().take(signal, who),
  slow: (ms) => now().slow(ms),
  answered: (ms) => now().answered?.(ms),
});

/** The connection, and when none of its calls is under way. */
function counted(connection: Connection): Pick<Open, 'connection' | 'idle'> {
  const { call } = connection;
  if (call === undefined) return { connection, idle: () => Promise.resolve() };
  const under = new Set<Promise<unknown>>();
  const own: Pick<Connection, 'call'> = {
    call(...asked) {
      const answer = call.apply(connection, asked);
      under.add(answer);
      const ended = (): void => void under.delete(answer);
      answer.then(ended, ended);
      return answer;
    },
  };
  return {
    connection: Object.assign(Object.create(connection) as Connection, own),
    async idle() {
      while (under.size > 0) await Promise.allSettled(under);
    },
  };
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
