import { hl7Time, minute } from '../world/calendar.ts';
import type { Appointment, Patient } from '../world/records.ts';
import { components, segment, text } from './segment.ts';
import {
  type Envelope,
  location,
  msh,
  pid,
  provider,
  upper,
  visitNumber,
  visitTypeSystem,
  zpd,
} from './shared-segments.ts';

// HL7 table 0278, of which sites use their own spellings.
const statuses: Readonly<Record<Appointment['status'], string>> = {
  booked: 'Booked',
  arrived: 'Arrived',
  fulfilled: 'Complete',
  cancelled: 'Cancelled',
  noshow: 'Noshow',
};

/** A SIU message: S12, S13, S14, S15 or S26, in the order of segments that HL7 v2.5.1 gives SIU_S12. */
export function siu(
  envelope: Envelope,
  patient: Patient,
  appointment: Appointment,
  reason: string | undefined,
): string {
  const { facility, timeZone, habits, user } = envelope;
  const { csn, visitType, department } = appointment;
  const start = hl7Time(appointment.start, timeZone);
  const end = hl7Time(appointment.start + visitType.minutes * minute, timeZone);
  const kind = components(visitType.id, visitType.name, visitTypeSystem);
  // HL7 table 0206: added, deleted, updated.
  const action = envelope.trigger === 'S12' ? 'A' : envelope.trigger === 'S15' ? 'D' : 'U';
  const person = components(user.id, upper(user.family), upper(user.given));
  const seenBy = provider(appointment.provider);
  const place = location(facility, department);
  const times = [start, '', '', String(visitType.minutes), 'MIN'] as const;

  const lines = [
    msh(envelope),
    segment(
      'SCH',
      {
        // SCH-1 is the id of the order to book, or the number another system booked under; SCH-2 is the contact
        // serial number, the same as PV1-19.
        1: text(appointment.placer ?? String(csn + 500_000_000)),
        2: visitNumber(csn, habits),
        5: components(department.id, department.name),
        6: reason ? components('', reason) : components(envelope.trigger),
        7: components('', visitType.name),
        8: kind,
        9: String(visitType.minutes),
        10: 'MIN',
        11: components('', '', visitType.minutes, start, end),
        16: person,
        20: person,
        25: statuses[appointment.status],
      },
      26,
    ),
    pid(patient, habits),
  ];
  if (appointment.note) lines.splice(2, 0, segment('NTE', { 1: '1', 3: text(appointment.note) }));
  if (habits.zSegments) lines.push(zpd());
  lines.push(
    segment(
      'PV1',
      {
        1: '1',
        2: text(habits.patientClasses.clinic),
        3: place,
        7: seenBy,
        19: visitNumber(csn, habits),
        44: start,
      },
      45,
    ),
    segment('RGS', { 1: '1', 2: action }),
    segment('AIS', { 1: '1', 2: action, 3: kind, ...numbered(4, times) }),
    segment('AIL', { 1: '1', 2: action, 3: place, 4: components('CLINIC'), ...numbered(6, times) }),
    segment('AIP', { 1: '1', 2: action, 3: seenBy, 4: components('PROVIDER'), ...numbered(6, times) }),
  );
  return `${lines.join('\r')}\r`;
}

/** Start, offset, offset units, duration, duration units: AIS counts them from 4, AIL and AIP from 6. */
function numbered(first: number, fields: readonly string[]): Record<number, string> {
  return Object.fromEntries(fields.map((field, index) => [first + index, field]));
}
