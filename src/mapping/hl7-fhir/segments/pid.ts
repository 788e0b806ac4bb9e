import type { Address, ContactPoint, HumanName, Identifier } from '../../r4.ts';
import { codeBy, concept, toConcept } from '../datatypes/cwe.ts';
import { identifier, identifierType, ssnSystem, toIdentifier, toLicence } from '../datatypes/cx.ts';
import { organization } from '../datatypes/hd.ts';
import { toAddress } from '../datatypes/xad.ts';
import { calledBy, humanName, nameText } from '../datatypes/xpn.ts';
import { contactPoint } from '../datatypes/xtn.ts';
import { stableId } from '../ids.ts';
import type { Line } from '../line.ts';
import { type Draft, dateOf, dateTime, instant, note, number, type Reading, trace } from '../reading.ts';
import { apply, constant, extension, row, rows, segmentMap, used } from '../rows.ts';
import { codeable, provenanceParticipant, yesNo } from '../tables.ts';

const base = 'http://hl7.org/fhir/StructureDefinition/patient-';

function nothing(): void {
  return;
}

/** How the patient's id is chosen among identifiers. */
export interface PatientIdentity {
  /** The id system of the site's medical record numbers, when the record names it. */
  readonly mrnSystem?: string | undefined;
}

/**
 * PID-3, then PID-2 and PID-4 where older versions carry more; none twice. PID-2 and PID-4 mostly repeat one of PID-3,
 * with less said about it.
 */
const identifiers = rows([2, 3, 4], ['identifier'], (draft, line, reading) => {
  const found: Identifier[] = [];
  const seen = new Set<string>();
  for (const from of [3, 2, 4])
    for (const field of line.fields(from)) {
      const each = identifier(reading, field);
      if (each === undefined) continue;
      const whole = `${each.type?.text}\n${each.system}\n${each.value}`;
      if (seen.has(from === 3 ? whole : `${each.value}`)) continue;
      seen.add(whole).add(`${each.value}`);
      found.push(each);
      trace(reading, draft, 'identifier', found.length - 1, line, from, field.repetition);
    }
  if (found.length > 0) draft.identifier = found;
});

/** PID-19. "If in the US": nine digits are taken for a US number; any other keeps its type alone. */
const socialSecurity = rows([19], ['identifier'], (draft, line, reading) => {
  const value = line.value(19);
  const list = (draft.identifier ?? []) as Identifier[];
  if (value === undefined || list.some(({ type }) => type?.text === 'SS')) return;
  const type = identifierType('SS') as NonNullable<Identifier['type']>;
  list.push(/^\d{3}-?\d{2}-?\d{4}$/.test(value) ? { type, system: ssnSystem, value } : { type, value });
  draft.identifier = list;
  trace(reading, draft, 'identifier', list.length - 1, line, 19, 1);
});

/** PID-5 and PID-9 (aliases), with XPN.15 of each. */
const names = rows([5, 9], ['name'], (draft, line, reading) => {
  const found: HumanName[] = [];
  for (const from of [5, 9])
    for (const field of line.fields(from))
      for (const name of [humanName(reading, field), calledBy(field)])
        if (name !== undefined) {
          found.push(name);
          trace(reading, draft, 'name', found.length - 1, line, from, field.repetition);
        }
  if (found.length > 0) draft.name = found;
});

/** PID-13 (home unless it says otherwise), PID-14 (work), PID-40; none twice. */
const telecom = rows([13, 14, 40], ['telecom'], (draft, line, reading) => {
  const found: ContactPoint[] = [];
  const seen = new Set<string>();
  for (const [from, use] of [
    [13, 'home'],
    [14, 'work'],
    [40, undefined],
  ] as const)
    for (const field of line.fields(from)) {
      const point = contactPoint(reading, field, use);
      if (point === undefined) continue;
      const whole = `${point.system} ${point.use} ${point.value}`;
      if (seen.has(whole)) continue;
      seen.add(whole);
      found.push(point);
      trace(reading, draft, 'telecom', found.length - 1, line, from, field.repetition);
    }
  if (found.length > 0) draft.telecom = found;
});

/** PID-8 by table 0001; the site's own code first. */
const gender = row(8, 'gender', (field, reading) => {
  const code = field.get(1);
  return code === undefined ? undefined : codeBy(reading, 'PID-8', code, 'AdministrativeSex');
});

/** PID-7: birthDate is the day; a time of day beside it becomes the patient-birthTime extension. */
const birth = rows([7], ['birthDate'], (draft, line, reading) => {
  const written = line.value(7);
  const day = dateOf(reading, 'PID-7', written);
  if (written === undefined || day === undefined) return;
  draft.birthDate = day;
  trace(reading, draft, 'birthDate', -1, line, 7, 1);
  if (!/^\d{10}/.test(written)) return;
  const url = `${base}birthTime`;
  draft._birthDate = { extension: [{ url, valueDateTime: dateTime(reading, 'PID-7', written) }] };
});

/** PID-12 is the district of the only address that has none, or of one more. */
const county = rows([12], ['address.district'], (draft, line, reading) => {
  const district = line.value(12);
  const list = (draft.address ?? []) as Address[];
  if (district === undefined || list.some((each) => each.district === district)) return;
  const [only] = list;
  const index = list.length === 1 && only?.district === undefined ? 0 : list.length;
  list[index] = index === 0 ? { ...only, district } : { district };
  draft.address = list;
  trace(reading, draft, 'address', index, line, 12, 1);
});

/** PID-25, and PID-24 when it is not valued. */
const multipleBirth = rows(
  [24, 25],
  ['multipleBirthBoolean', 'multipleBirthInteger'],
  (draft, line, reading) => {
    const order = line.value(25);
    const flag = yesNo.get(line.value(24) ?? '');
    if (order !== undefined && /^\d{1,2}$/.test(order)) {
      draft.multipleBirthInteger = Number(order);
      trace(reading, draft, 'multipleBirthInteger', -1, line, 25, 1);
    } else if (flag !== undefined) {
      draft.multipleBirthBoolean = flag;
      trace(reading, draft, 'multipleBirthBoolean', -1, line, 24, 1);
    }
  },
);

/** PID-29, and PID-30 when it is not valued. */
const death = rows([29, 30], ['deceasedDateTime', 'deceasedBoolean'], (draft, line, reading) => {
  const at = dateTime(reading, 'PID-29', line.value(29));
  const flag = yesNo.get(line.value(30) ?? '');
  if (at !== undefined) {
    draft.deceasedDateTime = at;
    trace(reading, draft, 'deceasedDateTime', -1, line, 29, 1);
  } else if (flag !== undefined) {
    draft.deceasedBoolean = flag;
    trace(reading, draft, 'deceasedBoolean', -1, line, 30, 1);
  }
});

/** PID-15. A code of ISO 639 or BCP 47 is one of FHIR's languages; others keep their own text. */
const language = row(15, 'communication[]', (field, reading) => {
  const code = concept(reading, field, (each) =>
    /^[a-z]{2}(-[A-Z]{2})?$/.test(each) ? { system: 'urn:ietf:bcp:47', code: each } : undefined,
  );
  return code === undefined ? undefined : { language: code };
});

/** An extension whose value stands in a part named `code`, as patient-citizenship and patient-nationality have it. */
const coded = (number: number, name: string) =>
  row(number, 'extension[]', (field, reading) => {
    const value = concept(reading, field);
    return value === undefined
      ? undefined
      : { url: `${base}${name}`, extension: [{ url: 'code', valueCodeableConcept: value }] };
  });

/** PID-10 and PID-22 have no row in the guide: each country maps them by extensions of its own. */
const patientMap = segmentMap(
  'PID[Patient]',
  identifiers,
  socialSecurity,
  row(20, 'identifier[]', toLicence),
  row(6, 'extension[]', (field) => extension(`${base}mothersMaidenName`, 'String', nameText(field))),
  row(23, 'extension[]', (field) => {
    const text = field.get(1);
    return text === undefined ? undefined : { url: `${base}birthPlace`, valueAddress: { text } };
  }),
  names,
  telecom,
  gender,
  birth,
  death,
  row(11, 'address[]', toAddress),
  county,
  row(16, 'maritalStatus', toConcept('MaritalStatus')),
  multipleBirth,
  language,
);

/** Rows that the patient of a flow does without. */
const patientMore = segmentMap(
  'PID[Patient]',
  row(17, 'extension[]', (field, reading) =>
    extension(`${base}religion`, 'CodeableConcept', toConcept('Religion')(field, reading, {} as Line)),
  ),
  coded(26, 'citizenship'),
  coded(28, 'nationality'),
  coded(39, 'citizenship'),
  rows([35, 36], ['extension'], (draft, line, reading) => {
    const species = concept(reading, line.first(35));
    if (species === undefined) return;
    const breed = concept(reading, line.first(36));
    const parts = [{ url: 'species', valueCodeableConcept: species }];
    if (breed !== undefined) parts.push({ url: 'breed', valueCodeableConcept: breed });
    const list = (draft.extension ?? []) as unknown[];
    list.push({ url: `${base}animal`, extension: parts });
    draft.extension = list;
    trace(reading, draft, 'extension', list.length - 1, line, 35, 1);
  }),
  rows([21], ['$this'], nothing),
  used(1, 18),
);

/** PID as a Patient. */
export function patient(reading: Reading, pid: Line, identity: PatientIdentity): Draft {
  const draft: Draft = { resourceType: 'Patient', id: '' };
  apply(patientMap, draft, pid, reading);
  if (reading.organizations) apply(patientMore, draft, pid, reading);
  const list = (draft.identifier ?? []) as Identifier[];
  const main =
    list.find(({ system }) => identity.mrnSystem !== undefined && system === identity.mrnSystem) ??
    list.find(({ type }) => type?.text === 'MR') ??
    list[0];
  if (main === undefined) {
    note(reading, 'no-identifier', 'PID-3', 'PID names no identifier of the patient.');
    delete draft.id;
  } else draft.id = patientId(reading, main);
  return draft;
}

export const patientId = (reading: Reading, main: Identifier): string =>
  stableId(reading.site, 'Patient', main.system ?? main.assigner?.display ?? '', main.value ?? '');

export const accountMap = segmentMap(
  'PID[Account]',
  constant('status', 'active'),
  row(18, 'identifier[]', toIdentifier),
);

/** PID-33 and 34: who last changed the record, and when. */
export const patientProvenanceMap = segmentMap(
  'PID[Provenance-Patient]',
  row(33, 'occurredDateTime', (field, reading) => dateTime(reading, field.place, field.get(1))),
  row(33, 'recorded', (field, reading) => instant(reading, field.place, field.get(1))),
  row(34, 'agent[]', (field, reading) => {
    const who = organization(reading, field);
    return who === undefined ? undefined : { type: codeable(provenanceParticipant, 'performer'), who };
  }),
  rows([0], ['activity.coding'], (draft) => {
    draft.activity = codeable('http://terminology.hl7.org/CodeSystem/v3-DataOperation', 'UPDATE');
  }),
);

/** PID-21: the mother, by her identifier. */
export const motherMap = segmentMap(
  'CX[RelatedPerson-Mother]',
  row(21, 'identifier[]', toIdentifier),
  rows([0], ['relationship.coding', 'patient'], (draft) => {
    draft.relationship = [codeable('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'MTH', 'mother')];
  }),
);

/** NM. */
export const wholeNumber = (reading: Reading, line: Line, at: number): number | undefined =>
  number(reading, `${line.id}-${at}`, line.value(at));
