import { systems } from '../../world/identity.ts';
import type { Patient, Sex } from '../../world/records.ts';
import { places } from '../../world/vocabulary.ts';
import type { Site } from '../declaration.ts';
import { plain, valuesAt } from '../matching.ts';
import { type Resource, refuse } from '../outcome.ts';

/** What a sent Patient says of a person. */
export interface Person {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly birthDate: string;
  readonly sex: Sex;
  readonly ssn: string | undefined;
  readonly phones: readonly string[];
  readonly street: string;
  readonly place: number;
}

type Data = Readonly<Record<string, unknown>>;

/**
 * Patient.Create: matches or creates, and no status tells which. Throws a Refusal. A person without a certain match
 * gets a chart; neither telephone nor SSN is shown when it is read back, and there is no medical record number yet.
 */
export function createPatient(site: Site, resource: Resource): string {
  const { hospital } = site;
  refuseModifiers(site, resource);
  const person = personIn(resource);
  refuseWhatIsMissing(site, resource, person);
  const match = certainMatches(site, person)[0];
  if (match) return match.fhirId;
  const { ssn, phones: _notFiled, ...details } = person;
  const patient = hospital.registration.register(hospital.act('fhir'), {
    ...details,
    mrn: '',
    further: ssn === undefined ? [] : [{ type: 'SS', assigner: 'SSA', value: ssn, system: systems.ssn }],
  });
  return patient.fhirId;
}

/** Values of modifier elements that Epic does not take end the write (from November 2022), and were ignored before. */
function refuseModifiers({ behaviour }: Site, resource: Resource): void {
  if (!behaviour.unacceptedModifierFatal) return;
  if (resource.active !== undefined && resource.active !== true) throw refuse(59012, { element: 'active' });
  const deceased = resource.deceasedDateTime !== undefined || resource.deceasedBoolean === true;
  if (deceased) throw refuse(59012, { element: 'deceased' });
  if (valuesAt(resource, 'link').length > 0) throw refuse(59012, { element: 'link' });
}

/** Reads the person. Throws a Refusal for what is missing or cannot be. */
export function personIn(resource: Resource): Person {
  const names = valuesAt(resource, 'name') as Data[];
  const official = names.filter(({ use }) => use === 'official' || use === undefined);
  if (official.length !== 1)
    throw refuse(59108, { element: 'name', diagnostics: 'One official name is required' });
  const [name] = official as [Data];
  const family = text(name.family) ?? text((valuesAt(name, 'family') as unknown[])[0]);
  const [given, ...more] = valuesAt(name, 'given').filter((each) => typeof each === 'string') as string[];
  if (!family) throw refuse(59108, { element: 'name.family' });
  if (!given) throw refuse(59108, { element: 'name.given' });
  const birthDate = text(resource.birthDate);
  if (!birthDate) throw refuse(59108, { element: 'birthDate' });
  if (!isDate(birthDate)) throw refuse(59111, { element: 'birthDate' });
  const sex = text(resource.gender);
  if (!sex) throw refuse(59108, { element: 'gender' });
  // The mapping table of this site knows two values.
  if (sex !== 'female' && sex !== 'male') throw refuse(40000, { element: 'gender', diagnostics: sex });
  return { family, given, middle: more.join(' '), birthDate, sex, ...contactOf(resource) };
}

function contactOf(resource: Resource): Pick<Person, 'ssn' | 'phones' | 'street' | 'place'> {
  const identifiers = valuesAt(resource, 'identifier') as Data[];
  const ssn = text(identifiers.find(({ system }) => system === systems.ssn)?.value)?.replaceAll('-', '');
  if (ssn !== undefined && !/^\d{9}$/.test(ssn)) throw refuse(59111, { element: 'identifier (ssn)' });
  const homes = (valuesAt(resource, 'address') as Data[]).filter(
    ({ use }) => use === 'home' || use === undefined,
  );
  if (homes.length > 1)
    throw refuse(59102, { element: 'address', diagnostics: 'More than one home address' });
  const [home] = homes;
  const street = home ? valuesAt(home, 'line').join(', ') : '';
  const city = text(home?.city);
  if (home && street === '') throw refuse(59108, { element: 'address.line' });
  if (home && !city) throw refuse(59108, { element: 'address.city' });
  const place = places.findIndex((each) => plain(each.city) === plain(city ?? ''));
  // The hospital knows few places; a stranger's city is filed as the first of them.
  return {
    ssn,
    phones: valuesAt(resource, 'telecom.value').map(String),
    street,
    place: Math.max(0, place),
  };
}

/** What a site asks for beside name, birth date and gender is its own build. */
function refuseWhatIsMissing({ behaviour }: Site, resource: Resource, person: Person): void {
  for (const needed of behaviour.patientCreateNeeds) {
    const isThere = needed === 'ssn' ? person.ssn !== undefined : valuesAt(resource, needed).length > 0;
    if (!isThere) throw refuse(59108, { element: needed === 'ssn' ? 'identifier (ssn)' : needed });
  }
}

/** Charts that are this person's beyond doubt: name, birth date and sex agree, and one thing more. */
export function certainMatches({ hospital }: Site, person: Person): readonly Patient[] {
  return likelyMatches({ hospital }, person).filter((patient) => {
    const ssn = ssnOf(patient);
    if (person.ssn !== undefined && ssn !== undefined) return ssn === person.ssn;
    const phones = [patient.homePhone, patient.mobilePhone].filter(Boolean);
    return (
      person.phones.some((phone) => phones.includes(phone)) ||
      (person.street !== '' && plain(person.street) === plain(patient.street))
    );
  });
}

/** Charts with the same name, birth date and sex: twins and namesakes among them. */
export function likelyMatches({ hospital }: Pick<Site, 'hospital'>, person: Person): readonly Patient[] {
  return hospital.patients
    .bornOn(person.birthDate)
    .filter(
      (patient) =>
        patient.standing === 'active' &&
        patient.sex === person.sex &&
        plain(patient.family) === plain(person.family) &&
        plain(patient.given) === plain(person.given),
    );
}

function ssnOf({ further }: Patient): string | undefined {
  return further.find(({ type }) => type === 'SS')?.value;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** A whole date that exists. */
function isDate(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const instant = Date.parse(`${value}T00:00:00Z`);
  return Number.isFinite(instant) && new Date(instant).toISOString().startsWith(value);
}
