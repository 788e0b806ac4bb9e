import type { FieldContent } from '../../../hl7/index.ts';
import { maritalStatuses, sexes } from './codes.ts';
import { type Components, codeOf, codingParts, cwe, cx, xad, xpn, xtn } from './datatypes.ts';
import type { Given } from './given.ts';
import { changed, repeated, type SegmentFields, said, segment, time, type Writing } from './writing.ts';

const core = 'http://hl7.org/fhir/us/core/StructureDefinition/us-core-';
const extension = 'http://hl7.org/fhir/StructureDefinition/patient-';

const all = (list: readonly Given[], write: (given: Given) => Components | undefined): FieldContent =>
  repeated(list.map(write).filter((each) => each !== undefined));

/** Patient as PID: PID[Patient] of the guide, backwards. */
export function pid(writing: Writing, patient: Given): SegmentFields {
  if (patient.peek('active') === 'true') patient.take('active');
  const telecom = patient.all('telecom');
  const atWork = (each: Given): boolean => each.peek('use') === 'work';
  const communication = patient.all('communication');
  const spoken = communication.find((each) => each.peek('preferred') === 'true') ?? communication[0];
  spoken?.take('preferred');
  const birthTime = patient
    .child('_birthDate')
    ?.extensions(`${extension}birthTime`)
    .map((each) => time(writing, each, 'valueDateTime'))[0];
  const birthDate = time(writing, patient, 'birthDate');
  const maiden = patient.extensions(`${extension}mothersMaidenName`)[0];
  const [birthPlace] = patient.extensions(`${extension}birthPlace`);
  const place = birthPlace?.child('valueAddress');
  const multiple = patient.text('multipleBirthBoolean');
  const dead = patient.text('deceasedBoolean');
  const died = time(writing, patient, 'deceasedDateTime');
  return segment('PID', {
    1: '1',
    3: all(patient.all('identifier'), (each) => cx(writing, each, 'PID-3')),
    5: all(patient.all('name'), (each) => xpn(writing, each, 'PID-5')),
    6: maiden && maidenName(writing, maiden),
    7: birthTime ?? birthDate,
    8: codeOf(writing, patient, 'gender', 'PID-8', sexes),
    10: category(writing, patient, 'race', 'PID-10'),
    11: all(patient.all('address'), (each) => xad(writing, each, 'PID-11')),
    13: all(
      telecom.filter((each) => !atWork(each)),
      (each) => xtn(writing, each),
    ),
    14: all(telecom.filter(atWork), (each) => xtn(writing, each)),
    15: cwe(writing, spoken?.child('language'), 'PID-15'),
    16: maritalStatus(writing, patient.child('maritalStatus'), writing.version < 2.31),
    22: category(writing, patient, 'ethnicity', 'PID-22'),
    23: said(writing, place, 'text') ?? townOf(writing, place),
    24: multiple === undefined ? undefined : multiple === 'true' ? 'Y' : 'N',
    25: said(writing, patient, 'multipleBirthInteger'),
    29: died,
    30: died !== undefined ? 'Y' : dead === undefined ? undefined : dead === 'true' ? 'Y' : 'N',
  });
}

/** FHIR has the maiden name as one text, HL7 as a name: it is taken for the family name. */
function maidenName(writing: Writing, given: Given): FieldContent {
  const text = said(writing, given, 'valueString');
  if (text?.includes(' '))
    changed(writing, given.path, 'PID-6', `${given.path} is one text: it is written as the family name.`);
  return text === undefined ? undefined : [text];
}

function townOf(writing: Writing, place: Given | undefined): string | undefined {
  const parts = ['city', 'state', 'country'].map((name) => said(writing, place, name));
  return parts.filter((part) => part !== undefined).join(', ') || undefined;
}

/** US Core's race and ethnicity: the codes of the Office of Management and Budget, or the text alone. */
function category(writing: Writing, patient: Given, name: string, place: string): FieldContent {
  const found = patient.extensions(`${core}${name}`).flatMap((each) => each.all('extension'));
  const codings = found.filter((each) => ['ombCategory', 'detailed'].includes(each.peek('url') ?? ''));
  const text = found.find((each) => each.peek('url') === 'text');
  text?.take('url', 'valueString');
  const written = codings.flatMap((each): readonly Components[] => {
    const coding = each.child('valueCoding');
    each.take('url');
    return [coding && codingParts(writing, coding, place)?.slice(0, 3)].filter(
      (parts) => parts !== undefined,
    );
  });
  if (written.length > 0) return repeated(written);
  const words = said(writing, text, 'valueString');
  return words === undefined ? undefined : [undefined, words];
}

/** PID-16: codes of v3-MaritalStatus as those of table 0002; others as a CWE says them. An IS in version 2.3. */
function maritalStatus(writing: Writing, given: Given | undefined, codeOnly: boolean): FieldContent {
  const coding = given
    ?.all('coding')
    .find((each) => /v3-(MaritalStatus|NullFlavor)$/.test(each.peek('system') ?? ''));
  const code = coding && maritalStatuses.get(coding.peek('code') ?? '');
  if (given === undefined || coding === undefined || code === undefined) return cwe(writing, given, 'PID-16');
  const site = writing.lookup.code?.('PID-16', {
    system: coding.peek('system') ?? '',
    code: coding.peek('code') ?? '',
  });
  coding.take('system', 'code');
  const display = said(writing, coding, 'display');
  if (given.peek('text') === coding.peek('display')) given.take('text');
  const written = site?.code ?? code;
  return codeOnly ? written : [written, display, site === undefined ? 'HL70002' : site.system];
}

/** Patient.contact as NK1, one each. */
export function nk1(writing: Writing, patient: Given): readonly SegmentFields[] {
  return patient.all('contact').map((contact, index) => {
    const telecom = contact.all('telecom');
    const atWork = (each: Given): boolean => each.peek('use') === 'work';
    const [relationship, role] = contact.all('relationship');
    const name = contact.child('name');
    const address = contact.child('address');
    const period = contact.child('period');
    return segment('NK1', {
      1: String(index + 1),
      2: name && xpn(writing, name, 'NK1-2'),
      3: cwe(writing, relationship, 'NK1-3'),
      4: address && xad(writing, address, 'NK1-4'),
      5: all(
        telecom.filter((each) => !atWork(each)),
        (each) => xtn(writing, each),
      ),
      6: all(telecom.filter(atWork), (each) => xtn(writing, each)),
      7: cwe(writing, role, 'NK1-7'),
      8: time(writing, period, 'start'),
      9: time(writing, period, 'end'),
      15: codeOf(writing, contact, 'gender', 'NK1-15', sexes),
    });
  });
}
