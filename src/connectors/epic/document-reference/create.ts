/** `documentReference.create` at Epic files a clinical note: one attachment of plain text, in a visit of the same patient. */
import { type FhirResource, objectsIn } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

type Part = Readonly<Record<string, unknown>>;

export function prepareDocument(document: FhirResource): FhirResource {
  const visits = objectsIn((document.context as Part | undefined)?.encounter);
  if (visits.length !== 1)
    throw refuse('DocumentReference.context.encounter', 'one visit of the patient is needed');
  if (objectsIn((document.type as Part | undefined)?.coding).length === 0)
    throw refuse('DocumentReference.type', 'the type of note is needed: LOINC, or the site’s own');
  const content = objectsIn(document.content);
  const attachment = (content[0]?.attachment ?? {}) as Part;
  // Epic files the first and drops the rest without a word.
  if (content.length !== 1) throw refuse('DocumentReference.content', 'Epic files one attachment');
  if (typeof attachment.data !== 'string')
    throw refuse('DocumentReference.content.attachment.data', 'the text is needed');
  const type = typeof attachment.contentType === 'string' ? attachment.contentType : 'text/plain';
  if (!/^text\/plain\b/.test(type))
    throw refuse('DocumentReference.content.attachment.contentType', 'Epic takes text/plain');
  const { docStatus = 'preliminary' } = document;
  if (docStatus !== 'final' && docStatus !== 'preliminary')
    throw refuse(
      'DocumentReference.docStatus',
      'it is final (signed) or preliminary (a draft that a person signs)',
    );
  return {
    ...document,
    status: 'current',
    docStatus,
    content: [{ attachment: { ...attachment, contentType: type } }],
  };
}
