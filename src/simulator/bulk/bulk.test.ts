import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from '../index.ts';
import { Application, type Json } from '../testing/application.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

interface Site {
  readonly hospital: Simulator;
  readonly application: Application;
  readonly groupId: string;
  get(address: string, headers?: Record<string, string>, method?: string): Promise<Response>;
  kickOff(query?: string, group?: string): Promise<Response>;
  /** Asks for the status until it is no longer 202. */
  finished(kickOff: Response): Promise<Response>;
  admin(path: string, body?: unknown): Promise<Json>;
}

async function open(options: SimulatorOptions = {}, scopes?: readonly string[]): Promise<Site> {
  const application = await Application.open();
  opened.push(application);
  const { clientId, jwksUrl } = application;
  const hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    eventsPerMinute: 0,
    patients: 30,
    clients: [{ clientId, jwksUrl, ...(scopes ? { scopes } : {}) }],
    ...options,
  });
  opened.push(hospital);
  const token = await application.token(hospital);
  const admin = async (path: string, body?: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    return (await fetch(`${hospital.adminUrl}/bulk${path}`, init)).json();
  };
  const groupId = (await admin('')).groups[0].id;
  const get: Site['get'] = (address, headers = {}, method = 'GET') =>
    fetch(address, { method, headers: { authorization: `Bearer ${token}`, ...headers } });
  return {
    hospital,
    application,
    groupId,
    get,
    admin,
    kickOff: (query = '?_type=Patient,Encounter,Practitioner', group = groupId) =>
      get(`${hospital.fhirBase}/Group/${group}/$export${query}`, {
        accept: 'application/fhir+json',
        prefer: 'respond-async',
      }),
    async finished(begun) {
      expect(begun.status).toBe(202);
      const address = begun.headers.get('content-location') as string;
      for (;;) {
        const answer = await get(address);
        if (answer.status !== 202) return answer;
        await answer.text();
      }
    },
  };
}

async function rows(site: Site, file: { url: string }): Promise<Json[]> {
  const response = await site.get(file.url);
  expect(response.headers.get('content-type')).toContain('application/fhir+ndjson');
  const text = await response.text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

test('a group is exported: kick-off, progress, manifest, files, deletion', async () => {
  const site = await open({ behaviour: { bulkRetryAfterSeconds: 120, bulkFileResources: 20 } });
  const { hospital, get } = site;
  await site.admin('', { hold: true });
  const begun = await site.kickOff();
  expect([begun.status, await begun.text()]).toEqual([202, '']);
  const address = begun.headers.get('content-location') as string;
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/epic\/api\/FHIR\/BulkRequest\/[0-9A-F]{32}$/);
  const waiting = await get(address);
  expect([waiting.status, await waiting.text()]).toEqual([202, '']);
  expect(waiting.headers.get('x-progress')).toBe('Searched 0 of 30 patients');
  expect(waiting.headers.get('retry-after')).toBe('120');
  await site.admin('', { hold: false });

  const manifest: Json = await (await site.finished(begun)).json();
  expect(manifest).toMatchObject({ requiresAccessToken: true, transactionTime: '2026-05-12T15:00:00.000Z' });
  expect(manifest.request).toBe(
    `${hospital.fhirBase}/Group/${site.groupId}/$export?_type=Patient,Encounter,Practitioner`,
  );
  const patients = manifest.output.filter((each: Json) => each.type === 'Patient');
  expect(patients.map((each: Json) => each.count)).toEqual([20, 10]);
  const all = (await Promise.all(patients.map((each: Json) => rows(site, each)))).flat();
  expect(all.map(({ id }) => id).sort()).toEqual(
    hospital
      .patients()
      .map(({ id }) => id)
      .sort(),
  );
  const one = await (
    await get(`${hospital.fhirBase}/Patient/${all[0].id}`, { accept: 'application/json' })
  ).json();
  expect(all[0]).toEqual(one);
  const visits = manifest.output.filter((each: Json) => each.type === 'Encounter');
  const total = visits.reduce((sum: number, each: Json) => sum + each.count, 0);
  expect(total).toBe(hospital.visits().length);
  expect(manifest.output.some((each: Json) => each.type === 'Practitioner')).toBe(true);

  // Without a token nothing is handed out.
  expect((await fetch(patients[0].url)).status).toBe(401);
  expect((await get(address, {}, 'DELETE')).status).toBe(202);
  expect((await get(address)).status).toBe(404);
  expect((await get(patients[0].url)).status).toBe(404);
});

test('an export holds what FHIR shows of every chart, whatever the type', async () => {
  const site = await open({ patients: 6 });
  const { hospital, get } = site;
  const manifest: Json = await (await site.finished(await site.kickOff(''))).json();
  const types = new Set<string>(manifest.output.map((each: Json) => each.type));
  for (const type of [
    'Patient',
    'Encounter',
    'Observation',
    'DocumentReference',
    'Condition',
    'Practitioner',
  ]) {
    expect(types).toContain(type);
  }
  let compared = 0;
  for (const file of manifest.output) {
    for (const row of await rows(site, file)) {
      expect(row.resourceType).toBe(file.type);
      if (compared % 7 === 0) {
        const read = await get(`${hospital.fhirBase}/${file.type}/${row.id}`, { accept: 'application/json' });
        expect(await read.json()).toEqual(row);
      }
      compared += 1;
    }
  }
  const id = hospital.patients()[0]?.id;
  const vitals: Json = await (
    await get(`${hospital.fhirBase}/Observation?patient=${id}&category=vital-signs`, {
      accept: 'application/json',
    })
  ).json();
  const observations = manifest.output.filter((each: Json) => each.type === 'Observation');
  const exported = (await Promise.all(observations.map((each: Json) => rows(site, each)))).flat();
  const ids = new Set(exported.map((each) => each.id));
  const shown = vitals.entry.filter((each: Json) => each.search.mode === 'match');
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.every((each: Json) => ids.has(each.resource.id))).toBe(true);
});

test('the same client may ask for the same group once in 24 hours of the hospital', async () => {
  const site = await open();
  await site.finished(await site.kickOff());
  const again = await site.kickOff();
  expect(again.status).toBe(400);
  expect(JSON.stringify(await again.json())).toContain('The Client requested this Group too recently.');
  const { id } = await site.admin('/groups', {
    name: 'Two',
    patients: site.hospital
      .patients()
      .slice(0, 2)
      .map(({ mrn }) => mrn),
  });
  const other: Json = await (await site.finished(await site.kickOff(undefined, id))).json();
  expect(other.output.find((each: Json) => each.type === 'Patient').count).toBe(2);
  site.hospital.advance(24 * 3_600_000 - 1);
  expect((await site.kickOff()).status).toBe(400);
  site.hospital.advance(1);
  expect((await site.kickOff()).status).toBe(202);
  site.hospital.setBehaviour({ bulkTooSoonStatus: 429 });
  expect((await site.kickOff()).status).toBe(429);
  site.hospital.setBehaviour({ bulkWindowHours: 0 });
  expect((await site.kickOff()).status).toBe(202);
});

test('what a kick-off may ask for, and what it may not', async () => {
  const site = await open({ behaviour: { bulkWindowHours: 0 } });
  const { hospital, get } = site;
  const at = `${hospital.fhirBase}/Group/${site.groupId}/$export`;
  const accept = { accept: 'application/fhir+json' };
  expect((await get(at, accept)).status).toBe(400);
  expect((await get(at, { prefer: 'respond-async', accept: 'text/html' })).status).toBe(400);
  expect((await site.kickOff(undefined, 'nobody')).status).toBe(404);
  expect((await site.kickOff('?_type=Shoe')).status).toBe(400);
  expect((await site.kickOff('?_outputFormat=csv')).status).toBe(400);
  const alone = await site.kickOff('?_type=Patient');
  expect(alone.status).toBe(400);
  expect(JSON.stringify(await alone.json())).toContain('59159');
  for (const address of ['/$export', '/Patient/$export']) {
    const answer = await get(`${hospital.fhirBase}${address}`, { ...accept, prefer: 'respond-async' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/html']);
  }

  // _since is taken and changes nothing: the trap is that the answer looks like an increment.
  const query = '?_type=Encounter,Patient&_since=2026-05-12T14:00:00Z';
  const manifest: Json = await (await site.finished(await site.kickOff(query))).json();
  expect(manifest.output.map((each: Json) => each.type).sort()).toEqual(['Encounter', 'Patient']);
  expect(manifest.output.find((each: Json) => each.type === 'Patient').count).toBe(30);
  hospital.setBehaviour({ bulkSince: 'refused' });
  expect((await site.kickOff(query)).status).toBe(400);

  const filter = `?_type=Patient,Encounter&_typeFilter=${encodeURIComponent('Patient?gender=female')}`;
  const filtered: Json = await (await site.finished(await site.kickOff(filter))).json();
  const women = hospital.patients().filter(({ gender }) => gender === 'female').length;
  expect(filtered.output.find((each: Json) => each.type === 'Patient').count).toBe(women);
  hospital.setBehaviour({ bulkTypeFilter: false, bulkTokenFlag: 'text' });
  const unfiltered: Json = await (await site.finished(await site.kickOff(filter))).json();
  expect(unfiltered.output.find((each: Json) => each.type === 'Patient').count).toBe(30);
  expect(unfiltered.requiresAccessToken).toBe('true');
  hospital.setBehaviour({ bulk: false });
  expect((await site.kickOff()).status).toBe(404);
});

test('types that are not on the client are told in an error file, and left out when nobody named them', async () => {
  const site = await open({ behaviour: { bulkWindowHours: 0 } }, ['system/Group.r', 'system/Patient.rs']);
  const named: Json = await (await site.finished(await site.kickOff('?_type=Patient,Encounter'))).json();
  expect(named.output.map((each: Json) => each.type)).toEqual(['Patient']);
  const [outcome] = await rows(site, named.error[0]);
  expect(outcome.issue[0].diagnostics).toContain('Client not authorized for Encounter');
  const all: Json = await (await site.finished(await site.kickOff(''))).json();
  expect([all.output.length, all.error.length]).toEqual([1, 0]);
  const stranger = await open({}, ['system/Patient.rs']);
  const refused = await stranger.kickOff('');
  expect([refused.status, await refused.text()]).toEqual([403, '']);
});

test('what is granted by category is exported by category', async () => {
  const scopes = [
    'system/Group.r',
    'system/Observation.rs?category=x|laboratory',
    'system/Condition.rs?category=x|problem-list-item',
  ];
  const site = await open({ patients: 6 }, scopes);
  const manifest: Json = await (await site.finished(await site.kickOff(''))).json();
  const of = async (type: string) =>
    (
      await Promise.all(
        manifest.output.filter((each: Json) => each.type === type).map((each: Json) => rows(site, each)),
      )
    ).flat();
  const categories = new Set(
    (await of('Observation')).flatMap((row) => row.category.map((each: Json) => each.coding[0].code)),
  );
  expect(categories).toContain('laboratory');
  expect(categories).not.toContain('vital-signs');
  const conditions = JSON.stringify(await of('Condition'));
  expect(conditions).not.toContain('encounter-diagnosis');
  const remarks = JSON.stringify(await rows(site, manifest.error[0]));
  expect(remarks).toContain('Client not authorized for Condition - encounter-diagnosis');
  expect(remarks).toContain('Client not authorized for Observation - vital-signs');
});

test('an export is the client’s own, and its files go after fourteen days', async () => {
  const site = await open();
  const begun = await site.kickOff();
  await site.finished(begun);
  const address = begun.headers.get('content-location') as string;
  const other = await Application.open();
  opened.push(other);
  site.hospital.addClient({ clientId: 'another', jwksUrl: other.jwksUrl });
  const assertion = await other.assertion(site.hospital, { iss: 'another', sub: 'another' });
  const { access_token: token } = (await (await other.ask(site.hospital, assertion)).json()) as Json;
  const peek = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  expect(peek.status).toBe(404);
  for (let count = 0; count < 14; count += 1) site.hospital.advance(24 * 3_600_000);
  expect((await site.get(address)).status).toBe(200);
  site.hospital.advance(60_000);
  expect((await site.get(address)).status).toBe(404);
});

test('what can go wrong: an export that fails, a download that breaks off, one that is called off', async () => {
  const site = await open({ behaviour: { bulkWindowHours: 0 } });
  await site.admin('', { failNext: 1 });
  const failed = await site.finished(await site.kickOff());
  expect([failed.status, ((await failed.json()) as Json).resourceType]).toEqual([500, 'OperationOutcome']);

  const manifest: Json = await (await site.finished(await site.kickOff())).json();
  await site.admin('', { cutFiles: 1, cutAfterBytes: 100 });
  const [file] = manifest.output;
  await expect(site.get(file.url).then((response) => response.text())).rejects.toThrow();
  expect(await rows(site, file)).toHaveLength(file.count);

  await site.admin('', { hold: true });
  const held = await site.kickOff();
  const address = held.headers.get('content-location') as string;
  expect((await site.get(address, {}, 'DELETE')).status).toBe(202);
  expect((await site.get(address)).status).toBe(404);
});

test('files lie in a folder of their own, which is gone when the hospital closes', async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('hospital-bulk-'));
  const before = new Set(folders());
  const site = await open();
  await site.finished(await site.kickOff());
  const mine = folders().filter((name) => !before.has(name));
  expect(mine.length).toBeGreaterThan(0);
  await site.hospital.close();
  expect(
    mine.some((name) => existsSync(`${tmpdir()}/${name}`) && readdirSync(`${tmpdir()}/${name}`).length > 0),
  ).toBe(false);
});

test('while a big group is gone through the hospital goes on answering', async () => {
  const site = await open({ patients: 300 });
  // Nothing fits: no file is written, and no disk waited for.
  const filter = encodeURIComponent('Patient?family=Nobody,Observation?status=unknown');
  const begun = await site.kickOff(`?_type=Patient,Observation&_typeFilter=${filter}`);
  const address = begun.headers.get('content-location') as string;
  const seen: number[] = [];
  for (;;) {
    const answer = await site.get(address);
    if (answer.status === 200) {
      expect(((await answer.json()) as Json).output).toEqual([]);
      break;
    }
    await answer.text();
    seen.push(Number(/\d+/.exec(answer.headers.get('x-progress') ?? '')?.[0]));
  }
  expect(seen.filter((searched) => searched > 0 && searched < 300).length).toBeGreaterThan(3);
});
