/**
 * Merges (A18, A34, A40) and unlinks (A37) of patients: whom they name, and what becomes of the lanes. Entered for those
 * types only.
 */
import { type Flow, laneNames } from '../flow/index.ts';
import { type Message, parse } from '../hl7/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { Failure } from '../std/index.ts';
import type { LaneAlias, RosterChange, Store } from '../store/index.ts';
import { type KnownPatient, mrnPath } from './patient.ts';

const MERGES = new Set(['ADT^A18', 'ADT^A34', 'ADT^A40']);
const UNLINK = 'ADT^A37';

export const concernsTwo = (type: string): boolean => type === UNLINK || MERGES.has(type);

export interface Merge {
  readonly unlink: boolean;
  /** In the message's order, survivors first; each once. */
  readonly patients: readonly KnownPatient[];
  /** Of an unlink: the two that it parts. One with itself is no pair. */
  readonly pairs: readonly { readonly survivor: KnownPatient; readonly retired: KnownPatient }[];
  /** Somewhere one of the two has no usable medical record number. */
  readonly unread: boolean;
}

/** More pairs than any message of a person's hand; each is looked up in the message. */
const MOST_PAIRS = 200;

/** Whom a message of these types names by the site's medical record number. An A40 may name several pairs. */
export function mergeOf(
  type: string,
  bytes: Uint8Array,
  site: SiteRecord,
  keyOf: (value: string) => string,
): Merge {
  const message = parse(bytes);
  const { system } = site.identifiers.mrn;
  // PID-3[5=MR].1 of the nth PID; the identifier lists of MRG-1 are written alike.
  const path = mrnPath(site);
  const dash = path.indexOf('-');
  const [segment, field] = [path.slice(0, dash), path.slice(dash)];
  const inMrg = field.replace(/^-\d+/, '-1');
  const patient = (nth: number): KnownPatient | null =>
    known(message, `${segment}[${nth}]${field}`, system, keyOf);
  const retired = (nth: number): KnownPatient | null => known(message, `MRG[${nth}]${inMrg}`, system, keyOf);

  const unlink = type === UNLINK;
  const read: (readonly [KnownPatient | null, KnownPatient | null])[] = [];
  if (unlink) read.push([patient(1), patient(2)]);
  else {
    const groups = Math.max(1, message.segments('MRG').length);
    for (let nth = 1; nth <= Math.min(groups, MOST_PAIRS); nth++) read.push([patient(nth), retired(nth)]);
  }
  const patients = new Map<string, KnownPatient>();
  for (const one of read.flat()) if (one !== null) patients.set(one.key, patients.get(one.key) ?? one);
  const pairs = read.flatMap(([survivor, other]) =>
    survivor === null || other === null || survivor.key === other.key ? [] : [{ survivor, retired: other }],
  );
  return {
    unlink,
    patients: [...patients.values()],
    pairs,
    unread: read.some((pair) => pair.includes(null)),
  };
}

function known(
  message: Message,
  path: string,
  system: string,
  keyOf: (value: string) => string,
): KnownPatient | null {
  const value = message.get(path)?.trim();
  return !value || value === '""' ? null : { key: keyOf(value), person: null, system, value };
}

/**
 * What becomes of the lanes: of every flow that is ordered by patient, also of those that do not want the message itself. An
 * unlink does not say who was the survivor: either way is taken back, if it was made.
 */
export function laneAliases(
  { pairs, unlink }: Merge,
  flows: readonly Flow[],
  place: { readonly site: string; readonly connection: string },
  laneKey: (name: string) => string,
): readonly LaneAlias[] {
  return flows
    .filter((flow) => flow.order === 'patient')
    .flatMap((flow) => {
      const lane = (patient: KnownPatient): string =>
        laneKey(
          laneNames({ flow: flow.name, order: 'patient', ...place, patients: [patient.key] })[0] as string,
        );
      return pairs.flatMap(({ survivor, retired }): LaneAlias[] => {
        const [from, to] = [lane(retired), lane(survivor)];
        if (!unlink) return [{ from, to }];
        const hold = { reason: 'unlinked', failure: unlinked(place.site, flow.name).toJSON() } as const;
        return [
          { from, to, undo: true, hold },
          { from: to, to: from, undo: true, hold },
        ];
      });
    });
}

const unlinked = (site: string, flow: string): Failure =>
  new Failure({
    code: 'PATIENTS_UNLINKED',
    kind: 'conflict',
    message: 'Two patients whose messages shared a lane were unlinked while this waited in it.',
    fix: 'See which of the two it is about and whether it still holds; then release it, or give it up.',
    at: { site, flow },
    retry: { again: false },
  });

/** The retired id points at the survivor, so that an EHR is not asked about it any more. */
export function rosterAfter({ pairs, unlink }: Merge, at: number): readonly RosterChange[] {
  const entry = ({ key, system, value }: KnownPatient): RosterChange => ({
    key,
    identifiers: [{ system, value }],
    activeAt: at,
  });
  return pairs.flatMap(({ survivor, retired }) =>
    unlink
      ? [survivor, retired].map((one) => ({ ...entry(one), mergedInto: null }))
      : [
          { ...entry(survivor), mergedInto: null },
          { ...entry(retired), mergedInto: survivor.key },
        ],
  );
}

/** A page of the patients who were not merged into others; shorter than asked only at the end. */
export async function survivorsPage(
  store: Pick<Store, 'rosterPage'>,
  site: string,
  after: string | null,
  limit: number,
  activity?: { readonly from?: number; readonly to?: number },
): Promise<readonly RosterChange[]> {
  const found: RosterChange[] = [];
  for (let from = after; ; ) {
    const page = await store.rosterPage(site, from, limit, activity);
    found.push(...page.filter((entry) => !entry.mergedInto));
    if (page.length < limit || found.length >= limit) return found.slice(0, limit);
    from = page.at(-1)?.key ?? null;
  }
}

/** More merges behind each other than any person has; a ring ends here. */
const LONGEST_CHAIN = 16;

/** These patients, or whom they were merged into; each once. */
export async function survivorsOf(
  store: Pick<Store, 'rosterGet'>,
  site: string,
  keys: readonly string[],
): Promise<readonly RosterChange[]> {
  const found = new Map<string, RosterChange>();
  let wanted = [...keys];
  for (let turn = 0; wanted.length > 0 && turn < LONGEST_CHAIN; turn++) {
    const entries = await store.rosterGet(site, wanted);
    for (const entry of entries) if (!entry.mergedInto) found.set(entry.key, entry);
    wanted = entries.flatMap(({ mergedInto }) => (mergedInto && !found.has(mergedInto) ? [mergedInto] : []));
  }
  return [...found.values()];
}
