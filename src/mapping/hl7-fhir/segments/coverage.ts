/** Insurance: IN1 as a Coverage, with what IN2 and IN3 add. */
import { type Assembly, add, addAs, draftOf, patientKey, subjectOf } from '../assembly.ts';
import { toConcept } from '../datatypes/cwe.ts';
import { identifier, toCodedIdentifier } from '../datatypes/cx.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner } from '../datatypes/xcn.ts';
import { organizationOf } from '../datatypes/xon.ts';
import { humanName } from '../datatypes/xpn.ts';
import { contactPoint } from '../datatypes/xtn.ts';
import { stableId } from '../ids.ts';
import type { Field, Line } from '../line.ts';
import { type Draft, dateOf, dateTime, element, keep, present, type Reading } from '../reading.ts';
import { apply, extension, row, rows, segmentMap, used } from '../rows.ts';
import { codeable } from '../tables.ts';

const subscriberId = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-subscriberId';
const toTime = (field: Field, reading: Reading) => dateTime(reading, field.place, field.get(1));

function nothing(): void {
  return;
}

const in1Map = segmentMap(
  'IN1[Coverage]',
  row(2, 'identifier[]', toCodedIdentifier),
  rows([4, 5, 7], ['payor', 'payer'], (draft, line, reading) => {
    const where = line.first(5);
    const phones = present(...line.fields(7).map((field) => contactPoint(reading, field)));
    const at = where && address(reading, where);
    const more = element({ address: at === undefined ? undefined : [at], telecom: phones });
    const payors = present(...line.fields(4).map((field) => organizationOf(reading, field, more)));
    if (payors.length > 0) draft.payor = payors;
  }),
  row(15, 'type', toConcept()),
  rows([10, 11], ['policyHolder'], (draft, line, reading) => {
    const name = line.first(11);
    const id = line.first(10);
    const number = id && identifier(reading, id);
    if (name === undefined && number === undefined) return;
    const more = number === undefined ? {} : { identifier: [number] };
    const holder =
      (name && organizationOf(reading, name, more)) ??
      (number === undefined
        ? undefined
        : {
            reference: `Organization/${keep(reading, { resourceType: 'Organization', ...more }, number.value ?? '')}`,
          });
    if (holder !== undefined) draft.policyHolder = holder;
  }),
  row(10, 'extension[]', (field, reading) =>
    extension(subscriberId, 'Identifier', field.get(5) === 'SN' ? identifier(reading, field) : undefined),
  ),
  row(49, 'extension[]', (field, reading) =>
    extension(subscriberId, 'Identifier', identifier(reading, field)),
  ),
  row(36, 'subscriberId', (field) => field.get(1)),
  row(8, 'class[]', (field) => {
    const value = field.get(1);
    return value === undefined
      ? undefined
      : { type: codeable('http://terminology.hl7.org/CodeSystem/coverage-class', 'group', 'Group'), value };
  }),
  row(12, 'period.start', toTime),
  row(13, 'period.end', toTime),
  row(17, 'relationship', toConcept('Relationship')),
  rows([16, 17, 18, 19], ['subscriber'], nothing),
  used(1, 3, 9, 43),
);

/** The patient's own relationship: SEL in table 0063, and what sites write for it. */
const isSelf = (code: string | undefined): boolean =>
  code !== undefined && /^(SEL|self|patient|01|18)$/i.test(code);

export function in1Handler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const draft = draftOf('Coverage', { status: 'active', beneficiary: subjectOf(assembly) });
  apply(in1Map, draft, line, reading);
  subscriber(assembly, draft, line);
  // R4 wants a payor; without IN1-4 it is the plan's or company's number.
  draft.payor ??= [{ display: line.value(3) ?? line.value(2) ?? 'unknown' }];
  assembly.coverage = add(
    assembly,
    draft,
    ...patientKey(assembly),
    line.raw(2),
    line.raw(3),
    line.raw(36),
    line.raw(49),
  );
}

/** IN1-16 to 19: the subscriber is the patient, or somebody related of that name. */
function subscriber(assembly: Assembly, draft: Draft, line: Line): void {
  const { reading } = assembly;
  if (isSelf(line.value(17))) {
    if (assembly.subject !== undefined) draft.subscriber = assembly.subject;
    return;
  }
  const name = line.first(16);
  const person = name && humanName(reading, name);
  if (person === undefined || name === undefined || assembly.subject === undefined) return;
  const born = dateOf(reading, 'IN1-18', line.value(18));
  const where = line.first(19);
  const at = where && address(reading, where);
  const relation = line.first(17);
  const id = keep(
    reading,
    element<Draft>({
      resourceType: 'RelatedPerson',
      patient: assembly.subject,
      relationship:
        relation === undefined ? undefined : present(toConcept('Relationship')(relation, reading, line)),
      name: [person],
      birthDate: born,
      address: at === undefined ? undefined : [at],
    } as never),
    ...patientKey(assembly),
    name.text,
  );
  draft.subscriber = { reference: `RelatedPerson/${id}` };
}

/** IN2 has no map in the guide; its member number (61) is the subscriber's, and says nothing else that Coverage holds. */
export function in2Handler(assembly: Assembly, line: Line): void {
  const { coverage } = assembly;
  const member = line.value(61);
  if (coverage !== undefined && member !== undefined) coverage.subscriberId ??= member;
}

const in3Map = segmentMap(
  'IN3[CareTeam]',
  row(21, 'participant[]', (field, reading) => {
    const text = field.get(1);
    if (text === undefined) return undefined;
    const member = practitioner(reading, field);
    return {
      role: [{ ...codeable('http://snomed.info/sct', '768832004'), text: 'case manager' }],
      ...(member === undefined ? {} : { member: { display: member.display ?? text } }),
    };
  }),
);

export function in3Handler(assembly: Assembly, line: Line): void {
  if (line.first(21) === undefined) return;
  const { reading } = assembly;
  const team = draftOf('CareTeam', { subject: subjectOf(assembly) });
  // Only the role is the guide's; the name stands as a display, since IN3-21 is a text.
  const text = line.value(21);
  apply(in3Map, team, line, { ...reading, related: new Map(), findings: [] });
  const [part] = (team.participant ?? []) as { member?: unknown }[];
  if (part !== undefined) part.member = { display: text };
  addAs(assembly, team, stableId(reading.site, 'CareTeam', ...patientKey(assembly), line.segment.path));
}
