import { afterEach, expect, test } from 'vitest';
import { createSimulator, type KindName, type Simulator } from '../index.ts';
import { Application, type Json } from '../testing/application.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Everything the other server holds of the types of a chart, as content without versions. */
async function held(hospital: Simulator, types: readonly string[]): Promise<Map<string, Json>> {
  const all = new Map<string, Json>();
  for (const type of types) {
    for (let next = `${hospital.genericBase}/${type}?_count=1000`; next; ) {
      const body: Json = await (await fetch(next)).json();
      for (const { resource } of body.entry ?? []) {
        const { meta: _meta, ...content } = resource;
        all.set(`${type}/${resource.id}`, content);
      }
      next = body.link.find((each: Json) => each.relation === 'next')?.url;
    }
  }
  return all;
}

/** What a reference is called is a copy: a server does not write every chart entry anew when somebody marries. */
function withoutNames(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (name, each) => (name === 'display' ? undefined : each)));
}

test('after days of everything, merges and deletions too, it shows what a new copy of the hospital would show', async () => {
  const application = await Application.open();
  opened.push(application);
  const hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    patients: 12,
    eventsPerMinute: 0,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
    behaviour: { bulkWindowHours: 0 },
    generic: { patients: 1_000, behaviour: { pageSize: 1_000 } },
  });
  opened.push(hospital);
  const types = [
    'Patient',
    'Encounter',
    'Appointment',
    'Observation',
    'DocumentReference',
    'Condition',
    'AllergyIntolerance',
    'Coverage',
  ];
  expect((await held(hospital, ['Patient'])).size).toBe(12);

  const day: KindName[] = [
    'admit',
    'vitals',
    'note',
    'book',
    'update',
    'merge',
    'vitals',
    'transfer',
    'unlink',
    'merge',
    'remove',
    'problem',
    'order',
    'result',
    'correct',
    'withdraw',
    'discharge',
  ];
  let happened = 0;
  for (let round = 0; round < 4; round += 1) {
    for (const kind of day) {
      try {
        hospital.happen({ kind });
        happened += 1;
      } catch {
        // Nothing in the hospital fits at the moment.
      }
      hospital.advance(60_000);
    }
  }
  expect(happened).toBeGreaterThan(40);

  // Two full charts become one, and another two do and are parted again.
  const [one, two, three, four] = hospital.patients().map(({ id }) => id) as [string, string, string, string];
  hospital.happen({ kind: 'merge', patient: one, other: two });
  hospital.happen({ kind: 'merge', patient: three, other: four });
  hospital.happen({ kind: 'vitals' });
  hospital.happen({ kind: 'unlink', patient: three, other: four });

  // A Bulk export renders every living chart anew, by another way.
  const token = await application.token(hospital);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/fhir+json',
    prefer: 'respond-async',
  };
  const { groups } = (await (await fetch(`${hospital.adminUrl}/bulk`)).json()) as Json;
  const begun = await fetch(`${hospital.fhirBase}/Group/${groups[0].id}/$export?_type=${types.join(',')}`, {
    headers,
  });
  const address = begun.headers.get('content-location') as string;
  let status = await fetch(address, { headers });
  for (; status.status === 202; status = await fetch(address, { headers })) await status.text();
  const shown = new Map<string, Json>();
  for (const { url, type } of ((await status.json()) as Json).output) {
    const lines = (await (await fetch(url, { headers })).text()).split('\n').filter(Boolean);
    for (const row of lines.map((line) => JSON.parse(line))) shown.set(`${type}/${row.id}`, row);
  }
  const copied = await held(hospital, types);
  expect([...copied.keys()].sort()).toEqual([...shown.keys()].sort());
  for (const [name, resource] of shown)
    expect(withoutNames(copied.get(name))).toEqual(withoutNames(resource));
});
