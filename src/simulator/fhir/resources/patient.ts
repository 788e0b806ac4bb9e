import { systems } from '../../world/identity.ts';
import type { Patient } from '../../world/records.ts';
import { places, races } from '../../world/vocabulary.ts';
import type { Declaration, Site } from '../declaration.ts';
import type { Resource } from '../outcome.ts';
import { displayName, organizationReference, practitionerName } from './display.ts';
import { createPatient } from './patient-create.ts';
import { identifiersOf, isUnverified } from './patient-identifiers.ts';
import { searchPatients } from './patient-search.ts';

/** Patient: read; search by identifier or by demographics strong enough to mean one person; match or create. */
export function patients(site: Site): Declaration<Patient> {
  const { hospital } = site;
  return {
    type: 'Patient',
    interactions: {
      R4: ['read', 'search', 'create'],
      STU3: ['read', 'search', 'create'],
      DSTU2: ['read', 'search'],
    },
    native: [
      { name: 'address', type: 'string', documentation: 'Any part of an address.', at: 'address' },
      { name: 'address-city', type: 'string', documentation: 'The city.', at: 'address.city' },
      {
        name: 'address-postalcode',
        type: 'string',
        documentation: 'The postal code.',
        at: 'address.postalCode',
      },
      { name: 'address-state', type: 'string', documentation: 'The state.', at: 'address.state' },
      { name: 'birthdate', type: 'date', documentation: 'One date, with eq or without a prefix.' },
      { name: 'family', type: 'string', documentation: 'Exact, or sounding like it.' },
      { name: 'gender', type: 'token', documentation: 'Administrative gender.' },
      { name: 'given', type: 'string', documentation: 'Exact, or sounding like it.' },
      { name: 'identifier', type: 'token', documentation: 'System or id type, a bar, and the value.' },
      { name: 'legal-sex', type: 'token', documentation: 'Legal sex.' },
      { name: 'name', type: 'string', documentation: 'Ignored when any part of a name is given.' },
      { name: 'own-name', type: 'string', documentation: "A person's own family name.", at: 'name.own' },
      {
        name: 'own-prefix',
        type: 'string',
        documentation: 'The prefix of the own name.',
        at: 'name.ownPrefix',
      },
      { name: 'partner-name', type: 'string', documentation: "A partner's family name.", at: 'name.partner' },
      {
        name: 'partner-prefix',
        type: 'string',
        documentation: "The prefix of a partner's name.",
        at: 'name.partnerPrefix',
      },
      { name: 'telecom', type: 'token', documentation: 'A telephone number or an email address.' },
    ],
    postFilters: [
      { name: 'active', type: 'token', at: 'active' },
      { name: 'address-country', type: 'string', at: 'address.country' },
      { name: 'address-use', type: 'token', at: 'address.use' },
      { name: 'death-date', type: 'date', at: 'deceasedDateTime' },
      { name: 'email', type: 'token', at: 'telecom' },
      { name: 'general-practitioner', type: 'reference', at: 'generalPractitioner' },
      { name: 'language', type: 'token', at: 'communication.language' },
      { name: 'link', type: 'reference', at: 'link.other' },
      { name: 'organization', type: 'reference', at: 'managingOrganization' },
      { name: 'phone', type: 'token', at: 'telecom' },
      { name: 'phonetic', type: 'string', at: 'name.family,name.given' },
    ],
    // Whatever the standing: who may read whom is judged after the chart was found.
    find: (id) => hospital.patient(id),
    idOf: ({ fhirId }) => fhirId,
    patientOf: (patient) => patient,
    candidates: (query) => searchPatients(site, query),
    render: (patient) => patientResource(site, patient),
    older: { DSTU2: { to: toDstu2 } },
    creates: [
      {
        name: 'Patient.Create',
        specification: 930,
        accepts: () => true,
        file: ({ resource }) => createPatient(site, resource),
      },
    ],
  };
}

const marital = { S: 'Single', M: 'Married', D: 'Divorced' } as const;

function patientResource(site: Site, patient: Patient): Resource {
  const { hospital } = site;
  const name = {
    text: displayName(patient, ' '),
    family: patient.family,
    given: [patient.given, patient.middle].filter(Boolean),
  };
  const language = patient.spanish ? ['es', 'Spanish'] : ['en', 'English'];
  const unverified = isUnverified(patient);
  return {
    resourceType: 'Patient',
    id: patient.fhirId,
    ...(unverified ? { meta: { security: [patientReported('PATRPT'), patientReported('UNCERTREL')] } } : {}),
    extension: extensions(patient),
    identifier: identifiersOf(site, patient),
    active: true,
    name: [
      { use: 'official', ...name },
      { use: 'usual', ...name },
    ],
    ...telecom(patient),
    gender: patient.sex,
    birthDate: patient.birthDate,
    ...(patient.deathDate === undefined
      ? { deceasedBoolean: false }
      : { deceasedDateTime: patient.deathDate }),
    ...address(patient),
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
    managingOrganization: organizationReference(hospital),
  };
}

function patientReported(code: string): unknown {
  return { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code };
}

function telecom({ homePhone, mobilePhone, email }: Patient): Record<string, unknown> {
  const all = [
    { system: 'phone', value: homePhone, use: 'home' },
    { system: 'phone', value: mobilePhone, use: 'mobile', rank: 1 },
    { system: 'email', value: email, rank: 2 },
  ].filter(({ value }) => value !== '');
  return all.length > 0 ? { telecom: all } : {};
}

function address(patient: Patient): Record<string, unknown> {
  const place = places[patient.place] as (typeof places)[number];
  if (patient.street === '') return {};
  return {
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
  };
}

function extensions(patient: Patient): unknown[] {
  const race = isUnverified(patient) ? undefined : races[patient.race];
  const initial = patient.sex === 'female' ? 'F' : 'M';
  const epic = 'http://open.epic.com/FHIR/StructureDefinition/extension';
  const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition';
  const sexCoding = [{ system: systems.legalSex, code: patient.sex, display: patient.sex }];
  const raceSystem = 'urn:oid:2.16.840.1.113883.6.238';
  const pronouns = {
    code: initial === 'F' ? 'LA29519-8' : 'LA29518-0',
    display: initial === 'F' ? 'she/her' : 'he/him',
  };
  return [
    { url: `${epic}/legal-sex`, valueCodeableConcept: { coding: sexCoding } },
    { url: `${epic}/sex-for-clinical-use`, valueCodeableConcept: { coding: sexCoding } },
    {
      url: `${usCore}/us-core-race`,
      extension: [
        ...(race
          ? [
              {
                url: 'ombCategory',
                valueCoding: { system: raceSystem, code: race.code, display: race.display },
              },
            ]
          : []),
        { url: 'text', valueString: race?.display ?? 'Unknown' },
      ],
    },
    { url: `${usCore}/us-core-ethnicity`, extension: [{ url: 'text', valueString: 'Unknown' }] },
    { url: `${usCore}/us-core-birthsex`, valueCode: initial },
    {
      url: `${epic}/calculated-pronouns-to-use-for-text`,
      valueCodeableConcept: { coding: [{ system: 'http://loinc.org', ...pronouns }] },
    },
  ];
}

/** DSTU2: a family name is a list, and the usual provider is the care provider. */
function toDstu2({ name, generalPractitioner, ...rest }: Resource): Resource {
  const names = name as readonly { readonly family: string }[];
  return {
    ...rest,
    name: names.map((each) => ({ ...each, family: [each.family] })),
    careProvider: generalPractitioner,
  };
}
