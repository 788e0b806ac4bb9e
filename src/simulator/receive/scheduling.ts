import type { Act } from '../world/change.ts';
import type { Hospital } from '../world/hospital.ts';
import type { Appointment, Department, Provider, VisitType } from '../world/records.ts';
import type { Incoming, Segment } from './message.ts';
import { personOf } from './person.ts';
import { instantIn, type Receiving } from './receiving.ts';
import { Refused } from './refused.ts';

/** SIU S12, S13, S14, S15, S17 and S26, and what each does at the scheduling desk. */
export function takeScheduling(receiving: Receiving, message: Incoming, act: Act): string {
  const { hospital, rules } = receiving;
  const sch = message.first('SCH');
  if (!sch) throw new Refused('AE', 'the message has no SCH', 'SCH');
  const patient = personOf(hospital, message.first('PID'), rules);
  if (message.trigger === 'S12') return book(receiving, message, sch, patient.number, act);

  const appointment = appointmentOf(receiving, sch);
  if (!appointment) throw new Refused('AE', 'no appointment has these numbers', 'SCH-1');
  if (appointment.patient !== patient.number) {
    throw new Refused('AE', 'the appointment is another patient’s', 'PID-3');
  }
  const reason = sch.text(6, 2) || sch.text(6, 1) || undefined;
  const { scheduling } = hospital;
  const { csn } = appointment;
  switch (message.trigger) {
    case 'S13':
      scheduling.reschedule(act, csn, startOf(hospital, message, sch), reason);
      break;
    case 'S14': {
      const { note, ...wanted } = wishes(hospital, message, sch);
      scheduling.modify(act, csn, { ...wanted, ...(note === undefined ? {} : { note }) });
      break;
    }
    case 'S15':
      scheduling.cancel(act, csn, reason);
      break;
    case 'S17':
      scheduling.cancel(act, csn, reason ?? 'Deleted');
      break;
    case 'S26':
      scheduling.miss(act, csn);
      break;
    default:
      throw new Refused('AR', `SIU ${message.trigger} is not taken in here`, 'MSH-9');
  }
  return `appointment ${csn}`;
}

function book(
  { hospital, rules, placers }: Receiving,
  message: Incoming,
  sch: Segment,
  patient: number,
  act: Act,
) {
  const placer = sch.text(1);
  const key = `appointment ${message.header.text(3)} ${placer}`;
  if (placer !== '' && placers.has(key) && rules.repeated === 'refuse') {
    throw new Refused('AE', 'an appointment was booked under this number before', 'SCH-1');
  }
  const start = startOf(hospital, message, sch);
  const appointment = hospital.scheduling.book(act, {
    patient,
    start,
    ...wishes(hospital, message, sch),
    ...(placer === '' ? {} : { placer }),
  });
  if (placer !== '') placers.set(key, appointment.csn);
  return `appointment ${appointment.csn}`;
}

/** By SCH-2, our own number, or by SCH-1, the number it was booked under from outside. */
function appointmentOf({ hospital, placers }: Receiving, sch: Segment): Appointment | undefined {
  const own = Number(sch.text(2).replace(/\D/g, ''));
  const found = own > 0 ? hospital.appointmentByCsn(own) : undefined;
  if (found) return found;
  const placer = sch.text(1);
  if (placer === '') return undefined;
  for (const [key, csn] of placers) {
    if (key.startsWith('appointment ') && key.endsWith(` ${placer}`)) return hospital.appointmentByCsn(csn);
  }
  return undefined;
}

function startOf(hospital: Hospital, message: Incoming, sch: Segment): number {
  const text = sch.text(11, 4) || message.first('AIS')?.text(4) || message.first('TQ1')?.text(7) || '';
  const start = instantIn(hospital, text);
  if (start === undefined) throw new Refused('AE', 'the start cannot be read', 'SCH-11');
  return start;
}

/** What the message asks for beside the time. What is named and unknown is refused, as a missing table entry is. */
function wishes(hospital: Hospital, message: Incoming, sch: Segment) {
  const provider = chosen(message.first('AIP'), 3, 'AIP-3', (_segment, value) =>
    providerNamed(hospital, value),
  );
  const department = chosen(message.first('AIL'), 3, 'AIL-3', (segment, value) =>
    departmentNamed(hospital, segment, value),
  );
  const wanted = message.first('AIS')?.text(3) || sch.text(8);
  const visitType = wanted === '' ? undefined : visitTypeNamed(hospital, wanted);
  if (wanted !== '' && !visitType) throw new Refused('AE', '40000: no visit type is mapped to this', 'AIS-3');
  const note = message.first('NTE')?.text(3);
  return {
    ...(provider ? { provider } : {}),
    ...(department ? { department } : {}),
    ...(visitType ? { visitType } : {}),
    ...(note ? { note } : {}),
  };
}

function chosen<T>(
  segment: Segment | undefined,
  field: number,
  place: string,
  find: (segment: Segment, value: string) => T | undefined,
): T | undefined {
  if (!segment || segment.raw(field) === '') return undefined;
  for (const repetition of segment.repetitions(field)) {
    const found = find(segment, segment.part(repetition, 1));
    if (found) return found;
  }
  throw new Refused('AE', `40000: nothing is mapped to ${place}`, place);
}

/** By provider record id or NPI. */
export function providerNamed(hospital: Hospital, value: string): Provider | undefined {
  return hospital.facility.providers.find(({ id, npi }) => id === value || npi === value);
}

/** By unit, department id, or the id in component 11. */
export function departmentNamed(hospital: Hospital, segment: Segment, value: string): Department | undefined {
  const id = segment.text(3, 11);
  return hospital.facility.departments.find(
    (each) => each.unit === value || each.id === value || each.id === id,
  );
}

function visitTypeNamed(hospital: Hospital, value: string): VisitType | undefined {
  return hospital.facility.visitTypes.find(({ id, name }) => id === value || name === value);
}
