import { hl7Time } from '../world/calendar.ts';
import type { Patient, Visit } from '../world/records.ts';
import { components, segment, text } from './segment.ts';
import { type Envelope, evn, location, msh, pid, provider, upper, zpd } from './shared-segments.ts';

const classes = {
  inpatient: 'INPATIENT',
  emergency: 'EMERGENCY',
  clinic: 'OUTPATIENT',
} as const;

/** An ADT message: A01, A03, A04 or A08, in the order of segments that HL7 v2.5.1 gives ADT_A01. */
export function adt(envelope: Envelope, patient: Patient, visit: Visit | undefined): string {
  const { habits, facility, trigger } = envelope;
  const lines = [msh(envelope), evn(envelope), pid(patient, visit?.account)];
  if (habits.zSegments) lines.push(zpd());
  lines.push(
    segment('PD1', {
      3: components(facility.name, '', facility.code),
      4: provider(patient.provider),
    }),
  );
  const arriving = trigger === 'A01' || trigger === 'A04';
  if (arriving) lines.push(nextOfKin(patient));
  // A08 about someone who is not here: PV1 is required, and N says that no visit is meant.
  lines.push(visit ? pv1(envelope, visit) : segment('PV1', { 1: '1', 2: 'N' }));
  if (visit && trigger !== 'A08') lines.push(segment('PV2', { 3: components('', visit.complaint) }));
  if (habits.zSegments && visit) lines.push(segment('ZPV', { 1: '', 7: 'N' }, 12));
  if (visit && trigger !== 'A08') {
    lines.push(
      segment('DG1', { 1: '1', 3: components('', visit.complaint), 4: text(visit.complaint), 6: 'A' }),
    );
  }
  if (arriving) lines.push(guarantor(patient));
  return `${lines.join('\r')}\r`;
}

function pv1({ facility, timeZone }: Envelope, visit: Visit): string {
  const seenBy = provider(visit.provider);
  return segment(
    'PV1',
    {
      1: '1',
      2: classes[visit.kind],
      3: location(facility, visit.department, visit.bed),
      4: visit.kind === 'clinic' ? 'R' : 'E',
      7: seenBy,
      10: visit.provider.specialty.slice(0, 3).toUpperCase(),
      17: visit.kind === 'inpatient' ? seenBy : '',
      19: String(visit.csn),
      36: visit.endedAt === undefined ? '' : '01',
      44: hl7Time(visit.startedAt, timeZone),
      45: visit.endedAt === undefined ? '' : hl7Time(visit.endedAt, timeZone),
    },
    50,
  );
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
