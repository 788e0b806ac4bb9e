/** What stands beside PID and tells of the same person: PD1, NK1, MRG, and the resources that PID itself gives beside the patient. */
import { type Assembly, add, addAs, draftOf, patientKey, push, refer } from '../assembly.ts';
import { codeBy, concept, toConcept } from '../datatypes/cwe.ts';
import { identifier, identifierType, ssnSystem, toIdentifier } from '../datatypes/cx.ts';
import { address, toAddress } from '../datatypes/xad.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { organizationOf, toOrganization, toOrganizationName } from '../datatypes/xon.ts';
import { humanName, toName } from '../datatypes/xpn.ts';
import { contactPoint, toContactPoint } from '../datatypes/xtn.ts';
import { stableId } from '../ids.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateOf, dateTime, element, note, present, type Reading, untraced } from '../reading.ts';
import { apply, constant, extension, row, rows, segmentMap, used } from '../rows.ts';
import { codeable } from '../tables.ts';
import { accountMap, motherMap, patient, patientId, patientProvenanceMap } from './pid.ts';

const base = 'http://hl7.org/fhir/StructureDefinition/patient-';
const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));
const toGender = (field: Field, reading: Reading) => {
  const code = field.get(1);
  return code === undefined ? undefined : codeBy(reading, field.place, code, 'AdministrativeSex');
};

/** PID as a Patient, its Account (18), its mother (21) and its last change (33, 34). A second PID is a patient of its own. */
export function pidHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const draft = patient(reading, line, { mrnSystem: assembly.mrnSystem });
  if (draft.id === undefined || draft.id === '')
    draft.id = stableId(reading.site, 'Patient', ...assembly.messageKey, line.segment.path);
  if (assembly.taken.has(`Patient/${draft.id}`)) return;
  addAs(assembly, draft, draft.id);
  assembly.patient = draft;
  assembly.subject = refer(draft);
  assembly.encounter = undefined;
  assembly.account = undefined;
  assembly.careTeam = undefined;
  assembly.order = undefined;
  assembly.commented = draft;
  assembly.roleOf = 'patient';
  const account = draftOf('Account', { status: 'active', subject: [refer(draft)] });
  apply(accountMap, account, line, reading);
  if (account.identifier !== undefined) add(assembly, account, line.raw(18));
  const mother = draftOf('RelatedPerson', { patient: refer(draft) });
  apply(motherMap, mother, line, reading);
  if (mother.identifier !== undefined) add(assembly, mother, 'mother', ...patientKey(assembly));
  if (line.first(33) === undefined || line.first(34) === undefined) return;
  const change = draftOf('Provenance', { target: [refer(draft)] });
  apply(patientProvenanceMap, change, line, reading);
  if (change.recorded !== undefined && change.agent !== undefined)
    add(assembly, change, 'patient', draft.id as string, line.raw(33));
}

const pd1Map = segmentMap(
  'PD1[Patient]',
  row(3, 'generalPractitioner[]', toOrganization),
  row(4, 'generalPractitioner[]', (field, reading) => practitioner(reading, field)),
  row(6, 'extension[]', (field, reading) =>
    extension(`${base}disability`, 'CodeableConcept', concept(reading, field)),
  ),
  row(14, 'extension[]', (field, reading, line) =>
    extension(`${base}congregation`, 'String', toOrganizationName(field, reading, line)),
  ),
);

const livingWill = segmentMap(
  'PD1[Observation-LivingWill]',
  constant('status', 'final'),
  constant('code', codeable('http://loinc.org', '75320-2', 'Advance directive')),
  row(7, 'valueCodeableConcept', toConcept('LivingWillCode')),
);

export function pd1Handler(assembly: Assembly, line: Line): void {
  if (assembly.patient === undefined) return;
  apply(pd1Map, assembly.patient, line, assembly.reading);
  if (line.first(7) === undefined) return;
  const draft = draftOf('Observation', { subject: refer(assembly.patient) });
  apply(livingWill, draft, line, assembly.reading);
  add(assembly, draft, 'living will', ...patientKey(assembly));
}

const relatedMap = segmentMap(
  'NK1[RelatedPerson]',
  row(12, 'identifier[]', toIdentifier),
  row(33, 'identifier[]', toIdentifier),
  row(37, 'identifier[]', (field) => {
    const value = field.get(1);
    return value === undefined
      ? undefined
      : element({
          type: identifierType('SS'),
          system: /^\d{3}-?\d{2}-?\d{4}$/.test(value) ? ssnSystem : undefined,
          value,
        });
  }),
  row(3, 'relationship[]', toConcept('Relationship')),
  row(7, 'relationship[]', toConcept('ContactRole')),
  row(2, 'name[]', toName),
  row(30, 'name[]', toName),
  row(5, 'telecom[]', toContactPoint()),
  row(6, 'telecom[]', toContactPoint('work')),
  row(31, 'telecom[]', toContactPoint()),
  row(40, 'telecom[]', toContactPoint()),
  row(41, 'telecom[]', toContactPoint()),
  row(15, 'gender', toGender),
  row(16, 'birthDate', (field, reading) => dateOf(reading, field.place, field.get(1))),
  row(4, 'address[]', toAddress),
  row(32, 'address[]', toAddress),
  row(8, 'period.start', toTime),
  row(9, 'period.end', toTime),
  row(20, 'communication[]', (field, reading) => {
    const language = concept(reading, field);
    return language === undefined ? undefined : { language };
  }),
  used(1),
);

/** NK1[Patient]: one contact of the patient. R4 wants a name, telecom, address or organization of it (pat-1). */
const contactMap = segmentMap(
  'NK1[Patient]',
  row(3, 'relationship[]', toConcept('Relationship'), { also: ['contact.relationship'] }),
  row(7, 'relationship[]', toConcept('ContactRole'), { also: ['contact.relationship'] }),
  row(2, 'name', toName, { also: ['contact.name'] }),
  row(5, 'telecom[]', toContactPoint(), { also: ['contact.telecom'] }),
  row(6, 'telecom[]', toContactPoint('work'), { also: ['contact.telecom'] }),
  row(40, 'telecom[]', toContactPoint(), { also: ['contact.telecom'] }),
  row(41, 'telecom[]', toContactPoint(), { also: ['contact.telecom'] }),
  row(4, 'address', toAddress, { also: ['contact.address'] }),
  row(15, 'gender', toGender, { also: ['contact.gender'] }),
  rows([13, 30, 31, 32], ['contact.organization'], (draft, line, reading) => {
    const field = line.first(13);
    if (field === undefined) return;
    const name = line.first(30);
    const phone = line.first(31);
    const where = line.first(32);
    const contact = element({
      name: name && humanName(reading, name),
      telecom: present(phone && contactPoint(reading, phone)),
      address: where && address(reading, where),
    });
    draft.organization = organizationOf(
      reading,
      field,
      Object.keys(contact).length === 0 ? {} : { contact: [contact] },
    );
  }),
  row(8, 'period.start', toTime, { also: ['contact.period.start'] }),
  row(9, 'period.end', toTime, { also: ['contact.period.end'] }),
);

/** Relationships that are no person's: emergency contact, employer and insurers go to the patient's contacts alone. */
const contactsOnly = new Set(['EMR', 'E', 'F', 'I', 'S']);

/** NK1: a RelatedPerson unless the relationship is an organization's, and a contact of the patient in either case. */
export function nk1Handler(assembly: Assembly, line: Line): void {
  const { reading, patient: who } = assembly;
  if (who === undefined) return;
  const contact: Draft = { resourceType: '' };
  // Its values are traced to the patient by the segment, not by element: the contact is a part without an id.
  apply(contactMap, contact, line, untraced(reading));
  const { resourceType: _, ...part } = contact;
  if (['name', 'telecom', 'address', 'organization'].some((each) => part[each] !== undefined)) {
    push(who, 'contact', part);
    const index = (who.contact as unknown[]).length - 1;
    reading.origins?.push(who, 'contact', index, line, 0, 1);
  }
  if (contactsOnly.has(line.value(3) ?? '')) return;
  const draft = draftOf('RelatedPerson', { patient: refer(who) });
  apply(relatedMap, draft, line, reading);
  if (Object.keys(draft).length > 3)
    add(assembly, draft, ...patientKey(assembly), line.raw(2), line.raw(3), line.raw(12));
}

const mergedAccount = segmentMap(
  'MRG[Account]',
  constant('status', 'unknown'),
  row(3, 'identifier[]', toIdentifier),
  used(1, 2, 4, 5, 6, 7),
);

/**
 * MRG of a merge (A18, A34, A40 and the like). The guide's table of the segment has the account alone; its text on merges
 * has the prior patient as inactive, and linked: the survivor `replaces` it.
 */
export function mrgHandler(assembly: Assembly, line: Line): void {
  const { reading, patient: survivor } = assembly;
  const account = draftOf('Account');
  apply(mergedAccount, account, line, reading);
  if (account.identifier !== undefined) add(assembly, account, line.raw(3));
  const found = present(
    ...[1, 2, 4].flatMap((at) => line.fields(at).map((field) => identifier(reading, field))),
  );
  const main =
    found.find(({ system }) => assembly.mrnSystem !== undefined && system === assembly.mrnSystem) ??
    found.find(({ type }) => type?.text === 'MR') ??
    found[0];
  if (main === undefined || survivor === undefined) {
    note(reading, 'no-identifier', 'MRG-1', 'MRG names no identifier of the prior patient.');
    return;
  }
  const id = patientId(reading, main);
  if (id === survivor.id) return;
  const names = present(...line.fields(7).map((field) => humanName(reading, field)));
  const prior = draftOf('Patient', {
    identifier: found,
    active: false,
    ...(names.length === 0 ? {} : { name: names }),
    link: [{ other: refer(survivor), type: 'replaced-by' }],
  });
  if (assembly.taken.has(`Patient/${id}`)) return;
  addAs(assembly, prior, id);
  push(survivor, 'link', { other: refer(prior), type: 'replaces' });
}
