/** `encounter.find` and `encounter.read`. */
import { z } from 'zod';
import { objectsIn, referencedId } from '../../../fhir/index.ts';
import type { Json } from '../../../std/index.ts';
import { argumentsOf, escaped, idOf, type Lookup, readOne, search, wrongForm } from '../lookup.ts';

const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const text = z.string().trim().min(1);
const findArguments = z.union([
  z.strictObject({ patient: text, from: moment, to: moment }),
  z.strictObject({ patient: text, identifier: z.strictObject({ system: text.optional(), value: text }) }),
]);
const FORMS = '{ patient, from, to } or { patient, identifier: { system, value } }';

/** `encounter.find`: a patient's visits between two dates, or the one of a visit number. */
export async function findEncounter(args: Json, lookup: Lookup): Promise<Json> {
  const { client, config } = lookup;
  const asked = argumentsOf(findArguments, args, 'encounter.find', FORMS);
  const patient = idOf('Patient', asked.patient, client.baseUrl);
  if (patient === undefined) throw wrongForm(args, 'encounter.find', FORMS);
  const isTheirs = (subject: unknown): boolean =>
    referencedId((subject as { reference?: unknown } | undefined)?.reference, 'Patient', client.baseUrl) ===
    patient;
  if ('identifier' in asked) {
    const { system = config.csnSystem, value } = asked.identifier;
    const identifier = system === undefined ? escaped(value) : `${escaped(system)}|${escaped(value)}`;
    return search('Encounter', { patient, identifier }, lookup, (each) => {
      const numbers = objectsIn(each.identifier);
      const named = numbers.some(
        (one) => String(one.value).trim() === value && (system === undefined || one.system === system),
      );
      return named && isTheirs(each.subject);
    });
  }
  const date = [`ge${asked.from}`, `le${asked.to}`];
  return search('Encounter', { patient, date }, lookup, (each) => isTheirs(each.subject));
}

/** `encounter.read`: `{ matches }` with the encounter, or none when there is no such id. */
export const readEncounter = (args: Json, lookup: Lookup): Promise<Json> =>
  readOne('Encounter', args, lookup);
