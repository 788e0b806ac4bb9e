/** TXA as a DocumentReference, with the OBX and NTE behind it as its content. */
import type { Reference } from '../../r4.ts';
import { type Assembly, absent, add, draftOf, encounterRef, refer } from '../assembly.ts';
import { toConcept } from '../datatypes/cwe.ts';
import { entityIdentifier } from '../datatypes/cx.ts';
import { attachment, base64, mediaType, pointer } from '../datatypes/ed.ts';
import { practitioner, toPractitioner } from '../datatypes/xcn.ts';
import type { Field, Line } from '../line.ts';
import { dateTime, instant, note, type Reading, trace } from '../reading.ts';
import { apply, constant, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, provenanceParticipant, v2Table } from '../tables.ts';
import { commentText } from './obx.ts';
import { relateDocument } from './orders.ts';

const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));

/** Document completion (table 0271) as R4's composition status, which the guide leaves without a map. */
const docStatuses = new Map([
  ['DI', 'preliminary'],
  ['DO', 'preliminary'],
  ['IP', 'preliminary'],
  ['IN', 'preliminary'],
  ['PA', 'preliminary'],
  ['AU', 'final'],
  ['LA', 'final'],
]);

const txaMap = segmentMap(
  'TXA[DocumentReference]',
  row(12, 'masterIdentifier', (field, reading) => entityIdentifier(reading, field)),
  row(16, 'identifier[]', (field) => {
    const value = field.get(1);
    return value === undefined ? undefined : { value };
  }),
  rows([19], ['status', 'status.extension'], (draft, line, reading) => {
    const code = line.value(19);
    // CA: cancelled by its author; OB: replaced by another.
    draft.status = code === 'CA' ? 'entered-in-error' : code === 'OB' ? 'superseded' : 'current';
    trace(reading, draft, 'status', -1, line, 19, 1);
    if (code === 'CA' || code === 'OB' || code === 'UN')
      draft._status = {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/alternate-codes',
            valueCodeableConcept: codeable(v2Table('0273'), code),
          },
        ],
      };
  }),
  row(17, 'docStatus', (field) => docStatuses.get(field.get(1) ?? '')),
  row(2, 'type', toConcept()),
  row(6, 'date', (field, reading) => instant(reading, field.place, field.get(1))),
  row(9, 'author[]', toPractitioner),
  row(10, 'authenticator', toPractitioner),
  row(22, 'authenticator', toPractitioner),
  row(25, 'description', (field) => field.get(1)),
  row(18, 'securityLabel[]', toConcept('DocumentConfidentialityStatus')),
  row(4, 'context.period.start', toTime),
  used(1, 3, 7, 13),
);

const editMap = segmentMap(
  'TXA[Provenance]',
  row(8, 'recorded', (field, reading) => instant(reading, field.place, field.get(1))),
  row(9, 'agent[]', (field, reading) => {
    const who = practitioner(reading, field);
    return who === undefined ? undefined : { type: codeable(provenanceParticipant, 'author', 'Author'), who };
  }),
);

export function txaHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const draft = draftOf('DocumentReference', { status: '' });
  delete draft.status;
  if (assembly.subject !== undefined) draft.subject = assembly.subject;
  apply(txaMap, draft, line, reading);
  const visit = encounterRef(assembly);
  if (visit !== undefined) draft.context = { encounter: [visit], ...(draft.context as object | undefined) };
  const replaced = line.first(13);
  if (replaced !== undefined) replaces(assembly, draft, replaced);
  // R4 wants a content: OBX behind it fills it, or says that there is none.
  draft.content = [];
  const own = line.first(12)?.text;
  add(assembly, draft, ...(own === undefined ? assembly.messageKey : [own]));
  assembly.document = draft;
  assembly.commented = draft;
  const contentType = mediaType(undefined, line.value(3));
  if (contentType !== undefined) presentation.set(draft, contentType);
  const { order } = assembly;
  if (order?.request !== undefined) relateDocument(draft, order.request);
  if (line.first(8) === undefined) return;
  const edit = draftOf('Provenance', { target: [refer(draft)] });
  apply(editMap, edit, line, reading);
  if (edit.recorded !== undefined && edit.agent !== undefined)
    add(assembly, edit, 'document', draft.id as string, line.raw(8));
}

/** TXA-3 of a document, for texts of which the content says no type. */
const presentation = new WeakMap<object, string>();

/** TXA-13: the parent. An addendum (T06) appends to it, a replacement (T10) takes its place. */
function replaces(assembly: Assembly, draft: { [element: string]: unknown }, parent: Field): void {
  const { reading, trigger } = assembly;
  const identifier = entityIdentifier(reading, parent);
  if (identifier === undefined) return;
  const code =
    trigger === 'T05' || trigger === 'T06'
      ? 'appends'
      : trigger === 'T09' || trigger === 'T10'
        ? 'replaces'
        : undefined;
  const target: Reference = { type: 'DocumentReference', identifier };
  if (code !== undefined) draft.relatesTo = [{ code, target }];
}

const contentMap = segmentMap(
  'OBX[DocumentReference]',
  rows(
    [2, 5],
    ['content', 'content.attachment', 'content.data', 'content.contentType', 'content.url'],
    nothing,
  ),
);
const commentMap = segmentMap(
  'NTE[DocumentReference]',
  rows([3], ['content.attachment.data', 'content.contentType'], nothing),
);
segmentMap(
  'TXA[DocumentReference]',
  rows([3], ['content.attachment.contentType'], nothing),
  constant('content', []),
);
function nothing(): void {
  return;
}
export const documentMaps = [contentMap, commentMap];

const textTypes = new Map([
  ['FT', 'text/plain'],
  ['TX', 'text/plain'],
  ['ST', 'text/plain'],
]);

/**
 * OBX behind TXA: ED and RP are an attachment of their own; lines of text join into one. The guide calls texts
 * `text/hl7v2` and `application/text`; neither is a registered media type, so plain text is called what it is.
 */
export function documentObxHandler(assembly: Assembly, line: Line): void {
  const { document, reading } = assembly;
  if (document === undefined) return;
  const type = line.value(2) ?? 'TX';
  const content = document.content as { attachment: Record<string, unknown> }[];
  for (const field of line.fields(5)) {
    const made = type === 'ED' ? attachment(field) : type === 'RP' ? pointer(field) : undefined;
    if (made !== undefined) {
      content.push({ attachment: { ...made } });
      trace(reading, document, 'content', content.length - 1, line, 5, field.repetition);
      continue;
    }
    if (type === 'ED' || type === 'RP') {
      note(reading, 'not-carried', 'OBX-5', 'OBX-5 names a document and holds none.');
      continue;
    }
    addText(document, field.text, textTypes.get(type) ?? 'text/plain');
    trace(reading, document, 'content', content.length - 1, line, 5, field.repetition);
  }
}

const texts = new WeakMap<object, string[]>();

function addText(document: { [element: string]: unknown }, text: string, contentType: string): void {
  const content = document.content as { attachment: Record<string, unknown> }[];
  let lines = texts.get(document);
  if (lines === undefined) {
    lines = [];
    texts.set(document, lines);
    content.push({ attachment: { contentType: presentation.get(document) ?? contentType } });
  }
  lines.push(text);
}

export function documentNteHandler(assembly: Assembly, line: Line): void {
  const { document } = assembly;
  const text = commentText(line);
  if (document !== undefined && text !== undefined) addText(document, text, 'text/plain');
}

/** Once the message is read: the text's lines as one attachment, and a content in any case. */
export function closeDocument(assembly: Assembly): void {
  const { document } = assembly;
  if (document === undefined) return;
  const content = document.content as { attachment: Record<string, unknown> }[];
  const lines = texts.get(document);
  if (lines !== undefined)
    for (const { attachment } of content)
      if (attachment.url === undefined && attachment.data === undefined)
        attachment.data = base64(lines.join('\n'));
  if (content.length === 0) content.push({ attachment: { ...absent } });
}
