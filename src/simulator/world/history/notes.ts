import { day, hour, minute } from '../calendar.ts';
import type { Note, NoteType } from '../clinical-records.ts';
import { noteTypeCoded } from '../measures.ts';
import { composed } from '../note-text.ts';
import { historyNumber } from '../numbers.ts';
import { createRandom } from '../random.ts';
import type { Visit } from '../records.ts';
import { type HistoryParts, recordsPerContact } from './parts.ts';
import { placeOf } from './readings.ts';

const mostProgressNotes = 8;
const progress = '11506-3';
const history = '34117-2';
const summary = '18842-5';
const emergency = '34111-5';

/** The notes of every visit in a history. */
export function notesOf(parts: HistoryParts, patient: number, visits: readonly Visit[]): readonly Note[] {
  const { seed, now, identities } = parts;
  const random = createRandom(seed, `notes ${patient}`);
  const notes: Note[] = [];
  for (const visit of visits) {
    let next = placeOf(visit) * recordsPerContact;
    for (const { loinc, at } of writtenIn(visit, now)) {
      const createdAt = at + (5 + random.integer(50)) * minute;
      const draft = random.chance(0.06);
      if (createdAt > now || (visit.kind === 'clinic' && random.chance(0.15))) continue;
      const number = historyNumber(patient, next);
      next += 1;
      const type = noteTypeCoded(loinc) as NoteType;
      notes.push({
        number,
        fhirId: identities.fhirId('DocumentReference', number),
        patient,
        visit: visit.csn,
        type,
        status: draft ? 'preliminary' : 'final',
        author: visit.provider,
        department: visit.department,
        text: composed(random, type, visit.complaint),
        addenda: [],
        serviceAt: at,
        createdAt,
        changedAt: createdAt,
      });
    }
  }
  return notes;
}

function writtenIn(visit: Visit, now: number): { loinc: string; at: number }[] {
  const { startedAt, endedAt } = visit;
  if (visit.kind === 'clinic') return [{ loinc: progress, at: startedAt }];
  if (visit.kind === 'emergency') return [{ loinc: emergency, at: startedAt + hour }];
  const until = endedAt ?? now;
  const days = Math.min(mostProgressNotes, Math.floor((until - startedAt) / day));
  return [
    { loinc: history, at: startedAt + hour },
    ...Array.from({ length: days }, (_, index) => ({ loinc: progress, at: startedAt + (index + 1) * day })),
    ...(endedAt === undefined ? [] : [{ loinc: summary, at: endedAt }]),
  ];
}
