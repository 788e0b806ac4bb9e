/** `patient.find` and `patient.read`: by identifier or by strong demographics. Never picked. */
import { z } from 'zod';
import { type FhirClient, type FhirResource, identifiersOf, type SearchParams } from '../../../fhir/index.ts';
import type { Json } from '../../../std/index.ts';
import type { RosterEntry } from '../../contract.ts';
import { Findings } from '../findings.ts';
import { argumentsOf, escaped, type Lookup, matchesOf, readOne } from '../lookup.ts';

const text = z.string().trim().min(1);

const findArguments = z.union([
  z.strictObject({ identifier: z.strictObject({ system: text.optional(), value: text }) }),
  z.strictObject({ id: text }),
  // Any less is answered with 200 and nobody, which would be taken for proof that the patient is unknown.
  z.strictObject({ family: text, given: text, birthDate: z.iso.date(), gender: text }),
]);
const FIND_FORMS = '{ identifier: { system, value } }, { id }, or { family, given, birthDate, gender }';

/** True when the resource really carries the identifier; Epic pads some values with blanks. */
function carries(resource: FhirResource, system: string | undefined, value: string): boolean {
  return identifiersOf(resource).some(
    (each) => each.value?.trim() === value.trim() && (system === undefined || each.system === system),
  );
}

async function byIdentifier(
  client: FhirClient,
  system: string | undefined,
  value: string,
  signal: AbortSignal,
  findings: Findings,
  elsewhere: (system: string) => void = () => undefined,
): Promise<FhirResource[]> {
  const token = system === undefined ? escaped(value) : `${escaped(system)}|${escaped(value)}`;
  return search(client, { identifier: token }, signal, findings, (each) => {
    if (carries(each, system, value)) return true;
    const other = identifiersOf(each).find((one) => one.value?.trim() === value.trim())?.system;
    if (other !== undefined) elsewhere(other);
    return false;
  });
}

/** Searches, and keeps only what fits the question: parameters that are unknown are ignored with 200. */
async function search(
  client: FhirClient,
  params: SearchParams,
  signal: AbortSignal,
  findings: Findings,
  fits: (resource: FhirResource) => boolean,
): Promise<FhirResource[]> {
  const found = await client.searchAll('Patient', params, signal);
  findings.addSearch(found);
  const patients = found.entries
    .map((entry) => entry.resource)
    .filter((each) => each.resourceType === 'Patient');
  const fitting = patients.filter(fits);
  findings.note('EPIC_FILTER_IGNORED', patients.length - fitting.length);
  return fitting;
}

/** `patient.find`: `{ matches }`, every one of them. */
export async function findPatient(args: Json, lookup: Lookup): Promise<Json> {
  const { client, config, context, signal } = lookup;
  const asked = argumentsOf(findArguments, args, 'patient.find', FIND_FORMS);
  const findings = new Findings();
  if ('id' in asked) return readOne('Patient', { id: asked.id }, lookup);
  if ('identifier' in asked) {
    const { system = config.mrnSystem, value } = asked.identifier;
    return matchesOf(await byIdentifier(client, system, value, signal, findings), findings, context);
  }
  const { family, given, birthDate, gender } = asked;
  const sex = gender.toLowerCase();
  // Names are matched by sound and by alias, too; birth date and sex must be what was asked for.
  const params = {
    family: escaped(family),
    given: escaped(given),
    birthdate: birthDate,
    gender: escaped(sex),
  };
  const fits = (each: FhirResource): boolean => each.birthDate === birthDate && each.gender === sex;
  return matchesOf(await search(client, params, signal, findings, fits), findings, context);
}

/** `patient.read`: `{ matches }` with the patient, or none when there is no such id. */
export const readPatient = (args: Json, lookup: Lookup): Promise<Json> => readOne('Patient', args, lookup);

export type Resolved =
  | { readonly kind: 'found'; readonly id: string }
  | { readonly kind: 'EPIC_PATIENT_NOT_FOUND' | 'EPIC_PATIENT_AMBIGUOUS' | 'EPIC_PATIENT_NO_NUMBER' };

/** The FHIR id of a patient of the roster, by the medical record number. */
export async function resolvePatient(
  entry: RosterEntry,
  mrnSystem: string | undefined,
  client: FhirClient,
  signal: AbortSignal,
  findings: Findings,
): Promise<Resolved> {
  const number = entry.identifiers.find((each) => each.system === mrnSystem);
  if (number === undefined) return { kind: 'EPIC_PATIENT_NO_NUMBER' };
  const found = await byIdentifier(client, number.system, number.value, signal, findings, (system) =>
    findings.numberElsewhere(system),
  );
  const ids = new Set(found.map((each) => each.id).filter((id) => id !== undefined));
  if (ids.size > 1) return { kind: 'EPIC_PATIENT_AMBIGUOUS' };
  const [id] = ids;
  return id === undefined ? { kind: 'EPIC_PATIENT_NOT_FOUND' } : { kind: 'found', id };
}
