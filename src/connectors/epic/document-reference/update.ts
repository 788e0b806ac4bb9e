/** `documentReference.update` at Epic: a note is changed while it is a draft; one that is signed gets an addendum by a person. */
import type { FhirResource } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

export function prepareDocumentUpdate(document: FhirResource): FhirResource {
  if (document.status !== undefined && document.status !== 'current')
    throw refuse('DocumentReference.status', 'a note is not taken back by an update; a person does that');
  return document;
}
