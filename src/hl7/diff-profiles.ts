import type { Observed, Profile } from './profile.ts';

/** One thing that is otherwise in the second profile. */
export interface ProfileDifference {
  readonly kind: 'added' | 'removed' | 'changed';
  /** What it is about: `messages.ADT^A01`, `fields.PID-8.codes`. */
  readonly at: string;
  readonly text: string;
}

export interface ProfileDiffOptions {
  /** From how many points (of 100) on a change of a field's share of filled places counts; 10 by default. */
  readonly points?: number;
}

/**
 * What changed from one profile to another, as sentences: message types, segments, fields and codes that are new or
 * gone, places that are filled less or more often, rules that differ. Between two learned profiles of one feed, this is
 * what a new version of the feed changed.
 *
 *     diffProfiles(lastMonth, today).map(({ text }) => text)
 *     // ['PID-8 has the new code X (12 times).', 'PID-13 is filled in 41 % of its places, before in 96 %.']
 */
export function diffProfiles(
  a: Profile,
  b: Profile,
  { points = 10 }: ProfileDiffOptions = {},
): ProfileDifference[] {
  const found: ProfileDifference[] = [];
  if (a.version !== b.version)
    found.push({
      kind: 'changed',
      at: 'version',
      text: `The version is ${b.version ?? 'that of each message'}, before ${a.version ?? 'that of each message'}.`,
    });
  if (a.observed !== undefined && b.observed !== undefined)
    compareObserved(a.observed, b.observed, points, found);
  compareRules(a, b, found);
  return found;
}

function compareObserved(a: Observed, b: Observed, points: number, found: ProfileDifference[]): void {
  names(a.types, b.types, 'messages', (type) => `Messages of type ${type}`, found);
  names(a.versions, b.versions, 'version', (version) => `Messages of version ${version}`, found);
  names(a.senders, b.senders, 'senders', (sender) => `Messages of the sender ${sender}`, found);
  names(a.segments, b.segments, 'segments', (id) => `Segments ${id}`, found);
  for (const [path, after] of Object.entries(b.fields)) {
    const before = own(a.fields, path);
    const id = path.slice(0, 3);
    if (before === undefined) {
      if (own(a.segments, id) !== undefined && !path.includes('.'))
        found.push({
          kind: 'added',
          at: `fields.${path}`,
          text: `${path} is filled, which it never was before.`,
        });
      continue;
    }
    const from = percent(before.filled, before.of);
    const to = percent(after.filled, after.of);
    if (Math.abs(to - from) >= points)
      found.push({
        kind: 'changed',
        at: `fields.${path}`,
        text: `${path} is filled in ${to} % of its places, before in ${from} %.`,
      });
    if (after.longest > before.longest)
      found.push({
        kind: 'changed',
        at: `fields.${path}.length`,
        text: `${path} has up to ${after.longest} characters, before ${before.longest}.`,
      });
    if (before.codes !== undefined && after.codes !== undefined)
      codes(path, before.codes, after.codes, found);
  }
  for (const path of Object.keys(a.fields))
    if (
      own(b.fields, path) === undefined &&
      own(b.segments, path.slice(0, 3)) !== undefined &&
      !path.includes('.')
    )
      found.push({ kind: 'removed', at: `fields.${path}`, text: `${path} is never filled; it was before.` });
}

function codes(
  path: string,
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  found: ProfileDifference[],
): void {
  for (const [code, count] of Object.entries(after))
    if (own(before, code) === undefined)
      found.push({
        kind: 'added',
        at: `fields.${path}.codes`,
        text: `${path} has the new code ${code} (${times(count)}).`,
      });
  for (const [code, count] of Object.entries(before))
    if (own(after, code) === undefined)
      found.push({
        kind: 'removed',
        at: `fields.${path}.codes`,
        text: `${path} no longer has the code ${code} (${times(count)} before).`,
      });
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

function names(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  at: string,
  say: (name: string) => string,
  found: ProfileDifference[],
): void {
  for (const name of Object.keys(after))
    if (own(before, name) === undefined)
      found.push({ kind: 'added', at: `${at}.${name}`, text: `${say(name)} are new.` });
  for (const name of Object.keys(before))
    if (own(after, name) === undefined)
      found.push({ kind: 'removed', at: `${at}.${name}`, text: `${say(name)} no longer come.` });
}

/** Rules that people wrote: what each profile says of one path or segment, compared as a whole. */
function compareRules(a: Profile, b: Profile, found: ProfileDifference[]): void {
  rules('fields', a.fields, b.fields, found);
  rules('segments', a.segments, b.segments, found);
  rules('messages', a.messages, b.messages, found);
}

function rules(
  at: string,
  before: Readonly<Record<string, object>> = {},
  after: Readonly<Record<string, object>> = {},
  found: ProfileDifference[],
): void {
  const told = new Set(found.map((each) => each.at));
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const place = `${at}.${key}`;
    const keys = new Set([...Object.keys(own(before, key) ?? {}), ...Object.keys(own(after, key) ?? {})]);
    for (const rule of keys) {
      if (told.has(`${place}.${rule}`) || told.has(place)) continue;
      const from = JSON.stringify((own(before, key) as Record<string, unknown> | undefined)?.[rule]);
      const to = JSON.stringify((own(after, key) as Record<string, unknown> | undefined)?.[rule]);
      if (from === to) continue;
      found.push({
        kind: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed',
        at: `${place}.${rule}`,
        text:
          from === undefined
            ? `The profile now says ${rule} of ${key}: ${to}.`
            : to === undefined
              ? `The profile no longer says ${rule} of ${key}; it was ${from}.`
              : `The profile says ${rule} of ${key}: ${to}, before ${from}.`,
      });
    }
  }
}

/** Names come from messages: `constructor` is a code like any other. */
const own = <Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((100 * part) / whole));
