/** `encounter.create` at Epic: no FHIR version makes one. It goes by ADT^A04 where the site accepts it, or its own web service. */
import type { FhirResource } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

export function prepareEncounter(encounter: FhirResource): FhirResource {
  if (encounter.class === undefined) throw refuse('Encounter.class', 'the class of visit is needed');
  const { start } = (encounter.period ?? {}) as { start?: unknown };
  if (typeof start !== 'string') throw refuse('Encounter.period.start', 'the time that it begins is needed');
  return { ...encounter, status: encounter.status ?? 'in-progress' };
}
