import type { NoteType } from '../../world/clinical-records.ts';
import { noteTypeCoded } from '../../world/measures.ts';
import type { Site, Write } from '../declaration.ts';
import { valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';
import { noteTypeSystem } from './document-reference.ts';
import { interconnectUser } from './interconnect.ts';
import { encounterIn, patientIn } from './write-references.ts';

interface Coding {
  readonly system?: string;
  readonly code?: string;
}
interface Attachment {
  readonly contentType?: unknown;
  readonly data?: unknown;
}

/**
 * DocumentReference.Create (Clinical Notes): files a note, signed or as a draft. Only the first attachment counts.
 * Throws a Refusal. Sent a second time it is filed a second time.
 */
export function createNote(site: Site, write: Write): string {
  const { hospital, behaviour } = site;
  const { resource } = write;
  if (resource.status === undefined) throw refuse(59108, { element: 'status' });
  if (resource.status !== 'current' && behaviour.unacceptedModifierFatal)
    throw refuse(59012, { element: 'status' });
  const status = resource.docStatus ?? 'final';
  if (status !== 'final' && status !== 'preliminary') throw refuse(59102, { element: 'docStatus' });
  const type = typeIn(site, resource);
  const patient = patientIn(site, write, 'subject');
  // A finished inpatient's encounter is taken: late notes are usual.
  const visit = encounterIn(site, resource, 'context.encounter', patient);
  const note = hospital.filing.note(hospital.act('fhir'), {
    patient: patient.number,
    visit: visit.csn,
    type,
    text: textIn(site, resource),
    status,
    author: interconnectUser(site),
    department: visit.department,
  });
  return note.fhirId;
}

function typeIn({ behaviour }: Site, resource: Resource): NoteType {
  const codings = valuesAt(resource, 'type.coding') as Coding[];
  if (codings.length === 0) throw refuse(59108, { element: 'type' });
  for (const { system, code } of codings) {
    if (!code) continue;
    const known = noteTypeCoded(code);
    if (!known) continue;
    const byLoinc = system === 'http://loinc.org' && behaviour.noteTypes.includes(code);
    if (byLoinc || system === noteTypeSystem) return known;
  }
  const codes = codings.map(({ code }) => code).join(', ');
  throw refuse(40000, { element: 'type', diagnostics: codes });
}

function textIn({ behaviour }: Site, resource: Resource): string {
  const [attachment] = valuesAt(resource, 'content.attachment') as Attachment[];
  if (!attachment) throw refuse(59108, { element: 'content.attachment' });
  const type = String(attachment.contentType ?? '')
    .split(';')[0]
    ?.trim();
  const taken = type === 'text/plain' || (type === 'text/rtf' && behaviour.rtfNotes);
  if (!taken) throw refuse(59102, { element: 'content.attachment.contentType', diagnostics: String(type) });
  const { data } = attachment;
  if (typeof data !== 'string' || data === '') throw refuse(59108, { element: 'content.attachment.data' });
  if (!isBase64(data)) throw refuse(59105, { element: 'content.attachment.data' });
  return Buffer.from(data, 'base64').toString('utf8');
}

/** Checked piece by piece: one expression over fifty million characters would hold the process up. */
function isBase64(data: string): boolean {
  const piece = 65_536;
  for (let at = 0; at < data.length; at += piece) {
    const last = at + piece >= data.length;
    const form = last ? /^[A-Za-z0-9+/\r\n]*={0,2}\s*$/ : /^[A-Za-z0-9+/\r\n]*$/;
    if (!form.test(data.slice(at, at + piece))) return false;
  }
  return true;
}
