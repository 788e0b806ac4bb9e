/** Encounter: found by its visit number, else by patient, class and start. */
import type { FhirResource } from '../../fhir/index.ts';
import {
  type Compared,
  codingsOf,
  identifierKeys,
  OTHER,
  partOf,
  referenceId,
  SAME,
  sameMoment,
  sharedIdentifier,
  sharesCoding,
  textOf,
} from './compare.ts';
import { daysAround, identifierQuestions, identity, type Kind, type Looking, withSubject } from './kind.ts';

const patientOf = (encounter: FhirResource): string | undefined => referenceId(encounter.subject, 'Patient');
const startOf = (encounter: FhirResource): string | undefined => textOf(partOf(encounter.period)?.start);

const OFF: ReadonlySet<unknown> = new Set(['cancelled', 'entered-in-error']);

function compare(ours: FhirResource, theirs: FhirResource, { timeZone }: Looking): Compared {
  if (OFF.has(theirs.status)) return OTHER;
  const samePatient = patientOf(ours) === patientOf(theirs);
  if (sharedIdentifier(ours, theirs)) return samePatient ? SAME : { verdict: 'doubt', about: ['patient'] };
  if (!samePatient || !sameMoment(startOf(ours), startOf(theirs), timeZone)) return OTHER;
  const [mine, yours] = [ours.class, theirs.class];
  const comparable =
    codingsOf(mine).length > 0 &&
    codingsOf(yours).some(({ system }) => codingsOf(mine).some((one) => one.system === system));
  // Sites name classes by systems of their own: then patient and start must do.
  return comparable && !sharesCoding(mine, yours) ? OTHER : SAME;
}

export const encounterKind: Kind = {
  type: 'Encounter',
  name: 'encounter',
  patientOf,
  about: withSubject,
  identityOf(encounter) {
    const [number] = identifierKeys(encounter);
    if (number !== undefined) return identity('Encounter', number);
    return identity('Encounter', patientOf(encounter), startOf(encounter), codingsOf(encounter.class));
  },
  questions(encounter) {
    const patient = patientOf(encounter);
    const start = startOf(encounter);
    if (patient === undefined) return [];
    const numbers = identifierQuestions(encounter, { patient });
    if (start === undefined) return numbers;
    const [from, to] = daysAround(start);
    return [...numbers, { params: { patient, date: [`ge${from}`, `le${to}`] }, by: 'content' }];
  },
  compare,
};
