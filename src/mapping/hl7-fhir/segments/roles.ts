/** ROL and PRT: who takes part in the patient's care, the visit, an order or an observation. */
import { type Assembly, add, draftOf, patientKey, push, refer } from '../assembly.ts';
import { concept, vocabulary } from '../datatypes/cwe.ts';
import { entityIdentifier, toPractitionerNumber } from '../datatypes/cx.ts';
import { location } from '../datatypes/pl.ts';
import { address } from '../datatypes/xad.ts';
import { practitioner, roleOf } from '../datatypes/xcn.ts';
import { organizationOf } from '../datatypes/xon.ts';
import { contactPoint } from '../datatypes/xtn.ts';
import type { Line } from '../line.ts';
import { type Draft, dateTime, element, elementOrNone, keep, present, type Reading } from '../reading.ts';
import { rows, segmentMap } from '../rows.ts';

interface Part {
  readonly role: ReturnType<typeof concept>;
  readonly code: string | undefined;
  readonly person: ReturnType<typeof practitioner>;
  readonly organization: ReturnType<typeof organizationOf>;
  readonly period: { start?: string; end?: string } | undefined;
  /** What a PractitionerRole says beside its practitioner. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Field numbers of the two segments that say the same. */
const rol = {
  id: 1,
  role: 3,
  person: 4,
  begin: 5,
  end: 6,
  specialty: 9,
  address: 11,
  telecom: 12,
  location: 13,
  organization: 14,
};
const prt = {
  id: 1,
  role: 4,
  person: 5,
  begin: 11,
  end: 12,
  specialty: 6,
  address: 14,
  telecom: 15,
  location: 9,
  organization: 8,
};

function partOf(reading: Reading, line: Line, at: typeof rol, map: string): Part {
  const roleField = line.first(at.role);
  const role = concept(reading, roleField, vocabulary(map));
  const where = line.first(at.address);
  const home = where && address(reading, where);
  const personField = line.first(at.person);
  const person =
    personField && practitioner(reading, personField, home === undefined ? {} : { address: [home] });
  const organizationField = line.first(at.organization);
  const organization = organizationField && organizationOf(reading, organizationField);
  const period = elementOrNone<{ start?: string; end?: string }>({
    start: dateTime(reading, `${line.id}-${at.begin}`, line.value(at.begin)),
    end: dateTime(reading, `${line.id}-${at.end}`, line.value(at.end)),
  } as never);
  const id = line.first(at.id);
  const specialty = concept(reading, line.first(at.specialty));
  return {
    role,
    code: roleField?.get(1),
    person,
    organization,
    period,
    more: element({
      identifier: present(
        id && entityIdentifier(reading, id),
        ...(line.id === 'PRT'
          ? line.fields(24).map((field) => toPractitionerNumber(field, reading, line))
          : []),
      ),
      period,
      code: present(role),
      specialty: present(specialty),
      organization,
      location: present(...line.fields(at.location).map((field) => location(reading, field))),
      telecom: present(...line.fields(at.telecom).map((field) => contactPoint(reading, field))),
    }),
  };
}

const nothing = (): void => undefined;
segmentMap(
  'ROL[Patient-GeneralPractitioner]',
  rows([1, 3, 4, 5, 6, 11, 12, 13, 14], ['generalPractitioner'], nothing),
);
segmentMap(
  'ROL[Encounter-PractitionerRole]',
  rows([1, 3, 4, 5, 6, 11, 12, 13, 14], ['participant'], nothing),
);
segmentMap('ROL[CareTeam]', rows([3, 4, 5, 6, 9, 14], ['participant'], nothing));
segmentMap(
  'PRT[PractitionerRole]',
  rows([4], ['code'], nothing),
  rows([5], ['practitioner'], nothing),
  rows([6], ['specialty'], nothing),
  rows([8], ['organization'], nothing),
  rows([9], ['location'], nothing),
  rows([11, 12], ['period'], nothing),
  rows([14], ['practitioner'], nothing),
  rows([15], ['telecom'], nothing),
  rows([24], ['identifier'], nothing),
);
segmentMap(
  'PRT[Patient-GeneralPractitioner-PractitionerRole]',
  rows([4, 5, 8, 9, 11, 12, 14, 15, 24], ['generalPractitioner'], nothing),
);
segmentMap('PRT[Patient-GeneralPractitioner-Practitioner]', rows([5], ['generalPractitioner'], nothing));
segmentMap('PRT[CareTeam]', rows([4, 5, 8, 11, 12], ['participant'], nothing));
segmentMap('PRT[Observation-Location]', rows([9], ['extension'], nothing));
segmentMap('PRT[Device]', rows([10], ['identifier'], nothing));

/** ROL behind PID is the patient's, behind PV1 the visit's. */
export function rolHandler(assembly: Assembly, line: Line): void {
  const part = partOf(assembly.reading, line, rol, 'ProviderRole');
  if (assembly.roleOf === 'encounter' && assembly.encounter !== undefined) {
    if (part.person === undefined) return;
    const individual = roleOf(assembly.reading, part.person, part.more);
    push(
      assembly.encounter,
      'participant',
      element({ type: present(part.role), period: part.period, individual }),
    );
    return;
  }
  ofPatient(assembly, part);
}

/** PP is the primary care provider; every other role is part of the patient's care team. */
function ofPatient(assembly: Assembly, part: Part): void {
  const { patient, reading } = assembly;
  if (patient === undefined) return;
  if (part.code === 'PP' && part.person !== undefined) {
    push(patient, 'generalPractitioner', roleOf(reading, part.person, part.more));
    return;
  }
  const member = part.person ?? part.organization;
  if (member === undefined) return;
  assembly.careTeam ??= add(
    assembly,
    draftOf('CareTeam', { subject: refer(patient) }),
    ...patientKey(assembly),
  );
  const team = assembly.careTeam;
  push(
    team,
    'participant',
    element({
      role: present(part.role),
      member: { reference: member.reference },
      onBehalfOf:
        part.person === undefined || part.organization === undefined
          ? undefined
          : { reference: part.organization.reference },
      period: part.period,
    }),
  );
}

const performers = new Map([
  ['ARI', 'resultsInterpreter'],
  ['PRI', 'resultsInterpreter'],
  ['TN', 'performer'],
  ['TR', 'performer'],
]);

/** PRT is about what stands before it. */
export function prtHandler(assembly: Assembly, line: Line): void {
  const { reading } = assembly;
  const part = partOf(reading, line, prt, 'Participation');
  switch (assembly.roleOf) {
    case 'patient':
      ofPatient(assembly, part);
      return;
    case 'encounter':
      if (assembly.encounter !== undefined && part.person !== undefined)
        push(assembly.encounter, 'participant', {
          ...element({ type: present(part.role), period: part.period }),
          individual: roleOf(reading, part.person, part.more),
        });
      return;
    case 'order':
      ofOrder(assembly, part);
      return;
    case 'observation':
      ofObservation(assembly, part, line);
  }
}

function ofOrder(assembly: Assembly, part: Part): void {
  const { order, reading } = assembly;
  if (order === undefined || part.person === undefined) return;
  const who = roleOf(reading, part.person, part.more);
  if (order.immunization !== undefined)
    push(order.immunization, 'performer', { ...element({ function: part.role }), actor: who });
  else if (part.code === 'OP' && order.request !== undefined) order.request.requester = who;
  else if (part.code === 'SC' && order.specimen !== undefined)
    order.specimen.collection = {
      ...(order.specimen.collection as object | undefined),
      collector: { reference: part.person.reference },
    };
  else if (order.report !== undefined)
    push(order.report, performers.get(part.code ?? '') ?? 'performer', who);
}

function ofObservation(assembly: Assembly, part: Part, line: Line): void {
  const { observation, reading } = assembly;
  if (observation === undefined) return;
  const device = line.first(10);
  if (device !== undefined) observation.device = { reference: `Device/${deviceOf(reading, line)}` };
  if (part.person !== undefined || (part.organization !== undefined && device === undefined))
    push(
      observation,
      'performer',
      part.person === undefined ? part.organization : roleOf(reading, part.person, part.more),
    );
  else if (device === undefined)
    for (const at of (part.more.location ?? []) as unknown[])
      push(observation, 'extension', {
        url: 'http://hl7.org/fhir/StructureDefinition/event-location',
        valueReference: at,
      });
}

const deviceMap: readonly (readonly [number, string])[] = [
  [17, 'manufactureDate'],
  [18, 'expirationDate'],
];

/** PRT-10 and 16 to 22: the device that took part. */
function deviceOf(reading: Reading, line: Line): string {
  const draft: Draft = { resourceType: 'Device' };
  draft.identifier = present(...line.fields(10).map((field) => entityIdentifier(reading, field)));
  const udi = line.value(16);
  if (udi !== undefined) draft.udiCarrier = [{ deviceIdentifier: udi }];
  for (const [at, name] of deviceMap) {
    const time = dateTime(reading, `PRT-${at}`, line.value(at));
    if (time !== undefined) draft[name] = time;
  }
  for (const [at, name] of [
    [19, 'lotNumber'],
    [20, 'serialNumber'],
    [21, 'distinctIdentifier'],
  ] as const) {
    const value = line.value(at);
    if (value !== undefined) draft[name] = value;
  }
  const type = concept(reading, line.first(22));
  if (type !== undefined) draft.type = type;
  return keep(reading, draft, line.raw(10), line.raw(16));
}

segmentMap(
  'PRT[Device]',
  rows([16], ['udiCarrier'], nothing),
  rows([17], ['manufactureDate'], nothing),
  rows([18], ['expirationDate'], nothing),
  rows([19], ['lotNumber'], nothing),
  rows([20], ['serialNumber'], nothing),
  rows([21], ['distinctIdentifier'], nothing),
  rows([22], ['type'], nothing),
);
