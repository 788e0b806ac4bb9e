import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../index.ts';
import { Application, call, type Json } from '../testing/application.ts';
import { Receiver } from '../testing/receiver.ts';

let hospital: Simulator;
let receiver: Receiver;
let application: Application;

beforeEach(async () => {
  receiver = await Receiver.open();
  application = await Application.open();
  hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    eventsPerMinute: 6,
    feeds: [{ name: 'all', port: receiver.port, kinds: ['ADT', 'SIU'], firstPauseMs: 1 }],
  });
});
afterEach(async () => {
  await hospital.close();
  await receiver.close();
  await application.close();
});

async function get(path: string): Promise<Json> {
  return (await fetch(`${hospital.adminUrl}${path}`)).json();
}
async function post(path: string, body: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${hospital.adminUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}
const register = () => post('/clients', { clientId: application.clientId, jwksUrl: application.jwksUrl });

describe('events', () => {
  test('happen now, to the patient named, and answer with all their ids', async () => {
    const { mrn, id } = hospital.patients()[2] as { mrn: string; id: string };
    const { status, body } = await post('/events', { kind: 'book', patient: mrn });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'appointment-booked',
      message: 'SIU^S12',
      feeds: ['all'],
      mrn,
      patientId: id,
    });
    const { status: state } = hospital.appointments().find((each) => each.id === body.appointmentId) ?? {};
    expect(state).toBe('booked');
    await receiver.received(1);
    expect(receiver.messages[0]).toContain(`|${body.controlId}|`);
    const moved = await post('/events', { kind: 'reschedule', csn: Number(body.csn) });
    expect(moved.body.appointmentId).toBe(body.appointmentId);
    const byId = await post('/events', { kind: 'update', patient: id });
    expect(byId.body.mrn).toBe(mrn);
  });

  test('that cannot be are refused with the reason', async () => {
    const admitted = (await post('/events', { kind: 'admit' })).body;
    expect((await post('/events', { kind: 'admit', patient: admitted.mrn })).status).toBe(409);
    expect((await post('/events', { kind: 'update', patient: 'nobody' })).body.error).toContain('no patient');
    expect((await post('/events', { kind: 'dance' })).body.error).toContain('admit, register');
    expect((await post('/events', [])).status).toBe(400);
  });
});

test('the clock is moved, sped up, started and stopped', async () => {
  expect((await post('/clock', { advanceMinutes: 30 })).body.now).toBe('2026-05-12T15:30:00.000Z');
  expect(hospital.happenings().length).toBeGreaterThan(80);
  expect((await post('/clock', { speed: 60, start: true })).body).toMatchObject({ speed: 60, running: true });
  expect((await post('/clock', { stop: true })).body).toMatchObject({ running: false });
  expect((await post('/clock', { speed: 0 })).status).toBe(400);
  expect((await post('/clock', { advanceMinutes: 100_000 })).status).toBe(400);
});

test('the state and the truth can be read', async () => {
  hospital.happen({ kind: 'admit' });
  await hospital.settled();
  const state = await get('');
  expect(state).toMatchObject({ seed: 'larkfield', counts: { patients: 60, happenings: 1 } });
  expect(state.feeds[0]).toMatchObject({ name: 'all', accepted: 1, queued: 0 });
  expect(await get('/patients?limit=2&offset=1')).toEqual(hospital.patients().slice(1, 3));
  expect(await get('/appointments?limit=5')).toEqual(hospital.appointments().slice(0, 5));
  expect(await get('/visits?limit=1')).toEqual(hospital.visits().slice(0, 1));
  expect(await get('/happenings')).toEqual(hospital.happenings());
  expect((await fetch(`${hospital.adminUrl}/patients?limit=x`)).status).toBe(400);
});

test('a client put on record by the admin API gets its token', async () => {
  expect((await application.ask(hospital)).status).toBe(400);
  expect((await register()).status).toBe(200);
  expect((await application.ask(hospital)).status).toBe(200);
  expect((await post('/clients', { clientId: 'x', jwksUrl: 'nowhere' })).status).toBe(400);
});

test('every request to the hospital is on record, those to the admin API are not', async () => {
  await register();
  const token = await application.token(hospital);
  await call(hospital, token, 'Patient?_id=x');
  const requests = await get('/requests');
  expect(requests).toMatchObject([
    { method: 'POST', path: '/epic/oauth2/token', status: 200 },
    { method: 'GET', path: '/epic/api/FHIR/R4/Patient', query: '_id=x', status: 400 },
  ]);
});
