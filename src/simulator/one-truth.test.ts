import { afterEach, expect, test } from 'vitest';
import { createSimulator, type ResourceTruth } from './index.ts';
import { Application, call } from './testing/application.ts';

// 2026-05-12 is a Tuesday; 12:00 UTC is 07:00 in Chicago.
const now = Date.UTC(2026, 4, 12, 12);
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** As much of a resource as is looked at. */
interface Served {
  readonly status: string;
  readonly start: string;
  readonly identifier: readonly { readonly value: string }[];
  readonly code: { readonly coding: readonly { readonly code: string }[] };
  readonly valueQuantity?: { readonly value: number };
}

const looks: Readonly<Record<string, (state: ResourceTruth['state'], body: Served) => [unknown, unknown][]>> =
  {
    Appointment: (state, body) => [
      [body.status, state.status],
      [Date.parse(body.start), Date.parse(String(state.start))],
    ],
    Encounter: (state, body) => [
      [body.identifier[0]?.value, state.csn],
      [body.status === 'in-progress', state.status === 'in-progress'],
    ],
    Observation: (state, body) => [
      [body.status, state.status],
      [body.code.coding.some(({ code }) => code === state.code), true],
      [body.valueQuantity?.value, state.value],
    ],
    DocumentReference: (state, body) => [
      [body.status === 'entered-in-error', state.status === 'entered-in-error'],
      [JSON.stringify(body.identifier).includes(`"${state.number}"`), true],
    ],
  };

test('what a busy day changed is served by FHIR as it truly stands', async () => {
  const application = await Application.open();
  opened.push(application);
  const hospital = await createSimulator({
    seed: 'one truth',
    patients: 120,
    now,
    eventsPerMinute: 2,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
  });
  opened.push(hospital);
  hospital.advance(8 * 3_600_000);
  const token = await application.token(hospital);
  for (const [type, look] of Object.entries(looks)) {
    const changed = hospital.truth({ type: type as ResourceTruth['type'], changed: true }).slice(-40);
    expect(changed.length).toBeGreaterThan(15);
    for (const { id, state } of changed) {
      const { status, body } = await call(hospital, token, `${type}/${id}`);
      expect([type, status]).toEqual([type, 200]);
      for (const [served, true_] of look(state, body)) expect([type, served]).toEqual([type, true_]);
    }
  }
  const merged = hospital.truth({ type: 'Patient' }).filter(({ state }) => state.standing !== 'active');
  for (const { id } of merged) expect((await call(hospital, token, `Patient/${id}`)).status).not.toBe(200);
}, 30_000);

test('a natural day is busy by day, quiet at night, and most who are expected come', async () => {
  const hospital = await createSimulator({
    patients: 3_000,
    now: now - 7 * 3_600_000,
    eventsPerMinute: 'natural',
  });
  opened.push(hospital);
  hospital.advance(24 * 3_600_000);
  const log = hospital.changes();
  const within = (kind: string, from: number, to: number) =>
    log.filter((change) => {
      const hour = (new Date(change.at).getUTCHours() + 24 - 5) % 24;
      return change.kind === kind && hour >= from && hour < to;
    }).length;
  expect(within('appointment-booked', 8, 17)).toBeGreaterThan(20);
  expect(within('appointment-booked', 21, 24) + within('appointment-booked', 0, 6)).toBeLessThan(4);
  expect(within('observations-filed', 8, 17)).toBeGreaterThan(3 * within('observations-filed', 0, 6));
  const kept = within('visit-registered', 7, 20);
  const missed = within('appointment-missed', 0, 24);
  expect(kept).toBeGreaterThan(60);
  expect(missed).toBeGreaterThan(0);
  expect(missed / (kept + missed)).toBeLessThan(0.25);
  // Nobody is left in a clinic overnight, and the beds are neither empty nor all taken.
  const inside = hospital.visits().filter(({ endedAt }) => !endedAt);
  expect(inside.filter(({ kind }) => kind === 'clinic').length).toBeLessThan(5);
  const beds = inside.filter(({ kind }) => kind === 'inpatient').length;
  expect(beds).toBeGreaterThan(12);
  expect(beds).toBeLessThanOrEqual(30);
});
