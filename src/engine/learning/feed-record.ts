/**
 * HL7 messages as the records that they tell of: the same events as a poll gives, known by the same numbers. Pure.
 */
import { fedMark, hashOf, identities } from '../../connectors/index.ts';
import { type MappedSite, siteLookup } from '../../flow/index.ts';
import { type Message, parse } from '../../hl7/index.ts';
import { type FhirResource, toFhir } from '../../mapping/index.ts';
import type { SiteRecord } from '../../site/index.ts';
import { mrnPath } from '../patient.ts';

/** What one message tells of one resource. */
export interface FeedRecord {
  readonly identity: string;
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** The medical record number. */
  readonly mrn: string | null;
}

export interface FeedReading {
  readonly records: readonly FeedRecord[];
  /** Records that have none of the numbers that their kind is known by: they are left out, since no other telling of them could be recognised. */
  readonly unknown: number;
}

/** By resource, the messages that tell of it. */
export const feedTypes: Readonly<Record<string, string>> = {
  Patient: 'ADT^*',
  Encounter: 'ADT^*',
  Appointment: 'SIU^*',
  Observation: 'ORU^*',
  DocumentReference: 'MDM^*',
};

/** These are about patients and not about visits. */
const WITHOUT_VISIT = new Set(['A28', 'A29', 'A31', 'A34', 'A40', 'A37', 'A18', 'A24', 'A30', 'A47']);

export function feedRecords(resource: string, bytes: Uint8Array, site: MappedSite): FeedReading {
  const message = parse(bytes);
  if (!message.usable) return { records: [], unknown: 0 };
  const trigger = message.get('MSH-9.2') ?? '';
  if (resource === 'Encounter' && WITHOUT_VISIT.has(trigger)) return { records: [], unknown: 0 };
  const { system } = site.identifiers.mrn;
  const { bundle } = toFhir(message, {
    site: site.site,
    timeZone: site.timeZone,
    mrnSystem: system,
    lookup: siteLookup(site),
    bundle: 'collection',
    provenance: false,
  });
  const all = bundle.entry.map((entry) => entry.resource);
  const mrn = message.get(mrnPath(site))?.trim() || null;
  const own = all.filter((each) => each.resourceType === resource);
  // Of patients and visits the first is whom the message is about; others are named by the way.
  const told = resource === 'Observation' ? own : own.slice(0, 1);
  const records: FeedRecord[] = [];
  let unknown = 0;
  for (const each of told) {
    const identity = identityOf(resource, each, all, message, site, mrn);
    if (identity === null) {
      unknown += 1;
      continue;
    }
    const alone = named(standalone(each, all), identity, site);
    const text = JSON.stringify(alone);
    records.push({ identity, hash: fedMark(hashOf(alone)), bytes: new TextEncoder().encode(text), mrn });
  }
  return { records, unknown };
}

function identityOf(
  resource: string,
  record: FhirResource,
  all: readonly FhirResource[],
  message: Message,
  site: SiteRecord,
  mrn: string | null,
): string | null {
  switch (resource) {
    case 'Patient':
      return mrn === null ? null : identities.mrn(site.identifiers.mrn.system, mrn);
    case 'Encounter':
    case 'Appointment': {
      const csn = visitNumber(message, site, resource);
      return csn === null ? null : identities.csn(csn);
    }
    case 'DocumentReference': {
      const note = message.get('TXA-12.1')?.trim();
      return note ? identities.note(note) : null;
    }
    case 'Observation': {
      const code = identities.code(record);
      const time = record.effectiveDateTime;
      const order = orderOf(record, all);
      return code === undefined || typeof time !== 'string' || order === undefined
        ? null
        : identities.result(order, code, time);
    }
    default:
      return null;
  }
}

function visitNumber(message: Message, site: SiteRecord, resource: string): string | null {
  const { field, prefix } = site.identifiers.csn?.hl7 ?? { field: 'PV1-19.1' };
  const said = message.get(field)?.trim();
  const value = said || (resource === 'Appointment' ? message.get('SCH-2.1')?.trim() : undefined);
  if (!value || value === '""') return null;
  return prefix !== undefined && value.startsWith(prefix) ? value.slice(prefix.length) : value;
}

/** The number of the order that a result answers: the filler's, else the placer's. */
function orderOf(record: FhirResource, all: readonly FhirResource[]): string | undefined {
  const reports = all.filter(
    (each) =>
      each.resourceType === 'DiagnosticReport' &&
      listOf(each.result).some((one) => one.reference === `Observation/${record.id}`),
  );
  const wanted = [...listOf(record.basedOn), ...reports.flatMap((report) => listOf(report.basedOn))];
  const requests = all.filter(
    (each) =>
      each.resourceType === 'ServiceRequest' &&
      wanted.some((one) => one.reference === `ServiceRequest/${each.id}`),
  );
  const numbers = [...requests, ...reports].flatMap((each) => listOf(each.identifier));
  const typed = (code: string): unknown =>
    numbers.find(({ type }) =>
      listOf((type as { coding?: unknown } | undefined)?.coding).some((each) => each.code === code),
    )?.value;
  const value = typed('FILL') ?? typed('PLAC') ?? numbers[0]?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];

/**
 * A record by itself: references to the message's other resources, which no server has under these ids, become what they
 * are known by.
 */
function standalone(record: FhirResource, all: readonly FhirResource[]): FhirResource {
  const byReference = new Map(all.map((each) => [`${each.resourceType}/${each.id}`, each]));
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const object = value as Readonly<Record<string, unknown>>;
    const target = typeof object.reference === 'string' ? byReference.get(object.reference) : undefined;
    if (target === undefined)
      return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, walk(item)]));
    const { reference: _, ...rest } = object;
    const [identifier] = listOf(target.identifier);
    const display = rest.display ?? displayOf(target);
    return {
      ...rest,
      type: target.resourceType,
      ...(identifier === undefined ? {} : { identifier: walk(identifier) }),
      ...(display === undefined ? {} : { display }),
    };
  };
  return walk(record) as FhirResource;
}

/** The visit number stands in a message without its system; flows look for it by that. */
function named(record: FhirResource, identity: string, site: SiteRecord): FhirResource {
  const system = site.identifiers.csn?.system;
  const value = /^CSN:(.*)$/.exec(identity)?.[1];
  if (system === undefined || value === undefined) return record;
  return { ...record, identifier: [{ use: 'usual', system, value }, ...listOf(record.identifier)] };
}

function displayOf(resource: FhirResource): string | undefined {
  const { name } = resource;
  if (typeof name === 'string') return name;
  const [first] = listOf(name);
  const given = Array.isArray(first?.given) ? first.given.join(' ') : '';
  const text = `${given} ${typeof first?.family === 'string' ? first.family : ''}`.trim();
  return text === '' ? undefined : text;
}
