import type { FastifyInstance } from 'fastify';
import { type Attention, attentionOf, type ConnectionState, type RunningFlow } from '../../engine/index.ts';
import { everyStep, triggerText as ownText } from '../../flow/index.ts';
import type { Counters } from '../../message/index.ts';
import type { FeedTally } from '../../store/index.ts';
import { principalOf } from '../auth/guard.ts';
import type { ApiContext } from '../context.ts';
import type { Home, HomeFeed, HomeFlow, HomeStore, Me, ServiceAnswer } from '../types.ts';

const NONE: Counters = { received: 0, filtered: 0, queued: 0, sent: 0, errored: 0 };

function sum(all: readonly Counters[]): Counters {
  const total = { ...NONE } as { -readonly [K in keyof Counters]: number };
  for (const one of all) for (const key of Object.keys(NONE) as (keyof Counters)[]) total[key] += one[key];
  return total;
}

function feedOf(state: ConnectionState | undefined, tally: FeedTally | undefined, noise: number): HomeFeed {
  const named = (state ?? tally) as { site: string; connection: string };
  return {
    site: named.site,
    connection: named.connection,
    connector: state?.connector ?? null,
    roles: state?.roles ?? [],
    address: state?.address ?? null,
    state: state?.state ?? 'removed',
    text:
      state?.text ?? (state ? null : 'No site record names this connection any more; its messages are kept.'),
    counters: tally
      ? {
          received: tally.received,
          filtered: tally.filtered,
          queued: tally.queued,
          sent: tally.sent,
          errored: tally.errored,
        }
      : NONE,
    repeats: tally?.repeats ?? 0,
    noise,
    lastReceivedAt: tally?.lastReceivedAt ?? null,
    receivedPerMinute: tally?.receivedPerMinute ?? new Array<number>(60).fill(0),
  };
}

/** @example triggerText({ kind: 'hl7', type: 'ADT^A0*' }) // 'HL7 ADT^A0*' */
function triggerText(trigger: RunningFlow['flow']['trigger']): string {
  if (trigger.kind === 'hl7') return `HL7 ${trigger.type}`;
  if (trigger.kind === 'cds') return `CDS Hooks ${trigger.hook}`;
  if (trigger.kind === 'webhook') return `webhook ${trigger.connection}`;
  if (trigger.kind === 'event') return `${trigger.resource} ${trigger.changes.join(', ')}`;
  return ownText(trigger);
}

export function flowView({ flow, version }: RunningFlow): HomeFlow {
  return {
    name: flow.name,
    about: flow.about,
    version,
    trigger: triggerText(flow.trigger),
    steps: everyStep(flow.steps).length,
  };
}

export async function homeOf(context: ApiContext): Promise<Home> {
  const { engine, clock } = context;
  const now = clock.now();
  const [tallies, noises] = await Promise.all([engine.store.tallies(now), engine.store.noises()]);
  const keyOf = (one: { site: string; connection: string }): string => `${one.site}\n${one.connection}`;
  const states = new Map(engine.connections().map((state) => [keyOf(state), state]));
  const counted = new Map(tallies.map((tally) => [keyOf(tally), tally]));
  const noise = new Map<string, number>();
  for (const one of noises) noise.set(keyOf(one), (noise.get(keyOf(one)) ?? 0) + one.count);

  const sources = [...states]
    .filter(([, state]) => state.roles.some((role) => role !== 'out'))
    .map(([key]) => key);
  const feeds = [...new Set([...sources, ...counted.keys()])]
    .map((key) => feedOf(states.get(key), counted.get(key), noise.get(key) ?? 0))
    .sort((a, b) => a.site.localeCompare(b.site) || a.connection.localeCompare(b.connection));

  const health = engine.store.health();
  const store: HomeStore =
    health.state === 'ready'
      ? health
      : { state: 'failing', since: health.since, message: health.failure.message, fix: health.failure.fix };
  return {
    now,
    startedAt: engine.startedAt,
    totals: sum(feeds.map((feed) => feed.counters)),
    feeds,
    destinations: engine.connections().filter((state) => state.roles.includes('out')),
    flows: engine.flows.map(flowView),
    broken: engine.service().filter(({ state }) => state === 'broken'),
    store,
  };
}

export async function homeRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { sessions, cookie } = context;
  const viewer = { config: { access: 'viewer' as const } };

  app.get('/api/me', viewer, async (request): Promise<Me> => {
    const { name, role } = principalOf(request);
    return { name, role };
  });

  app.post('/api/sign-out', viewer, async (request, reply) => {
    const { name, sessionId } = principalOf(request);
    if (sessionId !== null) {
      await sessions.end(sessionId);
      await context.engine.store.audit([
        { at: context.clock.now(), who: name, act: 'sign-out', on: 'console' },
      ]);
    }
    reply.clearCookie(cookie.name, { path: '/', httpOnly: true, sameSite: 'strict', secure: cookie.secure });
    return { signedOut: true };
  });

  app.get('/api/home', viewer, () => homeOf(context));

  app.get('/api/attention', viewer, (): Promise<Attention> => attentionOf(context.engine.store));
  app.get(
    '/api/service',
    viewer,
    async (): Promise<ServiceAnswer> => ({
      now: context.clock.now(),
      service: context.engine.service(),
    }),
  );
}
