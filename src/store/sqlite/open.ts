/** The SQLite store as the rest of the program sees it: every call goes to one of two threads. */
import { type Clock, systemClock } from '../../std/index.ts';
import { openVault } from '../../vault/index.ts';
import type { Store } from '../contract.ts';
import { watchHealth } from '../health.ts';
import { openChannel } from './channel.ts';
import { openKnown } from './known.ts';
import { openLeasing } from './leasing.ts';
import type { Reads, Writes } from './protocol.ts';
import { scanAll } from './scan.ts';
import { openUpkeep } from './upkeep.ts';
import { WAKE_LIMIT } from './waking.ts';

export interface SqliteStoreOptions {
  /** The data folder; it is made if need be, readable by its user alone. */
  readonly folder: string;
  /** 32 bytes, as `parseMasterKey` gives them. */
  readonly masterKey: Uint8Array;
  /** For the times of `health()` and of what the store itself holds. Left out: the machine's. */
  readonly clock?: Clock;
}

export interface SqliteStore extends Store {
  readonly kind: 'sqlite';
  /** The vault's keyed hash: `keyedHash('patient', site, system, value)`. The same for the life of the data folder. */
  keyedHash(...parts: readonly string[]): string;
}

/**
 * Opens the data folder, for this process alone: brings its schema up to date, takes over what an unclean stop
 * left running, and starts its two threads.
 * @throws Failure `VAULT_KEY_WRONG`, `STORE_IN_USE`, `STORE_NEWER`, `STORE_OLDER`, `STORE_UNOPENED`, and what the disk says.
 * @example
 * const store = await openSqliteStore({ folder: './data', masterKey: parseMasterKey(process.env.SUTURE_KEY) });
 * const [kept] = await store.append({ site: 'north', connection: 'adt', messages: [message] });
 * await store.close();
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const clock = options.clock ?? systemClock;
  const health = watchHealth(clock);
  // A copy: a view of a larger buffer would be handed over with all that is around it.
  const data = { folder: options.folder, masterKey: Uint8Array.from(options.masterKey) };
  const starting = openChannel<Writes & { finishLog(): null }>('writer', data, {
    fault: health.report,
    full: () => void writeBack(),
  });
  const [written, read] = await Promise.allSettled([
    starting,
    openChannel<Reads & { backup(to: string): null; changeMaster(key: string): null; writeBack(): null }>(
      'reader',
      data,
      {
        after: starting,
      },
    ),
  ]);
  if (written.status === 'rejected') throw written.reason;
  if (read.status === 'rejected') {
    await written.value.close();
    throw read.reason;
  }
  const writer = written.value;
  const reader = read.value;
  const { keyedHash } = openVault({ masterKey: data.masterKey, keys: writer.keys });

  const known = openKnown();
  const lease = openLeasing({
    known,
    lease: (request) => writer.call('lease', request),
    read: (given) => reader.call('leased', given),
    settle: (settlement) => writer.call('settle', settlement),
    now: () => clock.now(),
  });

  const upkeep = openUpkeep(writer);

  /** Whatever becomes of the other thread's part, the writer looks after the log again. */
  async function writeBack(): Promise<void> {
    await reader.call('writeBack').catch(() => undefined);
    await writer.call('finishLog').catch(() => undefined);
  }

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    // The reader first: the last connection that closes writes the log back into the file.
    await reader.close();
    await writer.close();
  };

  return {
    kind: 'sqlite',
    keyedHash,
    health: health.now,
    onHealth: health.listen,
    probe: async () => void (await writer.call('probe')),

    async append(unit) {
      const answers = await writer.call('append', unit);
      known.appended(unit, answers);
      return answers;
    },
    lease,
    nextDue: () => writer.call('nextDue'),
    remember: (work) => writer.call('remember', work),
    settle: (settlement) => writer.call('settle', settlement),
    async wake(request) {
      let woken = 0;
      for (;;) {
        const some = await writer.call('wake', request);
        woken += some;
        if (some < WAKE_LIMIT) return woken;
      }
    },
    release: (request) => writer.call('release', request),
    answer: (request) => writer.call('answer', request),
    replay(request) {
      known.clear(); // the messages of the old ones say from now on that they were replayed
      return writer.call('replay', request);
    },

    cursor: (site, connection, name) => reader.call('cursor', site, connection, name),
    seen: async (site, resource, identities) =>
      new Map(await reader.call('seen', site, resource, identities)),
    cursors: (site) => reader.call('cursors', site),
    uncounted: (site, resource, before) => reader.call('uncounted', site, resource, before),
    rosterPage: (site, after, limit, activity) => reader.call('rosterPage', site, after, limit, activity),
    rosterGet: (site, keys) => reader.call('rosterGet', site, keys),

    search: (query) => reader.call('search', query),
    scan: (query) => scanAll((slice) => reader.call('scan', slice), query),
    message: (id) => reader.call('message', id),
    payload: (id) => reader.call('payload', id),
    history: (deliveryId) => reader.call('history', deliveryId),
    deadLetters: (query) => reader.call('deadLetters', query),
    sleepers: (query) => reader.call('sleepers', query),

    stuckLanes: async (query) => reader.call('stuckLanes', await writer.call('stuckHeads', query)),
    deadGroups: (query) => reader.call('deadGroups', query),
    deliveries: (query) => reader.call('deliveries', query),

    putJob: async (job, audit) => void (await writer.call('putJob', job, audit)),
    jobs: (limit) => reader.call('jobs', limit),
    job: (id) => reader.call('job', id),
    putFlowVersion: async (version, flow) => void (await writer.call('putFlowVersion', version, flow)),
    flowVersion: (version) => reader.call('flowVersion', version),

    planWrite: (write) => writer.call('planWrite', write),
    moveWrite: (move) => writer.call('moveWrite', move),
    writes: (query) => reader.call('writes', query),
    endedWrites: (query) => reader.call('endedWrites', query),
    write: (id) => reader.call('write', id),
    writtenBy: async (site, keys) => new Map(await reader.call('writtenBy', site, keys)),
    pruneWrites: (request) => writer.call('pruneWrites', request),

    keepExchange: (exchange, body) => writer.call('keepExchange', exchange, body),
    pruneExchanges: (request) => writer.call('pruneExchanges', request),
    exchanges: (query) => reader.call('exchanges', query),
    exchangeBody: (id) => reader.call('exchangeBody', id),

    putContent: async (content) =>
      void (await writer.call(
        'putContent',
        content.map(({ hash, bytes }) => [hash, Buffer.from(bytes).toString('base64')] as const),
      )),
    async content(hash) {
      const text = await reader.call('content', hash);
      return text === null ? null : Buffer.from(text, 'base64');
    },
    lacking: (hashes) => reader.call('lacking', hashes),
    contents: (query) => reader.call('contents', query),
    dropContent: (hashes) => writer.call('dropContent', hashes),
    putDeployment: (request) => writer.call('putDeployment', request),
    deployments: (query) => reader.call('deployments', query),
    deployment: (id) => reader.call('deployment', id),

    tallies: (now) => reader.call('tallies', now),
    noises: () => reader.call('noises'),
    backlog: () => reader.call('backlog'),
    ledger: () => reader.call('ledger'),

    countOutcomes: async (counts) => void (await writer.call('countOutcomes', counts)),
    outcomes: (since) => reader.call('outcomes', since),
    countNoise: async (counts) => void (await writer.call('countNoise', counts)),

    audit: async (entries) => void (await writer.call('audit', entries)),
    auditTrail: (query) => reader.call('auditTrail', query),
    verifyAudit: () => reader.call('verifyAudit'),

    putSecret: async (name, value) => void (await writer.call('putSecret', name, value)),
    getSecret: (name) => reader.call('getSecret', name),

    slot: (name) => reader.call('slot', name, clock.now()),
    swapSlot: (swap) => writer.call('swapSlot', swap, clock.now()),

    putUser: async (user, audit) => void (await writer.call('putUser', user, audit)),
    user: (name) => reader.call('user', name),
    users: () => reader.call('users'),
    putSession: async (session) => void (await writer.call('putSession', session)),
    session: (id) => reader.call('session', id),
    endSession: async (id) => void (await writer.call('endSession', id)),

    prune: (request) => upkeep.prune(request),
    shelve: (request) => upkeep.shelve(request),
    rewrap: (key) =>
      upkeep.alone(async () => {
        const text = Buffer.from(key).toString('base64');
        const count = await writer.call('rewrap', text);
        await reader.call('changeMaster', text);
        return count;
      }),
    // Nothing moves between files while they are copied one after the other.
    backup: (to) => upkeep.alone(async () => void (await reader.call('backup', to))),

    close() {
      closed ??= close();
      return closed;
    },
  };
}
