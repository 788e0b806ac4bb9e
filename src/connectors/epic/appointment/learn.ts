/** How appointments are asked for, checked and recognised. */
import { type FhirResource, objectsIn, referencedId, type SearchParams } from '../../../fhir/index.ts';
import { visitOf } from '../../learn/identities.ts';
import { type Days, type Learnable, within } from '../../learn/learnable.ts';

export const searchParams = (patientId: string, { from, to }: Days): SearchParams => ({
  patient: patientId,
  date: [`ge${from}`, `le${to}`],
});

/** The answer really is about this patient and these days. No start: a request that nobody has placed yet, and nothing to check it by. */
export function fits(resource: FhirResource, patientId: string, days: Days, baseUrl: string): boolean {
  const about = objectsIn(resource.participant).some((participant) => {
    const actor = participant.actor as { reference?: unknown } | undefined;
    return referencedId(actor?.reference, 'Patient', baseUrl) === patientId;
  });
  return resource.resourceType === 'Appointment' && about && within(resource.start, days);
}

const DAY = 86_400_000;

export const learnable: Learnable = {
  resource: 'Appointment',
  searches: ({ patient, days }) => [searchParams(patient, days)],
  fits: (resource, { patient, days }, baseUrl) => fits(resource, patient, days, baseUrl),
  identify: visitOf,
  active: ({ start }, now) => typeof start === 'string' && Math.abs(Date.parse(start) - now) < DAY,
};
