/** A site record's first draft, out of what a hospital's servers and sample messages show. A pure function. */
import type { ObservedSite, Role } from '../../site/index.ts';
import { ehrPart } from './ehr-part.ts';
import { countsOf, feedPart, listed } from './feed-part.ts';
import { learnPart } from './learn-part.ts';
import type { Remark, ToConfirm } from './note.ts';
import type { SeenSamples } from './samples.ts';
import type { SeenServer } from './servers.ts';
import { type CodeStub, codeStubs } from './value-sets.ts';
import { likelyZones } from './zones.ts';

export interface DraftInput {
  readonly site: string;
  readonly name?: string;
  readonly environment: string;
  readonly timeZone?: string;
  readonly clientId?: string;
  readonly secret?: string;
  readonly servers: readonly SeenServer[];
  readonly samples: SeenSamples;
  /** What the server said to whoever signed in, by connection. */
  readonly observed: ObservedSite;
  readonly freePort: (nth: number) => number;
  /** Connections of the application's side that flows name, as another site of the project has them. */
  readonly shared: Readonly<Record<string, { readonly of: string; readonly written: unknown }>>;
  readonly today: string;
}

export interface Draft {
  readonly value: Readonly<Record<string, unknown>>;
  readonly confirm: readonly ToConfirm[];
  readonly remarks: readonly Remark[];
  readonly stubs: readonly CodeStub[];
  /** The connection to the EHR. */
  readonly connection: string | undefined;
}

export function draftRecord(input: DraftInput): Draft {
  const { site, environment, samples, servers } = input;
  const { feeds } = samples;
  const senders = feeds.flatMap((feed) => [...countsOf(feed, 'sender').keys()]);
  const types = [...new Set(feeds.flatMap((feed) => [...countsOf(feed, 'type').keys()]))].sort();
  const [signedIn = {}] = Object.values(input.observed);
  const ehr = ehrPart({
    servers,
    signedIn,
    clientId: input.clientId,
    secret: input.secret,
    senders,
    types,
  });
  const hl7 = feedPart({ ...input, feeds, epic: ehr.epic });
  const zone = zoneOf(input);
  const stubs = codeStubs(feeds);
  const feedNames = Object.keys(hl7.connections);
  const shared = Object.fromEntries(
    Object.entries(input.shared).filter(
      ([name]) => hl7.connections[name] === undefined && ehr.connections[name] === undefined,
    ),
  );
  const patientFeeds = feedNames.filter((name) => hl7.sends[name]?.some((type) => /^(ADT|SIU)\^/.test(type)));
  const value: Record<string, unknown> = {
    site,
    name: input.name ?? titleOf(site),
    environment,
    ehr: ehr.ehr,
    timeZone: zone.timeZone,
    identifiers: withoutEmpty(hl7.identifiers),
    ...(patientFeeds.length > 0 && ehr.connection !== undefined ? { roster: { from: patientFeeds } } : {}),
    connections: {
      ...ehr.connections,
      ...hl7.connections,
      ...Object.fromEntries(Object.entries(shared).map(([name, { written }]) => [name, written])),
    },
    ...(feedNames.length === 0 ? {} : { hl7: { sends: hl7.sends, profiles: hl7.profiles } }),
    ...(stubs.length === 0
      ? {}
      : {
          valueSets: Object.fromEntries(
            stubs.map(({ map, about, codes }) => [map, { note: `${about}: ${codes.size} seen in samples` }]),
          ),
        }),
    ...(Object.keys(hl7.quirks).length === 0 ? {} : { quirks: hl7.quirks }),
  };
  const learn = learnPart(value, input.observed, ehr.connection);
  if (Object.keys(learn.learn).length > 0) value.learn = learn.learn;
  const general: ToConfirm[] = [
    ...(input.name === undefined
      ? [{ at: ['name'], role: 'project manager', text: 'what the site is called' } as const]
      : []),
    ...zone.confirm,
    ...stubs.map(
      ({ map, role, about, codes }): ToConfirm => ({
        at: ['valueSets', map],
        role,
        text: `what ${codes.size === 1 ? '1 code means' : `${codes.size} codes mean`} (${about}), in maps/${map}.csv`,
      }),
    ),
    ...Object.keys(hl7.quirks).map(
      (id): ToConfirm => ({
        at: ['quirks', id],
        role: 'interface engine analyst',
        text: 'is it so in production, too, and may it change?',
      }),
    ),
    ...Object.entries(shared).map(
      ([name, { of }]): ToConfirm => ({
        at: ['connections', name],
        role: 'project manager',
        text: `flows name it, and it stands here as at ${of}: is it the same for this site?`,
      }),
    ),
    ...PEOPLE,
    ...restOf(environment),
  ];
  return {
    value: ordered(value),
    confirm: [...ehr.confirm, ...hl7.confirm, ...learn.confirm, ...general],
    remarks: [...ehr.remarks, ...hl7.remarks],
    stubs,
    connection: ehr.connection,
  };
}

const ORDER = [
  ...['site', 'name', 'environment', 'ehr', 'timeZone', 'identifiers', 'roster', 'connections', 'hl7'],
  ...['learn', 'valueSets', 'quirks'],
];

const ordered = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(ORDER.flatMap((key) => (value[key] === undefined ? [] : [[key, value[key]]])));

const withoutEmpty = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).filter(
      ([, each]) => typeof each !== 'object' || each === null || Object.keys(each).length > 0,
    ),
  );

const titleOf = (site: string): string =>
  site
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');

function zoneOf({ timeZone, samples }: DraftInput): { timeZone: string; confirm: ToConfirm[] } {
  if (timeZone !== undefined) return { timeZone, confirm: [] };
  const offsets = samples.feeds.flatMap((feed) => [...feed.offsets.keys()]);
  const zones = likelyZones(offsets);
  const seen = [...new Set(offsets.map((each) => each.split(' ')[1] ?? ''))].sort();
  const [first = 'Etc/UTC', ...others] = zones;
  const text =
    zones.length === 0
      ? `in which zone HL7 times are written; ${seen.length === 0 ? 'no message says an offset' : `offsets seen: ${listed(seen)}`}`
      : `by the offsets of HL7 times (${listed(seen)})${others.length === 0 ? '' : `; ${listed(others)} would fit as well`}`;
  return { timeZone: first, confirm: [{ at: ['timeZone'], role: 'interface engine analyst', text }] };
}

const asked = (role: Role, text: string): ToConfirm => ({ at: [], role, text });

const PEOPLE: readonly ToConfirm[] = [
  asked(
    'project manager',
    'people and owners: who at the site is operational owner, network engineer, interface engine analyst, web services analyst, privacy reviewer, support; who answers for the site (owners.site)',
  ),
];

const restOf = (environment: string): ToConfirm[] => [
  asked('network engineer', 'network: tunnel, our and their addresses, which ports are to be opened'),
  asked(
    'operational owner',
    'calendar: staffed hours, holidays, maintenance; how many requests a second are allowed (budget)',
  ),
  asked(
    'legal reviewer',
    `agreements: business associate agreement, with the days from and until which it holds${environment === 'production' ? '; without one nothing may flow' : ''}`,
  ),
  asked('security reviewer', 'agreements: the security review'),
  asked('privacy reviewer', 'necessary: which patients and which fields flows may see here'),
];
