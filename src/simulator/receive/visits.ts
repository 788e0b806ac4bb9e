import type { Act } from '../world/change.ts';
import type { Bed, Patient, Visit, VisitKind } from '../world/records.ts';
import type { Incoming, Segment } from './message.ts';
import { fresh, knownPerson, named, personOf, register, told, toldWithName } from './person.ts';
import { instantIn, type Receiving } from './receiving.ts';
import { Refused } from './refused.ts';
import { departmentNamed, providerNamed } from './scheduling.ts';

/** ADT, and what each trigger does at the registration and the admitting desk. */
export function takeAdt(receiving: Receiving, message: Incoming, act: Act): string {
  const { hospital, rules } = receiving;
  const { registration, stays } = hospital;
  const pid = message.first('PID');
  switch (message.trigger) {
    case 'A01':
    case 'A04':
      return arrive(receiving, message, act);
    case 'A28':
    case 'A31':
    case 'A08': {
      // A correction may be of the very name or birth date that the check would compare.
      const lenient = { ...rules, checksIdentity: false };
      const patient = knownPerson(hospital, pid, message.trigger === 'A28' ? rules : lenient);
      if (!patient || !pid) return `patient ${newcomer(receiving, pid, act).mrn}`;
      const correction = fresh(patient, toldWithName(pid));
      if (Object.keys(correction).length > 0) registration.update(act, patient.number, correction);
      return `patient ${patient.mrn}`;
    }
    case 'A40':
    case 'A18': {
      const survivor = personOf(hospital, pid, rules);
      const mrg = message.first('MRG');
      const ended = mrg ? named(hospital, mrg, 1) : [];
      const [other] = ended;
      if (!other || ended.length > 1) throw new Refused('AE', 'MRG-1 names no one chart', 'MRG-1');
      if (other.number === survivor.number) return `patient ${survivor.mrn}`;
      registration.merge(act, survivor.number, other.number);
      return `patient ${survivor.mrn}`;
    }
    case 'A02':
    case 'A03':
    case 'A11': {
      const patient = personOf(hospital, pid, rules);
      const visit = openVisitOf(receiving, message, patient);
      if (message.trigger === 'A03') stays.discharge(act, visit.csn);
      else if (message.trigger === 'A11') stays.cancelAdmission(act, visit.csn);
      else stays.transfer(act, visit.csn, whereTo(receiving, message));
      return `visit ${visit.csn}`;
    }
    case 'A13': {
      const patient = personOf(hospital, pid, rules);
      const [last] = stays
        .leftSince(0)
        .filter((visit) => visit.patient === patient.number)
        .slice(-1);
      if (!last) throw new Refused('AE', 'the patient was not discharged', 'PV1-19');
      stays.cancelDischarge(act, last.csn);
      return `visit ${last.csn}`;
    }
    default:
      throw new Refused('AR', `ADT ${message.trigger} is not taken in here`, 'MSH-9');
  }
}

function arrive(receiving: Receiving, message: Incoming, act: Act): string {
  const { hospital, rules, placers } = receiving;
  const pid = message.first('PID');
  const pv1 = message.first('PV1');
  const known = knownPerson(hospital, pid, rules);
  const placer = pv1?.text(19) ?? '';
  const key = `visit ${message.header.text(3)} ${placer}`;
  if (placer !== '' && placers.has(key) && rules.repeated === 'refuse') {
    throw new Refused('AE', 'a visit was opened under this number before', 'PV1-19');
  }
  if (known && hospital.stays.openVisitOf(known.number)) {
    throw new Refused('AE', 'the patient is in a visit already', 'PV1-19');
  }
  const patient = known ?? newcomer(receiving, pid, act);
  if (known && pid) {
    const correction = fresh(known, told(pid));
    if (Object.keys(correction).length > 0) hospital.registration.update(act, known.number, correction);
  }
  const kind = kindOf(pv1, message.trigger);
  const provider = pv1 ? providerNamed(hospital, pv1.text(7)) : undefined;
  const appointment = [...hospital.chart('Appointment', patient)].find(
    (each) => each.status === 'booked' && String(each.csn) === placer.replace(/\D/g, ''),
  );
  const cameAt = instantIn(hospital, pv1?.text(44) ?? '');
  const visit = hospital.stays.admit(act, {
    patient: patient.number,
    kind: appointment ? 'clinic' : kind,
    ...(kind === 'inpatient' ? { bed: bedFor(receiving, pv1) } : {}),
    ...departmentOf(receiving, pv1),
    ...(provider ? { provider } : {}),
    complaint: message.first('PV2')?.text(3, 2) ?? '',
    ...(appointment ? { appointment: appointment.csn } : {}),
    ...(placer === '' ? {} : { placer }),
    ...(cameAt === undefined ? {} : { startedAt: cameAt }),
  });
  if (placer !== '') placers.set(key, visit.csn);
  return `visit ${visit.csn}`;
}

function newcomer({ hospital, rules }: Receiving, pid: Segment | undefined, act: Act): Patient {
  if (!pid || !rules.registersUnknown) {
    throw new Refused('AE', 'NO-PATIENT-FOUND: no chart carries an identifier of PID-3', 'PID-3');
  }
  return register(hospital, act, pid);
}

function openVisitOf({ hospital, placers }: Receiving, message: Incoming, patient: Patient): Visit {
  const visit = hospital.stays.openVisitOf(patient.number);
  if (!visit) throw new Refused('AE', 'the patient is in no visit', 'PV1-19');
  const number = message.first('PV1')?.text(19) ?? '';
  const ours = [Number(number.replace(/\D/g, '')), placers.get(`visit ${message.header.text(3)} ${number}`)];
  // A visit number that is neither ours nor known from before names another visit than the open one.
  if (number !== '' && !ours.includes(visit.csn)) {
    throw new Refused('AE', 'the open visit has another number', 'PV1-19');
  }
  return visit;
}

function kindOf(pv1: Segment | undefined, trigger: string): VisitKind {
  const [first] = (pv1?.text(2) ?? '').toUpperCase();
  if (first === 'I') return 'inpatient';
  if (first === 'E') return 'emergency';
  if (first === 'O') return 'clinic';
  return trigger === 'A01' ? 'inpatient' : 'emergency';
}

/** The bed that PV1-3 names when it is free, or another free one. */
function bedFor({ hospital }: Receiving, pv1: Segment | undefined): Bed {
  const free = hospital.freeBeds();
  const named = free.find(
    ({ department, room, bed }) =>
      department.unit === pv1?.text(3, 1) && room === pv1.text(3, 2) && bed === pv1.text(3, 3),
  );
  const bed = named ?? free[0];
  if (!bed) throw new Refused('AE', 'no bed is free', 'PV1-3');
  return bed;
}

function departmentOf({ hospital }: Receiving, pv1: Segment | undefined) {
  const department = pv1 ? departmentNamed(hospital, pv1, pv1.text(3)) : undefined;
  return department ? { department } : {};
}

function whereTo(receiving: Receiving, message: Incoming) {
  const pv1 = message.first('PV1');
  const { department } = departmentOf(receiving, pv1);
  if (department && department.kind !== 'ward') return { department };
  return { bed: bedFor(receiving, pv1) };
}
