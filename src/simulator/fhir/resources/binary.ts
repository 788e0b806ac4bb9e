import type { Note } from '../../world/clinical-records.ts';
import type { Hospital } from '../../world/hospital.ts';
import type { Declaration, Site } from '../declaration.ts';
import type { Resource } from '../outcome.ts';

/** One form in which a note can be fetched. */
interface Format {
  /** What the attachment says; some say nothing. */
  readonly contentType: string | undefined;
  /** What is sent. */
  readonly type: 'text/html' | 'text/rtf';
}

export interface Binary {
  readonly note: Note;
  readonly index: number;
}

const formats: readonly Format[] = [
  { contentType: 'text/html', type: 'text/html' },
  { contentType: 'text/rtf', type: 'text/rtf' },
];
const unsaid: readonly Format[] = [{ contentType: undefined, type: 'text/html' }];
// Room in a Binary's number for more forms than there are.
const formatsPerNote = 8;

/** A note is there as HTML and as RTF; every seventh says of its one attachment not even what it is, as seen at Epic. */
export function formatsOf({ number }: Pick<Note, 'number'>): readonly Format[] {
  return number % 7 === 6 ? unsaid : formats;
}

export function binaryIdOf({ identities }: Hospital, { number }: Note, index: number): string {
  return identities.fhirId('Binary', number * formatsPerNote + index);
}

/** Binary: the content of documents. Read only. */
export function binaries({ hospital }: Site): Declaration<Binary> {
  return {
    type: 'Binary',
    interactions: { R4: ['read'], STU3: ['read'], DSTU2: ['read'] },
    native: [],
    postFilters: [],
    find(id) {
      const named = hospital.identities.read(id);
      if (named?.kind !== 'Binary') return undefined;
      const note = hospital.numbered('DocumentReference', Math.floor(named.number / formatsPerNote));
      const index = named.number % formatsPerNote;
      return note && formatsOf(note)[index] ? { note, index } : undefined;
    },
    idOf: ({ note, index }) => binaryIdOf(hospital, note, index),
    patientOf: ({ note }) => hospital.patients.get(note.patient),
    render: (binary) => binaryResource(hospital, binary),
    older: { STU3: { to: toOlder }, DSTU2: { to: toOlder } },
  };
}

function binaryResource(hospital: Hospital, binary: Binary): Resource {
  const { type, content } = contentOf(binary);
  return {
    resourceType: 'Binary',
    id: binaryIdOf(hospital, binary.note, binary.index),
    contentType: type,
    data: content.toString('base64'),
  };
}

/** Before R4 the data is called content. */
function toOlder({ data, ...rest }: Resource): Resource {
  return { ...rest, content: data };
}

/** The bytes of a document and what they are. */
export function contentOf({ note, index }: Binary): { readonly type: string; readonly content: Buffer } {
  const type = formatsOf(note)[index]?.type ?? 'text/html';
  const parts = [note.text, ...note.addenda.map(({ text }) => `Addendum: ${text}`)];
  const content = type === 'text/html' ? html(parts) : rtf(parts);
  return { type, content: Buffer.from(content, 'utf8') };
}

function html(parts: readonly string[]): string {
  const escaped = parts.map((text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '<br>'),
  );
  return `<html><body>${escaped.map((text) => `<div>${text}</div>`).join('')}</body></html>`;
}

function rtf(parts: readonly string[]): string {
  const escaped = parts.map((text) =>
    text
      .replace(/[\\{}]/g, (sign) => `\\${sign}`)
      .replaceAll('\n', '\\par ')
      .replace(/[^\t\n\r -~]/g, (letter) => `\\u${letter.charCodeAt(0)}?`),
  );
  return `{\\rtf1\\ansi ${escaped.join('\\par ')}}`;
}
