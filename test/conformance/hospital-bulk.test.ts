import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type BulkOptions,
  type BulkPosition,
  type BulkState,
  bulkExport,
} from '../../src/connectors/bulk/index.ts';
import { createHttp, type Http, unwatched, usualLimits } from '../../src/fhir/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { Application, type Json } from '../../src/simulator/testing/application.ts';
import { type Clock, type Failure, systemClock } from '../../src/std/index.ts';

/** Suture's Bulk client against the hospital's Group export. */
const hour = 3_600_000;
const { signal } = new AbortController();
let hospital: Simulator;
let application: Application;
let http: Http;
let kept: BulkState | null;
let options: BulkOptions;

/** Waits are over at once, and the hospital's clock has moved on by them. */
const clock: Clock = {
  now: () => hospital.now(),
  elapsed: () => hospital.now(),
  after(ms, run) {
    const handle = setImmediate(() => {
      hospital.advance(ms);
      run();
    });
    return () => clearImmediate(handle);
  },
};

beforeEach(async () => {
  application = await Application.open();
  hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    patients: 25,
    eventsPerMinute: 0,
    behaviour: { bulkRetryAfterSeconds: 60, bulkFileResources: 10 },
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
  });
  http = createHttp(systemClock, usualLimits);
  kept = null;
  const { groups } = (await (await fetch(`${hospital.adminUrl}/bulk`)).json()) as Json;
  options = {
    http,
    clock,
    random: { fraction: () => 0.5 },
    fhirBase: hospital.fhirBase,
    group: groups[0].id,
    types: ['Patient', 'Encounter'],
    window: 24 * hour,
    memory: {
      read: async () => structuredClone(kept),
      write: async (state) => {
        kept = structuredClone(state);
      },
    },
    token: () => application.token(hospital),
    watch: unwatched,
  };
});
afterEach(async () => {
  await http.close();
  await hospital.close();
  await application.close();
});

const admin = (body: unknown) =>
  fetch(`${hospital.adminUrl}/bulk`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
async function all(): Promise<string[]> {
  const ids: string[] = [];
  for await (const records of bulkExport(options, { signal })) {
    for (const { bytes } of records) ids.push(JSON.parse(Buffer.from(bytes).toString()).id);
  }
  return ids;
}
const truth = () => [...hospital.patients(), ...hospital.visits()].map(({ id }) => id).sort();
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Failure) => error.code,
  );

test('an export is everything that the hospital knows, once, and its files are deleted afterwards', async () => {
  expect((await all()).sort()).toEqual(truth());
  const { requests } = (await (await fetch(`${hospital.adminUrl}/bulk`)).json()) as Json;
  expect(requests).toEqual([]);
});

test('the next export waits for the window, and then shows what has changed', async () => {
  await all();
  const begun = hospital.now();
  hospital.happen({ kind: 'admit' });
  expect((await all()).sort()).toEqual(truth());
  expect(hospital.now() - begun).toBeGreaterThanOrEqual(23 * hour);
});

test('a download that breaks off is gone on with behind the last record, and an export that fails is told', async () => {
  await admin({ cutFiles: 1, cutAfterBytes: 5_000 });
  const ids: string[] = [];
  let after: BulkPosition | null = null;
  const read = async () => {
    for await (const records of bulkExport(options, { signal, after })) {
      for (const { bytes, position } of records) {
        ids.push(JSON.parse(Buffer.from(bytes).toString()).id);
        after = position;
      }
    }
  };
  expect(await codeOf(read())).toBe('BULK_BROKEN_OFF');
  expect(ids.length).toBeLessThan(truth().length);
  expect(await codeOf(read())).toBe('done');
  expect([...ids].sort()).toEqual(truth());

  hospital.advance(24 * hour);
  kept = null;
  await admin({ failNext: 1 });
  expect(await codeOf(all())).toBe('BULK_FAILED');
});
