import type { Segment } from '../../../hl7/index.ts';
import type {
  CodeableConcept,
  ContactPoint,
  Element,
  Extension,
  HumanName,
  Identifier,
  Patient,
} from '../../r4.ts';
import { concept } from '../datatypes/cwe.ts';
import { identifier, identifierType, ssnSystem } from '../datatypes/cx.ts';
import { address } from '../datatypes/xad.ts';
import { calledBy, humanName, nameText } from '../datatypes/xpn.ts';
import { contactPoint } from '../datatypes/xtn.ts';
import { stableId } from '../ids.ts';
import { dateOf, dateTime, element, fieldsOf, note, present, type Reading, single } from '../reading.ts';
import { genders, maritalStatuses, yesNo } from '../tables.ts';

/** How the patient's id is chosen among identifiers. */
export interface PatientIdentity {
  /** The id system of the site's medical record numbers, when the record names it. */
  readonly mrnSystem?: string | undefined;
}

/**
 * PID[Patient] of the v2-to-FHIR guide; the rows are cited as PID-n. Left out: PID-10, 17, 22, 26 to 28, 35 to 39
 * (extensions of each country), PID-18 (an Account), PID-21 (a RelatedPerson), PID-33 and 34 (a Provenance).
 */
export function patient(reading: Reading, pid: Segment, identity: PatientIdentity): Patient {
  const identifiers = patientIdentifiers(reading, pid);
  const main =
    identifiers.find(({ system }) => identity.mrnSystem !== undefined && system === identity.mrnSystem) ??
    identifiers.find(({ type }) => type?.text === 'MR') ??
    identifiers[0];
  if (main === undefined) note(reading, 'no-identifier', 'PID-3', 'PID names no identifier of the patient.');
  return element<Patient>({
    resourceType: 'Patient',
    id:
      main &&
      stableId(reading.site, 'Patient', main.system ?? main.assigner?.display ?? '', main.value ?? ''),
    extension: patientExtensions(pid),
    identifier: identifiers,
    name: patientNames(reading, pid),
    telecom: patientTelecom(reading, pid),
    gender: gender(reading, pid),
    ...birth(reading, pid),
    ...death(reading, pid),
    address: patientAddresses(reading, pid),
    maritalStatus: maritalStatus(reading, pid),
    ...multipleBirth(pid),
    communication: languages(reading, pid),
  });
}

/** PID-3, then PID-2 and PID-4 where older versions carry more, PID-19 and PID-20; none twice. */
function patientIdentifiers(reading: Reading, pid: Segment): readonly Identifier[] {
  const found: Identifier[] = [];
  for (const number of [3, 2, 4])
    for (const field of fieldsOf(pid, number)) {
      const each = identifier(reading, field);
      // PID-2 and PID-4 mostly repeat one of PID-3, with less said about it.
      const known = found.some(
        ({ value, type, system }) =>
          value === each?.value &&
          (number !== 3 || (type?.text === each?.type?.text && system === each?.system)),
      );
      if (each !== undefined && !known) found.push(each);
    }
  const ssn = single(pid, 19);
  // "If in the US": nine digits are taken for a US number; any other keeps its type alone.
  if (ssn !== undefined && !found.some(({ type }) => type?.text === 'SS'))
    found.push(
      element<Identifier>({
        type: identifierType('SS'),
        system: /^\d{3}-?\d{2}-?\d{4}$/.test(ssn) ? ssnSystem : undefined,
        value: ssn,
      }),
    );
  const licence = fieldsOf(pid, 20)[0];
  const number = licence?.get(1);
  if (number !== undefined)
    found.push(
      element<Identifier>({
        type: identifierType('DL'),
        value: number,
        assigner: licence?.get(2) === undefined ? undefined : { display: licence.get(2) as string },
      }),
    );
  return found;
}

/** PID-5 and PID-9 (aliases), with XPN.15 of each. */
function patientNames(reading: Reading, pid: Segment): readonly HumanName[] {
  return [...fieldsOf(pid, 5), ...fieldsOf(pid, 9)].flatMap((field) =>
    present(humanName(reading, field), calledBy(field)),
  );
}

/** PID-13 (home unless it says otherwise), PID-14 (work), PID-40. */
function patientTelecom(reading: Reading, pid: Segment): readonly ContactPoint[] {
  const fields = [
    ...fieldsOf(pid, 13).map((field) => ({ field, use: 'home' })),
    ...fieldsOf(pid, 14).map((field) => ({ field, use: 'work' })),
    ...fieldsOf(pid, 40).map((field) => ({ field, use: undefined })),
  ];
  const points = fields.map(({ field, use }) => contactPoint(reading, field, use));
  const seen = new Set<string>();
  return present(...points).filter(({ system, value, use }) => {
    const key = `${system} ${use} ${value}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** PID-8 by table 0001; the site's own code first. */
function gender(reading: Reading, pid: Segment): Patient['gender'] | undefined {
  const code = single(pid, 8);
  if (code === undefined) return undefined;
  const known = reading.lookup.code?.('PID-8', code)?.code ?? genders.get(code);
  if (known === undefined)
    note(reading, 'unmapped-code', 'PID-8', 'PID-8 holds a code that table 0001 has not.');
  return known;
}

/** PID-7: birthDate is the day; a time of day beside it becomes the patient-birthTime extension. */
function birth(reading: Reading, pid: Segment): Pick<Patient, 'birthDate' | '_birthDate'> {
  const written = single(pid, 7);
  const birthDate = dateOf(reading, 'PID-7', written);
  if (written === undefined || birthDate === undefined) return {};
  if (!/^\d{10}/.test(written)) return { birthDate };
  const url = 'http://hl7.org/fhir/StructureDefinition/patient-birthTime';
  const time: Element = {
    extension: [{ url, valueDateTime: dateTime(reading, 'PID-7', written) as string }],
  };
  return { birthDate, _birthDate: time };
}

/** PID-29, and PID-30 when it is not valued. */
function death(reading: Reading, pid: Segment): Pick<Patient, 'deceasedBoolean' | 'deceasedDateTime'> {
  const deceasedDateTime = dateTime(reading, 'PID-29', single(pid, 29));
  if (deceasedDateTime !== undefined) return { deceasedDateTime };
  const deceasedBoolean = yesNo.get(single(pid, 30) ?? '');
  return deceasedBoolean === undefined ? {} : { deceasedBoolean };
}

/** PID-25, and PID-24 when it is not valued. */
function multipleBirth(pid: Segment): Pick<Patient, 'multipleBirthBoolean' | 'multipleBirthInteger'> {
  const order = single(pid, 25);
  if (order !== undefined && /^\d{1,2}$/.test(order)) return { multipleBirthInteger: Number(order) };
  const multipleBirthBoolean = yesNo.get(single(pid, 24) ?? '');
  return multipleBirthBoolean === undefined ? {} : { multipleBirthBoolean };
}

/** PID-11; PID-12 is the district of the only address that has none, or of one more. */
function patientAddresses(reading: Reading, pid: Segment): Patient['address'] {
  const found = present(...fieldsOf(pid, 11).map((field) => address(reading, field)));
  const county = single(pid, 12);
  if (county === undefined || found.some(({ district }) => district === county)) return found;
  const [only] = found;
  if (found.length === 1 && only !== undefined && only.district === undefined)
    return [{ ...only, district: county }];
  return [...found, { district: county }];
}

/** PID-16 by table 0002. */
function maritalStatus(reading: Reading, pid: Segment): CodeableConcept | undefined {
  return concept(reading, fieldsOf(pid, 16)[0], (code) => maritalStatuses.get(code));
}

/** PID-15. A code of ISO 639 or BCP 47 is one of FHIR's languages; others keep their own text. */
function languages(reading: Reading, pid: Segment): Patient['communication'] {
  const language = concept(reading, fieldsOf(pid, 15)[0], (code) =>
    /^[a-z]{2}(-[A-Z]{2})?$/.test(code) ? { system: 'urn:ietf:bcp:47', code } : undefined,
  );
  return language === undefined ? [] : [{ language }];
}

/** PID-6 and PID-23. */
function patientExtensions(pid: Segment): readonly Extension[] {
  const maiden = fieldsOf(pid, 6)[0];
  const name = maiden && nameText(maiden);
  const place = single(pid, 23);
  const base = 'http://hl7.org/fhir/StructureDefinition/patient-';
  return present<Extension>(
    name === undefined ? undefined : { url: `${base}mothersMaidenName`, valueString: name },
    place === undefined ? undefined : { url: `${base}birthPlace`, valueAddress: { text: place } },
  );
}
