/** What stands between the segments of one message: the resources so far, and what the next segment belongs to. */
import type { CodeableConcept, Reference } from '../r4.ts';
import { stableId } from './ids.ts';
import type { Line } from './line.ts';
import type { Draft, Reading } from './reading.ts';

/** One order of a message: what ORC, OBR, RXO and their followers say together. */
export interface Order {
  request?: Draft | undefined;
  report?: Draft | undefined;
  immunization?: Draft | undefined;
  medication?: Draft | undefined;
  /** The common order, until a detail says what is ordered. */
  orc?: Line | undefined;
  /** The Medication of a compound, whose components RXC names. */
  compound?: Draft | undefined;
  specimen?: Draft | undefined;
  /** TQ1, which may stand before the detail it times. */
  timing?: Line | undefined;
  /** Placer and filler number, for the ids of what belongs to the order. */
  readonly key: readonly string[];
}

export interface Assembly {
  readonly reading: Reading;
  readonly msh: Line | undefined;
  /** What the message is about: MSH-9.1. */
  readonly family: string;
  /** MSH-9.2. */
  readonly trigger: string;
  readonly mrnSystem: string | undefined;
  /** Resources of segments, in order. */
  readonly own: Draft[];
  readonly taken: Set<string>;
  /** How often an id was asked for again. */
  readonly repeated: Map<string, number>;
  /** Sender and control id: what makes ids of things that have no other name. */
  readonly messageKey: readonly string[];
  /** Made of it once: the id of the Bundle and of its MessageHeader, and the front of those of its Provenances. */
  readonly messageId: string;
  messageHeader: Draft | undefined;
  operator: Draft | undefined;
  patient: Draft | undefined;
  subject: Reference | undefined;
  encounter: Draft | undefined;
  appointment: Draft | undefined;
  document: Draft | undefined;
  coverage: Draft | undefined;
  /** The first account of the patient. */
  account: Draft | undefined;
  careTeam: Draft | undefined;
  order: Order | undefined;
  staff: Draft | undefined;
  /** What a comment (NTE) is about. */
  commented: Draft | undefined;
  /** What a role (ROL) or participation (PRT) is about. */
  roleOf: 'patient' | 'encounter' | 'order' | 'observation';
  observation: Draft | undefined;
}

/** Takes a resource into the bundle under an id made of what identifies it; one that is taken already is numbered. */
export function add(assembly: Assembly, draft: Draft, ...identity: readonly string[]): Draft {
  const { reading, taken, repeated } = assembly;
  const { resourceType } = draft;
  const base = stableId(reading.site, resourceType, ...identity);
  const own = `${resourceType}/${base}`;
  if (!taken.has(own)) return take(assembly, draft, base, own);
  // Counted on from the last one: lines of a text may share one code by the hundred.
  let id = base;
  for (let again = (repeated.get(base) ?? 1) + 1; taken.has(`${resourceType}/${id}`); again += 1) {
    id = stableId(reading.site, resourceType, ...identity, `#${again}`);
    repeated.set(base, again);
  }
  return addAs(assembly, draft, id);
}

/** Takes a resource into the bundle that says something of the message itself; `part` tells it from others of its type. */
export function addOfMessage(assembly: Assembly, draft: Draft, part?: string): Draft {
  const base = part === undefined ? assembly.messageId : `${assembly.messageId}-${part}`;
  let id = base;
  for (let again = 2; assembly.taken.has(`${draft.resourceType}/${id}`); again += 1) id = `${base}-${again}`;
  return addAs(assembly, draft, id);
}

export const addAs = (assembly: Assembly, draft: Draft, id: string): Draft =>
  take(assembly, draft, id, `${draft.resourceType}/${id}`);

function take(assembly: Assembly, draft: Draft, id: string, own: string): Draft {
  draft.id = id;
  assembly.taken.add(own);
  if (draft.resourceType === 'Account') assembly.account ??= draft;
  assembly.own.push(draft);
  return draft;
}

/** A resource in the making. `id` stands second from the start, so that it does when it is printed. */
export function draftOf(resourceType: string, parts: Readonly<Record<string, unknown>> = {}): Draft {
  const draft: Draft = { resourceType, id: '' };
  for (const each in parts) draft[each] = parts[each];
  return draft;
}

export const refer = (draft: Draft): Reference => ({ reference: `${draft.resourceType}/${draft.id}` });

const absentReason = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** An element that R4 demands and the message does not give. */
export const absent = { extension: [{ url: absentReason, valueCode: 'unknown' }] };
export const absentConcept: CodeableConcept = {
  coding: [
    {
      system: 'http://terminology.hl7.org/CodeSystem/data-absent-reason',
      code: 'unknown',
      display: 'Unknown',
    },
  ],
};

/** The patient, or that the message names none: for elements of which R4 demands a subject. */
export const subjectOf = (assembly: Assembly): Reference => assembly.subject ?? absent;

/** What identifies the patient in ids of what is the patient's. */
export const patientKey = (assembly: Assembly): readonly string[] =>
  assembly.patient?.id ? [assembly.patient.id] : assembly.messageKey;

export const encounterRef = (assembly: Assembly): Reference | undefined =>
  assembly.encounter === undefined ? undefined : refer(assembly.encounter);

export function push(draft: Draft, element: string, value: unknown): void {
  const list = draft[element] as unknown[] | undefined;
  if (list === undefined) draft[element] = [value];
  else list.push(value);
}
