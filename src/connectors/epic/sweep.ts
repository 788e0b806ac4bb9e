/**
 * Learns a resource's changes by asking about the roster's patients in turn: a batch of them each time,
 * each one's records of a window of days, and a comparison of contents with what has been seen. The cursor
 * says after which patient to go on, so a sweep survives restarts; one answer is committed as a whole.
 */
import type { FhirClient, FhirResource, SearchEntry } from '../../fhir/index.ts';
import { Failure, type Json } from '../../std/index.ts';
import type { ConnectionContext, LearnAnswer, Learned, LearnRequest, RosterEntry } from '../contract.ts';
import { daysAround, fits, hashOf, identityOf, searchParams } from './appointment/learn.ts';
import { type Check, Findings } from './findings.ts';
import { resolvePatient } from './patient/index.ts';

export interface SweepOptions {
  readonly client: FhirClient;
  readonly context: ConnectionContext;
  readonly mrnSystem: string | undefined;
  readonly csnSystem: string | undefined;
  /** Milliseconds. */
  readonly window: { readonly back: number; readonly ahead: number };
  readonly batch: number;
}

interface Position {
  /** The last patient that is done; `null` at the start of a sweep. */
  readonly after: string | null;
  /** How many sweeps are complete. */
  readonly sweep: number;
}

/** What one patient gave. */
interface Looked {
  readonly entry: RosterEntry;
  readonly fhirId: string | undefined;
  readonly records: readonly SearchEntry[];
}

/** Requests that run beside each other; the site's budget says how fast they may follow. */
const ABREAST = 4;
/** A patient that Epic does not know is asked for again after this, then twice that, and so on; milliseconds. */
const FIRST_PAUSE = 300_000;
const LONGEST_PAUSE = 21_600_000;

export function createSweep(options: SweepOptions): (request: LearnRequest) => Promise<LearnAnswer> {
  const { client, context, batch } = options;
  const { clock, roster } = context;
  /** Kept in memory alone: after a restart each of them is asked for once more, which does no harm. */
  const postponed = new Map<string, { readonly until: number; readonly pause: number }>();

  function postpone(key: string, why: Check, findings: Findings): void {
    const last = postponed.get(key)?.pause;
    const pause = last === undefined ? FIRST_PAUSE : Math.min(last * 2, LONGEST_PAUSE);
    postponed.set(key, { until: clock.elapsed() + pause, pause });
    findings.add(why);
  }

  /** One patient. What concerns this patient alone becomes a finding; everything else is thrown. */
  async function look(entry: RosterEntry, signal: AbortSignal, findings: Findings): Promise<Looked> {
    const days = daysAround(clock.now(), options.window);
    try {
      // An id that was refused is not trusted again: patients are merged, and the number leads to the survivor.
      let { fhirId } = postponed.has(entry.key) ? { fhirId: undefined } : entry;
      if (fhirId === undefined) {
        const resolved = await resolvePatient(entry, options.mrnSystem, client, signal, findings);
        if (resolved.kind !== 'found') {
          postpone(entry.key, resolved.kind, findings);
          return { entry, fhirId: undefined, records: [] };
        }
        fhirId = resolved.id;
      }
      const found = await client.searchAll('Appointment', searchParams(fhirId, days), signal);
      postponed.delete(entry.key);
      findings.addSearch(found);
      const all = found.entries.filter((each) => each.mode === 'match');
      const records = all.filter((each) => fits(each.resource, fhirId, days, client.baseUrl));
      findings.add('EPIC_FILTER_IGNORED', all.length - records.length);
      return { entry, fhirId, records };
    } catch (error) {
      if (!isAboutThisPatient(error)) throw error;
      postpone(entry.key, 'EPIC_PATIENT_REFUSED', findings);
      return { entry, fhirId: undefined, records: [] };
    }
  }

  /** Looks at them in order; when something is in the way, gives those before it, or throws if there are none. */
  async function lookAll(
    entries: readonly RosterEntry[],
    signal: AbortSignal,
    findings: Findings,
  ): Promise<Looked[]> {
    const done: Looked[] = [];
    for (let from = 0; from < entries.length; from += ABREAST) {
      const results = await Promise.allSettled(
        entries.slice(from, from + ABREAST).map((entry) => look(entry, signal, findings)),
      );
      for (const result of results) {
        if (result.status === 'fulfilled') done.push(result.value);
        else if (done.length === 0 || signal.aborted) throw result.reason;
        else return done;
      }
    }
    return done;
  }

  /** Compares what was found with what has been seen. One event at most for one identity. */
  async function compare(looked: readonly Looked[], findings: Findings): Promise<readonly Learned[]> {
    const found = new Map<string, { entry: RosterEntry; record: SearchEntry; hash: string }>();
    for (const { entry, records } of looked) {
      for (const record of records) {
        const identity = identify(record.resource, findings);
        if (identity === null) continue;
        const earlier = found.get(identity);
        if (earlier && earlier.entry.key !== entry.key) {
          findings.add('EPIC_SHARED_IDENTITY');
          continue;
        }
        // The same one twice for the same patient: on two pages, since the search moved meanwhile. The later is newer.
        found.set(identity, { entry, record, hash: hashOf(record.resource) });
      }
    }
    const seen = await context.seen.get('Appointment', [...found.keys()]);
    const learned: Learned[] = [];
    for (const [identity, { entry, record, hash }] of found) {
      const before = seen.get(identity);
      if (before === hash) continue;
      const change = before === undefined ? 'created' : 'updated';
      const { bytes } = record;
      learned.push({ bytes, resource: 'Appointment', change, identity, hash, patient: entry.key });
    }
    return learned;
  }

  function identify(resource: FhirResource, findings: Findings): string | null {
    const found = identityOf(resource, options.csnSystem);
    if (found?.certain !== true) findings.add('EPIC_NO_CSN');
    return found?.identity ?? null;
  }

  async function answer(
    looked: readonly Looked[],
    findings: Findings,
    seed: boolean,
  ): Promise<Omit<LearnAnswer, 'cursor' | 'more'>> {
    const learned = await compare(looked, findings);
    const changed = new Set(seed ? [] : learned.map((each) => each.patient));
    const known = looked.flatMap(({ entry, fhirId }) => {
      if (fhirId === undefined) return [];
      if (entry.fhirId === fhirId && !changed.has(entry.key)) return [];
      return [{ ...entry, fhirId, activeAt: changed.has(entry.key) ? clock.now() : entry.activeAt }];
    });
    return {
      inbound: seed ? [] : learned,
      ...(seed
        ? { seen: learned.map(({ resource, identity, hash }) => ({ resource, identity, hash })) }
        : {}),
      roster: known,
      findings: findings.list(),
    };
  }

  return async ({ cursor, wake, seed = false, signal }) => {
    const findings = new Findings();
    if (wake !== undefined) {
      const looked = await lookAll(await roster.get(wake), signal, findings);
      return { ...(await answer(looked, findings, seed)), cursor, more: false };
    }
    const { after, sweep } = positionOf(cursor);
    const page = await roster.page(after, batch);
    const due = page.filter((entry) => (postponed.get(entry.key)?.until ?? 0) <= clock.elapsed());
    const looked = await lookAll(due, signal, findings);
    const cut = looked.length < due.length;
    const last = cut ? looked.at(-1)?.entry.key : page.at(-1)?.key;
    const complete = !cut && page.length < batch;
    const next: Position = complete ? { after: null, sweep: sweep + 1 } : { after: last ?? after, sweep };
    return { ...(await answer(looked, findings, seed)), cursor: { ...next }, more: !complete };
  };
}

/** Refused content, or a record that may not be seen: others of the roster are not concerned. */
const isAboutThisPatient = (error: unknown): boolean =>
  error instanceof Failure && (error.kind === 'validation' || error.code === 'EPIC_RESTRICTED');

/** A cursor that cannot be read begins a new sweep: what has been seen is known anyway. */
function positionOf(cursor: Json): Position {
  const { after, sweep } = (cursor ?? {}) as { after?: unknown; sweep?: unknown };
  return {
    after: typeof after === 'string' ? after : null,
    sweep: typeof sweep === 'number' ? sweep : 0,
  };
}
