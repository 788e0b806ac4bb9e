import type { Act } from '../world/change.ts';
import type { NoteType } from '../world/clinical-records.ts';
import { noteTypeCoded } from '../world/measures.ts';
import type { Incoming, Segment } from './message.ts';
import { personOf } from './person.ts';
import { instantIn, type Receiving } from './receiving.ts';
import { Refused } from './refused.ts';
import { providerNamed } from './scheduling.ts';

/** MDM: T02 files a note, T06 adds to one, T08 rewrites a draft, T11 takes one back. */
export function takeDocument(receiving: Receiving, message: Incoming, act: Act): string {
  const { hospital, rules, placers } = receiving;
  const txa = message.first('TXA');
  if (!txa) throw new Refused('AE', 'the message has no TXA', 'TXA');
  const patient = personOf(hospital, message.first('PID'), rules);
  const theirs = txa.text(12);
  const application = message.header.text(3);
  const key = `note ${application} ${theirs}`;
  const text = textOf(message);

  if (message.trigger === 'T02' || message.trigger === 'T01') {
    if (theirs !== '' && placers.has(key) && rules.repeated === 'refuse') {
      throw new Refused('AE', 'a note was filed under this number before', 'TXA-12');
    }
    const type = typeOf(txa);
    const visit = hospital.stays.openVisitOf(patient.number) ?? hospital.chart('Encounter', patient).at(-1);
    const author = providerNamed(hospital, txa.text(9)) ?? providerNamed(hospital, txa.text(5));
    const serviceAt = instantIn(hospital, txa.text(4));
    const note = hospital.filing.note(act, {
      patient: patient.number,
      ...(visit ? { visit: visit.csn } : {}),
      type,
      text,
      status: ['AU', 'LA'].includes(txa.text(17)) ? 'final' : 'preliminary',
      ...(author ? { author } : {}),
      ...(serviceAt === undefined ? {} : { serviceAt }),
      ...(theirs === '' ? {} : { placer: theirs }),
    });
    if (theirs !== '') placers.set(key, note.number);
    return `note ${note.number}`;
  }

  const parent = txa.text(13) || theirs;
  const number = placers.get(`note ${application} ${parent}`) ?? Number(parent);
  const note = hospital.numbered('DocumentReference', number);
  if (!note || note.patient !== patient.number) throw new Refused('AE', 'no note has this number', 'TXA-12');
  if (message.trigger === 'T11') hospital.filing.withdraw(act, note.number);
  else if (message.trigger === 'T06') hospital.filing.addend(act, note.number, text);
  else if (message.trigger === 'T08') {
    // A signed note is not rewritten; what comes after is added to it.
    if (note.status === 'preliminary') hospital.filing.updateNote(act, note.number, { text });
    else hospital.filing.addend(act, note.number, text);
  } else throw new Refused('AR', `MDM ${message.trigger} is not taken in here`, 'MSH-9');
  return `note ${note.number}`;
}

function typeOf(txa: Segment): NoteType {
  const type = noteTypeCoded(txa.text(16)) ?? noteTypeCoded(txa.text(2));
  if (!type) throw new Refused('AE', '40000: no note type is mapped to this', 'TXA-2');
  return type;
}

function textOf(message: Incoming): string {
  return message
    .all('OBX')
    .map((row) =>
      row
        .repetitions(5)
        .map((repetition) => row.part(repetition, 1))
        .join('\n'),
    )
    .join('\n');
}
