import type { Act } from '../world/change.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Patient } from '../world/records.ts';
import type { PatientCorrection } from '../world/registration.ts';
import { places, races } from '../world/vocabulary.ts';
import type { Segment } from './message.ts';
import { Refused } from './refused.ts';
import type { ReceivingRules } from './rules.ts';

/** Everyone whose chart one of the numbers in PID-3, or MRG-1, names. */
export function named(hospital: Hospital, segment: Segment, field: number): Patient[] {
  const found = new Map<number, Patient>();
  for (const repetition of segment.repetitions(field)) {
    const value = segment.part(repetition, 1);
    if (value === '') continue;
    for (const each of hospital.patients.withIdentifier(value)) {
      const patient = hospital.patients.survivor(each.number);
      if (patient?.standing === 'active') found.set(patient.number, patient);
    }
  }
  return [...found.values()];
}

/** The one person a message is about. Throws Refused when it is nobody, or may be more than one. */
export function personOf(hospital: Hospital, pid: Segment | undefined, rules: ReceivingRules): Patient {
  const patient = knownPerson(hospital, pid, rules);
  if (!patient) throw new Refused('AE', 'NO-PATIENT-FOUND: no chart carries an identifier of PID-3', 'PID-3');
  return patient;
}

export function knownPerson(
  hospital: Hospital,
  pid: Segment | undefined,
  rules: ReceivingRules,
): Patient | undefined {
  if (!pid) throw new Refused('AE', 'the message has no PID', 'PID');
  const all = named(hospital, pid, 3);
  const [patient] = all;
  if (all.length > 1) throw new Refused('AE', 'the identifiers of PID-3 name more than one chart', 'PID-3');
  if (!patient || !rules.checksIdentity) return patient;
  const family = pid.text(5, 1);
  const born = pid.text(7).slice(0, 8);
  if (family !== '' && !alike(family, patient.family)) {
    throw new Refused('AE', 'the family name is not that of the chart', 'PID-5');
  }
  if (born !== '' && born !== patient.birthDate.replaceAll('-', '')) {
    throw new Refused('AE', 'the birth date is not that of the chart', 'PID-7');
  }
  return patient;
}

/** Makes a chart from PID. Throws Refused when the least that a chart needs is missing. */
export function register(hospital: Hospital, act: Act, pid: Segment): Patient {
  const [family, given] = [pid.text(5, 1), pid.text(5, 2)];
  const birthDate = dateOf(pid.text(7));
  if (family === '' || given === '') throw new Refused('AE', 'a new chart needs a name', 'PID-5');
  if (!birthDate) throw new Refused('AE', 'NO-DATE-OF-BIRTH: a new chart needs a birth date', 'PID-7');
  const further = pid.repetitions(3).flatMap((repetition) => {
    const value = pid.part(repetition, 1);
    if (value === '') return [];
    const assigner = pid.part(repetition, 4);
    const type = pid.part(repetition, 5) || 'PI';
    return [{ type, assigner, value, system: `urn:id:${assigner || 'unknown'}` }];
  });
  const sex = pid.text(8) === 'M' ? 'male' : 'female';
  return hospital.registration.register(act, { family, given, birthDate, sex, further, ...told(pid) });
}

/** What PID tells about a person: a blank field files nothing, `""` deletes. */
export function told(pid: Segment): PatientCorrection {
  const correction: { -readonly [K in keyof PatientCorrection]: PatientCorrection[K] } = {};
  const fill = (field: number, value: string, put: (value: string) => void) => {
    if (pid.deletes(field)) put('');
    else if (value !== '') put(value);
  };
  fill(5, pid.text(5, 3), (value) => {
    correction.middle = value;
  });
  fill(11, pid.text(11, 1), (value) => {
    correction.street = value;
  });
  const place = places.findIndex(({ city }) => alike(city, pid.text(11, 3)));
  if (place >= 0) correction.place = place;
  const race = races.findIndex(({ code }) => code === pid.text(10));
  if (race >= 0) correction.race = race;
  const marital = pid.text(16);
  if (marital === 'S' || marital === 'M' || marital === 'D') correction.marital = marital;
  for (const repetition of pid.repetitions(13)) {
    const kind = pid.part(repetition, 3);
    const mail = pid.part(repetition, 4);
    if (mail !== '') correction.email = mail;
    const digits = (pid.part(repetition, 6) + pid.part(repetition, 7) || pid.part(repetition, 1)).replace(
      /\D/g,
      '',
    );
    if (digits.length !== 10) continue;
    const number = `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`;
    if (kind === 'CP') correction.mobilePhone = number;
    else correction.homePhone = number;
  }
  const died = dateOf(pid.text(29));
  if (died) correction.deathDate = died;
  return correction;
}

/** A08 and A31 may correct a name as well. */
export function toldWithName(pid: Segment): PatientCorrection {
  const family = pid.text(5, 1);
  const given = pid.text(5, 2);
  return { ...told(pid), ...(family === '' ? {} : { family }), ...(given === '' ? {} : { given }) };
}

/** What of a correction differs from the chart: filing what is known already changes nothing. */
export function fresh(patient: Patient, correction: PatientCorrection): PatientCorrection {
  return Object.fromEntries(
    Object.entries(correction).filter(([name, value]) => {
      const known = patient[name as keyof Patient];
      const same =
        typeof value === 'string' && typeof known === 'string' ? alike(value, known) : value === known;
      return !same;
    }),
  );
}

function dateOf(text: string): string | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)/.exec(text);
  return match ? `${match[1]}-${match[2]}-${match[3]}` : undefined;
}

/** HL7 names travel in capitals. */
function alike(one: string, other: string): boolean {
  return one.localeCompare(other, 'en', { sensitivity: 'base' }) === 0;
}
