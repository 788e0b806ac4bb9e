/**
 * `npm run bench:poll`: many sites' rosters polled patient by patient, as at Epic, within each site's budget of requests.
 *
 * Real: the walk over the roster, the comparison of contents, the site's budget. Simulated: time (virtual: an hour passes
 * in a minute or two), the server (80 ms an answer, no sockets, no JSON) and the store (maps). So the figures of requests and freshness
 * hold for any machine; processor time and memory are those of scheduling and comparing alone.
 *
 * The world: 5 % of a roster is active (in hospital, or with a visit within a day) and causes 90 % of the changes, spread evenly
 * over patients and resources. The other 10 % come to idle patients as incidents of three changes; `--with-encounter 85` per
 * cent of these show in an Encounter first. Options: --sites 100 --patients 1000 --minutes 60 --seed 1.
 */
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import type { ConnectionContext, LearnAnswer, LearnSettings, RosterEntry } from '../src/connectors/index.ts';
import { Tally } from '../src/connectors/learn/findings.ts';
import type { Learnable } from '../src/connectors/learn/learnable.ts';
import { createWalk } from '../src/connectors/learn/walk.ts';
import { siteBudget } from '../src/engine/budget.ts';
import { type Clock, seededRandom } from '../src/std/index.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '100' },
    patients: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    'with-encounter': { type: 'string', default: '85' },
  },
});
const SITES = Number(values.sites);
const PATIENTS = Number(values.patients);
const MINUTES = Number(values.minutes);
const WITH_ENCOUNTER = Number(values['with-encounter']) / 100;
const LATENCY = 80;
const TICK = 20;
const START = Date.UTC(2026, 2, 2, 8);
const RESOURCES = ['Patient', 'Appointment', 'Encounter', 'Observation', 'DocumentReference'] as const;
/** Searches of one look: observations are asked for by category, vital signs and laboratory. */
const SEARCHES: Readonly<Record<string, number>> = { Observation: 2 };
/** Of an active patient, changes an hour. */
const ACTIVE_RATE = 6;

/** Time that passes when it is told to; timers in buckets of a tick. */
class VirtualTime implements Clock {
  #at = START;
  readonly #buckets = new Map<number, (() => void)[]>();

  now = (): number => this.#at;
  elapsed = (): number => this.#at;
  after = (ms: number, run: () => void): (() => void) => {
    let wanted: (() => void) | null = run;
    const bucket = Math.ceil((this.#at + Math.max(1, ms)) / TICK);
    const list = this.#buckets.get(bucket) ?? [];
    this.#buckets.set(bucket, list);
    list.push(() => wanted?.());
    return () => {
      wanted = null;
    };
  };
  async pass(milliseconds: number, each: (now: number) => void): Promise<void> {
    // What was begun before any time has passed.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (const end = this.#at + milliseconds; this.#at < end; ) {
      this.#at += TICK;
      each(this.#at);
      const bucket = Math.round(this.#at / TICK);
      const due = this.#buckets.get(bucket);
      if (due === undefined) continue;
      this.#buckets.delete(bucket);
      for (const run of due) run();
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

interface Kept {
  version: number;
  /** When the versions that were not told yet came to be. */
  open: number[];
}

interface Figures {
  changes: number;
  found: number;
  requests: number;
  readonly delays: { readonly active: boolean; readonly ms: number }[];
}

interface Plan {
  readonly name: string;
  readonly budget: number;
  readonly every: number;
  readonly rarely: (resource: string) => number;
  /** Everybody alike: nobody is active. */
  readonly alike: boolean;
  /** So much is waited for in each site before it is counted: the first round over everybody. */
  readonly warmUp: number;
}

class Findings extends Tally {
  addSearch(): undefined {
    return undefined;
  }
}

async function run(plan: Plan, sites: number, minutes: number) {
  const time = new VirtualTime();
  const random = seededRandom(Number(values.seed));
  const figures: Figures = { changes: 0, found: 0, requests: 0, delays: [] };
  const worlds = Array.from({ length: sites }, (_, at) =>
    site(plan, time, `s${at}`, figures, random.fraction),
  );
  const stopping = new AbortController();
  for (const world of worlds) world.start(stopping.signal);
  await time.pass(plan.warmUp, () => undefined);
  Object.assign(figures, { changes: 0, found: 0, requests: 0 });
  figures.delays.length = 0;
  const cpu = process.cpuUsage();
  const began = performance.now();
  // Changes stop before the end, so that the last of them can be found.
  const tail = Math.max(...RESOURCES.map((resource) => plan.rarely(resource)));
  await time.pass(minutes * 60_000, (now) => {
    for (const world of worlds) world.live(now);
  });
  const requests = figures.requests;
  const found = figures.found;
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1_000;
  await time.pass(Math.min(tail, 4 * 3_600_000), () => undefined);
  stopping.abort();
  await time.pass(1_000, () => undefined);
  const all = figures.delays.map(({ ms }) => ms);
  const at = (list: number[], share: number): number =>
    list.sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? Number.NaN;
  const of = (active: boolean): number[] =>
    figures.delays.filter((one) => one.active === active).map(({ ms }) => ms);
  return {
    plan: plan.name,
    sites,
    requestsPerSecondAndSite: requests / minutes / 60 / sites,
    changesFoundPerMinute: found / minutes,
    changes: figures.changes,
    neverFound: figures.changes - all.length,
    requestsPerChange: requests / Math.max(1, found),
    p50: at(all, 0.5) / 1_000,
    p95: at(all, 0.95) / 1_000,
    p95Active: at(of(true), 0.95) / 1_000,
    p95Idle: at(of(false), 0.95) / 1_000,
    processorSecondsPerHour: ((used.user + used.system) / 1e6 / minutes) * 60,
    wallSeconds: seconds,
    rssMegabytes: process.memoryUsage.rss() / 1_048_576,
  };
}

function site(plan: Plan, time: VirtualTime, name: string, figures: Figures, fraction: () => number) {
  const budget = siteBudget(time, plan.budget);
  const active = Math.round(PATIENTS * 0.05);
  const records = new Map<string, Kept>();
  const seen = new Map<string, string>();
  const roster = new Map<string, RosterEntry>();
  for (let at = 0; at < PATIENTS; at++) {
    const key = `${name}-${String(at).padStart(6, '0')}`;
    roster.set(key, { key, identifiers: [], fhirId: String(at), activeAt: 0 });
    for (const resource of RESOURCES) records.set(`${resource} ${at}`, { version: 1, open: [] });
  }
  const keys = [...roster.keys()];
  const change = (resource: string, patient: number, now: number): void => {
    const kept = records.get(`${resource} ${patient}`) as Kept;
    kept.version += 1;
    kept.open.push(now);
    figures.changes += 1;
  };
  const any = (): string => RESOURCES[Math.floor(fraction() * RESOURCES.length)] as string;
  const perTick = (perHour: number): boolean => fraction() < (perHour * TICK) / 3_600_000;
  const activeRate = active * ACTIVE_RATE;
  /** A ninth of the active's changes, three in an incident. */
  const incidentRate = activeRate / 9 / 3;

  const context = {
    site: name,
    connection: 'ehr',
    identifiers: { mrn: 'mrn' },
    clock: time,
    roster: {
      page: async (after: string | null, limit: number, activity: { from?: number; to?: number } = {}) => {
        const found: RosterEntry[] = [];
        for (
          let at = after === null ? 0 : Number(after.slice(-6)) + 1;
          at < keys.length && found.length < limit;
          at++
        ) {
          const entry = roster.get(keys[at] as string) as RosterEntry;
          if (entry.activeAt >= (activity.from ?? 0) && entry.activeAt < (activity.to ?? Infinity))
            found.push(entry);
        }
        return found;
      },
      get: async () => [],
    },
    seen: {
      get: async (resource: string, identities: readonly string[]) =>
        new Map(
          identities.flatMap((one) => {
            const mark = seen.get(`${resource} ${one}`);
            return mark === undefined ? [] : [[one, mark] as const];
          }),
        ),
    },
  } as unknown as ConnectionContext;

  const learnableOf = (resource: string): Learnable => ({
    resource,
    searches: ({ patient }) =>
      Array.from({ length: SEARCHES[resource] ?? 1 }, (_, nth) => ({ patient, nth: `${nth}` })),
    fits: () => true,
    identify: ({ id }) => ({ identity: String(id), joinable: true }),
    // The active are in hospital: the encounter says so.
    active: ({ inHospital }) => inHospital === true,
  });

  const wait = (ms: number): Promise<void> => new Promise((resolve) => void time.after(ms, resolve));

  function learner(resource: string, signal: AbortSignal): void {
    const settings: LearnSettings = {
      method: 'poll',
      every: plan.every,
      rarely: plan.rarely(resource),
      window: { back: 0, ahead: 0 },
      batch: 25,
      overlap: 0,
      categories: [],
    };
    const walk = createWalk({
      context,
      learnable: learnableOf(resource),
      findings: () => new Findings(),
      resolve: async ({ fhirId }) => fhirId,
      client: {
        baseUrl: 'http://ehr',
        async searchAll(_type, { patient, nth }) {
          await budget.take(signal);
          figures.requests += 1;
          await wait(LATENCY);
          const { version } = records.get(`${resource} ${String(patient)}`) as Kept;
          const id = String(patient);
          const inHospital = resource === 'Encounter' && Number(patient) < active;
          const entry = {
            resource: { resourceType: resource, id, version, inHospital },
            bytes: new Uint8Array(),
          };
          const entries = nth === '0' ? [{ ...entry, mode: 'match' as const }] : [];
          return { entries, issues: [], restart: 0, strays: 0, ignored: [] };
        },
      },
    });
    const loop = async (): Promise<void> => {
      let cursor: LearnAnswer['cursor'] = null;
      while (!signal.aborted) {
        const answer = await walk({ resource, settings, cursor, signal });
        cursor = answer.cursor;
        for (const entry of answer.roster ?? []) {
          if (plan.alike) continue;
          const known = roster.get(entry.key);
          roster.set(entry.key, { ...entry, activeAt: Math.max(entry.activeAt, known?.activeAt ?? 0) });
        }
        for (const { identity, hash } of answer.inbound) {
          seen.set(`${resource} ${identity}`, hash);
          const kept = records.get(`${resource} ${identity}`) as Kept;
          for (const at of kept.open) {
            figures.delays.push({ active: Number(identity) < active, ms: time.now() - at });
            figures.found += 1;
          }
          kept.open = [];
        }
        if (!answer.more) await wait(answer.wait ?? plan.every);
      }
    };
    loop().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  return {
    start(signal: AbortSignal): void {
      for (const resource of RESOURCES) learner(resource, signal);
    },
    live(now: number): void {
      if (perTick(activeRate)) change(any(), Math.floor(fraction() * active), now);
      if (perTick(incidentRate)) {
        const patient = active + Math.floor(fraction() * (PATIENTS - active));
        const first = fraction() < WITH_ENCOUNTER ? 'Encounter' : 'Observation';
        for (const resource of [first, any(), any()]) {
          const kept = first === 'Encounter' || resource !== 'Encounter' ? resource : 'Patient';
          change(kept, patient, now);
        }
      }
    },
  };
}

const HOUR = 3_600_000;
const adaptive = (budget: number, every: number, encounter: number): Plan => ({
  name: `adaptive: active every ${every / 1_000} s, Encounter of the others in ${encounter / 1_000} s`,
  budget,
  every,
  rarely: (resource) => (resource === 'Encounter' ? encounter : resource === 'Appointment' ? HOUR : 4 * HOUR),
  alike: false,
  warmUp: 0.75 * HOUR,
});
const fixed = (budget: number, every: number): Plan => ({
  name: `fixed: everybody every ${Math.round(every / 1_000)} s`,
  budget,
  every,
  rarely: () => every,
  alike: true,
  warmUp: 0.75 * HOUR,
});

const show = (row: Awaited<ReturnType<typeof run>>): void => {
  const text = Object.entries(row).map(
    ([name, value]) => `  ${name}: ${typeof value === 'number' ? Math.round(value * 100) / 100 : value}`,
  );
  process.stdout.write(`${text.join('\n')}\n\n`);
};

process.stdout.write(
  `within 5 requests a second and site, ${SITES} sites x ${PATIENTS} patients x ${RESOURCES.length} resources\n`,
);
const courteous = await run(adaptive(5, 240_000, 390_000), SITES, MINUTES);
show(courteous);
show(await run(fixed(5, 60_000), Math.max(1, Math.round(SITES / 10)), MINUTES));
process.stdout.write('the same p95 by a fixed interval, with a budget that allows it\n');
// A tenth of the sites: each has a budget and a server of its own, so that more of them change nothing.
const few = Math.max(1, Math.round(SITES / 10));
const same = await run(fixed(200, (courteous.p95 / 0.95) * 1_000), few, Math.min(MINUTES, 30));
show(same);
const times = same.requestsPerSecondAndSite / courteous.requestsPerSecondAndSite;
process.stdout.write(
  `a fixed interval of the same p95 (${same.p95.toFixed(0)} s and ${courteous.p95.toFixed(0)} s) takes ${times.toFixed(1)} times as many requests\n`,
);
