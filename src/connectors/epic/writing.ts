/** The acting side of the Epic connector: create, update and upsert of the five resources, by Epic's rules. */
import type { FhirClient, FhirResource } from '../../fhir/index.ts';
import type { Json } from '../../std/index.ts';
import { type Acting, create, kinds, update, upsert, type WritingRules } from '../acting/index.ts';
import type { CallContext, ConnectionContext } from '../contract.ts';
import { prepareAppointment } from './appointment/create.ts';
import type { EpicConfig } from './config.ts';
import { prepareDocument } from './document-reference/create.ts';
import { prepareDocumentUpdate } from './document-reference/update.ts';
import { prepareEncounter } from './encounter/create.ts';
import { prepareObservation } from './observation/create.ts';
import { prepareObservationUpdate } from './observation/update.ts';
import { preparePatient } from './patient/create.ts';
import { CREATES, isThere, LEFT_OUT, UPDATES } from './writing-rules.ts';

type Prepare = (resource: FhirResource) => FhirResource;

const newOnes: Readonly<Record<string, Prepare>> = {
  Patient: preparePatient,
  Appointment: prepareAppointment,
  Encounter: prepareEncounter,
  Observation: prepareObservation,
  DocumentReference: prepareDocument,
};
const changed: Readonly<Record<string, Prepare>> = {
  Observation: prepareObservationUpdate,
  DocumentReference: prepareDocumentUpdate,
};

const NONE: ReadonlySet<string> = new Set();

function rules(config: EpicConfig, verb: string): WritingRules {
  return {
    creates: CREATES,
    updates: UPDATES,
    conditional: NONE,
    versions: NONE,
    matches: new Set(['Patient']),
    leftOut: LEFT_OUT,
    isThere,
    prepare(kind, resource) {
      const route = config.do[`${kind.name}.create` as keyof typeof config.do]?.route ?? 'fhir';
      const check = verb === 'update' ? changed[kind.type] : newOnes[kind.type];
      // What Epic's FHIR API asks for concerns no HL7 interface and no web service.
      const concerns = route === 'fhir' || route === 'book' || verb === 'update';
      return concerns && check ? check(resource) : resource;
    },
    settle: config.settle,
  };
}

const verbs = { create, update, upsert } as const;

export interface EpicActing {
  readonly client: FhirClient;
  readonly stu3: Acting['stu3'];
  readonly web: Acting['web'];
  readonly config: EpicConfig;
  readonly context: ConnectionContext;
  readonly about: CallContext;
}

/** By capability: `patient.create`, `observation.upsert`. */
export const writing: ReadonlyMap<string, (args: Json, acting: EpicActing) => Promise<Json>> = new Map(
  kinds.flatMap((kind) =>
    Object.entries(verbs)
      .filter(([verb]) => verb !== 'update' || UPDATES.has(kind.type))
      .map(([verb, act]) => [
        `${kind.name}.${verb}`,
        (args: Json, { config, ...given }: EpicActing) =>
          act(kind, args, {
            ...given,
            rules: rules(config, verb),
            routes: config.do,
            timeZone: given.context.timeZone,
          }),
      ]),
  ),
);
