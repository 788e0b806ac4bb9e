/**
 * Wrong patient is the worst failure: right before anything is written for a patient, the patient is read again. Merged,
 * retired, or no longer the one that was found: nothing is written, and a person looks.
 */
import { type FhirClient, type FhirResource, objectsIn } from '../../fhir/index.ts';
import { asFailure, type Failure } from '../../std/index.ts';
import { identifierKeys, sameText, textOf } from './compare.ts';
import { HELD, writeFailure } from './failures.ts';

/** Failures of a read that mean that this patient is not there any more, and not that the server cannot be asked now. */
const GONE: ReadonlySet<string> = new Set([
  'EPIC_MERGED',
  'EPIC_DELETED',
  'FHIR_NOT_FOUND',
  'FHIR_REDIRECTED',
]);

/** @param expected The patient as the flow found it; left out: only that there is one in use under this id. */
export async function samePatient(
  client: Pick<FhirClient, 'read'>,
  id: string,
  expected: FhirResource | undefined,
  signal: AbortSignal,
): Promise<FhirResource> {
  let now: FhirResource;
  try {
    now = await client.read('Patient', id, signal);
  } catch (error) {
    const failure = asFailure(error);
    if (!GONE.has(failure.code)) throw error;
    throw notThatOne(`it can no longer be read under its id (${failure.code})`, failure);
  }
  if (now.id !== id) throw notThatOne('another record came back for its id');
  if (now.active === false || objectsIn(now.link).some(({ type }) => type === 'replaced-by'))
    throw notThatOne('its record is retired or was merged into another one');
  const different = expected === undefined ? [] : changes(expected, now);
  if (different.length > 0) throw notThatOne(`${different.join(' and ')} changed since it was found`);
  return now;
}

/** What tells people apart, and is not the same any more. */
export function changes(expected: FhirResource, now: FhirResource): readonly string[] {
  const different: string[] = [];
  if (textOf(expected.birthDate) !== textOf(now.birthDate)) different.push('birthDate');
  if (textOf(expected.gender) !== undefined && !sameText(expected.gender, now.gender))
    different.push('gender');
  const numbers = new Set(identifierKeys(now));
  if (identifierKeys(expected).some((key) => !numbers.has(key))) different.push('identifier');
  return different;
}

const notThatOne = (why: string, cause?: Failure): Failure =>
  writeFailure('WRITE_PATIENT', {
    message: `The patient is not (any more) the one that was found: ${why}. Nothing was written.`,
    ...(cause === undefined ? {} : { cause }),
    retry: HELD,
  });
