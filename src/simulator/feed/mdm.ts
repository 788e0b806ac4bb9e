import { hl7Time } from '../world/calendar.ts';
import type { Note } from '../world/clinical-records.ts';
import type { Patient, Visit } from '../world/records.ts';
import { components, segment, text } from './segment.ts';
import { type Envelope, evn, msh, pid, provider, pv1, zpd } from './shared-segments.ts';

// HL7 table 0271: authenticated, in progress; a note that was taken back is still authenticated, but cancelled (0273).
const completion = { final: 'AU', amended: 'AU', preliminary: 'IP', 'entered-in-error': 'AU' } as const;

/** MDM: T02 a new note, T04 a draft that was signed, T08 one that was changed, T11 one that was taken back. */
export function mdm(envelope: Envelope, patient: Patient, visit: Visit | undefined, note: Note): string {
  const { habits, timeZone } = envelope;
  const author = provider(note.author);
  const signed = note.status === 'final' || note.status === 'amended';
  const lines = [msh(envelope), evn(envelope), pid(patient, habits, visit)];
  if (habits.zSegments) lines.push(zpd());
  lines.push(visit ? pv1(envelope, visit) : segment('PV1', { 1: '1', 2: 'N' }));
  lines.push(
    segment('TXA', {
      1: '1',
      2: components(note.type.id, note.type.name),
      3: 'TX',
      4: hl7Time(note.serviceAt, timeZone),
      5: author,
      6: hl7Time(note.createdAt, timeZone),
      8: hl7Time(note.changedAt, timeZone),
      9: author,
      // The note id: the same number that FHIR gives as the document's identifier.
      12: components(note.number, habits.sendingApplication),
      16: components(note.type.loinc, note.type.name, 'LN'),
      17: completion[note.status],
      19: note.status === 'entered-in-error' ? 'CA' : 'AV',
      22: signed ? `${author.split('~')[0]}^^${hl7Time(note.changedAt, timeZone)}` : '',
    }),
  );
  // A note that was taken back is told of without its text.
  if (envelope.trigger === 'T11') return `${lines.join('\r')}\r`;
  const written = [
    ...note.text.split('\n'),
    ...note.addenda.flatMap((each) => [`ADDENDUM ${hl7Time(each.at, timeZone)}`, ...each.text.split('\n')]),
  ];
  for (const [index, line] of written.entries()) {
    lines.push(
      segment('OBX', {
        1: String(index + 1),
        2: 'TX',
        3: components(note.type.loinc, note.type.name, 'LN'),
        5: text(line),
        11: signed ? 'F' : 'P',
      }),
    );
  }
  return `${lines.join('\r')}\r`;
}
