/** Appointment: found by its number, else by patient and start. */
import { type FhirResource, objectsIn } from '../../fhir/index.ts';
import {
  type Compared,
  codingsOf,
  identifierKeys,
  OTHER,
  referenceId,
  SAME,
  sameMoment,
  sharedIdentifier,
  sharesCoding,
  textOf,
} from './compare.ts';
import { daysAround, identifierQuestions, identity, type Kind, type Looking } from './kind.ts';

const actors = (appointment: FhirResource, type: string): readonly string[] =>
  objectsIn(appointment.participant).flatMap(({ actor }) => referenceId(actor, type) ?? []);

const patientOf = (appointment: FhirResource): string | undefined => actors(appointment, 'Patient')[0];

const serviceTypes = (appointment: FhirResource): unknown => ({
  coding: objectsIn(appointment.serviceType).flatMap(codingsOf),
});

/** Neither takes place nor holds a place. */
const OFF: ReadonlySet<unknown> = new Set(['cancelled', 'entered-in-error', 'noshow', 'proposed']);

function compare(ours: FhirResource, theirs: FhirResource, { timeZone }: Looking): Compared {
  if (OFF.has(theirs.status)) return OTHER;
  const about: string[] = [];
  const samePatient = patientOf(ours) === patientOf(theirs);
  const sameStart = sameMoment(ours.start, theirs.start, timeZone);
  if (sharedIdentifier(ours, theirs)) {
    if (!samePatient) about.push('patient');
    if (!sameStart) about.push('start');
    return about.length === 0 ? SAME : { verdict: 'doubt', about };
  }
  if (!samePatient || !sameStart) return OTHER;
  const [mine, yours] = [serviceTypes(ours), serviceTypes(theirs)];
  const typed = codingsOf(mine).length > 0 && codingsOf(yours).length > 0;
  if (typed && !sharesCoding(mine, yours)) {
    // The same place in a patient's day for another purpose, or the site's own code for the same purpose.
    const systems = new Set(codingsOf(yours).map(({ system }) => system));
    if (codingsOf(mine).some(({ system }) => systems.has(system))) return OTHER;
    about.push('serviceType');
  }
  const [withWhom, withYou] = [actors(ours, 'Practitioner'), actors(theirs, 'Practitioner')];
  if (withWhom.length > 0 && withYou.length > 0 && !withWhom.some((one) => withYou.includes(one)))
    return OTHER;
  return about.length === 0 ? SAME : { verdict: 'doubt', about };
}

export const appointmentKind: Kind = {
  type: 'Appointment',
  name: 'appointment',
  patientOf,
  about(appointment, patientId) {
    if (patientOf(appointment) !== undefined) return appointment;
    const others = Array.isArray(appointment.participant) ? appointment.participant : [];
    const patient = { actor: { reference: `Patient/${patientId}` }, status: 'accepted' };
    return { ...appointment, participant: [patient, ...others] };
  },
  identityOf(appointment) {
    const [number] = identifierKeys(appointment);
    if (number !== undefined) return identity('Appointment', number);
    const start = Date.parse(textOf(appointment.start) ?? '');
    return identity(
      'Appointment',
      patientOf(appointment),
      Number.isNaN(start) ? null : start,
      serviceTypes(appointment),
    );
  },
  questions(appointment) {
    const patient = patientOf(appointment);
    const start = textOf(appointment.start);
    if (patient === undefined) return [];
    const numbers = identifierQuestions(appointment, { patient });
    if (start === undefined) return numbers;
    const [from, to] = daysAround(start);
    return [...numbers, { params: { patient, date: [`ge${from}`, `le${to}`] }, by: 'content' }];
  },
  compare,
};

/** The practitioners and locations that are asked for. */
export const askedFor = (
  appointment: FhirResource,
): readonly { readonly type: string; readonly id: string }[] =>
  ['Practitioner', 'Location'].flatMap((type) => actors(appointment, type).map((id) => ({ type, id })));
