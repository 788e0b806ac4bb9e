/** DocumentReference: found by patient and type, and told apart by its own text: two notes of one visit may look alike. */
import { type FhirResource, objectsIn } from '../../fhir/index.ts';
import {
  type Compared,
  codingsOf,
  identifierKeys,
  OTHER,
  partOf,
  plainText,
  referenceId,
  SAME,
  sharedIdentifier,
  sharesCoding,
  textOf,
} from './compare.ts';
import { escaped, identifierQuestions, identity, type Kind, type Looking, withSubject } from './kind.ts';

const patientOf = (document: FhirResource): string | undefined => referenceId(document.subject, 'Patient');

const encounterOf = (document: FhirResource): string | undefined =>
  referenceId(objectsIn(partOf(document.context)?.encounter)[0], 'Encounter');

/** Clocks of servers differ, and so may what a server calls the time of a document. */
const EARLIER = 15 * 60_000;

/** Made before ours went out. */
function older(theirs: FhirResource, sentAt: number | null): boolean {
  const at = Date.parse(textOf(theirs.date) ?? '');
  return sentAt !== null && !Number.isNaN(at) && at < sentAt - EARLIER;
}

function compare(ours: FhirResource, theirs: FhirResource, { sentAt }: Looking): Compared {
  if (theirs.status === 'entered-in-error' || theirs.status === 'superseded') return OTHER;
  const samePatient = patientOf(ours) === patientOf(theirs);
  if (sharedIdentifier(ours, theirs)) return samePatient ? SAME : { verdict: 'doubt', about: ['patient'] };
  if (!samePatient || !sharesCoding(ours.type, theirs.type) || older(theirs, sentAt)) return OTHER;
  const [visit, theirVisit] = [encounterOf(ours), encounterOf(theirs)];
  if (visit !== undefined && theirVisit !== undefined && visit !== theirVisit) return OTHER;
  return SAME;
}

export const documentReferenceKind: Kind = {
  type: 'DocumentReference',
  name: 'documentReference',
  patientOf,
  about: withSubject,
  identityOf(document) {
    const [number] = identifierKeys(document);
    if (number !== undefined) return identity('DocumentReference', number);
    const texts = objectsIn(document.content).map((content) => plainText(textIn(content.attachment) ?? ''));
    return identity(
      'DocumentReference',
      patientOf(document),
      encounterOf(document),
      codingsOf(document.type),
      texts,
    );
  },
  questions(document) {
    const patient = patientOf(document);
    const [type] = codingsOf(document.type);
    if (patient === undefined) return [];
    const token =
      type && (type.system === '' ? escaped(type.code) : `${escaped(type.system)}|${escaped(type.code)}`);
    return [
      ...identifierQuestions(document, { patient }),
      { params: { patient, ...(token === undefined ? {} : { type: token }) }, by: 'content' },
    ];
  },
  compare,
  // Told the same by its text: plain text comes back as Binaries of HTML and RTF.
  agreed: ['content'],
  toldApartByText: true,
};

/** What an attachment says, of the forms that can be read as text; `undefined`: it holds none. */
export function textIn(attachment: unknown): string | undefined {
  const part = partOf(attachment);
  const data = textOf(part?.data);
  if (data === undefined) return undefined;
  return readable(Buffer.from(data, 'base64').toString('utf8'), textOf(part?.contentType) ?? '');
}

/** Text of plain text, HTML or RTF, without marks of form; `undefined` for other types. */
export function readable(content: string, contentType: string): string | undefined {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/plain' || type === '') return content;
  if (type === 'text/html' || type.endsWith('xml')) return withoutMarkup(content);
  if (type.endsWith('rtf')) return withoutControlWords(content);
  return undefined;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

function withoutMarkup(html: string): string {
  return html
    .replace(/<(style|script|head|title)\b[^>]*>[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
      if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    });
}

function withoutControlWords(rtf: string): string {
  return rtf
    .replace(/\{\\(\*|fonttbl|colortbl|stylesheet|info)[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, ' ')
    .replace(/\\u(-?\d+)\??/g, (_, code: string) => String.fromCharCode((Number(code) + 65_536) % 65_536))
    .replace(/\\'([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\[a-z]+-?\d* ?/gi, ' ')
    .replace(/[{}\\]/g, ' ');
}
