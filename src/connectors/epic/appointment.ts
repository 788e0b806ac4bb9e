/**
 * Appointment at Epic: found and read, and learnt by walking the roster. There is no `_lastUpdated`, no
 * search over all patients, no Subscription and no create in R4, so changes are told by content.
 */
import { z } from 'zod';
import {
  type FhirResource,
  identifiersOf,
  objectsIn,
  referencedId,
  type SearchParams,
} from '../../fhir/index.ts';
import { canonicalJson, contentHash, type Json } from '../../std/index.ts';
import type { ResourceSpec } from '../capability.ts';
import { Findings } from './findings.ts';
import { argumentsOf, idOf, type Lookup, matchesOf, readOne, wrongForm } from './lookup.ts';

export const appointment: ResourceSpec = {
  resource: 'Appointment',
  identity: 'CSN',
  methods: ['poll', 'feed wakes read'],
  // Patients of the roster are found by their number first.
  scopes: { learn: ['system/Appointment.s', 'system/Patient.s'] },
  searchKeys: ['patient', 'date'],
  capabilities: [
    {
      name: 'appointment.find',
      about: "A patient's appointments between two dates.",
      resource: 'Appointment',
      effect: false,
      scopes: ['system/Appointment.s'],
    },
    {
      name: 'appointment.read',
      about: 'One appointment by FHIR id or reference.',
      resource: 'Appointment',
      effect: false,
      scopes: ['system/Appointment.r'],
    },
  ],
};

/** Days of which appointments are asked for, `YYYY-MM-DD`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;
/** Zones reach from UTC-12 to UTC+14; a day without a zone is the server's, which we do not know. */
const ZONES = 14 * 3_600_000;

export function daysAround(now: number, window: { readonly back: number; readonly ahead: number }): Days {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { from: day(now - window.back), to: day(now + window.ahead) };
}

export const searchParams = (patientId: string, { from, to }: Days): SearchParams => ({
  patient: patientId,
  date: [`ge${from}`, `le${to}`],
});

/** The answer really is about this patient and these days; a filter that Epic does not know is ignored with 200. */
export function fits(resource: FhirResource, patientId: string, days: Days, baseUrl: string): boolean {
  const about = objectsIn(resource.participant).some((participant) => {
    const actor = participant.actor as { reference?: unknown } | undefined;
    return referencedId(actor?.reference, 'Patient', baseUrl) === patientId;
  });
  return resource.resourceType === 'Appointment' && about && within(resource.start, days);
}

function within(start: unknown, { from, to }: Days): boolean {
  // No start: a request that nobody has placed yet. There is nothing to check it by.
  if (typeof start !== 'string') return true;
  const at = Date.parse(start);
  const begin = Date.parse(from) - (from.length === 10 ? ZONES : 0);
  const end = Date.parse(to) + (to.length === 10 ? DAY + ZONES : 0);
  return at >= begin && at <= end;
}

/** Epic numbers visits in item 698084.8 of every installation; only the part before it differs. */
const CSN_SUFFIX = '.698084.8';

/** `CSN:<system>|<value>`; by the FHIR id (`certain: false`) where there is none; `null` without both. */
export function identityOf(
  resource: FhirResource,
  csnSystem: string | undefined,
): { readonly identity: string; readonly certain: boolean } | null {
  const csn = identifiersOf(resource).find(({ system, value }) =>
    value === undefined || system === undefined
      ? false
      : csnSystem === undefined
        ? system.endsWith(CSN_SUFFIX)
        : system === csnSystem,
  );
  if (csn) return { identity: `CSN:${csn.system}|${csn.value?.trim()}`, certain: true };
  return resource.id === undefined ? null : { identity: `FHIR:${resource.id}`, certain: false };
}

/**
 * SHA-256 of what the appointment says. Left out: `meta` (the server's bookkeeping) and `text` (a rendering of
 * the rest, whose wording changes with a release). The order of a list's items says nothing in an Appointment
 * and is not stable between reads, so lists at the top are compared as sets.
 */
export function hashOf(resource: FhirResource): string {
  const content: Record<string, unknown> = {};
  for (const [element, value] of Object.entries(resource)) {
    if (element === 'meta' || element === 'text') continue;
    content[element] = Array.isArray(value) ? value.map(canonicalJson).sort() : value;
  }
  return contentHash(content);
}

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
  findings.addIssues(found.issues);
  const all = found.entries.filter((entry) => entry.mode === 'match').map((entry) => entry.resource);
  const matches = all.filter((each) => fits(each, id, asked, client.baseUrl));
  findings.add('EPIC_FILTER_IGNORED', all.length - matches.length);
  return matchesOf(matches, findings, context);
}

/** `appointment.read`: `{ matches }` with the appointment, or none when there is no such id. */
export const readAppointment = (args: Json, lookup: Lookup): Promise<Json> =>
  readOne('Appointment', args, lookup);
