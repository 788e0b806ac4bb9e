/** `observation.create` at Epic files vital signs into flowsheet rows; lines, drains and airways are filed by an API of their own. */
import { type FhirResource, objectsIn } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

const CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';
/** Longer notes are cut off by nobody: Epic refuses them. */
const LONGEST_NOTE = 254;

export const categoriesOf = (observation: FhirResource): readonly unknown[] =>
  objectsIn(observation.category).flatMap(({ coding }) => objectsIn(coding).map(({ code }) => code));

const isLda = (code: unknown): boolean => typeof code === 'string' && /^LDA(-|$)/.test(code);

export function prepareObservation(observation: FhirResource): FhirResource {
  const codes = categoriesOf(observation);
  if (codes.some(isLda)) return observation;
  if (codes.length > 0 && !codes.includes('vital-signs'))
    throw refuse('Observation.category', 'Epic files vital signs alone; results go by the route "oru"');
  const coding = objectsIn((observation.code as { coding?: unknown } | undefined)?.coding);
  if (coding.length !== 1) throw refuse('Observation.code', 'Epic takes exactly one coding');
  if (observation.encounter === undefined)
    throw refuse('Observation.encounter', 'the visit that it is filed in is needed');
  if (observation.status !== undefined && observation.status !== 'final')
    throw refuse('Observation.status', 'it must be final');
  if (observation.effectiveDateTime === undefined)
    throw refuse('Observation.effectiveDateTime', 'the time that it was taken is needed');
  if (observation.valueQuantity === undefined && objectsIn(observation.component).length === 0)
    throw refuse(
      'Observation.valueQuantity',
      'a quantity, or the two components of a blood pressure, is needed',
    );
  if (objectsIn(observation.note).some(({ text }) => typeof text === 'string' && text.length > LONGEST_NOTE))
    throw refuse('Observation.note', `Epic takes ${LONGEST_NOTE} characters`);
  const category = [{ coding: [{ system: CATEGORY, code: 'vital-signs' }] }];
  return { ...observation, status: 'final', ...(codes.length === 0 ? { category } : {}) };
}
