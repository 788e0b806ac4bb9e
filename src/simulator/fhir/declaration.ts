import type { Behaviour } from '../profile/index.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Patient } from '../world/records.ts';
import type { ParameterType } from './matching.ts';
import type { Issue, Resource } from './outcome.ts';

export const versions = ['R4', 'STU3', 'DSTU2'] as const;
export type Version = (typeof versions)[number];

export type Interaction = 'read' | 'search' | 'create' | 'update';

/** What every part of the FHIR server is given. */
export interface Site {
  readonly hospital: Hospital;
  readonly behaviour: Behaviour;
  /** The hospital's time, milliseconds. */
  now(): number;
}

/** Who calls, and what the client's record and the token let them do. */
export interface Caller {
  readonly clientId: string;
  /** `category` is one value of the resource's category, where an API is for one category alone. */
  allows(type: string, interaction: Interaction, category?: string): boolean;
  /** The patient's FHIR id when the token speaks for a patient. */
  readonly patient?: string | undefined;
}

/** A search in progress: what was asked, and the remarks made on the way. */
export interface Query {
  readonly parameters: URLSearchParams;
  readonly issues: Issue[];
  readonly caller: Caller;
  readonly version: Version;
}

export interface SearchParameter<T = never> {
  readonly name: string;
  readonly type: ParameterType;
  /** What the capability statement says of it: Epic documents native parameters and no others. */
  readonly documentation?: string;
  /** Where the value stands in the R4 resource: dotted paths, divided by commas. */
  readonly at?: string;
  /** Where the reference stands, for `_include` of a parameter that `candidates` deals with. */
  readonly include?: string;
  /** For dates: the time the record takes up; an open end is undefined. */
  readonly span?: (record: T) => readonly [start: number, end: number | undefined];
  /** Values the site knows; others are ignored with a remark (59101, or the number given here). */
  readonly known?: { readonly values: readonly string[]; readonly remark: 59101 | 59109 };
}

/** A write as it arrives. */
export interface Write {
  readonly resource: Resource;
  readonly caller: Caller;
  readonly version: Version;
}

/** One of Epic's write APIs: several may share an address, and the content says which one is meant. */
export interface WriteApi {
  /** Epic's name: `Observation.Create (Vital Signs)`. */
  readonly name: string;
  /** Epic's number of it; 0 where none is known. */
  readonly specification: number;
  /** The category that its scope is for. */
  readonly category?: string;
  /** Whether this is the one that the content is for. */
  accepts(resource: Resource): boolean;
  /** Files it; gives the id. Throws a Refusal. */
  file(write: Write): string;
}

export interface OlderShape<T> {
  to(resource: Resource, record: T): Resource;
  /** A resource that was sent in this shape, as R4. */
  from?(resource: Resource): Resource;
}

/**
 * One resource type as this hospital serves it: the one place that says what can be done with it. Search,
 * capability statement, scopes and documentation read it. A new type is one file that makes one of these.
 */
export interface Declaration<T> {
  readonly type: string;
  /** By version; a version that is absent does not have the type. */
  readonly interactions: Readonly<Partial<Record<Version, readonly Interaction[]>>>;
  /** Parameters that choose what is fetched. `patient` and `_id` among them are dealt with by `candidates`. */
  readonly native: readonly SearchParameter<T>[];
  /** Parameters that drop rows from a page after it was fetched (May 2024). */
  readonly postFilters: readonly SearchParameter[];
  /** The record an R4 id names. */
  find(id: string): T | undefined;
  idOf(record: T): string;
  /** Whose chart it is in. */
  patientOf?(record: T): Patient | undefined;
  /** Whether it is about many patients at once: closed to a patient's own token. */
  readonly ofMany?: true;
  /** The categories by which APIs and scopes of this type are divided. */
  categoriesOf?(record: T): readonly string[];
  /** All that a chart holds of the type. */
  chart?(patient: Patient): readonly T[];
  /** The records a search begins with, before native parameters with `at` or `span` are applied. Throws a Refusal. */
  candidates?(query: Query): readonly T[];
  /** Categories that a search asks for, where APIs are divided by category. */
  categoriesAsked?(query: Query): readonly string[];
  /** What a search leaves out for want of a grant on a part of the type: `Encounter - Outside Record`. */
  partNotGranted?(query: Query): string | undefined;
  /** The R4 resource as it stands now. */
  render(record: T): Resource;
  /** The same in an older version, made from the R4 form. */
  readonly older?: Readonly<Partial<Record<Version, OlderShape<T>>>>;
  readonly creates?: readonly WriteApi[];
  readonly updates?: readonly (Omit<WriteApi, 'file'> & { file(write: Write, record: T): void })[];
}

/** Any declaration, for those who only pass records through. */
// biome-ignore lint/suspicious/noExplicitAny: a list of declarations holds records of every kind
export type AnyDeclaration = Declaration<any>;

export function offers(declaration: AnyDeclaration, version: Version, interaction: Interaction): boolean {
  return declaration.interactions[version]?.includes(interaction) === true;
}
