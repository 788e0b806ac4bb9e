/** `documentReference.find` and `documentReference.read`. */
import { z } from 'zod';
import { referencedId } from '../../../fhir/index.ts';
import type { Json } from '../../../std/index.ts';
import { argumentsOf, escaped, idOf, type Lookup, readOne, search, wrongForm } from '../lookup.ts';

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const text = z.string().trim().min(1);
const findArguments = z.strictObject({
  patient: text,
  encounter: text.optional(),
  type: text.optional(),
  from: moment.optional(),
  to: moment.optional(),
});
const FORMS = '{ patient, encounter?, type?, from?, to? }';

/** `documentReference.find`: a patient's documents, of a visit, a type or a time of making. */
export async function findDocument(args: Json, lookup: Lookup): Promise<Json> {
  const { client } = lookup;
  const asked = argumentsOf(findArguments, args, 'documentReference.find', FORMS);
  const patient = idOf('Patient', asked.patient, client.baseUrl);
  const encounter = asked.encounter === undefined ? null : idOf('Encounter', asked.encounter, client.baseUrl);
  if (patient === undefined || encounter === undefined)
    throw wrongForm(args, 'documentReference.find', FORMS);
  const date = [
    ...(asked.from === undefined ? [] : [`ge${asked.from}`]),
    ...(asked.to === undefined ? [] : [`le${asked.to}`]),
  ];
  const params = {
    patient,
    ...(encounter === null ? {} : { encounter }),
    ...(asked.type === undefined ? {} : { type: escaped(asked.type) }),
    ...(date.length === 0 ? {} : { date }),
  };
  return search('DocumentReference', params, lookup, ({ subject }) => {
    const { reference } = (subject ?? {}) as { reference?: unknown };
    return referencedId(reference, 'Patient', client.baseUrl) === patient;
  });
}

/** `documentReference.read`: `{ matches }` with the document, or none when there is no such id. */
export const readDocument = (args: Json, lookup: Lookup): Promise<Json> =>
  readOne('DocumentReference', args, lookup);
