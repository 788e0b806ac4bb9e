/** How a site's resources are learnt: what the record says, and what holds when it does not. */
import { milliseconds } from '../std/index.ts';
import type { SiteRecord } from './record.ts';

/** Lengths of time in milliseconds. */
export interface SiteLearning {
  readonly resource: string;
  readonly method: 'poll' | 'feed' | 'feed wakes read' | 'bulk';
  readonly from: string;
  readonly every: number;
  readonly rarely: number;
  readonly window: { readonly back: number; readonly ahead: number };
  readonly batch: number;
  readonly overlap: number;
  readonly categories: readonly string[];
  readonly group?: string;
}

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/**
 * In intervals of the active: how long a round over all the others takes. An Encounter is where most of what happens to a
 * patient shows first, and it is one question; the patient is active then, and is asked about in every way.
 */
const RARELY: Readonly<Record<string, number>> = { Encounter: 3, Appointment: 30 };
const MOST_RARELY = 120;
/** Results may be issued days after they were taken, and corrected later still. */
const WINDOWS: Readonly<Record<string, { readonly back: number; readonly ahead: number }>> = {
  Appointment: { back: DAY, ahead: 60 * DAY },
  Encounter: { back: 7 * DAY, ahead: DAY },
  Observation: { back: 7 * DAY, ahead: DAY },
  DocumentReference: { back: 7 * DAY, ahead: DAY },
};

/** What the record says of each resource, with what is usual filled in. */
export function learningOf(site: SiteRecord): readonly SiteLearning[] {
  return Object.entries(site.learn).map(([resource, said]) => {
    const usual = WINDOWS[resource] ?? { back: DAY, ahead: DAY };
    const every = length(said.every) ?? (said.method === 'bulk' ? DAY : MINUTE);
    return {
      resource,
      method: said.method,
      from: said.from,
      every,
      // Never more often than the active ones.
      rarely: Math.max(every, length(said.rarely) ?? every * (RARELY[resource] ?? MOST_RARELY)),
      window: {
        back: length(said.window?.back) ?? usual.back,
        ahead: length(said.window?.ahead) ?? usual.ahead,
      },
      batch: said.batch ?? 25,
      overlap: length(said.overlap) ?? 2 * MINUTE,
      categories: said.categories ?? ['vital-signs', 'laboratory'],
      ...(said.group === undefined ? {} : { group: said.group }),
    };
  });
}

const length = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : milliseconds(text);

interface LearningFault {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
  readonly fix: string;
}

/** What in the record cannot be: a connection that is not there, a method without what it needs. */
export function learningFaults(site: SiteRecord): readonly LearningFault[] {
  const names = Object.keys(site.connections);
  const known = `use one of: ${names.join(', ') || '(none yet)'}`;
  const faults: LearningFault[] = [];
  const named = (name: string, path: readonly PropertyKey[]): void => {
    if (site.connections[name] !== undefined) return;
    const reason = `${path.join('.')} names the connection "${name}", which this site does not have`;
    faults.push({ path, reason, fix: known });
  };
  for (const [resource, { from, method, group }] of Object.entries(site.learn)) {
    named(from, ['learn', resource, 'from']);
    if (method === 'feed wakes read' && site.roster.from.length === 0) {
      faults.push({
        path: ['learn', resource, 'method'],
        reason: `${resource} is to be read when a message names a patient, but roster.from names no connection`,
        fix: 'name the connections that receive HL7 messages in roster.from',
      });
    }
    if (method === 'bulk' && group === undefined) {
      faults.push({
        path: ['learn', resource],
        reason: `${resource} is to be learnt from exports, but no group is named`,
        fix: `add learn.${resource}.group, the id of the Group that this client may export`,
      });
    }
  }
  site.roster.lists?.forEach(({ from }, at) => {
    named(from, ['roster', 'lists', at, 'from']);
  });
  return faults;
}
