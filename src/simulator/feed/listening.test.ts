import { afterEach, expect, test } from 'vitest';
import {
  createSimulator,
  type FeedOptions,
  type KindName,
  type ResourceTruth,
  type Simulator,
} from '../index.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';

// Who only listens to the feed must know, in the end, what is true. This reads HL7 in its own way, apart from the
// templates that wrote it.

const now = Date.UTC(2026, 4, 12, 13);
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const everything: FeedOptions['kinds'] = ['ADT', 'SIU', 'ORU', 'MDM'];

async function live(hours: number, rare: readonly KindName[] = []) {
  const receiver = await Receiver.open();
  opened.push(receiver);
  const hospital = await createSimulator({
    seed: 'listening',
    patients: 240,
    now,
    eventsPerMinute: 2,
    feeds: [{ name: 'all', port: receiver.port, kinds: everything }],
  });
  opened.push(hospital);
  hospital.advance(hours * 3_600_000);
  // What is rare is made to happen.
  for (const kind of rare) hospital.happen({ kind });
  await hospital.settled();
  return { hospital, messages: receiver.messages };
}

const plain = (text = '') => text.replaceAll('\\T\\', '&');
/** Local time as HL7 writes it; the Swedish way of writing a time is nearly that. */
const local = (instant: unknown) =>
  new Date(String(instant)).toLocaleString('sv-SE', { timeZone: 'America/Chicago' }).replace(/\D/g, '');
const rows = (message: string, name: string) =>
  message
    .split('\r')
    .filter((line) => line.startsWith(`${name}|`))
    .map((line) => line.split('|'));

/** The last message that tells of each thing, by its number. */
function lastOf(
  messages: readonly string[],
  types: readonly string[],
  numbers: (message: string) => string[],
) {
  const last = new Map<string, string>();
  for (const message of messages) {
    if (!types.includes(fieldsOf(message, 'MSH')[9]?.split('^')[0] ?? '')) continue;
    for (const number of numbers(message)) if (number !== '') last.set(number, message);
  }
  return last;
}
function changed(hospital: Simulator, type: ResourceTruth['type']) {
  const found = hospital.truth({ type, changed: true });
  expect(found.length).toBeGreaterThan(10);
  return found;
}

test('after a busy day, whoever listened to the feed knows how everything stands', async () => {
  const { hospital, messages } = await live(12, [
    'unlink',
    'withdraw',
    'merge',
    'cancel-admission',
    'cancel-discharge',
  ]);
  expect(
    new Set(messages.map((message) => fieldsOf(message, 'MSH')[9]?.split('^').slice(0, 2).join('^'))),
  ).toEqual(
    new Set([
      ...['A01', 'A02', 'A03', 'A04', 'A08', 'A11', 'A13', 'A28', 'A37', 'A40'].map((each) => `ADT^${each}`),
      ...['S12', 'S13', 'S14', 'S15', 'S26'].map((each) => `SIU^${each}`),
      'ORU^R01',
      ...['T02', 'T04', 'T08', 'T11'].map((each) => `MDM^${each}`),
    ]),
  );

  const scheduling = lastOf(messages, ['SIU'], (message) => [fieldsOf(message, 'SCH')[2] ?? '']);
  for (const { key, state } of changed(hospital, 'Appointment')) {
    const message = scheduling.get(key);
    // One that stood in the book before and was kept is told of by ADT.
    if (!message) {
      expect(['arrived', 'fulfilled', 'booked']).toContain(state.status);
      continue;
    }
    expect(fieldsOf(message, 'AIS')[4]).toBe(local(state.start));
    const told = fieldsOf(message, 'SCH')[25];
    if (state.status === 'cancelled') expect(told).toBe('Cancelled');
    if (state.status === 'noshow') expect(told).toBe('Noshow');
    expect(fieldsOf(message, 'AIP')[3]).toContain(String(state.provider));
  }

  const movement = lastOf(messages, ['ADT'], (message) => [fieldsOf(message, 'PV1')[19] ?? '']);
  for (const { key, state } of changed(hospital, 'Encounter')) {
    const message = movement.get(key);
    // Those who were merged while they were in the house are told of by A40 alone.
    if (!message) continue;
    const pv1 = fieldsOf(message, 'PV1');
    expect(pv1[44]).toBe(local(state.start));
    expect(pv1[45]).toBe(state.end === undefined ? '' : local(state.end));
    expect(pv1[3]?.split('^').slice(1, 3).filter(Boolean).join('-')).toBe(state.bed ?? '');
    const cancelled = fieldsOf(message, 'MSH')[9]?.startsWith('ADT^A11') ?? false;
    expect(cancelled).toBe(state.status === 'cancelled');
  }

  const results = lastOf(messages, ['ORU'], (message) => rows(message, 'OBX').map((row) => row[4] ?? ''));
  for (const { key, state } of changed(hospital, 'Observation')) {
    const told = rows(results.get(key) as string, 'OBX').filter((row) => row[4] === key);
    expect(told.map((row) => row[5])).toEqual(
      state.components ? (state.components as number[]).map(String) : [String(state.value)],
    );
    expect(told[0]?.[11]).toBe(state.status === 'corrected' ? 'C' : 'F');
    expect(told[0]?.[14]).toBe(local(state.takenAt));
    if (state.order !== undefined) {
      expect(fieldsOf(results.get(key) as string, 'OBR')[2]?.split('^')[0]).toBe(state.order);
    }
  }

  const notes = lastOf(messages, ['MDM'], (message) => [fieldsOf(message, 'TXA')[12]?.split('^')[0] ?? '']);
  for (const { key, state } of changed(hospital, 'DocumentReference')) {
    const message = notes.get(key) as string;
    const text = rows(message, 'OBX').map((row) => plain(row[5]));
    if (state.status === 'entered-in-error') {
      expect([fieldsOf(message, 'TXA')[19], text]).toEqual(['CA', []]);
      continue;
    }
    expect(text.slice(0, String(state.text).split('\n').length).join('\n')).toBe(state.text);
    for (const each of state.addenda as string[]) expect(text).toContain(each);
    expect(fieldsOf(message, 'TXA')[17]).toBe(state.status === 'preliminary' ? 'IP' : 'AU');
  }

  const people = lastOf(messages, ['ADT'], (message) => [fieldsOf(message, 'PID')[3]?.split('^')[0] ?? '']);
  for (const { key, state } of changed(hospital, 'Patient')) {
    if (state.standing !== 'active') continue;
    const pid = fieldsOf(people.get(key) as string, 'PID');
    expect(plain(pid[5]).split('^')[0]).toBe(String(state.family).toUpperCase());
    expect(plain(pid[11]).split('^')[0]).toBe(state.street);
  }

  // Merges and unlinks, in order, leave the same charts apart as in truth.
  const ended = new Set<string>();
  for (const message of messages) {
    if (fieldsOf(message, 'MSH')[9]?.startsWith('ADT^A40')) {
      ended.add(fieldsOf(message, 'MRG')[1]?.split('^')[0] as string);
    }
    if (fieldsOf(message, 'MSH')[9]?.startsWith('ADT^A37')) {
      ended.delete(rows(message, 'PID')[1]?.[3]?.split('^')[0] as string);
    }
  }
  const merged = hospital.truth({ type: 'Patient' }).filter(({ state }) => state.standing === 'merged');
  expect(merged.length).toBeGreaterThan(0);
  expect(new Set(merged.map(({ key }) => key))).toEqual(ended);
}, 30_000);

test('every change is in the log once, and every message belongs to one', async () => {
  const { hospital, messages } = await live(3);
  const log = hospital.changes();
  expect(log.map(({ sequence }) => sequence)).toEqual(log.map((_each, index) => index + 1));
  const announced = hospital.happenings().flatMap((each) => each.announced);
  expect(announced.map(({ controlId }) => controlId)).toEqual(
    messages.map((message) => fieldsOf(message, 'MSH')[10]),
  );
  for (const { type, id, log: own } of hospital.truth({ changed: true })) {
    expect(own).toEqual(
      log
        .filter(({ resources }) => resources.some((each) => each.type === type && each.id === id))
        .map(({ resources, patientId: _patient, ...entry }) => ({
          ...entry,
          change: resources.find((each) => each.id === id)?.change,
        })),
    );
  }
  expect(hospital.changes(log.length - 2).map(({ sequence }) => sequence)).toEqual([
    log.length - 1,
    log.length,
  ]);
});
