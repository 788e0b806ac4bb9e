/** `observation.update` at Epic changes lines, drains and airways; a vital sign that was filed is corrected by a person. */
import type { FhirResource } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';
import { categoriesOf } from './create.ts';

export function prepareObservationUpdate(observation: FhirResource): FhirResource {
  const lda = categoriesOf(observation).some((code) => typeof code === 'string' && /^LDA(-|$)/.test(code));
  if (!lda) throw refuse('Observation.category', 'Epic changes lines, drains and airways (LDA) alone');
  return observation;
}
