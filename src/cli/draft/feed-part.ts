/** The HL7 part of a drafted record: connections that listen, what they carry, how ids are spelled, oddities. */
import type { FeedFactKind } from '../../hl7/index.ts';
import { placeholderSystem, TO_CONFIRM } from '../../site/index.ts';
import type { Remark, ToConfirm } from './note.ts';
import type { SeenFeed } from './samples.ts';

export interface FeedPart {
  readonly connections: Readonly<Record<string, unknown>>;
  readonly sends: Readonly<Record<string, readonly string[]>>;
  readonly profiles: Readonly<Record<string, unknown>>;
  readonly identifiers: Readonly<Record<string, unknown>>;
  readonly quirks: Readonly<Record<string, unknown>>;
  readonly confirm: readonly ToConfirm[];
  readonly remarks: readonly Remark[];
}

export interface FeedPartInput {
  readonly site: string;
  readonly feeds: readonly SeenFeed[];
  /** The lowest TCP port that no other site of the project listens on. */
  readonly freePort: (nth: number) => number;
  readonly today: string;
  readonly epic: boolean;
}

/** What types of HL7 table 0203 number, and the short name that the record gives them. */
const ID_TYPES: Readonly<Record<string, readonly [name: string, about: string]>> = {
  MR: ['mrn', ''],
  MRN: ['mrn', ''],
  EPI: ['enterprise', 'enterprise person'],
  PI: ['patient-internal', 'patient internal'],
  PT: ['patient-external', 'patient external'],
  AN: ['account', 'hospital account'],
  VN: ['visit', 'visit'],
  SS: ['social-security', 'social security number'],
  DL: ['drivers-license', 'driver’s licence'],
  MC: ['medicare', 'Medicare number'],
  MA: ['medicaid', 'Medicaid number'],
  NI: ['national', 'national number'],
  NPI: ['npi', 'national provider identifier'],
};

export const countsOf = ({ facts }: SeenFeed, kind: FeedFactKind): ReadonlyMap<string, number> =>
  facts.get(kind) ?? new Map<string, number>();

const typesOf = (feed: SeenFeed): string[] =>
  [...countsOf(feed, 'type').keys()].filter((type) => !type.startsWith('(')).sort();

const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'other';

/** Values of one id field: `idsAt(feed, 'id type', 'PID-3')` gives `MR` and how often. */
function idsAt(feed: SeenFeed, kind: 'id type' | 'assigner', place: string): [string, number][] {
  return [...countsOf(feed, kind)].flatMap(([value, times]): [string, number][] =>
    value.startsWith(`${place} `) ? [[value.slice(place.length + 1), times]] : [],
  );
}

const isCode = (value: string): boolean => value !== '' && !value.startsWith('(');

export function feedPart({ site, feeds, freePort, today, epic }: FeedPartInput): FeedPart {
  const connections: Record<string, unknown> = {};
  const sends: Record<string, readonly string[]> = {};
  const profiles: Record<string, unknown> = {};
  const others: Record<string, unknown> = {};
  const quirks: Record<string, unknown> = {};
  const confirm: ToConfirm[] = [];
  const remarks: Remark[] = [];
  const mrn = mrnOf(feeds);
  feeds.forEach((feed, nth) => {
    const { name } = feed;
    const variable = `${site}_${name}_PORT`.toUpperCase().replaceAll('-', '_');
    connections[name] = {
      connector: 'mllp',
      listen: { port: { env: variable, default: freePort(nth) } },
    };
    const senders = [...countsOf(feed, 'sender').keys()];
    remarks.push({
      at: ['connections', name],
      text: `seen: ${feed.messages} messages of ${listed(senders)}`,
    });
    confirm.push({
      at: ['connections', name],
      role: 'interface engine analyst',
      text: 'one connection for all of these, or one for each kind of message? over MLLP, with TLS?',
    });
    confirm.push({
      at: ['connections', name, 'listen'],
      role: 'network engineer',
      text: 'from which addresses they come (peers), and to which address and port of ours; it listens on this machine alone',
    });
    const asked = [...feed.acknowledgements.keys()];
    if (asked.length > 0)
      confirm.push({
        at: ['connections', name, 'listen'],
        role: 'interface engine analyst',
        text: `MSH-15/16 say ${listed(asked)}: does the sender wait for these (acknowledge: as asked), or for an AA (as here)?`,
      });
    const processing = [...feed.processing.keys()];
    if (processing.length > 0)
      remarks.push({ at: ['connections', name, 'listen'], text: `seen in MSH-11: ${listed(processing)}` });
    sends[name] = typesOf(feed);
    profiles[name] = profileOf(feed, { others, mrnType: mrn.type, confirm, remarks });
    Object.assign(quirks, quirksOf(feed, today));
  });
  confirm.push({
    at: ['hl7', 'sends'],
    role: epic ? 'Bridges analyst' : 'interface engine analyst',
    text: 'only what samples showed: which other messages are sent, and when?',
  });
  const identifiers = { ...identifiersOf(mrn, feeds, epic, confirm), others };
  return { connections, sends, profiles, identifiers, quirks, confirm, remarks };
}

interface Mrn {
  readonly type: string | undefined;
  readonly assigner: string | undefined;
  readonly certain: boolean;
}

/** Which repetition of PID-3 is the medical record number: the type MR, else the most frequent one. */
function mrnOf(feeds: readonly SeenFeed[]): Mrn {
  const types = new Map<string, number>();
  for (const feed of feeds)
    for (const [type, times] of idsAt(feed, 'id type', 'PID-3'))
      if (isCode(type)) types.set(type, (types.get(type) ?? 0) + times);
  const likely = ['MR', 'MRN'].find((type) => types.has(type));
  const most = [...types].sort((a, b) => b[1] - a[1])[0]?.[0];
  const type = likely ?? most;
  const assigners = new Set(
    feeds.flatMap((feed) => idsAt(feed, 'assigner', 'PID-3').map(([assigner]) => assigner)),
  );
  const [only] = assigners;
  const assigner = type === undefined && assigners.size === 1 && only && isCode(only) ? only : undefined;
  return { type, assigner, certain: likely !== undefined };
}

function identifiersOf(
  mrn: Mrn,
  feeds: readonly SeenFeed[],
  epic: boolean,
  confirm: ToConfirm[],
): Readonly<Record<string, unknown>> {
  const ids = feeds.some((feed) => idsAt(feed, 'id type', 'PID-3').length > 0);
  confirm.push({
    at: ['identifiers', 'mrn'],
    role: 'Identity analyst',
    text: ids
      ? `the system (URI) of the medical record number in FHIR, and that it is ${mrn.type === undefined ? 'what stands in PID-3' : `PID-3 of type ${mrn.type}`}${mrn.certain || !ids ? '' : ' (no id of type MR was seen)'}`
      : 'the system (URI) of the medical record number in FHIR, and where HL7 carries it',
  });
  const hl7 = {
    field: 'PID-3',
    ...(mrn.type === undefined ? {} : { type: mrn.type }),
    ...(mrn.assigner === undefined ? {} : { assigner: mrn.assigner }),
  };
  const visits = ['PV1-19', 'PV1-50'].find((place) =>
    feeds.some((feed) => countsOf(feed, 'field').has(place)),
  );
  if (visits !== undefined)
    confirm.push({
      at: ['identifiers', 'csn'],
      role: 'Identity analyst',
      text: `the system (URI) of the visit number in FHIR${epic ? '; left out: any that ends in .698084.8' : ''}, and that ${visits}.1 carries it without a prefix`,
    });
  return {
    mrn: { system: placeholderSystem('mrn'), hl7 },
    ...(visits === undefined
      ? {}
      : {
          csn: {
            ...(epic ? {} : { system: placeholderSystem('visit') }),
            hl7: { field: `${visits}.1` },
          },
        }),
  };
}

interface ProfileContext {
  readonly others: Record<string, unknown>;
  readonly mrnType: string | undefined;
  readonly confirm: ToConfirm[];
  readonly remarks: Remark[];
}

function profileOf(
  feed: SeenFeed,
  { others, mrnType, confirm, remarks }: ProfileContext,
): Readonly<Record<string, unknown>> {
  const at = ['hl7', 'profiles', feed.name];
  const versions = [...countsOf(feed, 'version').keys()].filter(isCode);
  if (versions.length > 1)
    confirm.push({
      at: [...at, 'version'],
      role: 'interface engine analyst',
      text: `${listed(versions)} were seen: is this so in production?`,
    });
  const assigners: Record<string, string> = {};
  const idTypes: Record<string, string> = {};
  for (const place of ['PID-3', 'PID-2', 'PID-4', 'PID-18', 'PV1-19', 'PV1-50']) {
    for (const [assigner] of idsAt(feed, 'assigner', place))
      if (isCode(assigner)) assigners[assigner] ??= placeholderSystem(assigner);
    for (const [type] of idsAt(feed, 'id type', place)) {
      if (!isCode(type)) continue;
      const [known, about] = ID_TYPES[type.toUpperCase()] ?? [];
      const name = type === mrnType ? 'mrn' : known === undefined || known === 'mrn' ? slugOf(type) : known;
      idTypes[type] ??= name;
      if (name === 'mrn' || others[name] !== undefined) continue;
      others[name] = {
        system: placeholderSystem(type),
        about: about || `ids of type ${type}`,
        hl7: { field: place, type },
      };
      if (type === 'SS')
        confirm.push({
          at: ['identifiers', 'others', name],
          role: 'privacy reviewer',
          text: 'social security numbers come in this feed; does any flow need them (necessary.fields)?',
        });
    }
  }
  if (countsOf(feed, 'field').has('PID-18') && others.account === undefined)
    others.account = {
      system: placeholderSystem('account'),
      about: 'hospital account',
      hl7: { field: 'PID-18.1' },
    };
  const segments = zSegments(feed);
  for (const [id, fields] of segments)
    remarks.push({ at: [...at, 'segments', id], text: `fields seen filled: ${listed(fields)}` });
  const triggers = Object.fromEntries(
    [...countsOf(feed, 'type')].flatMap(([type, times]) =>
      /^[A-Z][A-Z0-9]{2}(\^|$)/.test(type) ? [[type, `in ${times} of ${feed.messages} sample messages`]] : [],
    ),
  );
  return {
    ...(versions[0] === undefined ? {} : { version: versions[0] }),
    ...(Object.keys(assigners).length === 0 ? {} : { assigners }),
    ...(Object.keys(idTypes).length === 0 ? {} : { idTypes }),
    ...(segments.size === 0
      ? {}
      : { segments: Object.fromEntries([...segments.keys()].map((id) => [id, { about: TO_CONFIRM }])) }),
    ...(Object.keys(triggers).length === 0 ? {} : { triggers }),
    note: noteOf(feed),
  };
}

/** By Z-segment the numbers of the fields that say something. */
function zSegments(feed: SeenFeed): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>();
  for (const value of countsOf(feed, 'segment').keys()) {
    const [, id = ''] = value.split(' ');
    if (id.startsWith('Z')) found.set(id, []);
  }
  for (const path of countsOf(feed, 'field').keys()) {
    const [id = '', n = ''] = path.split('-');
    found.get(id)?.push(n);
  }
  for (const fields of found.values()) fields.sort((a, b) => Number(a) - Number(b));
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function noteOf(feed: SeenFeed): string {
  const all = (kind: FeedFactKind, none: string): string =>
    listed([...countsOf(feed, kind).keys()].map((value) => (value === '' ? none : value)));
  return [
    `sent by ${all('sender', 'nobody named')}`,
    `encoding ${all('encoding', '')}`,
    `character set ${all('charset', 'none declared')}`,
    `times ${all('time offset', 'without an offset')}`,
  ].join('; ');
}

/** What samples show that flows and maps stumble over. */
function quirksOf(feed: SeenFeed, today: string): Readonly<Record<string, unknown>> {
  const quirks: Record<string, unknown> = {};
  const add = (id: string, what: string, does: string): void => {
    quirks[`${feed.name}-${id}`] = { what, where: feed.name, seen: today, does };
  };
  const untyped = idsAt(feed, 'id type', 'PID-3').find(([type]) => type === '')?.[1] ?? 0;
  if (untyped > 0)
    add(
      'ids-without-type',
      `${untyped} of ${feed.messages} messages have ids in PID-3 without a type (PID-3.5)`,
      'nothing yet: such an id is no medical record number',
    );
  const visits = [...countsOf(feed, 'segment')].reduce(
    (sum, [value, times]) => (value.endsWith(' PV1') ? sum + times : sum),
    0,
  );
  const numbered = countsOf(feed, 'field').get('PV1-19') ?? 0;
  if (visits > 0 && numbered < visits && numbered > 0)
    add(
      'visits-without-number',
      `${visits - numbered} of ${visits} messages with a PV1 have no visit number (PV1-19)`,
      'nothing yet: such a message tells of no visit that could be known again',
    );
  if (feed.undeclared > 0)
    add(
      'undeclared-letters',
      `${feed.undeclared} of ${feed.messages} messages have letters beyond ASCII and declare no character set`,
      'they are read as UTF-8 where they are, else as Latin-1',
    );
  const odd = [...countsOf(feed, 'encoding').keys()].filter((each) => !each.startsWith('|^~\\&'));
  if (odd.length > 0)
    add(
      'encoding-characters',
      `encoding characters ${listed(odd)} (MSH-1, MSH-2)`,
      'each message is read by those that it declares',
    );
  return quirks;
}

/** So many are named; the rest are counted. */
const MOST_LISTED = 12;

export function listed(values: readonly string[]): string {
  const shown = values.slice(0, MOST_LISTED).join(', ');
  return values.length > MOST_LISTED ? `${shown} and ${values.length - MOST_LISTED} more` : shown || 'none';
}
