import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from './index.ts';
import { Application, call } from './testing/application.ts';
import { fieldsOf, Receiver } from './testing/receiver.ts';

const now = Date.UTC(2026, 4, 12, 15);
const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(options: SimulatorOptions = {}): Promise<Simulator> {
  const hospital = await createSimulator({ now, ...options });
  opened.push(hospital);
  return hospital;
}
async function listen(): Promise<Receiver> {
  const receiver = await Receiver.open();
  opened.push(receiver);
  return receiver;
}

describe('the same seed is the same hospital', () => {
  async function dayOf(seed: string, byHand = false) {
    const receiver = await listen();
    const hospital = await open({
      seed,
      eventsPerMinute: 2,
      feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'] }],
    });
    if (byHand) hospital.happen({ kind: 'update' });
    for (let step = 0; step < 4; step += 1) hospital.advance(15 * 60_000);
    await hospital.settled();
    return {
      truth: [hospital.patients(), hospital.appointments(), hospital.visits()],
      messages: receiver.messages,
      times: hospital.happenings().map(({ at }) => at),
    };
  }

  test('to the byte, in truth and in messages', async () => {
    const one = await dayOf('seed');
    expect(one.messages.length).toBeGreaterThan(60);
    expect(await dayOf('seed')).toEqual(one);
    expect((await dayOf('other seed')).truth).not.toEqual(one.truth);
  });

  test('an event by hand does not move the others', async () => {
    const quiet = await dayOf('seed');
    const disturbed = await dayOf('seed', true);
    expect(disturbed.times.slice(1)).toEqual(quiet.times);
  });

  test('and other seeds give other ids, as other hospitals do', async () => {
    const ids = (hospital: Simulator) => hospital.patients().map(({ id }) => id);
    const one = ids(await open({ seed: 1 }));
    const two = ids(await open({ seed: 2 }));
    expect(new Set([...one, ...two]).size).toBe(one.length + two.length);
  });
});

test('after a day, the truth, what FHIR serves and what HL7 announced last are the same', async () => {
  const receiver = await listen();
  const application = await Application.open();
  opened.push(application);
  const hospital = await open({
    patients: 40,
    eventsPerMinute: 0.5,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
    feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'] }],
  });
  hospital.advance(8 * 3_600_000);
  await hospital.settled();
  const token = await application.token(hospital);
  const lastAbout = (segment: string, field: number, id: string, type: string) =>
    receiver.messages.findLast(
      (message) =>
        fieldsOf(message, 'MSH')[9]?.startsWith(type) &&
        fieldsOf(message, segment)[field]?.split('^')[0] === id,
    );
  const digits = (instant: string) => instant.replace(/\D/g, '').slice(0, 14);

  let checked = 0;
  for (const patient of hospital.patients()) {
    const { body } = await call(hospital, token, `Patient/${patient.id}`);
    expect(body.name[0].family).toBe(patient.family);
    expect(body.telecom?.find(({ use }: { use: string }) => use === 'mobile')?.value ?? '').toBe(
      patient.mobilePhone,
    );
    expect(body.address?.[0].line[0] ?? '').toBe(patient.street);
    const message = lastAbout('PID', 3, patient.mrn, '');
    if (!message) continue;
    checked += 1;
    const pid = fieldsOf(message, 'PID');
    const plain = (text = '') => text.replaceAll('\\T\\', '&');
    expect(plain(pid[5]).split('^').slice(0, 2)).toEqual([
      patient.family.toUpperCase(),
      patient.given.toUpperCase(),
    ]);
    // Only the last message of a patient must agree with how things stand now.
    expect(plain(pid[11]).split('^')[0]).toBe(patient.street);
    expect(pid[13]).toContain(patient.mobilePhone.slice(4).replace('-', ''));
  }
  expect(checked).toBeGreaterThan(20);

  for (const appointment of hospital.appointments()) {
    const { body } = await call(hospital, token, `Appointment/${appointment.id}`);
    expect([body.status, Date.parse(body.start)]).toEqual([
      appointment.status,
      Date.parse(appointment.start),
    ]);
    const message = lastAbout('SCH', 2, appointment.csn, 'SIU');
    if (!message) continue;
    const local = new Date(Date.parse(appointment.start) - 5 * 3_600_000).toISOString();
    expect(fieldsOf(message, 'AIS')[4]).toBe(digits(local));
    expect(fieldsOf(message, 'SCH')[25] === 'Cancelled').toBe(appointment.status === 'cancelled');
  }

  for (const visit of hospital.visits()) {
    const { body } = await call(hospital, token, `Encounter/${visit.id}`);
    expect(visit.endedAt ? ['finished', 'cancelled'] : ['in-progress']).toContain(body.status);
    const message = lastAbout('PV1', 19, visit.csn, 'ADT');
    if (!message) continue;
    expect(fieldsOf(message, 'PID')[18]).toBe(visit.account);
    const trigger = fieldsOf(message, 'MSH')[9]?.split('^')[1];
    if (visit.endedAt === undefined) expect(['A03', 'A11']).not.toContain(trigger);
    // What is learnt of someone after they left is told with the visit they were in.
    else expect(fieldsOf(message, 'PV1')[45]).not.toBe('');
  }
});

test('a bed holds one patient and a patient is in one visit, however busy the day', async () => {
  const hospital = await open({ patients: 200, eventsPerMinute: 60 });
  hospital.advance(6 * 3_600_000);
  const inside = hospital.visits().filter((visit) => !visit.endedAt);
  expect(inside.length).toBeGreaterThan(5);
  expect(new Set(inside.map(({ patientId }) => patientId)).size).toBe(inside.length);
  const beds = inside.flatMap(({ department, bed }) => (bed ? [`${department} ${bed}`] : []));
  expect(new Set(beds).size).toBe(beds.length);
  const csns = hospital.appointments().map(({ csn }) => csn);
  expect(new Set(csns).size).toBe(csns.length);
});

test('a simulator left running stays small: a chart keeps sixty of each', async () => {
  const hospital = await open({ patients: 2, eventsPerMinute: 60 });
  hospital.advance(12 * 3_600_000);
  expect(hospital.patients()).toHaveLength(3);
  // Each chart keeps sixty of what the day made, and its history.
  expect(hospital.visits().length).toBeLessThanOrEqual(3 * 60 + 2 * 20);
  expect(hospital.appointments().length).toBeLessThanOrEqual(3 * 60 + 2 * 20);
  expect(hospital.happenings().length).toBe(1_000);
});

test('who does not come is a no-show in the end', async () => {
  const receiver = await listen();
  const hospital = await open({
    eventsPerMinute: 0,
    feeds: [{ name: 'siu', port: receiver.port, kinds: ['SIU'] }],
  });
  hospital.advance(7 * 24 * 3_600_000);
  const { csn } = hospital.happen({ kind: 'noshow' });
  await hospital.settled();
  expect(hospital.appointments().find((each) => each.csn === csn)?.status).toBe('noshow');
  expect(fieldsOf(receiver.messages[0] as string, 'MSH')[9]).toBe('SIU^S26^SIU_S12');
  expect(fieldsOf(receiver.messages[0] as string, 'SCH')[25]).toBe('Noshow');
});

test('the day runs by itself and makes events at the rate asked for', async () => {
  const receiver = await listen();
  const hospital = await open({
    now: Date.now(),
    speed: 3600,
    eventsPerMinute: 1,
    feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'] }],
  });
  hospital.start();
  await receiver.received(5);
  hospital.stop();
  const stoppedAt = hospital.now();
  expect(stoppedAt).toBeGreaterThan(now);
  expect(hospital.now()).toBe(stoppedAt);
});

// A process ends by itself only when no timer, socket or server is left in it.
const life = `
  import { connect, createServer } from 'node:net';
  import { get, request } from 'node:http';
  const { createSimulator } = await import(process.argv[1]);
  const silent = createServer((socket) => socket.resume().on('error', () => undefined));
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const hospital = await createSimulator({
    speed: 60,
    feeds: [
      { name: 'unanswered', port: silent.address().port, kinds: ['SIU'] },
      { name: 'nobody listens', port: 1, kinds: ['ADT'], firstPauseMs: 60000, longestPauseMs: 60000 },
    ],
  });
  hospital.start();
  hospital.happen({ kind: 'admit' });
  hospital.happen({ kind: 'book' });
  await new Promise((resolve) => silent.once('connection', (socket) => socket.once('data', resolve)));
  await new Promise((resolve) =>
    request(hospital.adminUrl + '/faults', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    }, (response) => response.resume().on('end', resolve)).end('{"kind":"latency","milliseconds":600000}'),
  );
  const { port } = new URL(hospital.url);
  // A client that never ends its request.
  await new Promise((resolve) => {
    const halfSpoken = connect(port, '127.0.0.1', () => halfSpoken.write('GET /admin HTTP/1.1\\r\\n', resolve));
    halfSpoken.on('error', () => undefined);
  });
  get(hospital.fhirBase + '/metadata').on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await hospital.close();
  await hospital.close();
  silent.close();
  console.log('closed');
`;

test('closing leaves no timer and no socket behind, also in the middle of things', async () => {
  const index = new URL('./index.ts', import.meta.url).href;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', life, index], {
    timeout: 15_000,
  });
  // And it prints nothing by itself.
  expect(stdout).toBe('closed\n');
});

test('what cannot be set up is refused in words', async () => {
  await expect(createSimulator({ patients: 0 })).rejects.toThrow('patients must be');
  await expect(createSimulator({ eventsPerMinute: -1 })).rejects.toThrow('eventsPerMinute must be');
  await expect(createSimulator({ speed: 0 })).rejects.toThrow('speed must be');
  const feed = { name: 'same', port: 1, kinds: ['ADT'] as const };
  await expect(createSimulator({ feeds: [feed, feed] })).rejects.toThrow('a name of its own');
});
