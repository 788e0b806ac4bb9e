import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator, testPassword } from '../../src/simulator/index.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { startReceiver } from './receiver.ts';

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';

let folder: string;
let hospital: Simulator;
let running: RunningEngine;
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-rosters-'));
  hospital = await createSimulator({ seed: 'rosters', patients: 12, eventsPerMinute: 0 });
  closing.push(() => hospital.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** An engine that polls Patients, whom one source alone makes known. */
async function start(roster: Record<string, unknown>, file?: () => string): Promise<void> {
  const keys = await startReceiver(async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: (await running?.engine.jwks()) ?? { keys: [] },
  }));
  closing.push(keys.close);
  hospital.addClient({ clientId: 'suture', jwksUrl: `${keys.url}/jwks.json` });
  running = await startEngine(folder, {
    ...(file === undefined ? {} : { siteFile: async () => file() }),
    site: testSite(
      {
        ehr: {
          connector: 'epic',
          fhirBase: hospital.fhirBase,
          clientId: 'suture',
          auth: { method: 'backend' },
        },
        other: { connector: 'fhir', fhirBase: hospital.genericBase },
      },
      {
        identifiers: { mrn: { system: MRN } },
        roster: { every: '300ms', ...roster },
        budget: { requestsPerSecond: 5_000 },
        learn: { Patient: { method: 'poll', from: 'ehr', every: '100ms', rarely: '100ms' } },
      },
    ),
  });
  closing.push(() => running.close());
}

/** FHIR ids of the patients who were learnt. */
async function learnt(): Promise<readonly string[]> {
  const { rows } = await running.store.search({ type: 'Patient.created', limit: 100 });
  const bodies = await Promise.all(rows.map(({ id }) => running.store.payload(id)));
  return bodies.map((bytes) => (JSON.parse(Buffer.from(bytes ?? []).toString()) as { id: string }).id).sort();
}

type P = ReturnType<Simulator['patients']>[number];
const patient = (n: number): P => hospital.patients()[n] as P;

const comes = async (ids: readonly string[], what: string): Promise<void> => {
  const wanted = [...ids].sort().join();
  await until(async () => (await learnt()).join() === wanted, what);
};

async function put(type: string, id: string, content: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${hospital.genericBase}/${type}/${id}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/fhir+json' },
    body: JSON.stringify({ resourceType: type, id, ...content }),
  });
  expect(answer.ok).toBe(true);
}

describe('patients become known', () => {
  test('by a file beside the site record, and whoever is added to it', async () => {
    const [one, two, three] = [patient(0), patient(1), patient(2)];
    let text = `MRN;name\n${one.mrn};-\n# on leave\n"${two.mrn}";-\n`;
    await start({ file: 'roster.csv' }, () => text);
    await comes([one.id, two.id], 'the two of the file');
    text += `${three.mrn}\n`;
    await comes([one.id, two.id, three.id], 'the one who was added');
  });

  test("by a Group of the EHR's", async () => {
    const { groups } = (await (await fetch(`${hospital.adminUrl}/bulk`)).json()) as {
      groups: { id: string }[];
    };
    await start({ lists: [{ from: 'ehr', resource: 'Group', id: groups[0]?.id }] });
    await comes(
      hospital.patients().map(({ id }) => id),
      'everybody',
    );
  });

  test('by a List of who is on a ward now, and by that of another server', async () => {
    const inside = hospital
      .visits()
      .filter(({ endedAt, kind }) => endedAt === undefined && kind !== 'clinic');
    const there = new Set(inside.map(({ patientId }) => patientId));
    expect(there.size).toBeGreaterThan(0);
    const [listed, struck, later] = hospital.patients().filter(({ id }) => !there.has(id)) as [P, P, P];
    const item = ({ id }: { id: string }) => ({ item: { reference: `Patient/${id}` } });
    const list = { status: 'current', mode: 'working' };
    await put('List', 'rounds', { ...list, entry: [item(listed), { ...item(struck), deleted: true }] });
    await start({ lists: [{ from: 'other', resource: 'List', id: 'rounds' }, ...(await wards())] });
    const now = [listed.id, ...there];
    await comes(now, 'those on the lists');
    await put('List', 'rounds', { ...list, entry: [item(listed), item(later)] });
    await comes([...now, later.id], 'the one who was added');
  });

  test('and a list that cannot be read is told, without keeping back the others', async () => {
    const one = patient(0);
    await put('List', 'rounds', {
      status: 'current',
      mode: 'working',
      entry: [{ item: { reference: `Patient/${one.id}` } }],
    });
    await start({
      lists: [
        { from: 'other', resource: 'Group', id: 'nobody' },
        { from: 'other', resource: 'List', id: 'rounds' },
      ],
    });
    await comes([one.id], 'the one on the other list');
    expect(running.logged.filter((line) => line.includes('Group of other')).join()).toContain('error');
  });
});

/** The wards' lists, as the EHR names them: whoever works there looks them up. */
async function wards(): Promise<readonly Record<string, unknown>[]> {
  hospital.addClient({ clientId: 'desk' });
  const headers = {
    authorization: `Basic ${Buffer.from(`emp$FHIRTWO:${testPassword}`).toString('base64')}`,
    'epic-client-id': 'desk',
    'epic-user-id': 'FHIRTWO',
    'epic-user-idtype': 'External',
    accept: 'application/fhir+json',
  };
  const found = await fetch(`${hospital.fhirBase}/List?code=patients`, { headers });
  const { entry = [] } = (await found.json()) as { entry?: { resource: { id: string } }[] };
  return entry.map(({ resource }) => ({ from: 'ehr', resource: 'List', id: resource.id }));
}
