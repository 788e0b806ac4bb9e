/** Flows that answer a CDS Hooks call: what starts them, what they read, and the cards that they give. */
import type { FieldMap, Resources } from '../mapping/index.ts';
import { type Duration, Failure, milliseconds } from '../std/index.ts';
import type { Condition, Source, Trigger } from './flow.ts';
import type { TypedTrigger } from './trigger-builders.ts';

export type CdsHook = 'patient-view' | 'order-select' | 'order-sign';
export const CDS_HOOKS: readonly CdsHook[] = ['patient-view', 'order-select', 'order-sign'];

export type CdsTrigger = Extract<Trigger, { kind: 'cds' }>;

/** One card, when its condition holds: CDS Hooks' own elements, such as `summary`, `indicator`, `source.label`. */
export interface CardSpec {
  readonly when?: Condition;
  readonly card: FieldMap;
}

/** What a respond step gives: cards written here, or a list of cards that an earlier step made. */
export type Cards = readonly CardSpec[] | Source;

// ---------------------------------------------------------------- what the event is

/** What a prefetch template gives: `Patient/…` a Patient, `Observation?…` a Bundle of Observations. */
type Fetched<Template> = Template extends `${infer Type}?${string}`
  ? Type extends keyof Resources
    ? SearchBundle<Resources[Type]>
    : unknown
  : Template extends `${infer Type}/${string}`
    ? Type extends keyof Resources
      ? Resources[Type]
      : unknown
    : unknown;

interface SearchBundle<Resource> {
  readonly total?: number;
  readonly entry?: readonly { readonly resource: Resource }[];
}

export interface CdsContext {
  /** `Practitioner/…` or `PractitionerRole/…`. */
  readonly userId: string;
  readonly patientId: string;
  readonly encounterId?: string;
  /** Orders that are not signed: a Bundle. */
  readonly draftOrders?: { readonly entry?: readonly { readonly resource: unknown }[] };
  /** order-select: references into `draftOrders`. */
  readonly selections?: readonly string[];
}

/** `event` of a respond flow: the call, without the caller's token. */
export interface CdsEvent<Prefetch> {
  readonly hook: CdsHook;
  readonly hookInstance: string;
  readonly fhirServer?: string;
  readonly context: CdsContext;
  /** By the keys that the flow declared; `null` where there is none. */
  readonly prefetch: { readonly [Key in keyof Prefetch]: Fetched<Prefetch[Key]> | null };
  readonly extension?: unknown;
}

// ---------------------------------------------------------------- builders

export interface CdsSpec<Prefetch> {
  /** The service's id: `/cds-services/<service>`. Lower case, digits, hyphens. */
  readonly service: string;
  /** For people who set it up. */
  readonly title?: string;
  readonly description: string;
  /** FHIR reads and searches that the hospital sends along: `{ patient: 'Patient/{{context.patientId}}' }`. */
  readonly prefetch?: Prefetch;
  /** What the hospital did not send is read by FHIR with the caller's token. Left out: it is null. */
  readonly readMissing?: boolean;
  /** After this the answer has no cards: `'500ms'`, or milliseconds. Left out: 500 ms. */
  readonly deadline?: Duration | number;
}

const USUAL_DEADLINE = 500;

function trigger<const Prefetch extends Readonly<Record<string, string>>>(
  hook: CdsHook,
  spec: CdsSpec<Prefetch>,
): TypedTrigger<CdsEvent<Prefetch>, false> {
  const { service, title, description, prefetch, readMissing, deadline = USUAL_DEADLINE } = spec;
  const length = typeof deadline === 'number' ? deadline : milliseconds(deadline);
  if (length === undefined) {
    throw new Failure({
      code: 'FLOW_INVALID',
      kind: 'config',
      message: `The deadline of the CDS service "${service}" is not a length of time.`,
      fix: "Write it as '500ms' or '1s', or give milliseconds.",
    });
  }
  return {
    kind: 'cds',
    hook,
    service,
    description,
    prefetch: prefetch ?? {},
    readMissing: readMissing ?? false,
    deadline: length,
    ...(title === undefined ? {} : { title }),
  };
}

/**
 * A service of CDS Hooks.
 * @example
 * flow('follow-up-card').on(cds.patientView({
 *   service: 'follow-up',
 *   description: 'Reminds of an open follow-up.',
 *   prefetch: { patient: 'Patient/{{context.patientId}}' },
 * }))
 */
export const cds = {
  /** A chart was opened. */
  patientView: <const P extends Readonly<Record<string, string>> = Record<never, string>>(spec: CdsSpec<P>) =>
    trigger('patient-view', spec),
  /** An order was chosen. */
  orderSelect: <const P extends Readonly<Record<string, string>> = Record<never, string>>(spec: CdsSpec<P>) =>
    trigger('order-select', spec),
  /** Orders are about to be signed. */
  orderSign: <const P extends Readonly<Record<string, string>> = Record<never, string>>(spec: CdsSpec<P>) =>
    trigger('order-sign', spec),
};
