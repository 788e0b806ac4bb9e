/**
 * Random edits of a history of dead letters and replays: after each of them the ledger holds, the tallies are the counted
 * rows, the groups are a recount, what is leased keeps the order of its lanes, and a job is where its replays are.
 * 300 edits in `npm test`; `npm run ledger-proof` makes 10,000 on each store (`LEDGER_EDITS`).
 */
import { expect, test } from 'vitest';
import { fingerprintOf, ledgerFaults, type StepRecord } from '../../message/index.ts';
import { type FailureRecord, seededRandom } from '../../std/index.ts';
import type { Job, Leased, Settlement, Store } from '../contract.ts';
import {
  audit,
  benchForEach,
  delivery,
  ending,
  type FreshBench,
  failure,
  message,
  refusal,
  T0,
} from './bench.ts';
import { LaneModel, type ModelDelivery } from './lane-model.ts';

const EDITS = Number(process.env.LEDGER_EDITS ?? 300);
/** Edits of one history; a new seed after that. */
const OF_ONE = 500;
const LANES = ['a', 'b', 'c', 'd'];
const CONNECTIONS = [
  ['north', 'adt'],
  ['south', 'adt'],
  ['south', 'lab'],
] as const;
const FLOWS = ['notify', 'book'];
const STEPS = ['find', 'make'];
const CAUSES: readonly FailureRecord[] = [
  failure,
  { ...failure, code: 'WEBHOOK_NO_FIELD', at: { step: 'post', path: 'body.ward' } },
  { ...failure, at: { step: 'make' } },
];

/** What the history should say of a delivery. */
interface Kept {
  readonly id: string;
  readonly message: string;
  readonly site: string;
  readonly flow: string;
  readonly createdAt: number;
  readonly receivedAt: number;
  readonly lane: ModelDelivery;
  readonly remembered: string[];
  cause: FailureRecord | null;
  finishedAt: number;
  replayedBy: string | null;
  /** The step it sleeps at, if that is not remembered yet. */
  wakesWith: string | null;
}

const ENDED = ['delivered', 'filtered', 'dead'];

export function replayingStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);
  const histories = Math.max(1, Math.ceil(EDITS / OF_ONE));

  for (let seed = 1; seed <= histories; seed++) {
    const edits = Math.min(OF_ONE, EDITS - (seed - 1) * OF_ONE);
    test(`${edits} edits of history ${seed}`, { timeout: 600_000 }, () => edited(given, seed, edits));
  }
}

async function edited(given: ReturnType<typeof benchForEach>, seed: number, edits: number): Promise<void> {
  const random = seededRandom(seed);
  const below = (n: number): number => Math.floor(random.fraction() * n);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const model = new LaneModel();
  const kept = new Map<string, Kept>();
  const messages = new Map<string, number>();
  const jobs = new Map<string, Job>();
  let leased = new Map<string, Leased>();
  let store: Store = given.store;
  let now = T0;

  const all = (): Kept[] => [...kept.values()];
  const byAge = (a: Kept, b: Kept): number => Number(a.id) - Number(b.id);
  const dead = (): Kept[] => all().filter((one) => one.lane.state === 'dead' && one.replayedBy === null);
  const fingerprint = (one: Kept): string => fingerprintOf(one.cause, one.flow);

  const append = async (): Promise<void> => {
    const [site, connection] = pick(CONNECTIONS);
    const plans = below(12) === 0 ? [] : FLOWS.slice(below(2)).map((flow) => ({ flow, lane: pick(LANES) }));
    const lanes = plans.map(({ flow, lane }) => [`${flow} ${lane}`]);
    const [answer] = await store.append({
      site,
      connection,
      messages: [
        message({
          receivedAt: now,
          deliveries: plans.map(({ flow }, at) => delivery(lanes[at] as string[], { flow })),
        }),
      ],
    });
    const id = answer?.messageId as string;
    model.received++;
    if (plans.length === 0) model.unrouted++;
    messages.set(id, plans.length);
    const found = await store.message(id);
    for (const [at, one] of (found?.deliveries ?? []).entries()) {
      const lane = model.plan(one.id, lanes[at] as string[], now);
      const { flow } = one;
      kept.set(one.id, {
        ...{ id: one.id, message: id, site, flow, createdAt: now, receivedAt: now, lane, remembered: [] },
        ...{ cause: null, finishedAt: 0, replayedBy: null, wakesWith: null },
      });
    }
  };

  const lease = async (): Promise<void> => {
    const limit = 1 + below(8);
    const expected = model.lease(now, limit).map(({ key }) => key);
    const got = await store.lease({ now, limit });
    expect(got.map((one) => one.delivery.id)).toEqual(expected);
    for (const one of got) {
      leased.set(one.delivery.id, one);
      expect(one.remembered.map(({ step }) => step)).toEqual(kept.get(one.delivery.id)?.remembered);
    }
  };

  const settle = async (): Promise<void> => {
    for (const one of [...leased.values()].filter(() => below(4) > 0)) {
      const of = kept.get(one.delivery.id) as Kept;
      leased.delete(of.id);
      const done = STEPS.slice(of.remembered.length, of.remembered.length + below(3));
      const steps: StepRecord[] = done.map((step) => ({ step, startedAt: now, ms: 1, output: step }));
      of.remembered.push(...done);
      const how = below(10);
      const due = now + below(30);
      let end: Settlement;
      if (how < 5) {
        of.cause = pick(CAUSES);
        of.lane.state = 'dead';
        of.finishedAt = now;
        end = ending(one, { to: 'dead', failure: of.cause, detail: null });
      } else if (how === 5) {
        of.cause = pick(CAUSES);
        of.lane.state = 'held';
        end = ending(one, { to: 'held', reason: 'paused', step: 'make', failure: of.cause, detail: null });
      } else if (how === 6) {
        of.cause = failure;
        of.lane.state = 'waiting';
        of.lane.dueAt = due;
        end = ending(one, { to: 'waiting', dueAt: due, failure, detail: null });
      } else if (how === 7) {
        of.lane.state = 'sleeping';
        of.lane.wakeAt = due;
        // How it woke will be remembered as the step's output.
        of.wakesWith = of.remembered.includes('make') ? null : 'make';
        end = ending(one, { to: 'sleeping', step: 'make', wakeAt: due, wakeOn: null });
      } else {
        of.lane.state = how === 8 ? 'filtered' : 'delivered';
        of.finishedAt = now;
        end = ending(one, how === 8 ? { to: 'filtered', step: 'make' } : { to: 'delivered' });
      }
      expect(await store.settle({ ...end, at: now, steps })).toBe('settled');
    }
  };

  const release = async (): Promise<void> => {
    const to = below(2) ? 'waiting' : 'dead';
    const held = all().filter((one) => one.lane.state === 'held' && below(2) === 0);
    for (const one of held) {
      one.lane.state = to;
      if (to === 'waiting') one.lane.dueAt = now;
      else one.finishedAt = now;
    }
    const released = await store.release({
      deliveryIds: held.map(({ id }) => id),
      to,
      at: now,
      audit: audit(),
    });
    expect(released).toBe(held.length);
  };

  /** What a replay of these should leave behind: as many new deliveries, in the order of the old. */
  const replayed = (
    olds: readonly Kept[],
    ids: readonly string[],
    fromStep: string | null,
    at: number,
  ): void => {
    expect(ids).toHaveLength(olds.length);
    for (const [nth, old] of olds.entries()) {
      const id = ids[nth] as string;
      old.replayedBy = id;
      const cut = fromStep === null ? 0 : old.remembered.indexOf(fromStep);
      const remembered = old.remembered.slice(0, cut < 0 ? undefined : cut);
      kept.set(id, {
        ...{ ...old, id, createdAt: at, lane: model.plan(id, old.lane.asked, at), remembered },
        ...{ cause: null, finishedAt: 0, replayedBy: null, wakesWith: null },
      });
    }
  };

  const replay = async (): Promise<void> => {
    const some = all()
      .filter((one) => ENDED.includes(one.lane.state) && below(8) === 0)
      .sort(byAge)
      .slice(0, 5);
    if (some.length === 0) return;
    const fromStep = below(2) ? pick(STEPS) : null;
    const ids = await store.replay({
      deliveryIds: some.map(({ id }) => id).reverse(),
      versions: {},
      at: now,
      audit: audit(),
      ...(fromStep === null ? {} : { fromStep }),
    });
    replayed(some, ids, fromStep, now);
  };

  const beginJob = async (): Promise<void> => {
    const group = dead().map(fingerprint);
    if (group.length === 0) return;
    const wanted = pick(group);
    const job: Job = {
      ...{ id: `job-${seed}-${jobs.size}`, kind: 'replay', state: 'running', who: 'kim', reason: 'mended' },
      ...{
        createdAt: now,
        updatedAt: now,
        request: { fingerprint: wanted, fromStep: below(2) ? 'make' : null },
      },
      ...{ done: 0, total: group.filter((one) => one === wanted).length, after: null, failure: null },
    };
    await store.putJob(job);
    jobs.set(job.id, job);
  };

  /** A batch as the engine makes it, from what the store says of the job. */
  const moveJob = async (): Promise<void> => {
    const job = await aJob('running');
    if (!job) return;
    const { fingerprint: wanted, fromStep } = job.request as { fingerprint: string; fromStep: string | null };
    const place = job.after === null ? {} : { after: job.after };
    const page = await store.deliveries({ fingerprint: wanted, limit: 1 + below(6), ...place });
    const chosen = page.rows.filter((one) => one.replayedBy === null && one.createdAt <= job.createdAt);
    const olds = chosen.map(({ id }) => kept.get(id) as Kept);
    const expected = all()
      .filter((one) => one.lane.state === 'dead' && fingerprint(one) === wanted)
      .filter((one) => Number(one.id) > Number(job.after ?? 0))
      .sort(byAge)
      .slice(0, page.rows.length);
    expect(page.rows.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    const at = Math.max(now, job.createdAt + 1);
    const moved: Job = {
      ...job,
      done: job.done + chosen.length,
      after: page.after ?? job.after,
      updatedAt: at,
      state: page.after === null ? 'done' : 'running',
    };
    const request = {
      ...{ deliveryIds: chosen.map(({ id }) => id), versions: {}, at, audit: audit() },
      ...(fromStep === null ? {} : { fromStep }),
    };
    if (chosen.length === 0) await store.putJob(moved);
    else {
      replayed(olds, await store.replay({ ...request, job: moved }), fromStep, at);
      // Another node that did the same comes too late.
      if (below(3) === 0)
        expect(await refusal(store.replay({ ...request, job: moved }))).toBe('STORE_JOB_MOVED');
    }
    jobs.set(job.id, moved);
  };

  const aJob = async (state: Job['state']): Promise<Job | null> => {
    const some = [...jobs.values()].filter((job) => job.state === state);
    if (some.length === 0) return null;
    const job = await store.job(pick(some).id);
    expect(job).toEqual(jobs.get(job?.id ?? ''));
    return job;
  };
  const turnJob = (from: Job['state'], to: Job['state']) => async (): Promise<void> => {
    const job = await aJob(from);
    if (!job) return;
    const turned: Job = { ...job, state: to, updatedAt: now };
    await store.putJob(turned, audit(`replay.${to}`));
    jobs.set(job.id, turned);
    if (to !== 'stopped') return;
    const late = { ...turned, state: 'running' as const, done: turned.done + 1 };
    const [one] = dead();
    if (!one) return;
    const request = { deliveryIds: [one.id], versions: {}, at: now, audit: audit(), job: late };
    expect(await refusal(store.replay(request))).toBe('STORE_JOB_MOVED');
  };

  const prune = async (): Promise<void> => {
    const before = now - 150 - below(200);
    const gone = [...messages].filter(([id]) => {
      const of = all().filter((one) => one.message === id);
      return of.length > 0 && of.every((one) => ENDED.includes(one.lane.state) && one.receivedAt < before);
    });
    const removed = await store.prune({ receivedBefore: before, limit: 1_000 });
    for (const [id] of gone) {
      messages.delete(id);
      model.received--;
      for (const one of all().filter(({ message }) => message === id)) {
        kept.delete(one.id);
        model.deliveries.splice(model.deliveries.indexOf(one.lane), 1);
      }
    }
    // Those that no flow wanted leave, too; the ledger says how many there were.
    const bare = removed - gone.length;
    model.received -= bare;
    model.unrouted -= bare;
  };

  const stop = async (): Promise<void> => {
    store = below(2) ? await given.bench.reopen() : await given.bench.crash();
    model.crash();
    leased = new Map();
  };

  const agree = async (): Promise<void> => {
    const ledger = await store.ledger();
    expect(ledgerFaults(ledger)).toEqual([]);
    expect(ledger).toEqual(model.ledger());
    const sums = { received: 0, filtered: 0, queued: 0, sent: 0, errored: 0 };
    for (const tally of await store.tallies(now)) {
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += tally[key];
    }
    expect(sums).toEqual({
      received: ledger.received,
      filtered: ledger.filtered + ledger.unrouted,
      queued: ledger.waiting + ledger.running + ledger.sleeping + ledger.held,
      sent: ledger.delivered,
      errored: ledger.dead + ledger.rejected,
    });
    const site = pick([undefined, 'north', 'south']);
    const groups = await store.deadGroups(site === undefined ? {} : { site });
    const recount = new Map<string, { count: number; firstAt: number; lastAt: number }>();
    for (const one of dead().filter((each) => site === undefined || each.site === site)) {
      const { count, firstAt, lastAt } = recount.get(fingerprint(one)) ?? {
        ...{ count: 0, firstAt: Number.POSITIVE_INFINITY, lastAt: 0 },
      };
      recount.set(fingerprint(one), {
        count: count + 1,
        firstAt: Math.min(firstAt, one.finishedAt),
        lastAt: Math.max(lastAt, one.finishedAt),
      });
    }
    expect(
      new Map(
        groups.map(({ fingerprint, count, firstAt, lastAt }) => [fingerprint, { count, firstAt, lastAt }]),
      ),
    ).toEqual(recount);
    for (const { sample, lastAt } of groups) {
      const of = kept.get(sample.delivery.id);
      expect([of?.replayedBy, of?.finishedAt]).toEqual([null, lastAt]);
    }
    const counts = groups.map(({ count }) => count);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  };

  const acts = [
    ...[append, append, append, lease, lease, settle, settle, release, replay, prune],
    ...[beginJob, moveJob, moveJob, turnJob('running', 'stopped'), turnJob('stopped', 'running')],
  ];
  for (let at = 0; at < edits; at++) {
    now += below(15);
    await (below(40) === 0 ? stop : pick(acts))();
    if (below(6) === 0) {
      const asleep = all().filter(({ lane }) => lane.state === 'sleeping');
      expect(await store.wake({ now })).toBe(model.wake(now));
      for (const one of asleep)
        if (one.lane.state === 'waiting' && one.wakesWith) one.remembered.push('make');
    }
    await agree();
  }
  await stop();
  await agree();
}
