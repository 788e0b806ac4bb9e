/** Which event can be learnt by which method, as far as the server's statement and the samples show it. */
import { capabilityMatrix, connectors, MATRIX_RESOURCES, rowOf } from '../../connectors/index.ts';
import { type ObservedSite, type Role, type SiteRecord, siteSchema } from '../../site/index.ts';
import type { ToConfirm } from './note.ts';

export interface LearnPart {
  readonly learn: Readonly<Record<string, unknown>>;
  readonly confirm: readonly ToConfirm[];
}

/** The first that works is proposed: what is told by itself before what is asked for. */
const PREFERRED = ['feed', 'feed wakes read', 'poll', 'bulk'];
const STATES = ['yes', 'with a condition', 'not known'];

const KNOWS: Readonly<Record<string, Role>> = {
  Patient: 'Prelude/ADT analyst',
  Encounter: 'Prelude/ADT analyst',
  Appointment: 'Cadence analyst',
  Observation: 'Beaker analyst',
  DocumentReference: 'clinical informatics',
};

interface Way {
  readonly name: string;
  readonly state: string;
  readonly text: string;
}

/** @param value The record without `learn`. */
export function learnPart(
  value: Readonly<Record<string, unknown>>,
  observed: ObservedSite,
  ehrConnection: string | undefined,
): LearnPart {
  const record = siteSchema.parse(value);
  const feeds = Object.entries(record.hl7?.sends ?? {});
  const learn: Record<string, unknown> = {};
  const confirm: ToConfirm[] = [];
  const matrix =
    ehrConnection === undefined
      ? undefined
      : capabilityMatrix({ record, observed, connectors, connection: ehrConnection });
  for (const resource of MATRIX_RESOURCES) {
    const asked = matrix === undefined ? [] : (rowOf(matrix, resource)?.cells.trigger.ways ?? []);
    const ways: Way[] = [
      ...(asked.some(({ name }) => name === 'feed') ? [] : fedWays(record, resource)),
      ...asked,
    ];
    const usable = ways
      .filter(({ state }) => STATES.includes(state))
      .sort(
        (a, b) =>
          STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
          PREFERRED.indexOf(a.name) - PREFERRED.indexOf(b.name),
      );
    const [best, ...others] = usable;
    if (best === undefined) {
      const why = ways.map(({ name, text }) => `${name}: ${text}`).join(' ');
      confirm.push({
        at: ['learn'],
        role: KNOWS[resource] ?? 'project manager',
        text: `how ${resource} changes can be learnt: neither the servers nor the samples show a way. ${why}`.trim(),
      });
      continue;
    }
    const from = best.name === 'feed' ? feedOf(feeds, resource) : ehrConnection;
    if (from === undefined) continue;
    // A Group has to be named, which nobody knows yet.
    if (best.name === 'bulk') continue;
    learn[resource] = { method: best.name, from };
    const also = others.map(({ name, state }) => (state === 'yes' ? name : `${name} (${state})`)).join(', ');
    confirm.push({
      at: ['learn', resource],
      role: KNOWS[resource] ?? 'project manager',
      text: `${best.name}, ${best.state}: ${best.text}${also === '' ? '' : ` Other ways: ${also}.`}`,
    });
  }
  return { learn, confirm };
}

/** What HL7 alone tells, whatever the EHR: a connector that reads feeds says which messages that takes. */
function fedWays(record: SiteRecord, resource: string): Way[] {
  const needs = needsOf(resource);
  const sends = [...new Set(Object.values(record.hl7?.sends ?? {}).flat())];
  const sent = needs.filter((type) => sends.includes(type));
  if (needs.length === 0 || sent.length === 0) return [];
  const missing = needs.filter((type) => !sent.includes(type));
  return [
    missing.length === 0
      ? { name: 'feed', state: 'yes', text: `The site sends ${sent.join(', ')}.` }
      : {
          name: 'feed',
          state: 'with a condition',
          text: `What only ${missing.join(', ')} would tell is not learnt.`,
        },
  ];
}

const needsOf = (resource: string): readonly string[] =>
  connectors.get('epic')?.resources?.find((each) => each.resource === resource)?.learning?.feed?.needs ?? [];

/** The connection that most of these messages come over. */
function feedOf(
  feeds: readonly (readonly [string, readonly string[]])[],
  resource: string,
): string | undefined {
  const needs = needsOf(resource);
  const count = (types: readonly string[]): number => types.filter((type) => needs.includes(type)).length;
  return feeds.toSorted(([, a], [, b]) => count(b) - count(a))[0]?.[0];
}
