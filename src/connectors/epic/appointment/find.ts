/** `appointment.find` and `appointment.read`. */
import { z } from 'zod';
import type { Json } from '../../../std/index.ts';
import { Findings } from '../findings.ts';
import { argumentsOf, idOf, type Lookup, matchesOf, readOne, wrongForm } from '../lookup.ts';
import { fits, searchParams } from './learn.ts';

// A date, or an instant with its offset: FHIR's forms that mean one moment anywhere.
const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);
const text = z.string().trim().min(1);
const findArguments = z.strictObject({ patient: text, from: moment, to: moment });
const FIND_FORMS = '{ patient: id or "Patient/<id>", from: date, to: date }';

/** `appointment.find`: `{ matches }`. */
export async function findAppointment(args: Json, { client, context, signal }: Lookup): Promise<Json> {
  const asked = argumentsOf(findArguments, args, 'appointment.find', FIND_FORMS);
  const id = idOf('Patient', asked.patient, client.baseUrl);
  if (id === undefined) throw wrongForm(args, 'appointment.find', FIND_FORMS);
  const found = await client.searchAll('Appointment', searchParams(id, asked), signal);
  const findings = new Findings();
  findings.addSearch(found);
  const all = found.entries.filter((entry) => entry.mode === 'match').map((entry) => entry.resource);
  const matches = all.filter((each) => fits(each, id, asked, client.baseUrl));
  findings.note('EPIC_FILTER_IGNORED', all.length - matches.length);
  return matchesOf(matches, findings, context);
}

/** `appointment.read`: `{ matches }` with the appointment, or none when there is no such id. */
export const readAppointment = (args: Json, lookup: Lookup): Promise<Json> =>
  readOne('Appointment', args, lookup);
