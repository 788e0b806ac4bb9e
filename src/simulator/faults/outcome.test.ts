import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ErrorNumber, registry } from '../fhir/errors.ts';
import { createSimulator, type Simulator } from '../index.ts';
import { Application, call } from '../testing/application.ts';

let application: Application;
let hospital: Simulator;
let token: string;

beforeAll(async () => {
  application = await Application.open('ES384');
  hospital = await createSimulator({
    patients: 2,
    eventsPerMinute: 0,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
  });
  token = await application.token(hospital);
});
afterAll(async () => {
  await hospital.close();
  await application.close();
});

test('each of Epic’s error numbers can be had on demand, in its envelope (section 6 of the facts)', async () => {
  const patient = `Patient/${hospital.patients()[0]?.id}`;
  for (const [number, row] of Object.entries(registry)) {
    if (row.status === 302) continue;
    hospital.addFault({ kind: 'outcome', number: Number(number), diagnostics: 'said why', count: 1 });
    const { status, body } = await call(hospital, token, patient);
    expect([number, status]).toEqual([number, row.status]);
    const [issue] = body.issue;
    expect(issue).toMatchObject({ severity: row.severity, code: row.type, diagnostics: 'said why' });
    expect(issue.details).toEqual({
      coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.657369', code: number, display: row.text }],
      text: row.text,
    });
  }
  expect((await call(hospital, token, patient)).status).toBe(200);
});

test('the status may be another one, and a number that is none is refused in words', async () => {
  hospital.addFault({ kind: 'outcome', number: 4104, status: 503, count: 1 });
  expect((await call(hospital, token, `Patient/${hospital.patients()[0]?.id}`)).status).toBe(503);
  const number = 1 as ErrorNumber;
  expect(() => hospital.addFault({ kind: 'outcome', number })).toThrow('number of outcome is not a value');
});
