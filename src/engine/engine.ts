/** Puts the parts together: connections, intake, pollers, dispatch; implements what others may ask of it. */
import { connectors as allConnectors } from '../connectors/index.ts';
import { asFailure, systemRandom } from '../std/index.ts';
import { createAnswering } from './answering.ts';
import { createBackpressure } from './backpressure.ts';
import { byHand } from './by-hand.ts';
import { createCalling } from './calling.ts';
import { startClockwork } from './clockwork.ts';
import { deliver } from './deliver.ts';
import { createDispatch } from './dispatch.ts';
import { beginDrain, drainText, notRunning } from './drain.ts';
import { dueTime } from './due-time.ts';
import { createKeyring } from './keys/keyring.ts';
import { cursorDesk } from './learning/cursors.ts';
import { createLearning } from './learning/learning.ts';
import { createNecessary } from './necessary.ts';
import { createOpening } from './opening.ts';
import type { Engine, EngineOptions } from './options.ts';
import { createTallykeeper } from './outcomes.ts';
import { patientKeysOf } from './patient.ts';
import { createPresent } from './present.ts';
import { readinessOf } from './readiness.ts';
import { createReplays } from './replay/replays.ts';
import { createResuming } from './resuming.ts';
import { createScripts } from './scripts.ts';
import { createWatch } from './service/watch.ts';
import { createShapeWatch } from './shapes/index.ts';
import { signInsOf } from './sign-in/connections.ts';
import { watchStore } from './store-probe.ts';
import { createDraining, createSwap } from './swap.ts';
import { createTelling } from './telling.ts';
import { createGaps } from './unmapped.ts';
import { connectionState, type Open } from './view.ts';

export type { Engine, EngineOptions } from './options.ts';

const WORKERS = 64;
const BACKLOG_LIMIT = 100_000;

export function createEngine(options: EngineOptions): Engine {
  const { store, clock, keyedHash, log } = options;
  const random = options.random ?? systemRandom;
  const registry = options.connectors ?? allConnectors;
  const limit = options.backlogLimit ?? BACKLOG_LIMIT;
  const present = createPresent(options);
  const draining = createDraining(options.draining);
  const keyring = createKeyring(store, clock);
  const scripts = createScripts(clock);
  const tallies = createTallykeeper(store, clock);
  const necessary = createNecessary({ clock, siteFile: present.siteFile, counted: tallies.findings });
  const open: Open[] = [];
  const byName = new Map<string, Open>();
  const stopping = new AbortController();
  const { changed, listen } = createTelling(clock);
  let running = false;

  const test: Engine['test'] = async (site, connection) => {
    const one = byName.get(`${site}/${connection}`);
    if (!one)
      return [{ check: 'connection', ok: false, text: `There is no connection ${site} / ${connection}.` }];
    return one.connection.test(AbortSignal.any([stopping.signal, AbortSignal.timeout(30_000)]));
  };

  const due = dueTime(clock);
  const { gate, repeatable, resume } = createCalling({
    store,
    clock,
    due,
    random,
    changed: () => changed('health'),
    log,
    test,
    open: (site, name) => byName.get(`${site}/${name}`),
    learnAgain: (site, name) => learning.again(site, name),
    nudge: () => dispatch.nudge(),
  });

  const { sites: sitesNow, flows: flowsNow } = present;
  const watch = createWatch({
    ...{ store, clock, sites: sitesNow, flows: flowsNow, log },
    found: tallies.findings,
    changed: () => changed('health'),
  });
  const gaps = createGaps({ store, clock, present, planned, tallies, log });
  const dispatch = createDispatch({
    store,
    clock: due,
    settled: gaps.settled,
    workers: options.workers ?? WORKERS,
    deliver: (leased) =>
      replays
        .run(leased, (flow) =>
          deliver(leased, {
            store,
            clock,
            random,
            flow,
            site: present.site,
            see: necessary.see,
            connection: (site, name) => byName.get(`${site}/${name}`)?.connection,
            enter: gate.enter,
            repeatable,
            script: scripts.run,
            signal: stopping.signal,
            due: due.now,
          }),
        )
        .then((settlement) => {
          if (settlement !== 'stale') watch.settled(leased, settlement);
          return settlement;
        }),
    givenBack: gate.givenBack,
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

  /** @param woke sleepers may stand in lanes again. */
  function planned(deliveries: number, woke = false): void {
    changed('messages');
    if (deliveries === 0 && !woke) return;
    backpressure.planned(deliveries);
    dispatch.nudge();
  }

  const { sites, observed } = present;
  const shapes = createShapeWatch({ store, clock, sites, observed, log });

  const opening = createOpening({
    store,
    clock,
    keyedHash,
    keyring,
    registry,
    tallies,
    planned,
    heard: (site, connection) => learning.heard(site, connection),
    seen: shapes.seen,
    changed,
    observed: present.observed,
    log,
    open: (site, name) => byName.get(`${site}/${name}`),
  });

  const learning = createLearning({
    store,
    clock,
    random,
    keyedHash,
    sites: present.sites,
    source: (site, connection) => byName.get(`${site}/${connection}`),
    planned,
    counted: tallies.findings,
    failed(site, connection, failure) {
      const one = byName.get(`${site}/${connection}`);
      if (one === undefined || failure?.code === one.failure?.code) return;
      if (failure) log('error', failure.message, { ...failure.at, code: failure.code, fix: failure.fix });
      one.failure = failure;
      changed('health');
    },
    log,
    file: present.siteFile,
  });

  async function closeAll(): Promise<void> {
    await learning.stop();
    await Promise.all(open.map((one) => one.listening?.close()));
    await dispatch.stop();
    await gate.close();
    await Promise.all(open.map((one) => one.connection.close()));
    open.length = 0;
    byName.clear();
  }

  const replays = createReplays({
    store,
    clock,
    random,
    present,
    ...(options.earlierFlow === undefined ? {} : { earlierFlow: options.earlierFlow }),
    ...(options.ahead === undefined ? {} : { ahead: options.ahead }),
    draining: draining.has,
    site: present.site,
    see: necessary.see,
    intake: (site, name) => byName.get(`${site}/${name}`)?.intake,
    limit,
    planned,
    log,
  });

  const answering = createAnswering({
    store,
    clock,
    sites: present.sites,
    observed: present.observed,
    connectors: registry,
    log,
    changed,
    flows: present.runnables,
    see: necessary.see,
    open: () => open,
    openConnection: (site, name) => opening.openConnection(site, name, present.prepared()),
    enter: gate.enter,
    script: scripts.run,
    signal: stopping.signal,
  });

  const swap = createSwap({
    clock,
    present,
    opening,
    learning,
    versions: replays.versions,
    open,
    byName,
    draining,
    renewed: (site, connection) => void gate.resume({ site, connection }),
    changed() {
      for (const what of ['messages', 'deliveries', 'health'] as const) changed(what);
      backpressure.planned(0);
      dispatch.nudge();
    },
    log,
  });

  const resuming = createResuming({
    ...{ clock, resume: () => gaps.control.resumeMapped(), counted: tallies.findings, log },
  });
  const signIns = signInsOf({ store, clock, open, resume, signal: stopping.signal });

  let endWatch: (() => void) | null = null;
  let clockwork: ReturnType<typeof startClockwork> | null = null;

  return {
    store,
    get flows() {
      return present.flows();
    },
    startedAt: clock.now(),

    async start() {
      try {
        for (const site of present.sites()) {
          for (const name of Object.keys(site.connections)) {
            const one = opening.openConnection(site, name, present.prepared());
            open.push(one);
            byName.set(`${site.site}/${name}`, one);
          }
        }
        running = true;
        endWatch = watchStore({
          ...{ store, clock, log, running: () => running, nudge: dispatch.nudge },
          changed: () => changed('health'),
        });
        // What was queued by a clock that has been set back since is due, too.
        due.notBefore((await store.search({ limit: 1 })).rows[0]?.receivedAt ?? 0);
        await gaps.control.resumeMapped();
        // What was queued before goes first; then senders are let in.
        dispatch.start();
        await learning.prepare();
        for (const one of open) {
          if (one.connection.listen) {
            one.listening = await one.connection.listen(one.receiver).catch((error) => {
              throw asFailure(error, { site: one.site.site, connection: one.name });
            });
          }
        }
        learning.start();
        tallies.start();
        backpressure.start();
        // A store that fails now is told by its health; replays that were running wait for the next start.
        await replays
          .start()
          .catch((error) => log('error', asFailure(error).message, { code: asFailure(error).code }));
        answering.start();
        const { sites, flows } = present;
        clockwork = startClockwork({ store, clock, keyedHash, sites, flows, planned, log });
        watch.start();
      } catch (error) {
        running = false;
        endWatch?.();
        await closeAll();
        throw error;
      }
    },

    async replace(project, queued = 'carry over', commit) {
      if (!running) throw notRunning({});
      const replaced = await swap.replace(project, queued, commit);
      await resuming.now();
      return replaced;
    },

    async stop(drain = {}) {
      running = false;
      resuming.stop();
      await replays.close();
      await answering.stop();
      backpressure.stop();
      await Promise.all([clockwork?.stop(), watch.stop()]);
      endWatch?.();
      const end = beginDrain(clock, drain, {
        text: () => drainText(dispatch.inHand, gate.underWay()),
        breakOff: () => stopping.abort(new Error('the engine is stopping')),
      });
      await swap.settled();
      await closeAll();
      await shapes.stop();
      await scripts.close();
      end();
      await tallies.stop();
    },

    connections: () =>
      open.map((one) => connectionState(one, limit, gate, learning.learns(one.site, one.name))),

    resume,
    stuckLanes: (query) => store.stuckLanes(query),

    service: watch.states,

    readiness: () => readinessOf(store.health(), running, [...gate.notices(), ...resuming.notices()]),

    onChange: listen,

    test,

    async http(site, connection, request) {
      if (!running) throw notRunning({ site, connection });
      const one = byName.get(`${site}/${connection}`);
      return one?.connection.http ? one.connection.http(request, one.receiver) : null;
    },

    capabilities: answering.capabilities,
    shapes: shapes.shapes,
    cds: answering.responder,

    jwks: async () => ({ keys: (await keyring.published()).map((key) => key.publicJwk) }),

    signingKeys: keyring.control,
    signIns,
    patientKeys: (asked) => patientKeysOf(keyedHash, present.sites(), asked),

    replay: replays.replay,
    replays: replays.control,

    ...gaps.control,
    ...cursorDesk({ store, clock, sites: present.sites }),

    ...byHand({
      store,
      clock,
      keyedHash,
      planned,
      flow: present.flow,
      see: necessary.see,
      sites: () => present.prepared().sites,
      open: (site, name) => byName.get(`${site}/${name}`),
      script: scripts.run,
    }),
  };
}
