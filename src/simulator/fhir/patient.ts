import type { Hospital } from '../world/hospital.ts';
import { epicIdOf, externalIdOf, systems } from '../world/identity.ts';
import type { Patient } from '../world/records.ts';
import { places, races } from '../world/vocabulary.ts';
import { displayName, practitionerName } from './display.ts';
import { type Issue, issue, Refusal, type Resource } from './outcome.ts';
import {
  controlParameters,
  type Found,
  type ResourceService,
  readToken,
  type SearchParameter,
  searchById,
} from './service.ts';

const demographics = ['family', 'given', 'name', 'birthdate', 'gender', 'legal-sex', 'telecom'];

const parameters: readonly SearchParameter[] = [
  { name: 'birthdate', type: 'date' },
  { name: 'family', type: 'string' },
  { name: 'gender', type: 'token' },
  { name: 'given', type: 'string' },
  { name: 'identifier', type: 'token' },
  { name: 'legal-sex', type: 'token' },
  { name: 'name', type: 'string' },
  { name: 'telecom', type: 'token' },
  { name: '_count', type: 'number' },
  { name: '_id', type: 'token' },
];

/** Patient: read, and search by identifier, by id, or by demographics strong enough to mean one person. */
export function patientService(hospital: Hospital): ResourceService {
  function read(id: string): Resource | undefined {
    const patient = hospital.patient(id);
    return patient && patientResource(hospital, patient);
  }
  return {
    type: 'Patient',
    parameters,
    read,
    search(query) {
      const id = query.get('_id');
      if (id) return searchById({ read }, id);
      const identifier = query.get('identifier');
      if (identifier) return byIdentifier(hospital, identifier);
      if (!demographics.some((name) => query.get(name))) throw new Refusal(400, ...nothingToSearch(query));
      return byDemographics(hospital, query);
    },
  };
}

/** An identifier is looked up by value; before the bar may stand the system, or the name of the id type. */
function byIdentifier(hospital: Hospital, token: string): Found {
  const { system, value } = readToken(token);
  const patient = hospital.patientByAny(value.trim()) ?? byCommunityId(hospital, value);
  const fits = (each: { system: string; value: string; type: { text: string } }) =>
    each.value.trim() === value.trim() &&
    (!system || each.system === system || each.type.text === system.toUpperCase());
  return { ids: patient && identifiers(hospital, patient).some(fits) ? [patient.fhirId] : [] };
}

function byCommunityId(hospital: Hospital, value: string): Patient | undefined {
  const number = /^LGH(\d{7})$/.exec(value.trim())?.[1];
  return number === undefined ? undefined : hospital.patients.get(Number(number));
}

/**
 * Family, given name, date of birth and one thing more find a person. Weaker demographics find nobody, and that is
 * no error: 200 with a total of 0, which a client must not take for proof that the person is unknown.
 */
function byDemographics(hospital: Hospital, query: URLSearchParams): Found {
  const dates = query.getAll('birthdate');
  if (dates.length > 0 && (dates.length > 1 || !/^(eq)?\d{4}-\d\d-\d\d$/.test(dates[0] as string))) {
    const diagnostics = 'A single valid date is required for birthdate';
    throw new Refusal(400, issue(59111, { diagnostics, element: 'birthdate' }));
  }
  const birthDate = dates[0]?.replace(/^eq/, '');
  const [family, given] = namesIn(query);
  const sex = query.get('gender') ?? query.get('legal-sex');
  const telecom = query.get('telecom');
  if (!family || !given || !(sex || telecom)) return { ids: [] };
  const ids = hospital.patients
    .filter(
      (patient) =>
        patient.birthDate === birthDate &&
        same(patient.family, family) &&
        same(patient.given, given) &&
        (!sex || patient.sex === readToken(sex).value.toLowerCase()) &&
        (!telecom ||
          [patient.homePhone, patient.mobilePhone, patient.email].includes(readToken(telecom).value)),
    )
    .map((patient) => patient.fhirId);
  if (ids.length > 100) throw new Refusal(400, issue(4127));
  return { ids };
}

/** Family and given name; `name` counts only when no part of a name is given. */
function namesIn(query: URLSearchParams): readonly [family: string | undefined, given: string | undefined] {
  const family = query.get('family') ?? undefined;
  const given = query.get('given') ?? undefined;
  if (family || given) return [family, given];
  const words = (query.get('name') ?? '').split(/,\s*|\s+/).filter(Boolean);
  if (query.get('name')?.includes(',')) return [words[0], words[1]];
  return [words.at(-1), words.length > 1 ? words[0] : undefined];
}

function same(one: string, other: string): boolean {
  return one.localeCompare(other, 'en', { sensitivity: 'base' }) === 0;
}

function nothingToSearch(query: URLSearchParams): Issue[] {
  const unknown = [...new Set(query.keys())].filter(
    (name) => !controlParameters.includes(name) && !parameters.some((each) => each.name === name),
  );
  return [
    ...unknown.map((name) =>
      issue(59100, {
        diagnostics: `Unknown parameter: ${name.toUpperCase()}. Parameter has been ignored.`,
      }),
    ),
    issue(59159, {
      diagnostics: 'This resource requires demographics or _id parameter for searching.',
      element: 'demographics/_id',
    }),
  ];
}

function identifiers(hospital: Hospital, { number, fhirId, mrn }: Patient) {
  const external = externalIdOf(number);
  const identifier = (text: string, system: string, value: string) => ({
    use: 'usual',
    type: { text },
    system,
    value,
  });
  return [
    identifier('CEID', systems.communityId, `LGH${String(number).padStart(7, '0')}`),
    identifier('EPIC', systems.epic, epicIdOf(number)),
    identifier('EXTERNAL', systems.external, external),
    identifier('FHIR', systems.dstu2Id, hospital.identities.dstu2Id('Patient', number)),
    identifier('FHIR STU3', systems.stu3Id, fhirId),
    // INTERNAL is the same id, filled to ten characters with blanks in front.
    identifier('INTERNAL', systems.external, external.padStart(10)),
    identifier('EPI', systems.mrn, mrn),
    identifier('MYCHARTLOGIN', systems.portalLogin, `PORTAL${number}`),
    identifier('WPRINTERNAL', systems.portalInternal, String(500 + number)),
  ];
}

const marital = { S: 'Single', M: 'Married', D: 'Divorced' } as const;

function patientResource(hospital: Hospital, patient: Patient): Resource {
  const place = places[patient.place] as (typeof places)[number];
  const name = {
    text: displayName(patient, ' '),
    family: patient.family,
    given: [patient.given, patient.middle].filter(Boolean),
  };
  const language = patient.spanish ? ['es', 'Spanish'] : ['en', 'English'];
  return {
    resourceType: 'Patient',
    id: patient.fhirId,
    extension: extensions(patient),
    identifier: identifiers(hospital, patient),
    active: true,
    name: [
      { use: 'official', ...name },
      { use: 'usual', ...name },
    ],
    telecom: [
      { system: 'phone', value: patient.homePhone, use: 'home' },
      { system: 'phone', value: patient.mobilePhone, use: 'mobile', rank: 1 },
      { system: 'email', value: patient.email, rank: 2 },
    ],
    gender: patient.sex,
    birthDate: patient.birthDate,
    deceasedBoolean: false,
    address: [
      {
        use: 'home',
        text: `${patient.street}\r\n${place.city} ${place.state} ${place.postalCode}`,
        line: [patient.street],
        city: place.city,
        district: place.county.toUpperCase(),
        state: place.state,
        postalCode: place.postalCode,
        country: 'US',
      },
    ],
    maritalStatus: { text: marital[patient.marital] },
    communication: [
      {
        language: {
          coding: [{ system: 'urn:ietf:bcp:47', code: language[0], display: language[1] }],
          text: language[1],
        },
        preferred: true,
      },
    ],
    generalPractitioner: [
      { reference: `Practitioner/${patient.provider.fhirId}`, display: practitionerName(patient.provider) },
    ],
    managingOrganization: {
      reference: `Organization/${hospital.facility.organizationId}`,
      display: hospital.facility.name,
    },
  };
}

function extensions(patient: Patient): unknown[] {
  const race = races[patient.race] as (typeof races)[number];
  const initial = patient.sex === 'female' ? 'F' : 'M';
  const epic = 'http://open.epic.com/FHIR/StructureDefinition/extension';
  const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition';
  const sexCoding = [{ system: systems.legalSex, code: patient.sex, display: patient.sex }];
  const raceCoding = { system: 'urn:oid:2.16.840.1.113883.6.238', code: race.code, display: race.display };
  return [
    { url: `${epic}/legal-sex`, valueCodeableConcept: { coding: sexCoding } },
    { url: `${epic}/sex-for-clinical-use`, valueCodeableConcept: { coding: sexCoding } },
    {
      url: `${usCore}/us-core-race`,
      extension: [
        { url: 'ombCategory', valueCoding: raceCoding },
        { url: 'text', valueString: race.display },
      ],
    },
    { url: `${usCore}/us-core-ethnicity`, extension: [{ url: 'text', valueString: 'Unknown' }] },
    { url: `${usCore}/us-core-birthsex`, valueCode: initial },
  ];
}
