/**
 * The acting side of a generic FHIR server: create, update and upsert of the five resources. What a server says of itself is
 * not enough for a header that others ignore: conditional creates and versions are used where a trial has proved them
 * (`suture probe --try-writes`), or the site record says that they were.
 */
import { z } from 'zod';
import type { FhirClient } from '../../../fhir/index.ts';
import type { Observed } from '../../../site/index.ts';
import type { Json } from '../../../std/index.ts';
import {
  create,
  doSchema,
  kinds,
  type Routes,
  update,
  upsert,
  type WebServices,
  type WritingRules,
} from '../../acting/index.ts';
import type { Capability } from '../../capability.ts';
import type { CallContext, ConnectionContext } from '../../contract.ts';
import { duration } from '../../record.ts';
import { provedBy } from '../try-writes.ts';

const types = z.array(z.enum(kinds.map(({ type }) => type) as [string, ...string[]]));

/** Fields of a connection that concern its writing; the connector's record takes them in. */
export const actFields = {
  do: doSchema.describe('By capability, the way that it goes here. Left out: FHIR create.'),
  settle: duration
    .prefault('60s')
    .describe(
      'How long the server is given until what it took can be found, before it is sent again after a lost answer.',
    ),
  proved: z
    .strictObject({
      conditionalCreate: types
        .prefault([])
        .describe('Types of which two creates with one `If-None-Exist` were seen to give one record.'),
      versions: types
        .prefault([])
        .describe('Types of which an update with an older `If-Match` was seen to be refused.'),
    })
    .prefault({}),
};

export interface ActConfig {
  readonly do: Routes;
  readonly settle: number;
  readonly proved: { readonly conditionalCreate: readonly string[]; readonly versions: readonly string[] };
}

export interface FhirActing {
  readonly client: FhirClient;
  readonly web: WebServices;
  readonly config: ActConfig;
  readonly context: ConnectionContext;
  readonly about: CallContext;
}

const ALL: ReadonlySet<string> = new Set(kinds.map(({ type }) => type));
const NONE: ReadonlySet<string> = new Set();

const rules = ({ proved, settle }: ActConfig, { writes }: Observed): WritingRules => ({
  creates: ALL,
  updates: ALL,
  conditional: new Set([...proved.conditionalCreate, ...provedBy(writes, 'conditionalCreate')]),
  versions: new Set([...proved.versions, ...provedBy(writes, 'versions')]),
  matches: NONE,
  leftOut: NONE,
  isThere: ({ code }) => code === 'FHIR_CONFLICT',
  prepare: (_, resource) => resource,
  settle,
});

const verbs = { create, update, upsert } as const;

/** By capability: `patient.create`, `observation.upsert`. */
export const fhirWriting: ReadonlyMap<string, (args: Json, acting: FhirActing) => Promise<Json>> = new Map(
  kinds.flatMap((kind) =>
    Object.entries(verbs).map(([verb, act]) => [
      `${kind.name}.${verb}`,
      (args: Json, { config, client, web, context, about }: FhirActing) =>
        act(kind, args, {
          ...{ client, web, context, about, stu3: () => client },
          ...{ rules: rules(config, context.observed()), routes: config.do, timeZone: context.timeZone },
        }),
    ]),
  ),
);

const ABOUT: Readonly<Record<keyof typeof verbs, string>> = {
  create: 'Makes one, once, for the patient that is named.',
  update: 'Changes one by its id.',
  upsert: 'Finds it, and makes it only if it is not there; changes it where it differs.',
};

export const fhirWritingCapabilities: readonly Capability[] = kinds.flatMap(({ name, type }) =>
  (Object.keys(verbs) as (keyof typeof verbs)[]).map((verb) => ({
    name: `${name}.${verb}`,
    about: `${type}: ${ABOUT[verb]}`,
    resource: type,
    effect: true,
    findsOut: true,
    scopes: [
      ...(verb === 'update' ? [] : [`system/${type}.c`]),
      ...(verb === 'create' ? [] : [`system/${type}.u`]),
      `system/${type}.rs`,
      ...(type === 'Patient' ? [] : ['system/Patient.r']),
    ],
  })),
);
