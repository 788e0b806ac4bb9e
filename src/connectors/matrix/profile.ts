/** What is known of an EHR before anybody asked a site: as data, each fact with its source and how sure it is. */

/** `yes` and `no` have a ground that was seen; `with a condition` names it; `not known`: ask (`suture probe`). */
export type CellState = 'yes' | 'no' | 'with a condition' | 'not known';

/**
 * How sure a fact is. `confirmed`: from the vendor's own machine-readable output or words; `one party`: by one party's tests;
 * `not verified`: read in documentation, by nobody tried against a server.
 */
export type Mark = 'confirmed' | 'one party' | 'not verified';

export interface FactSource {
  readonly title: string;
  /** A public address; left out where a fact comes from observing servers. */
  readonly address?: string;
}

export interface Fact {
  readonly state: CellState;
  /** One sentence. */
  readonly text: string;
  readonly mark: Mark;
  /** A key of the profile's `sources`. */
  readonly source: string;
  /** What else must hold, one sentence each. */
  readonly conditions?: readonly string[];
  /** When it is "no": what there is instead. */
  readonly alternative?: string;
}

/** Another way to the same record. */
export interface Route {
  /** As the record chooses it (`do`): `book`, `siu`, `adt`, `oru`, `mdm`, `web service`. */
  readonly route: string;
  /** For people: `$find + $book`, `SIU^S12`. */
  readonly name: string;
  readonly text: string;
  /** The HL7 message that the site must accept for it. */
  readonly accepts?: string;
  readonly mark: Mark;
}

export interface ResourceFacts {
  readonly read: Fact;
  readonly search: Fact;
  readonly create: Fact;
  readonly update: Fact;
  /** Parameters that one search must have; each inner list is one sufficient combination. */
  readonly required?: readonly (readonly string[])[];
  /** Parameters that are searched by, and those that are only filtered by afterwards (pages become short). */
  readonly parameters?: { readonly native: readonly string[]; readonly filtered?: readonly string[] };
  /** Other ways to create one. */
  readonly routes?: readonly Route[];
  /** Asking by `_lastUpdated` finds what changed. */
  readonly lastUpdated: Fact;
}

export interface EhrProfile {
  /** `epic`, `oracle-health`. */
  readonly id: string;
  readonly name: string;
  /** Values of `ehr.vendor` that mean it, lower case. */
  readonly vendors: readonly string[];
  /** False: written from documentation; no server of it was ever asked. */
  readonly verified: boolean;
  readonly sources: Readonly<Record<string, FactSource>>;
  readonly fhirVersions: readonly string[];
  readonly resources: Readonly<Record<string, ResourceFacts>>;
  readonly services: Readonly<Record<ServiceName, Fact>>;
  /** What else one should know, one sentence each, with its source's key. */
  readonly notes: readonly { readonly text: string; readonly source: string }[];
}

export type ServiceName = 'bulk export' | 'CDS Hooks' | 'Subscription' | 'patient match' | 'backend sign-in';

export const SERVICE_NAMES: readonly ServiceName[] = [
  'bulk export',
  'CDS Hooks',
  'Subscription',
  'patient match',
  'backend sign-in',
];

export const MATRIX_RESOURCES = [
  'Patient',
  'Appointment',
  'Encounter',
  'Observation',
  'DocumentReference',
] as const;
