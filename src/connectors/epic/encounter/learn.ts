/** How encounters are asked for, checked and recognised. */
import { type FhirResource, referencedId } from '../../../fhir/index.ts';
import { visitOf } from '../../learn/identities.ts';
import { type Learnable, overlaps } from '../../learn/learnable.ts';

const DAY = 86_400_000;
/** Encounters are left open for good at times: nobody stays so long. */
const LONGEST_STAY = 60 * DAY;

/** A stay that goes on, or a visit within a day. */
function active(resource: FhirResource, now: number): boolean {
  const { start, end } = (resource.period ?? {}) as { start?: unknown; end?: unknown };
  const from = typeof start === 'string' ? Date.parse(start) : Number.NaN;
  const to = typeof end === 'string' ? Date.parse(end) : undefined;
  if (Math.abs(from - now) < DAY || (to !== undefined && Math.abs(to - now) < DAY)) return true;
  return resource.status === 'in-progress' && to === undefined && from > now - LONGEST_STAY && from < now;
}

export const learnable: Learnable = {
  resource: 'Encounter',
  searches: ({ patient, days }) => [{ patient, date: [`ge${days.from}`, `le${days.to}`] }],
  fits(resource, { patient, days }, baseUrl) {
    const subject = (resource.subject as { reference?: unknown } | undefined)?.reference;
    return (
      resource.resourceType === 'Encounter' &&
      referencedId(subject, 'Patient', baseUrl) === patient &&
      overlaps(resource.period as { start?: unknown; end?: unknown } | undefined, days)
    );
  },
  identify: visitOf,
  active,
};
