import { describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { chartKinds } from './charts.ts';
import { Hospital } from './hospital.ts';
import { measureNamed, noteTypes, panels } from './measures.ts';
import type { Patient } from './records.ts';

// 2026-05-12 is a Tuesday; 15:00 UTC is 10:00 in Chicago.
const now = Date.UTC(2026, 4, 12, 15);
const open = (patients = 40, seed = 'story') =>
  new Hospital({ seed, patients, now, timeZone: 'America/Chicago' });

function numbered(hospital: Hospital, number: number): Patient {
  const patient = hospital.patients.get(number);
  if (!patient) throw new Error('no such patient');
  return patient;
}
/** Someone who is in no visit. */
function someoneOut(hospital: Hospital, except = 0): Patient {
  const found = hospital.patients.filter(
    ({ number, standing }) =>
      number !== except && standing === 'active' && !hospital.stays.openVisitOf(number),
  )[0];
  if (!found) throw new Error('everyone is in');
  return found;
}
const whole = (hospital: Hospital, patient: Patient) =>
  chartKinds.map((kind) => hospital.chart(kind, patient));

describe('a history is made from the seed', () => {
  test('and is the same whenever, and in whatever order, it is asked for', () => {
    const one = open();
    const other = open();
    const forwards = Array.from(one.patients, (patient) => whole(one, patient));
    const backwards = [...other.patients].reverse().map((patient) => whole(other, patient));
    expect(backwards.reverse()).toEqual(forwards);
    expect(open(40, 'another').chart('Encounter', numbered(one, 1))).not.toEqual(
      one.chart('Encounter', numbered(one, 1)),
    );
  });

  test('holds visits with vital signs, results, notes and lists, all before the start', () => {
    const hospital = open(200);
    const counts = new Map<string, number>();
    for (const patient of hospital.patients) {
      for (const kind of chartKinds) {
        const records = hospital.chart(kind, patient);
        counts.set(kind, (counts.get(kind) ?? 0) + records.length);
        for (const record of records) {
          expect(record.patient).toBe(patient.number);
          expect(record.changedAt).toBeLessThanOrEqual(now);
        }
      }
      for (const { startedAt, endedAt, status } of hospital.chart('Encounter', patient)) {
        expect(startedAt).toBeGreaterThanOrEqual(Date.parse(patient.birthDate));
        expect(endedAt === undefined).toBe(status === 'in-progress');
      }
      const orders = new Set(hospital.chart('ServiceRequest', patient).map(({ number }) => number));
      for (const { order, takenAt, issuedAt } of hospital.chart('Observation', patient)) {
        if (order !== undefined) expect(orders).toContain(order);
        expect(issuedAt).toBeGreaterThanOrEqual(takenAt);
      }
    }
    for (const kind of chartKinds) expect([kind, (counts.get(kind) ?? 0) > 50]).toEqual([kind, true]);
    expect(hospital.changeCount).toBe(0);
    expect(hospital.keptCount).toBe(0);
  });

  test('is kept at hand for a while, and made again when others were read since', () => {
    const hospital = open(2_500);
    const patient = hospital.patients.filter((each) => hospital.chart('Observation', each).length > 0)[0];
    if (!patient) throw new Error('nobody was ever measured');
    const first = hospital.chart('Observation', patient);
    expect(hospital.chart('Observation', patient)).toBe(first);
    for (const each of hospital.patients) hospital.chart('Observation', each);
    expect(hospital.chart('Observation', patient)).not.toBe(first);
    expect(hospital.chart('Observation', patient)).toEqual(first);
  });

  test('every record is found by its id, and by nobody else’s', () => {
    const hospital = open();
    const stranger = open(40, 'another');
    for (const patient of [...hospital.patients].slice(0, 12)) {
      expect(hospital.patient(patient.fhirId)).toEqual(patient);
      expect(hospital.patient(hospital.identities.dstu2Id('Patient', patient.number))).toEqual(patient);
      for (const kind of chartKinds) {
        for (const record of hospital.chart(kind, patient)) {
          expect(record.fhirId).toMatch(/^e[\w.-]{22}3$/);
          expect(hospital.record(kind, record.fhirId)).toBe(record);
          expect(stranger.record(kind, record.fhirId)).toBeUndefined();
        }
      }
      const [visit] = hospital.chart('Encounter', patient);
      if (visit) expect(hospital.record('Appointment', visit.fhirId)).toBeUndefined();
    }
    // An id that another installation made names nothing here, whatever it would decipher to.
    for (let number = 1; number <= 300; number += 1) {
      expect(hospital.identities.read(stranger.identities.fhirId('Patient', number))).toBeUndefined();
    }
    expect(hospital.patient('e')).toBeUndefined();
    expect(hospital.patient(`e${'A'.repeat(22)}3`)).toBeUndefined();
    expect(hospital.visitByCsn(-1)).toBeUndefined();
    expect(hospital.visitByCsn(1.5)).toBeUndefined();
  });
});

describe('what a desk does is told once, and is the truth from then on', () => {
  test('an appointment is booked, moved, changed and cancelled under one number', () => {
    const hospital = open();
    const told: Change[] = [];
    hospital.onChange((change) => told.push(change));
    const patient = numbered(hospital, 3);
    const before = hospital.bookedCount;
    const { csn, fhirId } = hospital.scheduling.book(hospital.act('fhir'), {
      patient: 3,
      start: now + 86_400_000,
      note: 'wheelchair',
    });
    expect(hospital.bookedCount).toBe(before + 1);
    hospital.scheduling.reschedule(hospital.act('fhir'), csn, now + 2 * 86_400_000, 'Weather');
    expect(hospital.booked(now + 86_400_000, now + 86_400_001)).not.toContain(csn);
    expect(hospital.booked(now + 2 * 86_400_000, now + 2 * 86_400_000 + 1)).toContain(csn);
    hospital.scheduling.modify(hospital.act('fhir'), csn, { note: 'interpreter' });
    hospital.scheduling.cancel(hospital.act('fhir'), csn, 'Patient');
    expect(hospital.bookedCount).toBe(before);
    expect(hospital.appointment(fhirId)).toMatchObject({
      csn,
      status: 'cancelled',
      note: 'interpreter',
      reason: 'Patient',
      patient: 3,
    });
    expect(told.map(({ kind, sequence }) => [sequence, kind])).toEqual([
      [1, 'appointment-booked'],
      [2, 'appointment-rescheduled'],
      [3, 'appointment-modified'],
      [4, 'appointment-cancelled'],
    ]);
    // What was told earlier has not changed since: a message about it says how things stood then.
    expect(told[0]?.appointment?.status).toBe('booked');
    expect(told[3]?.touched).toEqual([{ type: 'Appointment', id: fhirId, change: 'updated' }]);
    expect(() => hospital.scheduling.cancel(hospital.act('fhir'), csn)).toThrow(/is cancelled/);
    expect(hospital.chart('Appointment', patient).filter((each) => each.csn === csn)).toHaveLength(1);
  });

  test('an appointment of the seed leaves the book when it is kept, and stands in it again after an A11', () => {
    const hospital = open();
    const patient = someoneOut(hospital);
    const booked = hospital.patients
      .filter(({ number }) => !hospital.stays.openVisitOf(number))
      .flatMap((each) => hospital.chart('Appointment', each))
      .find(({ status }) => status === 'booked');
    if (!booked) throw new Error(`nothing is booked for ${patient.number}`);
    const count = hospital.bookedCount;
    const visit = hospital.stays.admit(hospital.act('admin'), {
      patient: booked.patient,
      kind: 'clinic',
      appointment: booked.csn,
    });
    expect(visit.csn).toBe(booked.csn);
    expect([hospital.bookedCount, hospital.appointmentByCsn(booked.csn)?.status]).toEqual([
      count - 1,
      'arrived',
    ]);
    const inChart = () =>
      hospital
        .chart('Appointment', numbered(hospital, booked.patient))
        .filter(({ csn }) => csn === booked.csn);
    expect(inChart().map(({ status }) => status)).toEqual(['arrived']);
    hospital.stays.cancelAdmission(hospital.act('admin'), visit.csn);
    expect(inChart().map(({ status }) => status)).toEqual(['booked']);
    expect([hospital.bookedCount, hospital.appointmentByCsn(booked.csn)?.status]).toEqual([count, 'booked']);
    expect(hospital.booked(booked.start, booked.start + 1)).toContain(booked.csn);
  });

  test('a stay: admitted, moved, sent home, and back in the same bed', () => {
    const hospital = open();
    const patient = someoneOut(hospital);
    const [bed, other] = hospital.freeBeds() as [ReturnType<Hospital['freeBeds']>[number], never];
    const act = hospital.act('admin');
    const { csn } = hospital.stays.admit(act, { patient: patient.number, kind: 'inpatient', bed });
    expect(hospital.freeBeds()).not.toContain(bed);
    expect(() => hospital.stays.admit(act, { patient: patient.number, kind: 'emergency' })).toThrow(
      /in a visit already/,
    );
    const someone = someoneOut(hospital, patient.number);
    expect(() => hospital.stays.admit(act, { patient: someone.number, kind: 'inpatient', bed })).toThrow(
      /bed is taken/,
    );
    hospital.stays.transfer({ ...act, at: now + 1_000 }, csn, { bed: other });
    expect(hospital.freeBeds()).toContain(bed);
    hospital.stays.discharge({ ...act, at: now + 2_000 }, csn);
    expect(hospital.freeBeds()).toContain(other);
    const visit = hospital.stays.cancelDischarge({ ...act, at: now + 3_000 }, csn);
    expect(visit).toMatchObject({ status: 'in-progress', bed: other });
    expect(visit.endedAt).toBeUndefined();
    expect(visit.stays.map(({ from, to }) => [from - now, to === undefined ? '' : to - now])).toEqual([
      [0, 1_000],
      [1_000, 2_000],
      [3_000, ''],
    ]);
    expect(visit.statuses.map(({ status }) => status)).toEqual(['in-progress', 'finished', 'in-progress']);
  });

  test('results answer orders, notes grow, and nothing is written into the wrong chart', () => {
    const hospital = open();
    const act = hospital.act('admin');
    const [visit] = hospital.stays.open() as [ReturnType<Hospital['stays']['open']>[number]];
    const panel = panels[0] as (typeof panels)[number];
    const order = hospital.filing.order(act, visit.patient, visit.csn, panel);
    const measure = measureNamed('potassium');
    if (!measure) throw new Error('potassium is measured here');
    const { observations } = hospital.filing.result(act, order.number, [{ measure, value: 4.2 }]);
    expect(hospital.filing.openOrders()).not.toContainEqual(order);
    expect(observations[0]).toMatchObject({ order: order.number, value: 4.2, visit: visit.csn });
    expect(() => hospital.filing.result(act, order.number, [])).toThrow(/is completed/);

    const type = noteTypes[0] as (typeof noteTypes)[number];
    const note = hospital.filing.note(act, {
      patient: visit.patient,
      visit: visit.csn,
      type,
      text: 'first',
      status: 'preliminary',
    });
    hospital.filing.updateNote(act, note.number, { text: 'second', status: 'final' });
    hospital.filing.addend(act, note.number, 'third');
    expect(hospital.record('DocumentReference', note.fhirId)).toMatchObject({
      text: 'second',
      status: 'amended',
      addenda: [{ text: 'third' }],
    });
    const stranger = someoneOut(hospital, visit.patient);
    expect(() =>
      hospital.filing.note(act, { patient: stranger.number, visit: visit.csn, type, text: 'wrong chart' }),
    ).toThrow(/another patient’s/);
    expect(() => hospital.filing.observations(act, stranger.number, visit.csn, [])).toThrow(
      /another patient’s/,
    );
  });
});

describe('charts of one person, and of two', () => {
  test('a merge brings the records over, an unlink takes them back; what came between stays', () => {
    const hospital = open();
    const act = hospital.act('admin');
    const survivor = someoneOut(hospital);
    const ended = someoneOut(hospital, survivor.number);
    const own = whole(hospital, survivor).map((records) => records.length);
    const theirs = whole(hospital, ended).map((records) => records.length);
    const [visit] = hospital.chart('Encounter', ended);

    const { touched } = hospital.registration.merge(act, survivor.number, ended.number);
    expect(touched.length).toBe(2 + theirs.reduce((sum, count) => sum + count, 0));
    expect(whole(hospital, survivor).map((records) => records.length)).toEqual(
      own.map((count, index) => count + (theirs[index] ?? 0)),
    );
    if (visit) expect(hospital.visit(visit.fhirId)?.patient).toBe(survivor.number);
    expect(hospital.patient(ended.fhirId)).toMatchObject({ standing: 'merged', mergedInto: survivor.number });
    expect(hospital.patients.survivor(ended.number)?.number).toBe(survivor.number);
    expect(hospital.patients.withIdentifier(ended.mrn).map(({ number }) => number)).toEqual(
      expect.arrayContaining([survivor.number]),
    );
    expect(() => hospital.scheduling.book(act, { patient: ended.number, start: now })).toThrow();

    const between = hospital.scheduling.book(act, { patient: survivor.number, start: now + 1_000 });
    if (visit) hospital.stays.update(act, visit.csn, { complaint: 'corrected while merged' });
    hospital.registration.unlink(act, ended.number);
    expect(whole(hospital, ended).map((records) => records.length)).toEqual(theirs);
    expect(hospital.appointmentByCsn(between.csn)?.patient).toBe(survivor.number);
    if (visit) {
      expect(hospital.visitByCsn(visit.csn)).toMatchObject({
        patient: ended.number,
        complaint: 'corrected while merged',
      });
    }
    expect(hospital.patient(ended.fhirId)?.standing).toBe('active');
    expect(hospital.patient(survivor.fhirId)?.further).toEqual([]);
    expect(() => hospital.registration.unlink(act, ended.number)).toThrow(/not merged/);
  });

  test('two charts may carry one MRN by mistake, and both are found', () => {
    const hospital = open();
    const first = numbered(hospital, 1);
    const twin = hospital.registration.register(hospital.act('admin'), {
      family: first.family,
      given: 'Twin',
      birthDate: first.birthDate,
      sex: first.sex,
      mrn: first.mrn,
    });
    expect(hospital.patients.withIdentifier(first.mrn).map(({ number }) => number)).toEqual([1, twin.number]);
    expect(hospital.patients.bornOn(first.birthDate).map(({ number }) => number)).toContain(twin.number);
    hospital.registration.update(hospital.act('admin'), twin.number, { mrn: '999' });
    expect(hospital.patients.withIdentifier(first.mrn).map(({ number }) => number)).toEqual([1]);
    expect(hospital.patientByAny('999')?.number).toBe(twin.number);
  });

  test('a deleted chart keeps its records to itself', () => {
    const hospital = open();
    const patient = hospital.patients.filter(
      (each) => hospital.chart('Encounter', each).length > 0 && !hospital.stays.openVisitOf(each.number),
    )[0] as Patient;
    const [visit] = hospital.chart('Encounter', patient);
    hospital.registration.remove(hospital.act('admin'), patient.number);
    expect(hospital.patient(patient.fhirId)?.standing).toBe('deleted');
    expect(hospital.visit(visit?.fhirId as string)).toBeUndefined();
    expect(() => hospital.registration.update(hospital.act('admin'), patient.number, {})).toThrow(/deleted/);
  });
});

test('a chart forgets what the day made long ago, and never what was asked for from outside', () => {
  const hospital = open();
  const wanted = Array.from({ length: 80 }, (_, index) =>
    hospital.scheduling.book(hospital.act('fhir'), { patient: 1, start: now + index }),
  );
  for (let index = 0; index < 200; index += 1) {
    const { csn } = hospital.scheduling.book(hospital.act('day'), { patient: 1, start: now + index });
    hospital.scheduling.cancel(hospital.act('day'), csn);
  }
  const history = open().chart('Appointment', numbered(hospital, 1)).length;
  expect(hospital.chart('Appointment', numbered(hospital, 1))).toHaveLength(history + 80 + 60);
  for (const { fhirId } of wanted) expect(hospital.appointment(fhirId)?.status).toBe('booked');
});
