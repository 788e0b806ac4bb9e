/** `observation.find` and `observation.read`. */
import { z } from 'zod';
import { referencedId } from '../../../fhir/index.ts';
import type { Json } from '../../../std/index.ts';
import { argumentsOf, escaped, idOf, type Lookup, readOne, search, wrongForm } from '../lookup.ts';

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const text = z.string().trim().min(1);
const code = z.union([text, z.strictObject({ system: text.optional(), code: text })]);
const findArguments = z
  .strictObject({
    patient: text,
    category: text.optional(),
    code: code.optional(),
    from: moment.optional(),
    to: moment.optional(),
  })
  // Epic refuses a search with neither; said here, it costs no request.
  .refine((asked) => asked.category !== undefined || asked.code !== undefined);
const FORMS = '{ patient, category or code (or both), from?, to? }';

/** `observation.find`: a patient's values of a category or a code. */
export async function findObservation(args: Json, lookup: Lookup): Promise<Json> {
  const { client } = lookup;
  const asked = argumentsOf(findArguments, args, 'observation.find', FORMS);
  const patient = idOf('Patient', asked.patient, client.baseUrl);
  if (patient === undefined) throw wrongForm(args, 'observation.find', FORMS);
  const date = [
    ...(asked.from === undefined ? [] : [`ge${asked.from}`]),
    ...(asked.to === undefined ? [] : [`le${asked.to}`]),
  ];
  const params = {
    patient,
    ...(asked.category === undefined ? {} : { category: escaped(asked.category) }),
    ...(asked.code === undefined ? {} : { code: token(asked.code) }),
    ...(date.length === 0 ? {} : { date }),
  };
  return search('Observation', params, lookup, ({ subject }) => {
    const { reference } = (subject ?? {}) as { reference?: unknown };
    return referencedId(reference, 'Patient', client.baseUrl) === patient;
  });
}

function token(asked: z.output<typeof code>): string {
  if (typeof asked === 'string') return escaped(asked);
  return asked.system === undefined ? escaped(asked.code) : `${escaped(asked.system)}|${escaped(asked.code)}`;
}

/** `observation.read`: `{ matches }` with the observation, or none when there is no such id. */
export const readObservation = (args: Json, lookup: Lookup): Promise<Json> =>
  readOne('Observation', args, lookup);
