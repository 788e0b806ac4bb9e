import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { FINDING } from '../../engine/index.ts';
import type { ApiContext } from '../context.ts';

/** Prometheus text. Labels are names of sites, connections and failure kinds; never anything of a message. */
export async function metricRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'suture_' });
  const registers = [registry];
  const place = ['site', 'connection'] as const;

  const counters = (['received', 'filtered', 'sent', 'errored'] as const).map((key) => ({
    key,
    counter: new Counter({
      name: `suture_messages_${key}_total`,
      help: `The counter ${key} of a feed, from the rows of the store; a restart does not reset it, retention may.`,
      labelNames: place,
      registers,
    }),
  }));
  const repeats = new Counter({
    name: 'suture_messages_repeated_total',
    help: 'Repeats recognised and not delivered again.',
    labelNames: place,
    registers,
  });
  const noise = new Counter({
    name: 'suture_noise_total',
    help: 'Things received that are no message.',
    labelNames: [...place, 'kind'],
    registers,
  });
  const queued = new Gauge({
    name: 'suture_queued_deliveries',
    help: 'Unfinished deliveries of a feed.',
    labelNames: place,
    registers,
  });
  const lastReceived = new Gauge({
    name: 'suture_last_received_timestamp_seconds',
    help: 'When a feed last received.',
    labelNames: place,
    registers,
  });
  const running = new Gauge({
    name: 'suture_connection_running',
    help: '1 when the connection runs as it should.',
    labelNames: place,
    registers,
  });
  const storeReady = new Gauge({
    name: 'suture_store_ready',
    help: '1 when the last write was committed.',
    registers,
  });
  const outcomes = new Gauge({
    name: 'suture_call_outcomes_10m',
    help: 'Calls to connections in the last ten minutes, by how they ended.',
    labelNames: [...place, 'kind'],
    registers,
  });

  const findings = new Gauge({
    name: 'suture_findings_10m',
    help: 'What came beside results in the last ten minutes: data that a server left out, parameters that it ignored.',
    labelNames: [...place, 'code'],
    registers,
  });

  const promises = new Gauge({
    name: 'suture_flow_promise_broken',
    help: '1 while what a flow promises at a site (silence, end to end) is not kept, 0 while it is; what is not judged yet is left out.',
    labelNames: ['site', 'flow', 'promise'],
    registers,
  });
  const lastEvent = new Gauge({
    name: 'suture_flow_last_event_timestamp_seconds',
    help: 'When the last event of a flow came that promises to tell silence, as of its last look.',
    labelNames: ['site', 'flow'],
    registers,
  });

  app.get('/metrics', { config: { access: 'viewer' } }, async (_request, reply) => {
    const now = clock.now();
    storeReady.set(engine.store.health().state === 'ready' ? 1 : 0);
    const [tallies, noises, recent] = await Promise.all([
      engine.store.tallies(now),
      engine.store.noises(),
      engine.store.outcomes(now - 10 * 60_000),
    ]);
    for (const metric of [
      repeats,
      noise,
      queued,
      lastReceived,
      running,
      outcomes,
      findings,
      promises,
      lastEvent,
    ])
      metric.reset();
    for (const { counter } of counters) counter.reset();
    for (const tally of tallies) {
      const labels = { site: tally.site, connection: tally.connection };
      for (const { key, counter } of counters) counter.inc(labels, tally[key]);
      repeats.inc(labels, tally.repeats);
      queued.set(labels, tally.queued);
      if (tally.lastReceivedAt !== null) lastReceived.set(labels, tally.lastReceivedAt / 1000);
    }
    for (const { site, flow, promise, state, lastAt } of engine.service()) {
      if (state !== 'not judged') promises.set({ site, flow, promise }, state === 'broken' ? 1 : 0);
      if (lastAt !== null) lastEvent.set({ site, flow }, lastAt / 1000);
    }
    for (const one of noises)
      noise.inc({ site: one.site, connection: one.connection, kind: one.kind }, one.count);
    for (const { site, connection, state } of engine.connections())
      running.set({ site, connection }, state === 'running' ? 1 : 0);
    for (const { site, connection, kind, count } of recent) {
      if (kind.startsWith(FINDING))
        findings.inc({ site, connection, code: kind.slice(FINDING.length) }, count);
      else outcomes.inc({ site, connection, kind }, count);
    }
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
