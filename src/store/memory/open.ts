/**
 * A store in memory that keeps the whole contract: its executable specification, and what the simulation runs on. It
 * knows what is committed (the disk's state), uncommitted (a group that waits or is under way) and lost (a group whose
 * process died). Several nodes may open one disk.
 */

import type { Clock, Json } from '../../std/index.ts';
import type { Append, Leased, NoiseCount, OutcomeCount, Settlement, Store } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { byPlace } from '../learning.ts';
import { SLOT_GRAVE } from '../slot.ts';
import { append, uncounted } from './append.ts';
import { addAudit, auditBreaks, auditPage } from './audit.ts';
import { type CommitFate, openCommits } from './commits.ts';
import * as deploying from './deployments.ts';
import { exchangesOf, keepExchange, pruneExchanges } from './exchanges.ts';
import { comeBack, heads } from './lanes.ts';
import * as reading from './reading.ts';
import { dropShards, holdShards, shardOf } from './shards.ts';
import { type DeliveryRow, deliveryOf, emptyState, keyOf, type State, summaryOf } from './state.ts';
import * as work from './work.ts';
import * as writing from './writes.ts';

/** What outlives every process. */
export interface MemoryDisk {
  readonly state: State;
  readonly backups: Map<string, State>;
  /** Its own clock, in milliseconds: leases of nodes end by it. */
  readonly now: () => number;
  /** The one process that owns it, when no nodes share it. */
  owner: object | null;
}

export const newDisk = (now: () => number = () => 0): MemoryDisk => ({
  state: emptyState(),
  backups: new Map(),
  now,
  owner: null,
});

/** Safeguards that a test takes away, to see that it turns red. */
export type Sabotage =
  | 'no fencing'
  | 'no dedupe'
  | 'no flag at takeover'
  | 'not only heads'
  | 'no memory of effects';

export interface MemoryStoreOptions {
  readonly disk: MemoryDisk;
  /** One of several nodes that share the disk. Left out: this process owns it, and a second one is refused. */
  readonly shared?: boolean;
  /** Left out: everything is there in the next turn. */
  readonly clock?: Clock;
  /** What becomes of the next commit; left out: it succeeds at once. */
  readonly fate?: () => CommitFate;
  /** Milliseconds that a question takes. */
  readonly readTakes?: () => number;
  readonly sabotage?: ReadonlySet<Sabotage>;
}

export interface MemoryStore extends Store {
  /** As if the process had died now. A commit that is under way gets to the disk or does not, as told. */
  crash(underWayArrives?: boolean): void;
}

/** How long a node's shards are its own after its last word, and how often it speaks. */
export const NODE_LEASE = 10_000;
const NODE_SPEAKS = 3_000;
/** A session that nobody used for so long is of no use to anyone. */
const SESSION_KEPT = 30 * 24 * 3_600_000;

const AT_ONCE: CommitFate = { write: 0, tell: 0 };

export async function openMemoryStore(options: MemoryStoreOptions): Promise<MemoryStore> {
  const { disk, clock = null, shared = false } = options;
  const { state } = disk;
  const sabotage = options.sabotage ?? new Set<Sabotage>();
  const fenced = !sabotage.has('no fencing');
  const flagged = !sabotage.has('no flag at takeover');
  const self = {};
  if (!shared) {
    if (disk.owner !== null) throw storeFailure('STORE_IN_USE', 'The disk is owned by another process.');
    disk.owner = self;
    for (const row of state.deliveries.values()) if (row.state === 'running') comeBack(row, flagged);
  }
  const opening = ++state.last.opening;
  const commits = openCommits(state, clock, options.fate ?? (() => AT_ONCE), options.readTakes ?? (() => 0));
  const { write, read } = commits;

  const hold = (): void => holdShards(state, opening, disk.now(), disk.now() + NODE_LEASE, flagged);
  const mine = (row: DeliveryRow): boolean => !shared || state.shards[shardOf(row)]?.owner === opening;
  const candidates = (): readonly DeliveryRow[] => {
    if (!sabotage.has('not only heads')) return heads(state).filter(mine);
    return [...state.deliveries.values()].filter((row) => row.state === 'waiting' && mine(row));
  };

  let silence: (() => void) | null = null;
  const speak = (): void => {
    silence =
      clock?.after(NODE_SPEAKS, () => {
        write(hold).catch(() => undefined);
        speak();
      }) ?? null;
  };
  if (shared) {
    await write(hold);
    speak();
  }

  const elapsed = (): number => clock?.elapsed() ?? 0;
  /** Whoever hears of its lease too late may have lost it by now, and must not act on it. */
  const inTime = (asked: number): boolean => !shared || elapsed() - asked < NODE_LEASE / 2;

  /** Given out and never handed over: given back before anything else is, or nobody would ever have it. */
  let owed: readonly Leased[] = [];

  /** Heads that are due; none when the answer came too late. */
  async function lease(request: {
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly Leased[]> {
    const asked = elapsed();
    const back = { at: request.now, ms: 0, steps: [], to: 'given back' } as const;
    const leased = await write(() => {
      if (shared) hold();
      for (const { delivery, epoch } of owed) {
        work.settle(state, { ...back, deliveryId: delivery.id, epoch }, fenced);
      }
      return work.lease(state, request, candidates());
    });
    owed = inTime(asked) ? [] : leased;
    return owed.length > 0 ? [] : leased;
  }

  const put = <Value>(map: Map<string, Value>, key: string, value: Value): Promise<void> =>
    write(() => void map.set(key, value));
  const get = <Value>(map: ReadonlyMap<string, Value>, key: string): Promise<Value | null> =>
    read(() => map.get(key) ?? null);

  return {
    kind: 'memory',
    health: commits.health,
    onHealth: commits.onHealth,
    probe: () => write(() => undefined),

    append: (unit: Append) => write(() => append(state, unit, { dedupe: !sabotage.has('no dedupe') })),
    lease,
    nextDue: () => read(() => work.nextDue(state, mine)),
    async remember(done) {
      const kept = sabotage.has('no memory of effects') ? { ...done, steps: [] } : done;
      for (;;) {
        const asked = elapsed();
        const settled = await write(() => {
          // The next effect comes after this: the lease must last for it, too.
          if (shared) hold();
          return work.remember(state, kept, fenced);
        });
        if (settled === 'stale' || inTime(asked)) return settled;
      }
    },
    settle: (end: Settlement) => write(() => work.settle(state, end, fenced)),
    wake: (request) => write(() => work.wake(state, request)),
    answer: (request) => write(() => work.answer(state, request)),
    release: (request) => write(() => work.release(state, request)),
    replay: (request) => write(() => work.replay(state, request)),

    cursor: (site, connection, name) =>
      read(() => {
        const row = state.cursors.get(keyOf(site, connection, name));
        return row ? { value: row.value, version: row.version } : null;
      }),
    cursors: (site) =>
      read(() => [...state.cursors.values()].filter((row) => (site ?? row.site) === row.site).sort(byPlace)),
    uncounted: (site, resource, before) => read(() => uncounted(state, site, resource, before).length),
    seen: (site, resource, identities) =>
      read(
        () =>
          new Map(
            identities.flatMap((identity) => {
              const hash = state.seen.get(keyOf(site, resource, identity));
              return hash === undefined ? [] : [[identity, hash] as const];
            }),
          ),
      ),
    rosterPage: (site, after, limit, activity) =>
      read(() =>
        [...state.roster]
          .filter(([key, entry]) => key === keyOf(site, entry.key) && entry.key > (after ?? ''))
          .map(([, entry]) => entry)
          .filter(
            ({ activeAt }) =>
              activeAt >= (activity?.from ?? activeAt) && activeAt < (activity?.to ?? Infinity),
          )
          .sort((a, b) => (a.key < b.key ? -1 : 1))
          .slice(0, limit),
      ),
    rosterGet: (site, keys) => read(() => keys.flatMap((key) => state.roster.get(keyOf(site, key)) ?? [])),

    search: (query) => read(() => reading.search(state, query)),
    scan: (query) => read(() => reading.scan(state, query)),
    message: (id) =>
      read(() => {
        const row = state.messages.get(Number(id));
        return row ? { message: summaryOf(row), deliveries: row.deliveries.map(deliveryOf) } : null;
      }),
    payload: (id) => read(() => state.messages.get(Number(id))?.bytes ?? null),
    history: (id) => read(() => reading.history(state, id)),
    deadLetters: (query) => read(() => reading.deadLetters(state, query)),
    deadGroups: (query) => read(() => reading.deadGroups(state, query)),
    deliveries: (query) => read(() => reading.deliveries(state, query)),
    stuckLanes: (query) => read(() => reading.stuckLanes(state, query)),
    sleepers: (query) => read(() => reading.sleepers(state, query)),

    tallies: (now) => read(() => reading.tallies(state, now)),
    backlog: () => read(() => reading.backlog(state)),
    ledger: () => read(() => reading.ledger(state)),
    countOutcomes: (counts) => write(() => counts.forEach((one) => void countOutcome(state, one))),
    outcomes: (since) =>
      read(() =>
        [...state.outcomes.values()]
          .filter(({ minute }) => minute >= Math.floor(since / 60_000))
          .sort((a, b) => a.minute - b.minute || (a.kind < b.kind ? -1 : 1)),
      ),
    countNoise: (counts) => write(() => counts.forEach((one) => void countNoise(state, one))),
    noises: () => read(() => [...state.noises.values()]),

    audit: (entries) => write(() => addAudit(state, entries)),
    auditTrail: (query) => read(() => auditPage(state, query)),
    verifyAudit: () => read(() => auditBreaks(state)),

    putSecret: (name, value) => put(state.secrets, name, value),
    getSecret: (name) => get(state.secrets, name),
    slot: (name) =>
      read(() => {
        const { value = null, version = 0, until = null } = state.slots.get(name) ?? {};
        return { value: until !== null && until < disk.now() ? null : value, version, now: disk.now() };
      }),
    swapSlot: ({ name, expect, value, until }) =>
      write(() => {
        if ((state.slots.get(name)?.version ?? 0) !== expect) return false;
        const end = value === null ? disk.now() + SLOT_GRAVE : (until ?? null);
        for (const [other, slot] of state.slots)
          if ((slot.until ?? Infinity) < disk.now() - SLOT_GRAVE) state.slots.delete(other);
        state.slots.set(name, { value, version: expect + 1, until: end });
        return true;
      }),
    putUser: (user, entry) =>
      write(() => {
        state.users.set(user.name, user);
        if (user.disabled) {
          for (const [id, session] of state.sessions)
            if (session.user === user.name) state.sessions.delete(id);
        }
        addAudit(state, [entry]);
      }),
    user: (name) => get(state.users, name),
    users: () => read(() => [...state.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1))),
    putSession: (session) =>
      write(() => {
        for (const [id, { usedAt }] of state.sessions) {
          if (usedAt < session.usedAt - SESSION_KEPT) state.sessions.delete(id);
        }
        state.sessions.set(session.id, session);
      }),
    session: (id) => get(state.sessions, id),
    endSession: (id) => write(() => void state.sessions.delete(id)),
    putJob: (job, entry) =>
      write(() => {
        state.jobs.set(job.id, job);
        if (entry) addAudit(state, [entry]);
      }),
    jobs: (limit) =>
      read(() => [...state.jobs.values()].sort((a, b) => b.createdAt - a.createdAt).slice(0, limit)),
    job: (id) => get(state.jobs, id),
    putFlowVersion: (version: string, flow: Json) =>
      write(() => void (state.flowVersions.has(version) || state.flowVersions.set(version, flow))),
    flowVersion: (version) => get(state.flowVersions, version),

    planWrite: (plan) => write(() => writing.planWrite(state, plan)),
    moveWrite: (move) => write(() => writing.moveWrite(state, move)),
    writes: (query) => read(() => writing.writePage(state, query)),
    endedWrites: (query) => read(() => writing.endedPage(state, query)),
    write: (id) => read(() => writing.writeById(state, id)),
    writtenBy: (site, keys) => read(() => writing.writtenBy(state, site, keys)),
    pruneWrites: ({ endedBefore, limit }) => write(() => writing.pruneWrites(state, endedBefore, limit)),

    keepExchange: (exchange, body) => write(() => keepExchange(state, exchange, body)),
    exchanges: (query) => read(() => exchangesOf(state, query)),
    exchangeBody: (id) => read(() => state.exchanges.get(id)?.body ?? null),
    pruneExchanges: (request) => write(() => pruneExchanges(state, request)),

    putContent: (content) => write(() => deploying.putContent(state, content)),
    content: (hash) => read(() => state.contents.get(hash) ?? null),
    contents: ({ after = '', limit }) =>
      read(() =>
        [...state.contents.keys()]
          .sort()
          .filter((hash) => hash > after)
          .slice(0, limit),
      ),
    dropContent: (hashes) => write(() => hashes.filter((hash) => state.contents.delete(hash)).length),
    lacking: (hashes) => read(() => hashes.filter((hash) => !state.contents.has(hash))),
    putDeployment: (request) => write(() => deploying.putDeployment(state, request)),
    deployments: (query) => read(() => deploying.deploymentsOf(state, query)),
    deployment: (id) => read(() => state.deployments.find((one) => one.id === id) ?? null),

    // All is in one place.
    shelve: () => write(() => 0),
    prune: (request) => write(() => reading.prune(state, request)),
    // Nothing is sealed in memory, so there is no key to wrap again.
    rewrap: () => write(() => 0),
    backup: (to) => read(() => void disk.backups.set(to, structuredClone(state))),

    async close() {
      silence?.();
      await commits.close();
      if (shared) dropShards(state, opening);
      if (disk.owner === self) disk.owner = null;
    },
    crash(underWayArrives = false) {
      silence?.();
      commits.crash(underWayArrives);
      if (disk.owner === self) disk.owner = null;
    },
  };
}

function countOutcome(state: State, one: OutcomeCount): void {
  const key = keyOf(String(one.minute), one.site, one.connection, one.kind);
  const known = state.outcomes.get(key);
  const sum = known ? { ...one, count: known.count + one.count, ms: known.ms + one.ms } : one;
  state.outcomes.set(key, sum);
}

function countNoise(state: State, one: NoiseCount): void {
  const key = keyOf(one.site, one.connection, one.kind);
  const known = state.noises.get(key);
  const sum = known ? { ...one, count: known.count + one.count, bytes: known.bytes + one.bytes } : one;
  state.noises.set(key, sum);
}
