/**
 * By what a record is known, whatever the method: the numbers that FHIR and HL7 both carry. The FHIR id stands in where
 * there is none.
 */
import { type FhirResource, type Identifier, identifiersOf, objectsIn } from '../../fhir/index.ts';
import type { IdentifierSystems } from '../contract.ts';
import type { Identified } from './learnable.ts';

/** Epic numbers visits in item 698084.8 of every installation, notes in 727879; only the part before it differs. */
const CSN_SUFFIX = '.698084.8';
const NOTE_SUFFIX = '.727879';

const csnIdentity = (value: string): string => `CSN:${value.trim()}`;
const mrnIdentity = (system: string, value: string): string => `MRN:${system}|${value.trim()}`;
const noteIdentity = (value: string): string => `NOTE:${value.trim()}`;
const resultIdentity = (order: string, code: string, time: string): string =>
  `RESULT:${order.trim()}|${code.trim()}|${momentOf(time)}`;

/** One moment has many spellings; a whole day stays one. */
function momentOf(time: string): string {
  const at = Date.parse(time);
  return time.length <= 10 || Number.isNaN(at)
    ? time
    : new Date(Math.floor(at / 1_000) * 1_000).toISOString();
}

function byId(resource: FhirResource): Identified | null {
  return resource.id === undefined ? null : { identity: `FHIR:${resource.id}`, joinable: false };
}

function numbered(
  resource: FhirResource,
  fits: (identifier: Identifier) => boolean,
  identity: (value: string) => string,
): Identified | null {
  const found = identifiersOf(resource).find((each) => (each.value ?? '').trim() !== '' && fits(each));
  return found?.value === undefined ? byId(resource) : { identity: identity(found.value), joinable: true };
}

export const visitOf = (resource: FhirResource, { csn }: IdentifierSystems): Identified | null =>
  numbered(
    resource,
    ({ system }) => (csn === undefined ? (system?.endsWith(CSN_SUFFIX) ?? false) : system === csn),
    csnIdentity,
  );

export function patientOf(resource: FhirResource, { mrn }: IdentifierSystems): Identified | null {
  const current = objectsIn(resource.identifier).filter((each) => each.use !== 'old');
  return numbered(
    { ...resource, identifier: current },
    ({ system }) => system === mrn,
    (value) => mrnIdentity(mrn, value),
  );
}

export function noteOf(resource: FhirResource): Identified | null {
  const { masterIdentifier } = resource;
  const all = objectsIn(resource.identifier);
  const identifier = masterIdentifier === undefined ? all : [masterIdentifier, ...all];
  return numbered(
    { ...resource, identifier },
    ({ system }) => system?.replace(/^urn:oid:/, '').endsWith(NOTE_SUFFIX) ?? false,
    noteIdentity,
  );
}

/** Order, code and time: a result filed again under its order is the same result. Without an order's number it cannot be joined. */
export function resultOf(resource: FhirResource): Identified | null {
  const order = objectsIn(resource.basedOn)
    .map((each) => (each.identifier as { value?: unknown } | undefined)?.value)
    .find((value) => typeof value === 'string');
  const code = codeOf(resource);
  const time =
    resource.effectiveDateTime ?? (resource.effectivePeriod as { start?: unknown } | undefined)?.start;
  return typeof order === 'string' && code !== undefined && typeof time === 'string'
    ? { identity: resultIdentity(order, code, time), joinable: true }
    : byId(resource);
}

/** LOINC where there is one: the code that both sides know. */
export function codeOf(resource: FhirResource): string | undefined {
  const codings = objectsIn((resource.code as { coding?: unknown } | undefined)?.coding);
  const loinc = codings.find(({ system }) => system === 'http://loinc.org') ?? codings[0];
  return typeof loinc?.code === 'string' ? loinc.code : undefined;
}

/** The identities that a message's numbers make: the same as those of the records that a server gives. */
export const identities = {
  csn: csnIdentity,
  mrn: mrnIdentity,
  note: noteIdentity,
  result: resultIdentity,
  code: codeOf,
} as const;
