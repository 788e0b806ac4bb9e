import type { Allergy, Coverage } from '../world/clinical-records.ts';
import { epicIdOf, externalIdOf } from '../world/identity.ts';
import type { Patient, Stay, Visit } from '../world/records.ts';
import { components, repetitions, segment, text } from './segment.ts';
import { type Envelope, evn, msh, pid, provider, pv1, upper, zpd } from './shared-segments.ts';

/** What an ADT message tells beside the patient. */
export interface Told {
  readonly visit?: Visit | undefined;
  /** A02: where the patient was. */
  readonly before?: Stay | undefined;
  /** What is known of allergies and coverage; sent when someone arrives or is registered. */
  readonly allergies?: readonly Allergy[];
  readonly coverages?: readonly Coverage[];
}

/** An ADT message about one person, in the order of segments that HL7 v2.5.1 gives ADT_A01. */
export function adt(envelope: Envelope, patient: Patient, told: Told): string {
  const { habits, facility, trigger } = envelope;
  const { visit, before } = told;
  const lines = [msh(envelope), evn(envelope), pid(patient, habits, visit)];
  if (habits.zSegments && habits.zpdAfter === 'PID') lines.push(zpd());
  lines.push(
    segment('PD1', {
      3: components(facility.name, '', facility.code),
      4: provider(patient.provider),
    }),
  );
  if (habits.zpdAfter === 'NTE') {
    lines.push(segment('NTE', { 1: '1', 3: 'REGISTRATION VERIFIED' }));
    if (habits.zSegments) lines.push(zpd());
  }
  const arriving = trigger === 'A01' || trigger === 'A04';
  const reasoned = arriving || trigger === 'A02' || trigger === 'A03';
  if (arriving) lines.push(nextOfKin(patient));
  // A08 about someone who is not here: PV1 is required, and N says that no visit is meant.
  lines.push(visit ? pv1(envelope, visit, before) : segment('PV1', { 1: '1', 2: 'N' }));
  if (visit && reasoned) lines.push(segment('PV2', { 3: components('', visit.complaint) }));
  if (habits.zSegments && visit) lines.push(segment('ZPV', { 1: '', 7: 'N' }, 12));
  if (habits.siteItems && visit) lines.push(...siteItems(visit));
  if (told.allergies) lines.push(...told.allergies.map(al1));
  if (visit && reasoned) {
    lines.push(
      segment('DG1', { 1: '1', 3: components('', visit.complaint), 4: text(visit.complaint), 6: 'A' }),
    );
  }
  if (arriving) lines.push(guarantor(patient));
  if (told.coverages) lines.push(...told.coverages.map((coverage, index) => in1(patient, coverage, index)));
  return message(lines, envelope);
}

/** A40, or A18 at older sites: MRG names the chart that ended. */
export function mergeMessage(envelope: Envelope, survivor: Patient, ended: Patient): string {
  const { habits } = envelope;
  const lines = [msh(envelope), evn(envelope), pid(survivor, habits)];
  if (habits.zSegments) lines.push(zpd());
  const { mrn, external, epic } = habits.identifiers;
  const numbers = repetitions(
    mrn ? components(ended.mrn, '', '', mrn.assigner, mrn.type) : '',
    external ? components(externalIdOf(ended.number), '', '', external.assigner, external.type) : '',
    epic ? components(epicIdOf(ended.number), '', '', epic.assigner, epic.type) : '',
  );
  lines.push(
    segment('MRG', {
      1: numbers,
      7: components(upper(ended.family), upper(ended.given), upper(ended.middle)),
    }),
  );
  return message(lines, envelope);
}

/** A37: the two charts are told one after the other. */
export function unlinkMessage(envelope: Envelope, survivor: Patient, living: Patient): string {
  const { habits } = envelope;
  return message([msh(envelope), evn(envelope), pid(survivor, habits), pid(living, habits)], envelope);
}

function message(lines: readonly string[], { habits }: Envelope): string {
  return `${[...lines, ...habits.furtherSegments].join('\r')}\r`;
}

/** Items of the site’s own, as real ADT carries them. */
function siteItems(visit: Visit): string[] {
  return [
    segment('OBX', {
      1: '1',
      2: 'TX',
      3: components('Admission_Reason_One', 'ADMITTING CATEGORY'),
      5: text(visit.complaint),
    }),
    segment('OBX', {
      1: '2',
      2: 'TX',
      3: components('Service_Line', 'SERVICE LINE'),
      5: text(visit.provider.specialty),
    }),
  ];
}

const allergyKinds = { medication: 'DA', food: 'FA', environment: 'EA' } as const;

function al1({ substance, reaction, criticality, recordedAt }: Allergy, index: number): string {
  return segment('AL1', {
    1: String(index + 1),
    2: allergyKinds[substance.category],
    3: components(substance.code, substance.display, substance.system === 'rxnorm' ? 'RXNORM' : 'SCT'),
    4: criticality === 'high' ? 'SV' : 'MO',
    5: text(reaction),
    6: new Date(recordedAt).toISOString().slice(0, 10).replaceAll('-', ''),
  });
}

function in1(patient: Patient, coverage: Coverage, index: number): string {
  return segment('IN1', {
    1: String(index + 1),
    2: components(coverage.plan),
    3: components(coverage.payerId),
    4: components(coverage.payer),
    12: coverage.from.replaceAll('-', ''),
    16: components(upper(patient.family), upper(patient.given)),
    17: components('SLF', 'Self'),
    36: text(coverage.memberId),
  });
}

function nextOfKin(patient: Patient): string {
  const relation = patient.marital === 'M' ? components('SPO', 'Spouse') : components('OTH', 'Other');
  return segment('NK1', {
    1: '1',
    2: components(upper(patient.family), 'CONTACT'),
    3: relation,
    5: patient.homePhone,
  });
}

function guarantor(patient: Patient): string {
  return segment('GT1', {
    1: '1',
    2: String(9_000_000 + patient.number),
    3: components(upper(patient.family), upper(patient.given)),
    10: 'P/F',
    11: components('SLF', 'Self'),
  });
}
