/**
 * All that is learnt: for each site and resource of its record one method, which the record chooses. A site's learning runs
 * on one node at a time.
 */
import type { Connection, ConnectionContext, Finding, LearnSettings } from '../../connectors/index.ts';
import { learningOf, type SiteLearning, type SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, canonicalJson, Failure, pause, type Random } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { type Intake, identityKey } from '../intake.ts';
import { survivorsPage } from '../merge.ts';
import { type KeyedHash, patientKey } from '../patient.ts';
import { createClaims } from './claims.ts';
import { feedAsk } from './feed.ts';
import { type Ask, cursorName, type Learner, startLearner } from './learner.ts';
import { type MethodKeeper, methodKeeper } from './method.ts';
import { startRoster } from './roster.ts';
import { createTellings } from './tellings.ts';
import { wakesAsk } from './wakes.ts';

/** What learning knows of a connection. */
export interface Source {
  readonly site: SiteRecord;
  readonly name: string;
  readonly connection: Connection;
  /** Of now: a swap changes it. */
  readonly intake: Pick<Intake, 'learned'>;
}

type FindSource = (site: string, connection: string) => Source | undefined;

export interface LearningOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly keyedHash: KeyedHash;
  readonly sites: () => readonly SiteRecord[];
  readonly source: FindSource;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly failed: (site: string, connection: string, failure: Failure | null) => void;
  /** Findings are counted per minute, too. */
  readonly counted: (site: string, connection: string, findings: readonly Finding[]) => void;
  readonly log: ConnectionContext['log'];
  /** The text of a file beside a site's record. */
  readonly file?: (site: string, name: string) => Promise<string>;
}

export interface Learning {
  /** Before senders are let in: what the methods were, and where feeds begin. */
  prepare(): Promise<void>;
  start(): void;
  /** A message has come in. */
  heard(site: string, connection: string): void;
  /** What stood in the way at a connection is said to be gone. True: something waited for that. */
  again(site: string, connection: string): boolean;
  /** Connections by which something is learnt. */
  learns(site: SiteRecord, connection: string): boolean;
  /**
   * Before a swap.
   * @throws Failure `config`: a record asks for what its connection cannot do.
   */
  check(sites: readonly SiteRecord[], source: FindSource): void;
  /**
   * After a swap: what is learnt as before goes on, the rest ends or begins. `renewed`: connections that are not what they
   * were, as `site/connection`.
   */
  swap(renewed: ReadonlySet<string>): Promise<void>;
  stop(): Promise<void>;
}

/** What could not be begun is tried again after this. */
const BEGIN_AGAIN = 5_000;

/** One resource of one site. */
interface Wanted {
  readonly site: SiteRecord;
  readonly learning: SiteLearning;
}

interface Running {
  /** Equal for records that make no difference to it. */
  readonly key: string;
  /** Connections that it was begun with. */
  readonly uses: readonly string[];
  readonly stop: () => Promise<void>;
}

/** What learning reads of a site, but for its connections: these are compared by themselves. */
function siteKey({ connections: _, name: __, budget: ___, ...site }: SiteRecord): string {
  return canonicalJson(site);
}

export function createLearning(options: LearningOptions): Learning {
  const { store, clock, keyedHash, log } = options;
  /** By site and resource. */
  const running = new Map<string, Running>();
  const nudged: { site: string; from: string; connections: readonly string[]; learner: Learner }[] = [];
  /** By site. */
  const rosters = new Map<string, Running>();
  const keepers = new Map<string, MethodKeeper>();
  const claims = createClaims(store, clock);

  const wanted = (): readonly Wanted[] =>
    options.sites().flatMap((site) => learningOf(site).map((learning) => ({ site, learning })));

  const failures = new Map<string, Map<string, Failure>>();
  /** A connection fails while one of its resources does. */
  function tell(site: string, connection: string, resource: string, failure: Failure | null): void {
    const key = `${site}/${connection}`;
    const own = failures.get(key) ?? new Map<string, Failure>();
    failures.set(key, own);
    if (failure === null && !own.has(resource)) return;
    if (failure === null) own.delete(resource);
    else own.set(resource, failure);
    const [first] = own.values();
    options.failed(site, connection, first ?? null);
  }

  const tellings = createTellings(clock);
  const settingsOf = ({ resource: _, from: __, ...settings }: SiteLearning): LearnSettings => settings;

  function feedOf(site: SiteRecord, resource: string, connection: string): Ask {
    const name = site.site;
    return feedAsk({
      store,
      site,
      connection,
      resource,
      seen: async (identities) => {
        const byKey = new Map(identities.map((one) => [identityKey(keyedHash, name, resource, one), one]));
        const marks = await store.seen(name, resource, [...byKey.keys()]);
        return new Map([...marks].map(([key, mark]) => [byKey.get(key) as string, mark]));
      },
      patientKey: (system, value) => patientKey(keyedHash, name, system, value),
    });
  }

  function askOf(site: SiteRecord, learning: SiteLearning, source: Source): Ask {
    const { resource, method } = learning;
    if (method === 'feed') return feedOf(site, resource, learning.from);
    const settings = settingsOf(learning);
    const { connection } = source;
    if (method === 'feed wakes read') {
      const roster = {
        page: (after: string | null, limit: number, activity: { from: number; to: number }) =>
          survivorsPage(store, site.site, after, limit, activity),
      };
      return wakesAsk({ connection, resource, settings, clock, roster });
    }
    return (request) =>
      connection.learn?.({ resource, settings, ...request }) as ReturnType<NonNullable<Connection['learn']>>;
  }

  /** What the record asks for and the connection cannot do. */
  function check(
    site: SiteRecord,
    { resource, method, from }: SiteLearning,
    find: FindSource = options.source,
  ): Source {
    const source = find(site.site, from);
    const offers = source?.connection.learns?.find((one) => one.resource === resource);
    const fine =
      method === 'feed'
        ? source?.connection.listen !== undefined || source?.connection.http !== undefined
        : source?.connection.learn !== undefined && offers?.methods.includes(method);
    if (source !== undefined && fine) return source;
    const can = offers?.methods.join(', ');
    throw new Failure({
      code: 'LEARN_METHOD',
      kind: 'config',
      message: `The connection ${from} cannot learn ${resource} by "${method}".`,
      fix:
        method === 'feed'
          ? 'Name a connection that receives HL7 messages.'
          : can
            ? `Use one of: ${can}.`
            : `Name a connection that can be asked for ${resource}.`,
      at: { site: site.site, connection: from, path: `learn.${resource}` },
    });
  }

  function learn(site: SiteRecord, learning: SiteLearning, ask: Ask, keeper: MethodKeeper | null): Learner {
    const { resource, from, method } = learning;
    const source = options.source(site.site, from) as Source;
    const learner = startLearner({
      store,
      clock,
      random: options.random,
      site: site.site,
      connectionName: from,
      resource,
      door: method === 'feed' ? 'feed' : method === 'bulk' ? 'bulk' : 'poll',
      every: learning.every,
      ask,
      seeding: () => keeper?.state().phase === 'seeding',
      seeded: async () => {
        await keeper?.seeded();
        log('info', 'what is there has been seeded; changes are told from now on', {
          site: site.site,
          resource,
          method,
        });
      },
      mine: () => claims.mine(site.site),
      intake: { learned: (record, at, door) => source.intake.learned(record, at, door) },
      identityKey: (identity) => identityKey(keyedHash, site.site, resource, identity),
      planned: options.planned,
      found: (findings: readonly Finding[]) => {
        options.counted(site.site, from, findings);
        for (const { code, text, count } of findings) {
          const told = tellings.told(`${site.site} ${from} ${resource} ${code}`, count);
          if (told !== null)
            log('warn', text, { site: site.site, connection: from, resource, code, count: told });
        }
      },
      state: (failure) => tell(site.site, from, resource, failure),
    });
    const wakers = method === 'feed wakes read' ? site.roster.from : [];
    nudged.push({
      site: site.site,
      from,
      connections: [...(method === 'feed' ? [from] : []), ...wakers],
      learner,
    });
    return learner;
  }

  /** A feed in place of which a read is being seeded goes on telling until that is done. */
  function bridge(site: SiteRecord, learning: SiteLearning, keeper: MethodKeeper): Learner | undefined {
    const was = keeper.state().was;
    if (keeper.state().phase !== 'seeding' || was?.method !== 'feed') return undefined;
    if (options.source(site.site, was.from) === undefined) return undefined;
    const before: SiteLearning = { ...learning, method: 'feed', from: was.from };
    const ask = feedOf(site, learning.resource, was.from);
    return learn(
      site,
      before,
      async (request) =>
        keeper.state().phase === 'seeding'
          ? ask(request)
          : { inbound: [], cursor: request.cursor, findings: [], more: false, wait: 3_600_000 },
      null,
    );
  }

  /** A feed begins with what comes in from now on; what was received before it was chosen is history. */
  async function beginFeed(site: string, from: string, resource: string): Promise<void> {
    const name = cursorName(resource);
    const [newest] = (await store.search({ site, connection: from, limit: 1 })).rows;
    const row = await store.cursor(site, from, name);
    const value = { kind: 'feed', after: newest === undefined ? 0 : Number(newest.id) };
    await store.append({
      site,
      connection: from,
      messages: [],
      cursor: { name, value, expect: row?.version ?? 0, at: clock.now() },
    });
  }

  const nameOf = ({ site, learning }: Wanted): string => `${site.site} ${learning.resource}`;
  const keyOf = ({ site, learning }: Wanted): string => canonicalJson([learning, siteKey(site)]);

  /** What the method was, and where a feed begins: on disk before anything is learnt. */
  async function ready(one: Wanted): Promise<void> {
    const { site, learning } = one;
    check(site, learning);
    const keeper = methodKeeper(store, clock, site.site, learning);
    keepers.set(nameOf(one), keeper);
    const { before } = await keeper.prepare();
    const begins = before?.method !== 'feed' || before.from !== learning.from;
    if (learning.method === 'feed' && begins) await beginFeed(site.site, learning.from, learning.resource);
  }

  function begin(one: Wanted): void {
    const { site, learning } = one;
    const keeper = keepers.get(nameOf(one)) as MethodKeeper;
    const before = bridge(site, learning, keeper);
    const learners = [learn(site, learning, askOf(site, learning, check(site, learning)), keeper)];
    if (before !== undefined) learners.push(before);
    const was = before === undefined ? [] : [keeper.state().was?.from ?? ''];
    running.set(nameOf(one), {
      key: keyOf(one),
      uses: [learning.from, ...was].map((name) => `${site.site}/${name}`),
      stop: () => ended(learners),
    });
  }

  async function ended(learners: readonly Learner[]): Promise<void> {
    await Promise.all(learners.map((one) => one.stop()));
    for (const one of learners) {
      const at = nudged.findIndex(({ learner }) => learner === one);
      if (at >= 0) nudged.splice(at, 1);
    }
  }

  /** While the engine runs: a store that fails now does not undo the swap; it begins when the store works again. */
  function beginSurely(one: Wanted): void {
    const stopping = new AbortController();
    const trying = (async () => {
      while (!stopping.signal.aborted) {
        try {
          await ready(one);
          if (!stopping.signal.aborted) begin(one);
          return;
        } catch (error) {
          const { message, code, fix } = asFailure(error);
          log('error', `learning waits: ${message}`, {
            site: one.site.site,
            resource: one.learning.resource,
            code,
            fix,
          });
          await pause(clock, BEGIN_AGAIN, stopping.signal);
        }
      }
    })();
    const stop = (): Promise<void> => {
      stopping.abort();
      return trying;
    };
    running.set(nameOf(one), { key: keyOf(one), uses: [`${one.site.site}/${one.learning.from}`], stop });
  }

  function beginRoster(site: SiteRecord): void {
    const { file, lists } = site.roster;
    if (file === undefined && !lists?.length) return;
    const roster = startRoster({ ...options, site, mine: () => claims.mine(site.site) });
    const uses = (lists ?? []).map(({ from }) => `${site.site}/${from}`);
    rosters.set(site.site, { key: siteKey(site), uses, stop: () => roster.stop() });
  }

  /** Ends what is no longer wanted as it is. */
  async function endOthers(
    of: Map<string, Running>,
    keys: ReadonlyMap<string, string>,
    renewed: ReadonlySet<string>,
  ): Promise<void> {
    const over = [...of].filter(
      ([name, one]) => keys.get(name) !== one.key || one.uses.some((connection) => renewed.has(connection)),
    );
    for (const [name] of over) of.delete(name);
    await Promise.all(over.map(([, one]) => one.stop()));
  }

  return {
    async prepare() {
      for (const one of wanted()) await ready(one);
    },
    start() {
      for (const one of wanted()) begin(one);
      for (const site of options.sites()) beginRoster(site);
    },
    check(sites, source) {
      for (const site of sites) for (const learning of learningOf(site)) check(site, learning, source);
    },
    async swap(renewed) {
      const all = wanted();
      await Promise.all([
        endOthers(running, new Map(all.map((one) => [nameOf(one), keyOf(one)])), renewed),
        endOthers(rosters, new Map(options.sites().map((site) => [site.site, siteKey(site)])), renewed),
      ]);
      for (const one of all) if (!running.has(nameOf(one))) beginSurely(one);
      for (const site of options.sites()) if (!rosters.has(site.site)) beginRoster(site);
    },
    heard(site, connection) {
      for (const one of nudged) {
        if (one.site === site && one.connections.includes(connection)) one.learner.nudge();
      }
    },
    learns: (site, connection) => learningOf(site).some(({ from }) => from === connection),
    again: (site, connection) =>
      nudged
        .filter((one) => one.site === site && one.from === connection)
        .map(({ learner }) => learner.again())
        .includes(true),
    async stop() {
      await Promise.all([...running.values(), ...rosters.values()].map((one) => one.stop()));
      running.clear();
      rosters.clear();
      await claims.release();
    },
  };
}
