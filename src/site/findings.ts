/**
 * What in a record is no fault and still wants somebody's attention: who was not asked for long, what ends soon, what nobody
 * dated. A pure function of the record and of the day.
 */
import { localTimeOf } from './calendar.ts';
import type { LoadedSite } from './load.ts';
import { ownerOf, type Person, personWith, rolesWithout } from './people.ts';
import { placeholdersIn } from './placeholders.ts';
import type { Fault } from './read/fault.ts';
import type { Path } from './read/layer.ts';
import type { Role } from './record/people.ts';
import type { SiteRecord } from './record.ts';

export interface SiteFinding extends Fault {
  readonly site: string;
  readonly about: 'people' | 'agreements' | 'quirks' | 'network' | 'ehr' | 'value sets' | 'to confirm';
  /** Whose job it is, whoever holds it. */
  readonly role: Role;
  /** The same person's short name, as far as the record says who it is. */
  readonly person?: string;
}

/** For so many days a person's word that they still do this holds. */
export const CONFIRMED_FOR = 90;
/** So many days before its end an agreement is told of. */
export const ENDS_SOON = 60;
/** So many days after it was last seen, a quirk is to be looked for again; the same for a value set map. */
export const SEEN_FOR = 365;
/** So many days may pass between asking for an opening and its being there. */
export const OPENED_WITHIN = 14;

/** Without them nobody can be called when a production site is in trouble. */
const NEEDED: Readonly<Record<Person['side'], readonly Role[]>> = {
  site: ['operational owner', 'network engineer', 'interface engine analyst', 'support', 'privacy reviewer'],
  ours: ['project manager', 'support'],
};

interface Said {
  readonly about: SiteFinding['about'];
  readonly path: Path;
  readonly reason: string;
  readonly fix: string;
  /** Whose job it is; the first one before the second. */
  readonly roles: readonly [Role, ...Role[]];
}

/** @param at The time of asking, milliseconds; days are those of the site's calendar. */
export function siteFindings(site: LoadedSite, at: number): SiteFinding[] {
  const { record, placeOf } = site;
  const today = localTimeOf(record.timeZone, at).day;
  return [
    ...ofPeople(record, today),
    ...ofAgreements(record, today),
    ...ofQuirks(record, today),
    ...ofNetwork(record, today),
    ...ofUpdates(record, today),
    ...ofValueSets(record, today),
    ...ofPlaceholders(record),
  ].map(({ about, path, reason, fix, roles }) => {
    const person = personWith(record, roles) ?? ownerOf(record);
    return {
      ...placeOf(path),
      site: record.site,
      about,
      reason,
      fix,
      role: roles[0],
      ...(person === undefined ? {} : { person: person.id }),
    };
  });
}

/** Whole days from one day to another. */
const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

function ofPeople(record: SiteRecord, today: string): Said[] {
  const about = 'people' as const;
  const said: Said[] = Object.entries(record.people ?? {}).flatMap(([id, { confirmed, roles }]): Said[] => {
    const path = ['people', id];
    const fix = `ask whether ${id} still is ${roles.join(', ')}, and write down the day as confirmed`;
    if (confirmed === undefined)
      return [{ about, path, reason: `${id} was never confirmed`, fix, roles: ['project manager'] }];
    const days = daysBetween(confirmed, today);
    if (days <= CONFIRMED_FOR) return [];
    const reason = `${id} was last confirmed ${days} days ago, on ${confirmed}`;
    return [{ about, path: [...path, 'confirmed'], reason, fix, roles: ['project manager'] }];
  });
  if (record.environment !== 'production') return said;
  for (const side of ['site', 'ours'] as const) {
    const without = rolesWithout(record, side, NEEDED[side]);
    if (without.length > 0)
      said.push({
        about,
        path: ['people'],
        reason: `in production, nobody ${side === 'site' ? 'at the site' : 'on our side'} is: ${without.join(', ')}`,
        fix: 'ask who it is, and add them under people',
        roles: ['project manager'],
      });
  }
  if (record.owners?.site === undefined)
    said.push({
      about,
      path: ['owners'],
      reason: 'in production, nobody answers for the site as a whole',
      fix: 'name somebody of people under owners.site',
      roles: ['project manager'],
    });
  return said;
}

const REVIEWERS: Readonly<Record<string, readonly [Role, ...Role[]]>> = {
  BAA: ['legal reviewer', 'privacy reviewer'],
  'security review': ['security reviewer'],
  'privacy review': ['privacy reviewer'],
  'legal review': ['legal reviewer'],
  'data use': ['privacy reviewer'],
};

function ofAgreements(record: SiteRecord, today: string): Said[] {
  const about = 'agreements' as const;
  const all = Object.entries(record.agreements ?? {});
  const said: Said[] = all.flatMap(([name, { kind, state, given, expires, asked }]): Said[] => {
    const roles = REVIEWERS[kind] ?? ['project manager', 'operational owner'];
    const one = (field: string, reason: string, fix: string): Said[] => [
      { about, path: ['agreements', name, field], reason: `${kind} (${name}) ${reason}`, fix, roles },
    ];
    if (state === 'refused')
      return one('state', 'was refused', 'find out what is in the way, or stop what needs it');
    if (state !== 'given') {
      const since = asked === undefined ? '' : ` since ${asked}`;
      return one('state', `is not given yet: ${state}${since}`, 'ask how far it is');
    }
    if (given === undefined) return one('given', 'does not say since when it holds', 'add the day as given');
    if (given > today)
      return one('given', `holds only from ${given} on`, 'send nothing that needs it before');
    if (expires === undefined) return [];
    const left = daysBetween(today, expires);
    if (left < 0) return one('expires', `ended on ${expires}`, 'have it renewed, or stop what needs it');
    if (left > ENDS_SOON) return [];
    return one('expires', `ends in ${left} days, on ${expires}`, 'have it renewed in time');
  });
  const holds = all.some(
    ([, { kind, state, given, expires }]) =>
      kind === 'BAA' &&
      state === 'given' &&
      given !== undefined &&
      given <= today &&
      (expires === undefined || expires >= today),
  );
  if (record.environment === 'production' && !holds)
    said.push({
      about,
      path: ['agreements'],
      reason: 'in production, no business associate agreement (BAA) holds',
      fix: 'add it under agreements with the days from and until which it holds, or send no patient data',
      roles: ['legal reviewer', 'privacy reviewer', 'project manager'],
    });
  return said;
}

function ofQuirks(record: SiteRecord, today: string): Said[] {
  return Object.entries(record.quirks ?? {}).flatMap(([id, { seen, over }]): Said[] => {
    if (over !== undefined) return [];
    const roles: [Role] = ['interface engine analyst'];
    const one = (field: string, reason: string): Said[] => [
      {
        about: 'quirks',
        path: ['quirks', id, field],
        reason,
        fix: 'look whether it is still so, and write down the day as seen (or as over)',
        roles,
      },
    ];
    if (seen === undefined) return one('seen', `quirk ${id} has no day on which it was seen`);
    const days = daysBetween(seen, today);
    return days > SEEN_FOR ? one('seen', `quirk ${id} was last seen ${days} days ago, on ${seen}`) : [];
  });
}

function ofNetwork(record: SiteRecord, today: string): Said[] {
  return Object.entries(record.network?.openings ?? {}).flatMap(
    ([name, { asked, opened, to, port }]): Said[] => {
      if (opened !== undefined) return [];
      const path = ['network', 'openings', name];
      const roles: [Role] = ['network engineer'];
      if (asked === undefined)
        return [
          {
            about: 'network',
            path,
            reason: `nobody has asked for ${name} (to ${to}, port ${port}) to be opened`,
            fix: 'ask for it, and write down by whom and when',
            roles,
          },
        ];
      const days = daysBetween(asked.on, today);
      if (days <= OPENED_WITHIN) return [];
      return [
        {
          about: 'network',
          path: [...path, 'asked'],
          reason: `${name} (to ${to}, port ${port}) was asked for ${days} days ago, and is not open`,
          fix: 'ask again, with the reference of the request',
          roles,
        },
      ];
    },
  );
}

function ofUpdates({ ehr }: SiteRecord, today: string): Said[] {
  const { cadence, version } = ehr;
  if (cadence?.next === undefined || cadence.next > today) return [];
  return [
    {
      about: 'ehr',
      path: ['ehr', 'cadence', 'next'],
      reason: `the update of ${cadence.next}${cadence.nextVersion === undefined ? '' : ` to ${cadence.nextVersion}`} has passed, and the record still says ${version ?? 'no version'}`,
      fix: 'ask what is in use now (suture probe), correct ehr.version, and write down the next update',
      roles: ['project manager', 'web services analyst'],
    },
  ];
}

function ofValueSets(record: SiteRecord, today: string): Said[] {
  return Object.entries(record.valueSets ?? {}).flatMap(([name, { reviewed }]): Said[] => {
    if (reviewed === undefined) return [];
    const days = daysBetween(reviewed, today);
    if (days <= SEEN_FOR) return [];
    return [
      {
        about: 'value sets',
        path: ['valueSets', name, 'reviewed'],
        reason: `the value set map ${name} was last looked through ${days} days ago, on ${reviewed}`,
        fix: 'have somebody at the site look through it, and write down the day',
        roles: ['interface engine analyst'],
      },
    ];
  });
}

function ofPlaceholders(record: SiteRecord): Said[] {
  const said = placeholdersIn(record).map(
    ({ path, names, role }): Said => ({
      about: 'to confirm',
      path,
      reason: `not known yet: ${names.join(', ')}`,
      fix: `ask the ${role}, and write what it is in place of "to-confirm"`,
      roles: [role],
    }),
  );
  if (record.timeZone === 'Etc/UTC')
    said.push({
      about: 'to confirm',
      path: ['timeZone'],
      reason:
        'the time zone is Etc/UTC, which no hospital keeps: times of HL7 messages would be read hours off',
      fix: 'ask the interface engine analyst in which zone MSH-7 is written, and name it',
      roles: ['interface engine analyst'],
    });
  return said;
}
