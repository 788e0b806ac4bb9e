import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  createSimulator,
  type Happening,
  type KindName,
  type Simulator,
  type SimulatorOptions,
} from '../index.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';
import { components, segment, text } from './segment.ts';

let receiver: Receiver;
let hospital: Simulator;
// 2026-05-12 is a Tuesday; 15:00 UTC is 10:00 in Chicago.
const now = Date.UTC(2026, 4, 12, 15);

async function open(more: SimulatorOptions = {}): Promise<void> {
  hospital = await createSimulator({
    now,
    eventsPerMinute: 0,
    feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'] }],
    ...more,
  });
}
beforeEach(async () => {
  receiver = await Receiver.open();
  await open();
});
afterEach(async () => {
  await hospital.close();
  await receiver.close();
});

async function announced(
  kind: KindName,
  patient?: string,
): Promise<{ message: string; happening: Happening }> {
  const happening = hospital.happen({ kind, ...(patient === undefined ? {} : { patient }) });
  await hospital.settled();
  return { message: receiver.messages.at(-1) as string, happening };
}
const names = (message: string) =>
  message
    .split('\r')
    .filter(Boolean)
    .map((line) => line.slice(0, 3))
    .join(' ');

test('an admission is an A01 in the form Epic sends', async () => {
  const { message, happening } = await announced('admit');
  const patient = hospital.patients().find(({ id }) => id === happening.patientId);
  expect(names(message)).toMatch(/^MSH EVN PID ZPD PD1 NK1 PV1 PV2 ZPV (AL1 )*DG1 GT1( IN1)?$/);
  const msh = fieldsOf(message, 'MSH');
  expect(msh.slice(3, 5)).toEqual(['EPIC', 'LGH']);
  expect(msh[7]).toBe('20260512100000');
  expect(msh[8]).toBe('RNKESTREL');
  expect(msh[9]).toBe('ADT^A01^ADT_A01');
  expect(msh[10]).toMatch(/^\d+$/);
  expect(msh.slice(11, 13)).toEqual(['T', '2.5.1']);
  expect(msh[18]).toBe('UNICODE UTF-8');
  const evn = fieldsOf(message, 'EVN');
  expect([evn[1], evn[4], evn[6]]).toEqual(['A01', 'ADT_EVENT', '20260512100000']);
  expect(evn[5]).toMatch(/^RNKESTREL\^KESTREL\^JUNO\^{6}LGH\^{5}\d+$/);
  const pid = fieldsOf(message, 'PID');
  expect(pid[3]).toMatch(
    new RegExp(`^${patient?.mrn}\\^\\^\\^EPI\\^MR~${patient?.externalId}\\^\\^\\^EXTERNAL\\^EXTID~E\\d+`),
  );
  expect(pid[7]).toBe(patient?.birthDate.replaceAll('-', ''));
  expect(pid[18]).toBe(happening.account);
  const pv1 = fieldsOf(message, 'PV1');
  expect(pv1[2]).toBe('INPATIENT');
  expect(pv1[3]).toMatch(/^[^^]+\^\d+\^[AB]\^LGH\^/);
  expect(pv1[7]).toMatch(/^\d{6}\^[^^]+\^[^^]+\^{6}EPIC\^{4}PROVID~/);
  expect(pv1[19]).toBe(happening.csn);
  expect(pv1[44]).toBe('20260512100000');
  expect(pv1[45]).toBe('');
});

test('a discharge ends the same visit', async () => {
  const admitted = (await announced('admit')).happening;
  hospital.advance(3_600_000);
  const { message, happening } = await announced('discharge', admitted.mrn);
  expect(fieldsOf(message, 'MSH')[9]).toBe('ADT^A03^ADT_A03');
  const pv1 = fieldsOf(message, 'PV1');
  expect([pv1[19], happening.encounterId]).toEqual([admitted.csn, admitted.encounterId]);
  expect(pv1.slice(44, 46)).toEqual(['20260512100000', '20260512110000']);
});

test('a demographic update without a visit says so', async () => {
  const inside = new Set(
    hospital
      .visits()
      .filter((visit) => !visit.endedAt)
      .map((visit) => visit.patientId),
  );
  const patient = hospital.patients().find(({ id }) => !inside.has(id));
  const { message } = await announced('update', patient?.mrn);
  expect(names(message)).toBe('MSH EVN PID ZPD PD1 PV1');
  expect(fieldsOf(message, 'PV1')[2]).toBe('N');
  expect(fieldsOf(message, 'EVN')[4]).toBe('REG_UPDATE');
});

test('an appointment is booked, moved and cancelled under one contact number', async () => {
  const booked = (await announced('book')).happening;
  const moved = hospital.happen({ kind: 'reschedule', csn: booked.csn as string });
  const cancelled = hospital.happen({ kind: 'cancel', csn: booked.csn as string });
  await hospital.settled();
  expect([moved.csn, cancelled.csn]).toEqual([booked.csn, booked.csn]);
  const [first, second, third] = receiver.messages as [string, string, string];
  expect(names(first)).toBe('MSH SCH PID ZPD PV1 RGS AIS AIL AIP');
  for (const message of [first, second, third]) {
    expect(fieldsOf(message, 'SCH')[2]).toBe(booked.csn);
    expect(fieldsOf(message, 'PV1')[19]).toBe(booked.csn);
    expect(fieldsOf(message, 'AIS')[4]).toBe(fieldsOf(message, 'SCH')[11]?.split('^')[3]);
    expect(fieldsOf(message, 'AIP')[6]).toBe(fieldsOf(message, 'AIL')[6]);
  }
  expect(fieldsOf(first, 'AIS')[4]).not.toBe(fieldsOf(second, 'AIS')[4]);
  expect([first, second, third].map((message) => fieldsOf(message, 'SCH')[25])).toEqual([
    'Booked',
    'Booked',
    'Cancelled',
  ]);
});

test('a registration for an appointment takes over its contact number, or is a walk-in', async () => {
  const { message, happening } = await announced('register');
  expect(fieldsOf(message, 'MSH')[9]).toBe('ADT^A04^ADT_A01');
  expect(fieldsOf(message, 'PV1')[2]).toBe(happening.appointmentId ? 'OUTPATIENT' : 'EMERGENCY');
  const appointment = hospital.appointments().find(({ id }) => id === happening.appointmentId);
  if (happening.appointmentId) expect(appointment).toMatchObject({ status: 'arrived', csn: happening.csn });
});

test('a site with other habits: version 2.3, production, no Z segments', async () => {
  await hospital.close();
  await open({ habits: { version: '2.3', processing: 'P', zSegments: false } });
  const { message } = await announced('admit');
  expect(fieldsOf(message, 'MSH')[9]).toBe('ADT^A01');
  expect(fieldsOf(message, 'MSH').slice(11, 13)).toEqual(['P', '2.3']);
  expect(names(message)).not.toMatch(/Z/);
});

test('characters that HL7 keeps for itself are escaped', () => {
  expect(text('Marlow & Hart')).toBe('Marlow \\T\\ Hart');
  expect(text('a|b^c~d\\e\rf')).toBe('a\\F\\b\\S\\c\\R\\d\\E\\e\\X0D\\f');
  expect(components('a', '', 'b', '', '')).toBe('a^^b');
  expect(segment('ZZZ', { 2: 'x' }, 4)).toBe('ZZZ||x||');
});
