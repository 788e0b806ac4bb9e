/**
 * Learns a resource's changes by asking about the roster's patients in turn: a batch of them each time, each one's
 * records, and a comparison of contents with what has been seen. Active patients often, the others rarely. The cursor
 * says where each walk stands, so that it survives restarts; one answer is committed as a whole.
 */
import type { FhirClient, SearchEntry, SearchPage } from '../../fhir/index.ts';
import { Failure } from '../../std/index.ts';
import type {
  ConnectionContext,
  LearnAnswer,
  LearnRequest,
  LearnSettings,
  RosterEntry,
} from '../contract.ts';
import { compare, type Found, type Patientwise } from './compare.ts';
import type { Tally } from './findings.ts';
import { daysAround, type Learnable, type Look } from './learnable.ts';
import { type Looked, looksOf } from './looks.ts';
import { nextTurn, positionOf, type WalkPosition } from './position.ts';

export interface WalkFindings extends Tally {
  addSearch(page: SearchPage): void;
}

export interface WalkOptions {
  readonly client: Pick<FhirClient, 'searchAll' | 'baseUrl'>;
  readonly context: ConnectionContext;
  readonly learnable: Learnable;
  readonly findings: () => WalkFindings;
  /** The patient's FHIR id by what the roster knows; `undefined`, with a finding, when it leads to nobody or to several. */
  readonly resolve: (
    entry: RosterEntry,
    signal: AbortSignal,
    findings: WalkFindings,
  ) => Promise<string | undefined>;
}

/** Requests that run beside each other; the site's budget says how fast they may follow. */
const ABREAST = 4;
/** A patient that cannot be asked about is tried again after this, then twice that, and so on; milliseconds. */
const FIRST_PAUSE = 300_000;
const LONGEST_PAUSE = 21_600_000;
/** A patient is active for so long after the last sign of life: a message, a stay, a visit. */
export const ACTIVE = 86_400_000;
/** After a change that was found, and no more than that: what happens to a patient seldom comes alone. */
const LINGERS = 7_200_000;
/** Signs of life are noted only so often: each is a write. */
const TOUCH = ACTIVE / 4;

export function createWalk(options: WalkOptions): (request: LearnRequest) => Promise<LearnAnswer> {
  const { client, context, learnable } = options;
  const { clock, roster } = context;
  const looks = looksOf(context, learnable);
  /** Kept in memory alone: after a restart each of them is asked for once more, which does no harm. */
  const postponed = new Map<string, { readonly until: number; readonly pause: number }>();
  let turns = 0;

  function postpone(key: string): void {
    const last = postponed.get(key)?.pause;
    const pause = last === undefined ? FIRST_PAUSE : Math.min(last * 2, LONGEST_PAUSE);
    postponed.set(key, { until: clock.elapsed() + pause, pause });
  }

  /** One patient. What concerns this patient alone becomes a finding; everything else is thrown. */
  async function look(
    entry: RosterEntry,
    frame: Omit<Look, 'patient'>,
    signal: AbortSignal,
    findings: WalkFindings,
  ): Promise<Looked> {
    try {
      // An id that was refused is not trusted again: patients are merged, and the number leads to the survivor.
      const known = postponed.has(entry.key) ? undefined : entry.fhirId;
      const patient = known ?? (await options.resolve(entry, signal, findings));
      if (patient === undefined) {
        postpone(entry.key);
        return { entry, fhirId: undefined, records: [] };
      }
      const at: Look = { patient, ...frame };
      const records: SearchEntry[] = [];
      for (const params of learnable.searches(at)) {
        const found = await client.searchAll(learnable.resource, params, signal);
        findings.addSearch(found);
        const all = found.entries.filter((each) => each.mode === 'match');
        const fitting = all.filter((each) => learnable.fits(each.resource, at, client.baseUrl));
        findings.check('LEARN_FILTER_IGNORED', all.length - fitting.length);
        records.push(...fitting);
      }
      if (records.length === 0 && learnable.always) {
        findings.check('LEARN_PATIENT_UNRESOLVED');
        postpone(entry.key);
        return { entry, fhirId: undefined, records: [] };
      }
      postponed.delete(entry.key);
      return { entry, fhirId: patient, records };
    } catch (error) {
      if (!isAboutThisPatient(error)) throw error;
      postpone(entry.key);
      findings.check('LEARN_PATIENT_REFUSED');
      return { entry, fhirId: undefined, records: [] };
    }
  }

  /** Looks at them in order; when something is in the way, gives those before it, or throws if there are none. */
  async function lookAll(
    entries: readonly RosterEntry[],
    settings: LearnSettings,
    since: number | undefined,
    signal: AbortSignal,
    findings: WalkFindings,
  ): Promise<Looked[]> {
    const now = clock.now();
    const back = since === undefined ? settings.window.back : Math.max(settings.window.back, now - since);
    const frame = { days: daysAround(now, { ...settings.window, back }), settings };
    const recent =
      since === undefined ? await looks.since(entries, now, settings) : new Map<string, number>();
    const done: Looked[] = [];
    for (let from = 0; from < entries.length; from += ABREAST) {
      const results = await Promise.allSettled(
        entries.slice(from, from + ABREAST).map((entry) => {
          const after = recent.get(entry.key);
          return look(entry, after === undefined ? frame : { ...frame, since: after }, signal, findings);
        }),
      );
      for (const result of results) {
        if (result.status === 'fulfilled') done.push(result.value);
        else if (done.length === 0 || signal.aborted) throw result.reason;
        else return done;
      }
    }
    return done;
  }

  const patientwise = ({ entry, records }: Looked): Patientwise => ({ patient: entry.key, records });

  async function answer(
    looked: readonly Looked[],
    findings: WalkFindings,
    { seed, wake, first }: { readonly seed: boolean; readonly wake: boolean; readonly first: boolean },
  ): Promise<Omit<LearnAnswer, 'cursor' | 'more'>> {
    const now = clock.now();
    const found: Found = await compare(looked.map(patientwise), learnable, context, findings, seed);
    const changed = new Set(found.inbound.map((each) => each.patient));
    const entries = looked.flatMap(({ entry, fhirId, records }) => {
      if (fhirId === undefined) return [];
      const inHospital =
        entry.activeAt < now - TOUCH &&
        records.some(({ resource }) => learnable.active?.(resource, now) ?? false);
      // What is found when everybody is looked at for the first time has not happened just now.
      const happened = !first && changed.has(entry.key);
      const sign = inHospital ? now : happened ? now - ACTIVE + LINGERS : 0;
      // A wake goes by these times, and must not wake itself.
      const activeAt = wake ? entry.activeAt : Math.max(entry.activeAt, sign);
      if (entry.fhirId === fhirId && activeAt === entry.activeAt) return [];
      return [{ ...entry, fhirId, activeAt }];
    });
    return {
      inbound: found.inbound,
      seen: [...found.seen, ...looks.marks(looked, now)],
      roster: entries,
      findings: findings.list(),
    };
  }

  async function walk(
    position: WalkPosition,
    which: 'active' | 'others' | 'all',
    { settings, signal, seed = false }: LearnRequest,
  ): Promise<LearnAnswer> {
    const { batch } = settings;
    const now = clock.now();
    const findings = options.findings();
    const here = position[which] ?? { after: null, done: 0 };
    const edge = now - ACTIVE;
    const activity = which === 'active' ? { from: edge } : which === 'others' ? { to: edge } : undefined;
    const page = await roster.page(here.after, batch, activity);
    const due = page.filter((entry) => (postponed.get(entry.key)?.until ?? 0) <= clock.elapsed());
    const since = which === 'all' ? position.all?.since : undefined;
    const looked = await lookAll(due, settings, since, signal, findings);
    const cut = looked.length < due.length;
    const last = cut ? looked.at(-1)?.entry.key : page.at(-1)?.key;
    const complete = !cut && page.length < batch;
    const after = complete ? null : (last ?? here.after);
    const next = moved(position, which, {
      after,
      complete,
      began: now,
      done: looked.length,
      seen: cut ? looked.length : page.length,
    });
    const { walk: more, wait } = nextTurn(next, settings, clock.now(), turns);
    return {
      ...(await answer(looked, findings, {
        seed,
        wake: false,
        first: which === 'all' || position.others.rounds === 0,
      })),
      cursor: next as unknown as LearnAnswer['cursor'],
      ...(seed
        ? { more: !complete, ...(complete ? { seeded: true, wait: 0 } : {}) }
        : { more: more !== null, ...(wait === undefined ? {} : { wait }) }),
    };
  }

  return async (request) => {
    const { cursor, wake, settings, signal, seed = false } = request;
    if (wake !== undefined) {
      const findings = options.findings();
      const looked = await lookAll(await roster.get(wake), settings, undefined, signal, findings);
      return { ...(await answer(looked, findings, { seed, wake: true, first: false })), cursor, more: false };
    }
    const read = positionOf(cursor);
    // To seed is to look at everybody once; nobody is asked about twice meanwhile.
    const position = seed && !read.all ? { ...read, all: { after: null, done: 0 } } : read;
    if (seed) return walk(position, 'all', request);
    const turn = nextTurn(position, settings, clock.now(), turns++);
    if (turn.walk !== null) return walk(position, turn.walk, request);
    return { inbound: [], cursor, findings: [], more: false, wait: turn.wait };
  };
}

function moved(
  position: WalkPosition,
  which: 'active' | 'others' | 'all',
  step: {
    readonly after: string | null;
    readonly complete: boolean;
    readonly began: number;
    readonly done: number;
    readonly seen: number;
  },
): WalkPosition {
  const { after, complete } = step;
  if (which === 'all') {
    const { all: before, ...rest } = position;
    if (complete) return rest;
    return { ...rest, all: { ...before, after, done: (before?.done ?? 0) + step.done } };
  }
  if (which === 'active') {
    const { began, rounds, after: before } = position.active;
    return {
      ...position,
      active: { after, began: before === null ? step.began : began, rounds: rounds + (complete ? 1 : 0) },
    };
  }
  const { began, rounds, done, of, after: before } = position.others;
  const fresh = before === null;
  const count = (fresh ? 0 : done) + step.seen;
  return {
    ...position,
    others: {
      after,
      began: fresh ? step.began : began,
      rounds: rounds + (complete ? 1 : 0),
      done: count,
      // Known only once a round is complete; until then the first one goes as fast as it may.
      of: complete ? count : fresh ? (rounds === 0 ? 0 : of) : of,
    },
  };
}

/** Refused content, or a record that may not be seen: others of the roster are not concerned. */
const isAboutThisPatient = (error: unknown): boolean =>
  error instanceof Failure && (error.kind === 'validation' || error.code === 'EPIC_RESTRICTED');
