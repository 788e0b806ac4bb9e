/** Observation: found by patient, code and time, and one only with the same value. */
import { type FhirResource, objectsIn } from '../../fhir/index.ts';
import {
  type Compared,
  codingsOf,
  identifierKeys,
  OTHER,
  partOf,
  referenceId,
  SAME,
  sameMoment,
  sameQuantity,
  sameText,
  sharedIdentifier,
  sharesCoding,
  textOf,
} from './compare.ts';
import {
  daysAround,
  escaped,
  identifierQuestions,
  identity,
  type Kind,
  type Looking,
  withSubject,
} from './kind.ts';

const patientOf = (observation: FhirResource): string | undefined =>
  referenceId(observation.subject, 'Patient');

const timeOf = (observation: FhirResource): string | undefined =>
  textOf(observation.effectiveDateTime) ?? textOf(partOf(observation.effectivePeriod)?.start);

type Valued = Readonly<Record<string, unknown>>;

/** `undefined`: neither has one of a kind that can be compared. */
function sameValue(ours: Valued, theirs: Valued, timeZone: string): boolean | undefined {
  if (ours.valueQuantity !== undefined) return sameQuantity(ours.valueQuantity, theirs.valueQuantity);
  if (ours.valueCodeableConcept !== undefined)
    return sharesCoding(ours.valueCodeableConcept, theirs.valueCodeableConcept);
  for (const name of ['valueString', 'valueInteger', 'valueBoolean', 'valueDateTime'] as const) {
    if (ours[name] === undefined) continue;
    return (
      ours[name] === theirs[name] ||
      sameText(ours[name], theirs[name]) ||
      sameMoment(ours[name], theirs[name], timeZone)
    );
  }
  return undefined;
}

/** Each component of ours is there with its value: a blood pressure is two. */
function sameComponents(ours: FhirResource, theirs: FhirResource, timeZone: string): boolean {
  const yours = objectsIn(theirs.component);
  return objectsIn(ours.component).every((mine) =>
    yours.some((each) => sharesCoding(mine.code, each.code) && sameValue(mine, each, timeZone) === true),
  );
}

function compare(ours: FhirResource, theirs: FhirResource, { timeZone }: Looking): Compared {
  if (theirs.status === 'entered-in-error' || theirs.status === 'cancelled') return OTHER;
  const samePatient = patientOf(ours) === patientOf(theirs);
  const value = sameValue(ours, theirs, timeZone) !== false && sameComponents(ours, theirs, timeZone);
  if (sharedIdentifier(ours, theirs)) {
    const about = [...(samePatient ? [] : ['patient']), ...(value ? [] : ['value'])];
    return about.length === 0 ? SAME : { verdict: 'doubt', about };
  }
  const what = sharesCoding(ours.code, theirs.code);
  return samePatient && what && sameMoment(timeOf(ours), timeOf(theirs), timeZone) && value ? SAME : OTHER;
}

export const observationKind: Kind = {
  type: 'Observation',
  name: 'observation',
  patientOf,
  about: withSubject,
  identityOf(observation) {
    const [number] = identifierKeys(observation);
    if (number !== undefined) return identity('Observation', number);
    const at = Date.parse(timeOf(observation) ?? '');
    const values = Object.entries(observation).filter(([name]) => name.startsWith('value'));
    return identity(
      'Observation',
      patientOf(observation),
      codingsOf(observation.code),
      Number.isNaN(at) ? timeOf(observation) : at,
      Object.fromEntries(values),
      observation.component,
    );
  },
  questions(observation) {
    const patient = patientOf(observation);
    const time = timeOf(observation);
    const [code] = codingsOf(observation.code);
    if (patient === undefined || time === undefined || code === undefined) return [];
    const [from, to] = daysAround(time);
    const token = code.system === '' ? escaped(code.code) : `${escaped(code.system)}|${escaped(code.code)}`;
    // Of its category alone: what the server leaves out of others is no doubt about this one.
    const [category] = objectsIn(observation.category).flatMap(codingsOf);
    const what = {
      patient,
      code: token,
      ...(category === undefined ? {} : { category: escaped(category.code) }),
    };
    // By code, not by identifier alone: some servers refuse a search of observations without category or code.
    const numbers = identifierQuestions(observation, what);
    return [...numbers, { params: { ...what, date: [`ge${from}`, `le${to}`] }, by: 'content' }];
  },
  compare,
};
