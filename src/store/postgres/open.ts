/** The PostgreSQL store as the rest of the program sees it: sessions for each hand that writes, and some that read. */
import { type Clock, type Failure, pause, systemClock } from '../../std/index.ts';
import type { AuditEntry, Store } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { watchHealth } from '../health.ts';
import { openKnown } from '../sqlite/known.ts';
import { openLeasing } from '../sqlite/leasing.ts';
import { accountDesk } from './accounts.ts';
import { again } from './again.ts';
import { openAppending } from './append.ts';
import { addAudit, auditReader } from './audit.ts';
import { claimer } from './claim.ts';
import { countDesk } from './counts.ts';
import { cursorLister, cursorReader } from './cursors.ts';
import { deploymentDesk } from './deployments.ts';
import type { Desk } from './desk.ts';
import { openDictionary } from './dictionary.ts';
import { exchangeDesk } from './exchanges.ts';
import { faultOf, refusalOf } from './faults.ts';
import { openIds } from './ids.ts';
import { jobDesk } from './jobs.ts';
import { openKeys } from './keys.ts';
import { lessor, openInHand } from './leasing.ts';
import { ledgerReader } from './ledger.ts';
import { messageReader } from './messages.ts';
import { migrate } from './migrate.ts';
import { joinNodes, LEASE_MS, standAside } from './node.ts';
import { pruner } from './prune.ts';
import { replayer } from './replay.ts';
import { rosterReader } from './roster.ts';
import { searcher } from './search.ts';
import { seenReader, uncountedReader } from './seen.ts';
import { greet, greetSteady } from './server.ts';
import { type Ask, openSession, type Session } from './session.ts';
import { openSettling } from './settle.ts';
import { slotDesk } from './slots.ts';
import { waker } from './waking.ts';
import { writeDesk } from './writes.ts';

export interface PostgresStoreOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string;
  /** 32 bytes, as `parseMasterKey` gives them; the same on every node. */
  readonly masterKey: Uint8Array;
  /** For times and timers. Left out: the machine's. */
  readonly clock?: Clock;
  /** What this node is called where people look. Left out: the process. */
  readonly node?: string;
  /** How long leases of this node hold without a renewal, in milliseconds. Left out: 15,000. */
  readonly leaseMs?: number;
  /** Opened to look, by a command: takes no part in the work, leases nothing. */
  readonly bystander?: boolean;
}

export interface PostgresStore extends Store {
  readonly kind: 'postgres';
  /** The vault's keyed hash: `keyedHash('patient', site, system, value)`. The same on every node. */
  keyedHash(...parts: readonly string[]): string;
}

interface Kind {
  readonly patience?: number;
  /** Asks the same again and again, with more or fewer rows: see `greetSteady`. */
  readonly steady?: true;
}
type NewSession = (fault: (failure: Failure | null) => void, kind?: Kind) => Session;

/** Milliseconds for what may take long: counting all rows, dropping old history. */
const LONG = 600_000;

/** Sessions that read. */
const READERS = 3;
const APPENDERS = 2;
const SETTLERS = 2;

/** Milliseconds that the database is given to hear that this node leaves. */
const LEAVE_TIMEOUT = 5_000;

const PROBE =
  "INSERT INTO meta VALUES ('probe', '1') ON CONFLICT (name) DO UPDATE SET value = excluded.value";

/**
 * Opens the database as one node of possibly many: brings the schema up to date, joins the other nodes, and takes over
 * what dead ones left behind.
 * @throws Failure `DATABASE_UNREACHABLE`, `DATABASE_UNSAFE`, `DATABASE_OLD`, `DATABASE_NEWER`, `DATABASE_READONLY`,
 * `DATABASE_REFUSES`, `VAULT_KEY_WRONG`.
 * @example
 * const store = await openPostgresStore({ url: process.env.DATABASE_URL, masterKey: parseMasterKey(process.env.SUTURE_KEY) });
 * const [kept] = await store.append({ site: 'north', connection: 'adt', messages: [message] });
 * await store.close();
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const clock = options.clock ?? systemClock;
  const health = watchHealth(clock);
  const all: Session[] = [];
  const session: NewSession = (fault, { patience, steady } = {}) => {
    const one = openSession({
      ...{ url: options.url, clock, fault, stall: options.leaseMs ?? LEASE_MS },
      greet: steady ? greetSteady : greet,
      ...(patience ? { patience } : {}),
    });
    all.push(one);
    return one;
  };
  try {
    return await open(options, clock, health, session, all);
  } catch (error) {
    await Promise.all(all.map((one) => one.close()));
    throw faultOf(error) ?? refusalOf(error);
  }
}

async function open(
  options: PostgresStoreOptions,
  clock: Clock,
  health: ReturnType<typeof watchHealth>,
  session: NewSession,
  all: readonly Session[],
): Promise<PostgresStore> {
  // Its success says nothing of writes that matter: it reports trouble only.
  const aside = session((fault) => {
    if (fault !== null) health.report(fault);
  });
  await migrate(aside);
  const keys = await openKeys(aside, Uint8Array.from(options.masterKey));
  const dictionary = openDictionary(aside);
  await dictionary.reload();
  let reclaim = (): Promise<boolean> => Promise.resolve(false);
  const upkeep = async (): Promise<void> => {
    for (const one of all) one.replan();
    await keys.count();
    if (await reclaim()) tellWork();
  };
  const workers = new Set<() => void>();
  const tellWork = (): void => {
    for (const listener of workers) listener();
  };
  const inHand = openInHand();
  // Others may be given what this node has planned.
  const known = openKnown(() => node.hasPeers);
  const node = options.bystander
    ? standAside()
    : await joinNodes({
        session: aside,
        clock,
        name: options.node ?? `process ${process.pid}`,
        leaseMs: options.leaseMs ?? LEASE_MS,
        lost: () => inHand.clear(),
        gained: tellWork,
        upkeep,
      });
  const readers = Array.from({ length: READERS }, () => session(() => undefined, { patience: LONG }));
  let turn = 0;
  const read: Ask = (statement, values) =>
    again(() => (readers[turn++ % READERS] as Session).ask(statement, values)) as never;
  const desk: Desk = {
    clock,
    dictionary,
    keys,
    node,
    read,
    fault: health.report,
    writers: {
      append: Array.from({ length: APPENDERS }, () => session(health.report, { steady: true })),
      settle: Array.from({ length: SETTLERS }, () => session(health.report, { steady: true })),
      lease: session(health.report, { steady: true }),
      other: session(health.report, { patience: LONG }),
    },
  };
  const appending = openAppending(
    desk,
    openIds(aside, clock, () => !options.bystander && !node.hasPeers),
  );
  const settling = openSettling(desk, inHand);
  const heads = lessor(desk, known, inHand);
  reclaim = heads.reclaim;
  const lease = openLeasing({
    known,
    lease: heads.lease,
    async read(given) {
      try {
        return await heads.leased(given);
      } catch (error) {
        heads.arrived(given.epoch, false);
        throw error;
      }
    },
    settle: settling.settle,
    now: () => clock.now(),
  });
  const waking = waker(desk);
  const messages = messageReader(desk);
  const searching = searcher(desk);
  const ledger = ledgerReader(desk);
  const audits = auditReader(desk);
  const roster = rosterReader(desk);
  const replay = replayer(desk);
  const prune = pruner(desk);
  const counts = countDesk(desk);
  const accounts = accountDesk(desk);
  const jobs = jobDesk(desk);
  const exchanges = exchangeDesk(desk);
  const slots = slotDesk(desk);
  const deployments = deploymentDesk(desk);
  const writes = writeDesk(desk);

  let closed: Promise<void> | undefined;
  let refusing = false;
  const whileOpen = <Args extends unknown[], Result>(
    call: (...args: Args) => Promise<Result>,
  ): ((...args: Args) => Promise<Result>) => {
    return (...args) =>
      refusing ? Promise.reject(storeFailure('STORE_CLOSED', 'The store is closed.')) : call(...args);
  };
  const close = async (): Promise<void> => {
    refusing = true;
    node.stop();
    await Promise.all([appending.close(), settling.close()]);
    // A database that is away learns from the lease's expiry that this node is gone.
    const leave = keys.count().then(node.leave);
    await Promise.race([leave.catch(() => undefined), pause(clock, LEAVE_TIMEOUT)]);
    await Promise.all(all.map((one) => one.close()));
  };

  return {
    kind: 'postgres',
    keyedHash: keys.vault.keyedHash,
    health: health.now,
    onHealth: health.listen,
    onWork(listener) {
      workers.add(listener);
      return () => void workers.delete(listener);
    },
    probe: whileOpen(async () => void (await again(() => desk.writers.other.ask(PROBE)))),

    append: whileOpen(async (unit) => {
      const answers = await appending.append(unit);
      known.appended(unit, answers);
      return answers;
    }),
    lease: whileOpen(async (request) => {
      const leased = await lease(request);
      for (const { delivery, epoch } of leased) {
        inHand.put(delivery.id, { epoch, attempts: delivery.attempts, flow: delivery.flow });
        heads.arrived(epoch, true);
      }
      return leased;
    }),
    nextDue: whileOpen(heads.nextDue),
    remember: whileOpen(settling.remember),
    settle: whileOpen(settling.settle),
    wake: whileOpen(waking.wake),
    release: whileOpen(waking.release),
    answer: whileOpen(waking.answer),
    replay: whileOpen((request) => {
      known.clear(); // the messages of the old ones say from now on that they were replayed
      return replay(request);
    }),

    cursor: whileOpen(cursorReader(desk)),
    cursors: whileOpen(cursorLister(desk)),
    seen: whileOpen(seenReader(desk)),
    uncounted: whileOpen(uncountedReader(desk)),
    claim: whileOpen(claimer(desk.writers.other.ask)),
    rosterPage: whileOpen(roster.page),
    rosterGet: whileOpen(roster.get),

    search: whileOpen(searching.search),
    scan: whileOpen(searching.scan),
    deliveries: whileOpen(searching.deliveries),
    message: whileOpen(messages.message),
    payload: whileOpen(messages.payload),
    history: whileOpen(messages.history),
    deadLetters: whileOpen(messages.deadLetters),
    deadGroups: whileOpen(messages.deadGroups),
    sleepers: whileOpen(messages.sleepers),
    stuckLanes: whileOpen(messages.stuckLanes),

    tallies: whileOpen(ledger.tallies),
    noises: whileOpen(counts.noises),
    backlog: whileOpen(ledger.backlog),
    ledger: whileOpen(ledger.ledger),
    countOutcomes: whileOpen(counts.countOutcomes),
    outcomes: whileOpen(counts.outcomes),
    countNoise: whileOpen(counts.countNoise),

    audit: whileOpen((entries: readonly AuditEntry[]) =>
      again(() => desk.writers.other.transaction((ask) => addAudit(desk, ask, entries))),
    ),
    auditTrail: whileOpen(audits.page),
    verifyAudit: whileOpen(audits.verify),

    putSecret: whileOpen(accounts.putSecret),
    getSecret: whileOpen(accounts.getSecret),
    slot: whileOpen(slots.slot),
    swapSlot: whileOpen(slots.swapSlot),
    putUser: whileOpen(accounts.putUser),
    user: whileOpen(accounts.user),
    users: whileOpen(accounts.users),
    putSession: whileOpen(accounts.putSession),
    session: whileOpen(accounts.session),
    endSession: whileOpen(accounts.endSession),

    putJob: whileOpen(jobs.putJob),
    jobs: whileOpen(jobs.jobs),
    job: whileOpen(jobs.job),
    putFlowVersion: whileOpen(jobs.putFlowVersion),
    flowVersion: whileOpen(jobs.flowVersion),

    planWrite: whileOpen(writes.planWrite),
    moveWrite: whileOpen(writes.moveWrite),
    writes: whileOpen(writes.writes),
    endedWrites: whileOpen(writes.endedWrites),
    write: whileOpen(writes.write),
    writtenBy: whileOpen(writes.writtenBy),
    pruneWrites: whileOpen(writes.pruneWrites),

    keepExchange: whileOpen(exchanges.keepExchange),
    exchanges: whileOpen(exchanges.exchanges),
    exchangeBody: whileOpen(exchanges.exchangeBody),
    pruneExchanges: whileOpen(exchanges.pruneExchanges),

    putContent: whileOpen(deployments.putContent),
    content: whileOpen(deployments.content),
    lacking: whileOpen(deployments.lacking),
    contents: whileOpen(deployments.contents),
    dropContent: whileOpen(deployments.dropContent),
    putDeployment: whileOpen(deployments.putDeployment),
    deployments: whileOpen(deployments.deployments),
    deployment: whileOpen(deployments.deployment),

    prune: whileOpen(prune),
    // Partitions are cut by age already: nothing need be moved.
    shelve: whileOpen(() => Promise.resolve(0)),
    backup: whileOpen(() => Promise.reject(noBackup())),
    rewrap: whileOpen((masterKey: Uint8Array) => again(() => keys.rewrap(Uint8Array.from(masterKey)))),

    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** A copy that this process made by reading would be slower and worse than what the server itself offers. */
const noBackup = (): Failure =>
  storeFailure('DATABASE_BACKUP', 'A database is backed up with its own tools, not by Suture.');
