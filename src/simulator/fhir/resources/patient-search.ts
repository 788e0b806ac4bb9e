import type { Patient } from '../../world/records.ts';
import type { Query, Site } from '../declaration.ts';
import { plain, readToken } from '../matching.ts';
import { issue, refuse } from '../outcome.ts';
import { valuesOf } from '../search.ts';
import { communityIdOf, identifiersOf } from './patient-identifiers.ts';

const demographics = [
  'family',
  'given',
  'name',
  'birthdate',
  'gender',
  'legal-sex',
  'telecom',
  'address',
  'address-city',
  'address-postalcode',
  'address-state',
  'own-name',
  'partner-name',
];

const mostPatients = 100;

/** Finds patients as Epic does. Throws a Refusal; weak demographics find nobody, and that is no error. */
export function searchPatients(site: Site, query: Query): readonly Patient[] {
  const { parameters } = query;
  const given = (name: string) => valuesOf(parameters, name)[0];
  const identifier = given('identifier');
  if (!identifier && !demographics.some(given)) {
    const diagnostics = 'This resource requires demographics or _id parameter for searching.';
    throw refuse(59159, { diagnostics, element: 'demographics/_id' });
  }
  const test = demographicTest(query);
  const found = identifier
    ? identifier.split(',').flatMap((token) => byIdentifier(site, token))
    : byDemographics(site, query);
  const living = found.filter((patient) => patient.standing === 'active' && test(patient));
  if (living.length > mostPatients) throw refuse(4127, {}, [issue(59133)]);
  return living;
}

/** Looked up by value; before the bar may stand the system, or the name of the id type. Two charts may carry one. */
function byIdentifier(site: Site, token: string): readonly Patient[] {
  const { hospital } = site;
  const { system, value } = readToken(token);
  const wanted = value.trim();
  if (wanted === '') return [];
  const community = Number(/^LGH(\d{7})$/.exec(wanted)?.[1] ?? Number.NaN);
  const all = [
    ...hospital.patients.withIdentifier(wanted),
    hospital.patient(wanted),
    community > 0 && communityIdOf(community) === wanted ? hospital.patients.get(community) : undefined,
  ];
  const charts = new Map(all.flatMap((each) => (each ? [[each.number, each]] : [])));
  return [...charts.values()].filter((patient) =>
    identifiersOf(site, patient).some(
      (each) =>
        each.value.trim() === wanted &&
        (!system || each.system === system || each.type.text === system.toUpperCase()),
    ),
  );
}

/** Family, given name, date of birth and one thing more mean a person; anything weaker finds nobody. */
function byDemographics({ hospital }: Site, { parameters }: Query): readonly Patient[] {
  const given = (name: string) => valuesOf(parameters, name)[0];
  const birthDate = birthDateIn(parameters);
  const { family, given: first } = namesIn(parameters);
  const more = ['gender', 'legal-sex', 'telecom', 'address', 'address-postalcode'].some(given);
  if (!birthDate || !family || !first || !more) return [];
  return hospital.patients.bornOn(birthDate);
}

/** The one date of birth. Throws a Refusal for a range. */
function birthDateIn(parameters: URLSearchParams): string | undefined {
  const dates = valuesOf(parameters, 'birthdate');
  if (dates.length > 1 || (dates[0] !== undefined && !/^(eq)?\d{4}-\d\d-\d\d$/.test(dates[0]))) {
    const diagnostics = 'A single valid date is required for birthdate';
    throw refuse(59111, { diagnostics, element: 'birthdate' });
  }
  return dates[0]?.replace(/^eq/, '');
}

function demographicTest({ parameters }: Query): (patient: Patient) => boolean {
  const birthDate = birthDateIn(parameters);
  const { family, given } = namesIn(parameters);
  const sexes = [...valuesOf(parameters, 'gender'), ...valuesOf(parameters, 'legal-sex')];
  const telecoms = valuesOf(parameters, 'telecom').map((token) => readToken(token).value);
  return (patient) =>
    (birthDate === undefined || patient.birthDate === birthDate) &&
    (family === undefined || soundsLike(patient.family, family)) &&
    (given === undefined || soundsLike(patient.given, given)) &&
    sexes.every((sex) => patient.sex === readToken(sex).value.toLowerCase()) &&
    telecoms.every((each) => [patient.homePhone, patient.mobilePhone, patient.email].includes(each));
}

/** Family and given name; `name` counts only when no part of a name is given. */
function namesIn(parameters: URLSearchParams): { family: string | undefined; given: string | undefined } {
  const [family] = valuesOf(parameters, 'family');
  const [given] = valuesOf(parameters, 'given');
  if (family !== undefined || given !== undefined) return { family, given };
  const [name = ''] = valuesOf(parameters, 'name');
  const words = name.split(/,\s*|\s+/).filter(Boolean);
  if (name.includes(',')) return { family: words[0], given: words[1] };
  return { family: words.at(-1), given: words.length > 1 ? words[0] : undefined };
}

const sounds: Readonly<Record<string, string>> = {
  ...spoken('bfpv', '1'),
  ...spoken('cgjkqsxz', '2'),
  ...spoken('dt', '3'),
  ...spoken('l', '4'),
  ...spoken('mn', '5'),
  ...spoken('r', '6'),
};

function spoken(letters: string, sound: string): Record<string, string> {
  return Object.fromEntries([...letters].map((letter) => [letter, sound]));
}

/** American Soundex: names that sound alike have the same four signs. */
function soundOf(name: string): string {
  const letters = [...plain(name).replace(/[^a-z]/g, '')];
  let code = (letters[0] ?? '').toUpperCase();
  let last = sounds[letters[0] ?? ''];
  for (const letter of letters.slice(1)) {
    const sound = sounds[letter];
    if (sound && sound !== last) code += sound;
    // Vowels part two equal sounds; h and w do not.
    if (letter !== 'h' && letter !== 'w') last = sound;
  }
  return code.padEnd(4, '0').slice(0, 4);
}

function soundsLike(one: string, other: string): boolean {
  return plain(one) === plain(other) || soundOf(one) === soundOf(other);
}
