/** What a step gives to be written, checked before anything is planned. Errors name fields, never values. */
import { type FhirResource, referencedId } from '../../fhir/index.ts';
import type { Failure, Json } from '../../std/index.ts';
import { partOf, textOf } from './compare.ts';
import { writeFailure } from './failures.ts';
import type { Kind } from './kind.ts';

export interface WriteArguments {
  readonly resource: FhirResource;
  /** The patient it is about; `undefined` for a Patient. */
  readonly patientId: string | undefined;
  /** As the flow found it, when the step gives the whole record. */
  readonly patient: FhirResource | undefined;
  /** Of an update: which one. */
  readonly id: string | undefined;
  /** Other resources that a route may need, by type: the Encounter of a note. */
  readonly beside: readonly FhirResource[];
}

const FIELDS = ['resource', 'patient', 'id', 'encounter'];
const ID = /^[A-Za-z0-9.-]+$/;

/** `{ resource, patient?, encounter?, id? }`: `patient` is an id, a reference, or the Patient that a find gave. */
export function writeArguments(kind: Kind, what: string, args: Json, baseUrl: string): WriteArguments {
  const given = partOf(args) ?? {};
  const wrong = (why: string): Failure =>
    writeFailure('WRITE_ARGUMENTS', {
      message: `${what} takes { resource, patient?, encounter?, id? }: ${why}.`,
    });
  const unknown = Object.keys(given).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw wrong('there is a field of another name');
  const body = partOf(given.resource);
  if (body === undefined) throw wrong('there is no resource');
  if (body.resourceType !== undefined && body.resourceType !== kind.type)
    throw wrong(`the resource is no ${kind.type}`);
  const plain = { ...withoutEmpty(body), resourceType: kind.type } as FhirResource;
  const id = given.id === undefined ? undefined : idIn(given.id, kind.type, baseUrl);
  if (given.id !== undefined && id === undefined) throw wrong(`id is no id of a ${kind.type}`);
  const encounter = partOf(given.encounter);
  const beside = encounter?.resourceType === 'Encounter' ? [encounter as FhirResource] : [];
  if (kind.patientOf === undefined)
    return { resource: plain, patientId: undefined, patient: undefined, id, beside };
  const found = partOf(given.patient);
  const patient = found?.resourceType === 'Patient' ? (found as FhirResource) : undefined;
  const named =
    patient === undefined ? idIn(given.patient, 'Patient', baseUrl) : idIn(patient.id, 'Patient', baseUrl);
  if (given.patient !== undefined && given.patient !== null && named === undefined)
    throw wrong('patient is neither an id, a reference nor a Patient with an id');
  const resource = named === undefined || !kind.about ? plain : kind.about(plain, named);
  const about = kind.patientOf(resource);
  if (about === undefined) throw wrong('it says nowhere which patient it is about');
  if (named !== undefined && about !== named)
    throw wrong('the resource is about another patient than the step names');
  return { resource, patientId: about, patient, id, beside };
}

function idIn(given: unknown, type: string, baseUrl: string): string | undefined {
  const text = textOf(given);
  if (text === undefined) return undefined;
  const id = text.includes('/') ? referencedId(text, type, baseUrl) : text;
  return id !== undefined && ID.test(id) ? id : undefined;
}

/** FHIR has no empty elements: what a field map found nothing for is left out, all the way down. */
export function withoutEmpty(value: unknown): Readonly<Record<string, unknown>> {
  return (compacted(value) ?? {}) as Readonly<Record<string, unknown>>;
}

function compacted(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return undefined;
  if (Array.isArray(value)) {
    const items = value.flatMap((item) => compacted(item) ?? []);
    return items.length === 0 ? undefined : items;
  }
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).flatMap(([name, each]) => {
    const kept = compacted(each);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
