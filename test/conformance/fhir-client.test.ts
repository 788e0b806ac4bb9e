import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFhirClient, type FhirClient, type FhirResource } from '../../src/fhir/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { type Failure, systemClock } from '../../src/std/index.ts';
import { type OtherServer, openMedplum } from './fhir-medplum.ts';

/** Suture's own client on two servers that are not Epic: the simulator's and Medplum's. */
let hospital: Simulator;
let medplum: OtherServer;
let client: FhirClient;
let last = 0;
const { signal } = new AbortController();

beforeAll(async () => {
  hospital = await createSimulator({ patients: 1, eventsPerMinute: 0, generic: { content: 'empty' } });
  medplum = await openMedplum();
});
afterAll(async () => {
  await hospital.close();
  await medplum.close();
});
afterEach(() => client.close());

const person = (mrn: string, family = 'Marlow'): FhirResource =>
  ({
    resourceType: 'Patient',
    identifier: [{ system: 'urn:mrn', value: mrn }],
    name: [{ family }],
  }) as FhirResource;
const newMrn = () => {
  last += 1;
  return `client-${last}`;
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Failure) => error.code,
  );

const servers = [
  { name: 'the generic server', base: () => hospital.genericBase, deleted: 'FHIR_NOT_FOUND', paged: 7 },
  // Its repository in memory gives no next link: what a client sees is the first page, and it cannot know.
  { name: "Medplum's server", base: () => medplum.base, deleted: 'FHIR_NOT_FOUND', paged: 3 },
];

describe.each(servers)('on $name', ({ base, deleted, paged }) => {
  beforeEach(() => {
    client = createFhirClient({ baseUrl: base(), clock: systemClock });
  });

  test('a resource is made, read, changed by version, and a change in between is noticed', async () => {
    const made = await client.create('Patient', person(newMrn()), { signal });
    expect(made).toMatchObject({ status: 201, issues: [] });
    const id = made.id as string;
    const read = await client.read('Patient', id, signal);
    expect(read.meta).toMatchObject({ versionId: made.version });
    const ifMatch = made.version as string;
    const changed = await client.update('Patient', id, { ...read, active: true }, { signal, ifMatch });
    expect(changed.status).toBe(200);
    expect(changed.version).not.toBe(made.version);
    expect(await codeOf(client.update('Patient', id, { ...read, active: false }, { signal, ifMatch }))).toBe(
      'FHIR_CONFLICT',
    );
    await fetch(`${base()}/Patient/${id}`, { method: 'DELETE' });
    expect(await codeOf(client.read('Patient', id, signal))).toBe(deleted);
  });

  test('a conditional create is made once; a second one gives the first', async () => {
    const mrn = newMrn();
    const ifNoneExist = `identifier=urn:mrn|${mrn}`;
    const first = await client.create('Patient', person(mrn), { signal, ifNoneExist });
    const second = await client.create('Patient', person(mrn), { signal, ifNoneExist });
    expect([first.status, second.status, second.id === first.id]).toEqual([201, 200, true]);
    const { entries } = await client.searchAll('Patient', { identifier: `urn:mrn|${mrn}` }, signal);
    expect(entries).toHaveLength(1);
  });

  test('a search in pages, and one that finds nothing', async () => {
    const family = `Paged${newMrn()}`;
    for (let count = 0; count < 7; count += 1)
      await client.create('Patient', person(newMrn(), family), { signal });
    const query = { family, _sort: '_lastUpdated', _count: '3' };
    const { entries } = await client.searchAll('Patient', query, signal);
    expect(new Set(entries.map(({ resource }) => resource.id)).size).toBe(paged);
    expect((await client.searchAll('Patient', { family: 'Nobody' }, signal)).entries).toEqual([]);
  });
});

describe('on a generic server in trouble', () => {
  beforeEach(() => {
    client = createFhirClient({ baseUrl: hospital.genericBase, clock: systemClock });
  });
  afterEach(() => {
    hospital.generic.switchboard.change({
      lostPerThousand: 0,
      upperBound: 'kept',
      sorting: true,
      busyPerThousand: 0,
    });
  });

  test('an answer that is lost after the write is an unknown outcome, and a search tells that it was done', async () => {
    const mrn = newMrn();
    hospital.generic.switchboard.change({ lostPerThousand: 1000 });
    expect(await codeOf(client.create('Patient', person(mrn), { signal }))).toBe('FHIR_WRITE_UNKNOWN');
    hospital.generic.switchboard.change({ lostPerThousand: 0 });
    const { entries } = await client.searchAll('Patient', { identifier: mrn }, signal);
    expect(entries).toHaveLength(1);
  });

  test('a bound that is silently dropped lets strays in, which are left out and counted', async () => {
    const made = await client.create('Patient', person(newMrn()), { signal });
    const window = { _id: made.id as string, _lastUpdated: ['ge2000-01-01', 'lt2001-01-01'] };
    hospital.generic.switchboard.change({ upperBound: 'ignored' });
    const found = await client.searchAll('Patient', window, signal);
    expect([found.entries.length, found.strays]).toEqual([0, 1]);
  });

  test('a parameter that the self link does not show was ignored, and the page says so', async () => {
    const { ignored } = await client.searchAll('Patient', { family: 'x', 'shoe-size': '9' }, signal);
    expect(ignored).toEqual(['shoe-size']);
  });

  test('429 is told as what it is', async () => {
    hospital.generic.switchboard.change({ busyPerThousand: 1000 });
    expect(await codeOf(client.searchAll('Patient', { family: 'x' }, signal))).toBe('FHIR_THROTTLED');
  });
});
