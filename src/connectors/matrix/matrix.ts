/**
 * The capability matrix: what one site can do with each resource. A pure function of the site record, of what its server
 * was seen to say, and of what is known of the EHR; shown before a flow is built, and what `check` judges flows by.
 */
import type { Observed, ObservedSite, SiteRecord } from '../../site/index.ts';
import type { Method } from '../capability.ts';
import type { Connector } from '../contract.ts';
import { ABILITIES, type Ability, type Cell } from './cell.ts';
import { type CellContext, fhirCell } from './fhir-cells.ts';
import { MATRIX_RESOURCES, SERVICE_NAMES, type ServiceName } from './profile.ts';
import { profileOf } from './profiles/index.ts';
import { serviceCell } from './service-cells.ts';
import { triggerCell } from './trigger-cell.ts';

export interface MatrixRow {
  readonly resource: string;
  /** By what a record is the same record whatever the method; "not joinable" where the connector names none. */
  readonly identity: string;
  readonly cells: Readonly<Record<Ability, Cell>>;
}

export interface CapabilityMatrix {
  readonly site: string;
  /** The connection to the EHR that it speaks of; `null` when the site has none. */
  readonly connection: string | null;
  readonly ehr: {
    readonly vendor: string;
    readonly version: string | null;
    /** The profile used: `epic`, `oracle-health`, `fhir`. */
    readonly profile: string;
    readonly name: string;
    /** False: written from documentation alone. */
    readonly verified: boolean;
    readonly notes: readonly string[];
  };
  /** When each part was asked for; absent parts were never asked for. */
  readonly observed: Readonly<Partial<Record<keyof Observed, string>>>;
  readonly rows: readonly MatrixRow[];
  readonly services: Readonly<Record<ServiceName, Cell>>;
}

/** Connectors that speak FHIR to an EHR. */
export const EHR_CONNECTORS: readonly string[] = ['epic', 'fhir'];

/** @example ehrConnections(record) // ['epic'] */
export const ehrConnections = (record: SiteRecord): string[] =>
  Object.entries(record.connections)
    .filter(([, { connector }]) => EHR_CONNECTORS.includes(connector))
    .map(([name]) => name);

export interface MatrixInput {
  readonly record: SiteRecord;
  readonly observed: ObservedSite;
  readonly connectors: ReadonlyMap<string, Pick<Connector, 'resources'>>;
  /** Left out: the site's first connection to an EHR. */
  readonly connection?: string;
}

export function capabilityMatrix(input: MatrixInput): CapabilityMatrix {
  const { record, connectors } = input;
  const connection = input.connection ?? ehrConnections(record)[0] ?? null;
  const observed = (connection === null ? undefined : input.observed[connection]) ?? {};
  const profile = profileOf(record.ehr.vendor);
  const fields = (connection === null ? {} : record.connections[connection]) as Readonly<
    Record<string, unknown>
  >;
  const specs = connectors.get(String(fields.connector))?.resources ?? [];
  const hl7 = hl7Of(record);
  const names = [...new Set([...MATRIX_RESOURCES, ...specs.map((spec) => spec.resource)])];
  const rows = names.map((resource): MatrixRow => {
    const spec = specs.find((each) => each.resource === resource);
    const context: CellContext = {
      profile,
      observed,
      resource,
      facts: profile.resources[resource],
      accepts: hl7.accepts,
      sendsHl7: hl7.senders.length > 0,
      route: routeOf(fields, resource),
    };
    const trigger = triggerCell({
      ...context,
      spec,
      chosen: chosenOf(record, resource),
      sends: hl7.sends,
      feeds: hl7.listeners,
      roster: rosterOf(record),
      group: record.learn[resource]?.group !== undefined,
    });
    const cells = Object.fromEntries(
      ABILITIES.map((ability) => [ability, ability === 'trigger' ? trigger : fhirCell(context, ability)]),
    ) as Record<Ability, Cell>;
    return { resource, identity: spec?.identity ?? 'not joinable', cells };
  });
  return {
    site: record.site,
    connection,
    ehr: {
      vendor: record.ehr.vendor,
      version: observed.metadata?.software.version ?? record.ehr.version ?? null,
      profile: profile.id,
      name: profile.name,
      verified: profile.verified,
      notes: profile.notes.map(({ text }) => text),
    },
    observed: Object.fromEntries(
      Object.entries(observed).map(([part, said]) => [part, (said as { observedAt: string }).observedAt]),
    ),
    rows,
    services: Object.fromEntries(
      SERVICE_NAMES.map((name) => [name, serviceCell(name, { record, observed, profile, connection })]),
    ) as Record<ServiceName, Cell>,
  };
}

/** What the record says of HL7 in both directions. */
function hl7Of(record: SiteRecord): {
  readonly listeners: readonly string[];
  readonly senders: readonly string[];
  readonly sends: readonly string[] | null;
  readonly accepts: readonly string[] | null;
} {
  const mllp = Object.entries(record.connections).filter(([, { connector }]) => connector === 'mllp');
  const told = (lists: Readonly<Record<string, readonly string[]>> | undefined): readonly string[] | null =>
    lists === undefined ? null : [...new Set(Object.values(lists).flat())];
  return {
    listeners: mllp.filter(([, each]) => 'listen' in each).map(([name]) => name),
    senders: mllp.filter(([, each]) => 'send' in each).map(([name]) => name),
    sends: told(record.hl7?.sends),
    accepts: told(record.hl7?.accepts),
  };
}

function chosenOf(
  record: SiteRecord,
  resource: string,
): { readonly method: Method; readonly every: string | null } | null {
  const said = record.learn[resource];
  return said === undefined ? null : { method: said.method, every: said.every ?? null };
}

/** Who makes patients known. */
function rosterOf({ roster }: SiteRecord): readonly string[] {
  return [
    ...roster.from,
    ...(roster.file === undefined ? [] : [roster.file]),
    ...(roster.lists ?? []).map(({ resource, id }) => `${resource} ${id}`),
  ];
}

/** `connections.<name>.do['appointment.create'].route`. */
function routeOf(fields: Readonly<Record<string, unknown>>, resource: string): string | null {
  const name = `${resource.charAt(0).toLowerCase()}${resource.slice(1)}.create`;
  const said = (fields.do as Readonly<Record<string, { readonly route?: unknown }>> | undefined)?.[name];
  return typeof said?.route === 'string' ? said.route : null;
}

/** The row of a resource, by its FHIR name. */
export const rowOf = (matrix: CapabilityMatrix, resource: string): MatrixRow | undefined =>
  matrix.rows.find((row) => row.resource === resource);
