/** Patient: found by identifier, else by name, birth date and sex with something beside them. Never picked. */
import { type FhirResource, objectsIn } from '../../fhir/index.ts';
import {
  type Compared,
  identifierKeys,
  OTHER,
  plainText,
  SAME,
  sameText,
  sharedIdentifier,
  textOf,
} from './compare.ts';
import { escaped, identifierQuestions, identity, type Kind, type Question } from './kind.ts';

type Name = { readonly family: string; readonly given: readonly string[] };

const namesOf = (patient: FhirResource): readonly Name[] =>
  objectsIn(patient.name).map(({ family, given }) => ({
    family: textOf(family) ?? '',
    given: Array.isArray(given) ? given.flatMap((one) => textOf(one) ?? []) : [],
  }));

const official = (patient: FhirResource): Name | undefined => {
  const names = objectsIn(patient.name);
  const at = names.findIndex(({ use }) => use === 'official');
  return namesOf(patient)[Math.max(at, 0)];
};

/** First given names and families of both have one in common. */
function sameName(ours: FhirResource, theirs: FhirResource): boolean {
  return namesOf(ours).some((a) =>
    namesOf(theirs).some(
      (b) =>
        sameText(a.family, b.family) && a.given.some((one) => b.given.some((other) => sameText(one, other))),
    ),
  );
}

interface Home {
  readonly street: string;
  readonly postalCode: string | undefined;
  readonly city: string | undefined;
}

const homesOf = (patient: FhirResource): readonly Home[] =>
  objectsIn(patient.address).flatMap(({ line, postalCode, city }) => {
    const street = Array.isArray(line) ? textOf(line[0]) : undefined;
    if (street === undefined || (textOf(postalCode) ?? textOf(city)) === undefined) return [];
    const [code, town] = [textOf(postalCode)?.slice(0, 5), textOf(city)];
    return [
      {
        street: plainText(street),
        postalCode: code === undefined ? undefined : plainText(code),
        city: town === undefined ? undefined : plainText(town),
      },
    ];
  });

/** By the postal code where both say one, else by the city: servers add what they were not told. */
function samePlace(a: Home, b: Home): boolean {
  if (a.street !== b.street) return false;
  if (a.postalCode !== undefined && b.postalCode !== undefined) return a.postalCode === b.postalCode;
  return a.city !== undefined && a.city === b.city;
}

const numbersOf = (patient: FhirResource): readonly string[] =>
  objectsIn(patient.telecom).flatMap(({ value }) => {
    const text = textOf(value);
    if (text === undefined) return [];
    return [text.includes('@') ? text.toLowerCase() : text.replace(/\D/g, '').slice(-10)];
  });

/** Where the two live, or how they are called up: `true` agrees, `false` contradicts, `undefined` says nothing. */
function sameHome(ours: FhirResource, theirs: FhirResource): boolean | undefined {
  const [homes, yours] = [homesOf(ours), homesOf(theirs)];
  const [numbers, theirNumbers] = [numbersOf(ours), numbersOf(theirs)];
  const compared: boolean[] = [];
  if (homes.length > 0 && yours.length > 0)
    compared.push(homes.some((one) => yours.some((other) => samePlace(one, other))));
  if (numbers.length > 0 && theirNumbers.length > 0)
    compared.push(numbers.some((one) => theirNumbers.includes(one)));
  return compared.length === 0 ? undefined : compared.some(Boolean);
}

function compare(ours: FhirResource, theirs: FhirResource): Compared {
  const shared = sharedIdentifier(ours, theirs);
  const about: string[] = [];
  if (theirs.active === false || objectsIn(theirs.link).some(({ type }) => type === 'replaced-by'))
    about.push('that the record is in use');
  // Unknown is no agreement: wrong patient is the worst failure.
  if (textOf(ours.birthDate)?.slice(0, 10) !== textOf(theirs.birthDate)?.slice(0, 10))
    about.push('birthDate');
  if (!sameText(ours.gender, theirs.gender)) about.push('gender');
  if (shared) {
    // A twin with the other one's number has the same birth date, and often the same sex.
    if (!sameName(ours, theirs)) about.push('name');
    return about.length === 0 ? SAME : { verdict: 'doubt', about };
  }
  if (!sameName(ours, theirs) || about.length > 0) return OTHER;
  // Of one namespace each person has one number: another number is another person.
  const [mine, yours] = [identifierKeys(ours), identifierKeys(theirs)];
  const systemsOf = (keys: readonly string[]): Set<string> =>
    new Set(keys.map((key) => key.slice(0, key.lastIndexOf('|'))));
  const both = [...systemsOf(mine)].filter((system) => systemsOf(yours).has(system));
  if (both.length > 0) return { verdict: 'doubt', about: ['identifier'] };
  // Two people of one name are born on one day somewhere: something else must speak for it.
  return sameHome(ours, theirs) === true ? SAME : { verdict: 'doubt', about: ['address or telecom'] };
}

export const patientKind: Kind = {
  type: 'Patient',
  name: 'patient',
  identityOf(patient) {
    const [number] = identifierKeys(patient);
    if (number !== undefined) return identity('Patient', number);
    const name = official(patient);
    const person = [name?.family ?? '', name?.given[0] ?? ''].map(plainText);
    return identity('Patient', ...person, patient.birthDate, patient.gender);
  },
  questions(patient) {
    const questions: Question[] = [...identifierQuestions(patient)];
    const name = official(patient);
    const [given] = name?.given ?? [];
    const [born, sex] = [textOf(patient.birthDate), textOf(patient.gender)];
    if (
      name !== undefined &&
      name.family !== '' &&
      given !== undefined &&
      born !== undefined &&
      sex !== undefined
    ) {
      const params = {
        family: escaped(name.family),
        given: escaped(given),
        birthdate: born,
        gender: escaped(sex),
      };
      questions.push({ params, by: 'content' });
    }
    return questions;
  },
  compare,
};
