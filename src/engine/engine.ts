/** Puts the parts together: connections, intake, pollers, dispatch; implements what others may ask of it. */
import {
  connectors as allConnectors,
  type ConnectionContext,
  type Connector,
  type Method,
} from '../connectors/index.ts';
import { type Flow, flowVersion, type PreparedFlow, prepare } from '../flow/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type Random, systemRandom } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { createBackpressure } from './backpressure.ts';
import { siteBudget } from './budget.ts';
import { connectionContext, createKeyring } from './context.ts';
import type { Change, EngineControl, Readiness, RunningFlow } from './control.ts';
import { deliver } from './deliver.ts';
import { createDispatch } from './dispatch.ts';
import { createIntake, identityKey } from './intake.ts';
import { createTallykeeper } from './outcomes.ts';
import { type KeyedHash, patientKey } from './patient.ts';
import { type Poll, startPoll } from './poll.ts';
import { connectionState, fhirViewOf, type Open, traceOf } from './view.ts';

export interface EngineOptions {
  readonly store: Store;
  readonly sites: readonly SiteRecord[];
  readonly flows: readonly Flow[];
  readonly clock: Clock;
  readonly keyedHash: KeyedHash;
  readonly log: ConnectionContext['log'];
  readonly random?: Random;
  readonly connectors?: ReadonlyMap<string, Connector>;
  /** Deliveries in hand at once. */
  readonly workers?: number;
  /** Unfinished deliveries of one connection above which its senders are no longer read. */
  readonly backlogLimit?: number;
}

export interface Engine extends EngineControl {
  /** Opens every connection; rejects with the first `config` Failure, and then has opened none. */
  start(): Promise<void>;
  /** Listens no more, finishes what is in hand, writes what is counted. The store stays open. */
  stop(): Promise<void>;
}

const WORKERS = 64;
const BACKLOG_LIMIT = 100_000;
const TELL_EVERY = 250;
const PROBE_EVERY = 1_000;

export function createEngine(options: EngineOptions): Engine {
  const { store, clock, keyedHash, log } = options;
  const random = options.random ?? systemRandom;
  const registry = options.connectors ?? allConnectors;
  const limit = options.backlogLimit ?? BACKLOG_LIMIT;
  const flows: RunningFlow[] = options.flows.map((flow) => ({ flow, version: flowVersion(flow) }));
  const prepared = new Map<string, { prepared: PreparedFlow; giveUpAfter: number; version: string }>();
  for (const { flow, version } of flows) {
    prepared.set(flow.name, { prepared: prepare(flow), giveUpAfter: flow.giveUpAfter, version });
  }
  const sites = new Map(options.sites.map((site) => [site.site, site]));
  const keyring = createKeyring(store);
  const tallies = createTallykeeper(store, clock);
  const open: Open[] = [];
  const byName = new Map<string, Open>();
  const stopping = new AbortController();
  const listeners = new Set<(change: Change) => void>();
  let pending = { messages: false, deliveries: false, health: false };
  let telling = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  let running = false;
  let probing = false;

  function changed(what: keyof Change): void {
    pending[what] = true;
    if (telling) return;
    telling = true;
    // The first change after a quiet time is told at once, what follows is folded.
    clock.after(Math.max(0, toldAt + TELL_EVERY - clock.elapsed()), () => {
      telling = false;
      toldAt = clock.elapsed();
      const change = pending;
      pending = { messages: false, deliveries: false, health: false };
      for (const listener of listeners) listener(change);
    });
  }

  const dispatch = createDispatch({
    store,
    clock,
    workers: options.workers ?? WORKERS,
    deliver: (leased) =>
      deliver(leased, {
        store,
        clock,
        random,
        flow: (name) => prepared.get(name),
        site: (name) => sites.get(name),
        connection: (site, name) => byName.get(`${site}/${name}`)?.connection,
        signal: stopping.signal,
      }),
    changed: () => changed('deliveries'),
    broken: (error) => {
      const failure = asFailure(error);
      log('error', failure.message, { code: failure.code, fix: failure.fix });
    },
  });

  const backpressure = createBackpressure({
    store,
    clock,
    limit,
    listening: () =>
      open.flatMap(({ site, name, listening }) =>
        listening ? [{ site: site.site, connection: name, listening }] : [],
      ),
    changed: (site, connection, paused) => {
      const one = byName.get(`${site}/${connection}`);
      if (one) one.paused = paused;
      log(
        'warn',
        paused
          ? 'reading from senders is paused: the backlog passed its limit'
          : 'reading from senders again',
        {
          site,
          connection,
          queued: paused?.queued ?? null,
          limit,
        },
      );
      changed('health');
    },
  });

  function planned(deliveries: number): void {
    changed('messages');
    if (deliveries === 0) return;
    backpressure.planned(deliveries);
    dispatch.nudge();
  }

  /** While the store fails nothing else may write; so ask it, gently, whether it can again. */
  function probeWhileFailing(): void {
    if (probing || !running || store.health().state === 'ready') return;
    probing = true;
    clock.after(PROBE_EVERY, () => {
      store
        .probe()
        .catch(() => undefined)
        .finally(() => {
          probing = false;
          probeWhileFailing();
        });
    });
  }

  function openConnection(site: SiteRecord, name: string): Open {
    const record = site.connections[name] as { connector: string };
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
    });
    return {
      site,
      name,
      connector: connector.name,
      connection: connector.open(connector.parse(record, at), context),
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

  const budgets = new Map(
    options.sites.map((site) => [site.site, siteBudget(clock, site.budget.requestsPerSecond)]),
  );

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

  async function closeAll(): Promise<void> {
    await Promise.all(open.flatMap((one) => one.polls.map((running) => running.stop())));
    await Promise.all(open.map((one) => one.listening?.close()));
    await dispatch.stop();
    await Promise.all(open.map((one) => one.connection.close()));
    open.length = 0;
    byName.clear();
  }

  let endHealth: (() => void) | null = null;
  let endWork: (() => void) | undefined;
  const readers = {
    store,
    flow: (name: string) => prepared.get(name),
    site: (name: string) => sites.get(name),
  };

  return {
    store,
    flows,
    startedAt: clock.now(),

    async start() {
      try {
        for (const site of options.sites) {
          for (const name of Object.keys(site.connections)) {
            const one = openConnection(site, name);
            open.push(one);
            byName.set(`${site.site}/${name}`, one);
          }
        }
        running = true;
        endHealth = store.onHealth((health) => {
          changed('health');
          if (health.state === 'failing') {
            log('error', health.failure.message, { code: health.failure.code, fix: health.failure.fix });
            probeWhileFailing();
          } else {
            log('info', 'the store works again', {});
            dispatch.nudge();
          }
        });
        endWork = store.onWork?.(() => dispatch.nudge());
        // What was queued before goes first; then senders are let in.
        dispatch.start();
        for (const one of open) {
          if (one.connection.listen) {
            one.listening = await one.connection.listen(one.receiver).catch((error) => {
              throw asFailure(error, { site: one.site.site, connection: one.name });
            });
          }
        }
        for (const one of open) {
          if (!one.connection.learn) continue;
          one.polls = (one.connection.learns ?? [])
            .filter((learns) => learns.method === 'poll')
            .map((learns) => poll(one, learns));
        }
        tallies.start();
        backpressure.start();
      } catch (error) {
        running = false;
        endHealth?.();
        endWork?.();
        await closeAll();
        throw error;
      }
    },

    async stop() {
      running = false;
      backpressure.stop();
      endHealth?.();
      endWork?.();
      // Calls in hand get a moment to finish; then they are broken off and their deliveries given back.
      const cancel = clock.after(5_000, () => stopping.abort(new Error('the engine is stopping')));
      await closeAll();
      cancel();
      await tallies.stop();
    },

    connections: () => open.map((one) => connectionState(one, limit)),

    readiness(): Readiness {
      const health = store.health();
      const checks = [
        health.state === 'ready'
          ? { name: 'store', ok: true, text: 'writes' }
          : { name: 'store', ok: false, text: `${health.failure.message} ${health.failure.fix}` },
        { name: 'engine', ok: running, text: running ? 'running' : 'not running' },
      ];
      return { ready: checks.every((check) => check.ok), checks };
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    async test(site, connection) {
      const one = byName.get(`${site}/${connection}`);
      if (!one)
        return [{ check: 'connection', ok: false, text: `There is no connection ${site} / ${connection}.` }];
      return one.connection.test(AbortSignal.any([stopping.signal, AbortSignal.timeout(30_000)]));
    },

    async http(site, connection, request) {
      const one = byName.get(`${site}/${connection}`);
      return one?.connection.http ? one.connection.http(request, one.receiver) : null;
    },

    async jwks() {
      const keys = await keyring.all();
      return { keys: keys.map((key) => key.publicJwk) };
    },

    patientKeys: (identifier) =>
      options.sites.map((site) => patientKey(keyedHash, site.site, site.identifiers.mrn.system, identifier)),

    async replay({ deliveryIds, fromStep, who, reason }) {
      const made = await store.replay({
        deliveryIds,
        ...(fromStep === undefined ? {} : { fromStep }),
        versions: Object.fromEntries(flows.map(({ flow, version }) => [flow.name, version])),
        at: clock.now(),
        audit: {
          at: clock.now(),
          who,
          act: 'delivery.replay',
          on: deliveryIds.join(','),
          facts: { reason, fromStep: fromStep ?? null },
        },
      });
      planned(made.length);
      return made;
    },

    async release({ deliveryIds, to, who, reason }) {
      const audit = {
        at: clock.now(),
        who,
        act: 'delivery.release',
        on: deliveryIds.join(','),
        facts: { to, reason },
      };
      const count = await store.release({ deliveryIds, to, at: clock.now(), audit });
      planned(count);
      return count;
    },

    trace: (deliveryId) => traceOf(readers, deliveryId),

    fhirView: (messageId) => fhirViewOf(readers, messageId),
  };
}
