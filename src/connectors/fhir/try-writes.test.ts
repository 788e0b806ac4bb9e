import { afterEach, describe, expect, test } from 'vitest';
import { createSimulator, type GenericBehaviour, type Simulator } from '../../simulator/index.ts';
import type { Observed } from '../../site/index.ts';
import type { Json } from '../../std/index.ts';
import { callContext, never, testContext } from '../context.fixture.ts';
import type { Connection } from '../contract.ts';
import { fhir } from './index.ts';

const at = { site: 'lakeside', connection: 'ehr' };
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function world(
  behaviour: Partial<GenericBehaviour>,
  observed: Observed = {},
): Promise<{ readonly server: Simulator; readonly connection: Connection }> {
  const server = await createSimulator({
    patients: 1,
    eventsPerMinute: 0,
    generic: { content: 'empty', behaviour },
  });
  const context = { ...(await testContext({ mrn: 'urn:mrn' })), observed: () => observed };
  const config = fhir.parse({ connector: 'fhir', fhirBase: server.genericBase }, at);
  const connection = fhir.open(config, context);
  opened.push(server.close, connection.close);
  return { server, connection };
}

const types = ['Patient', 'Appointment', 'Encounter', 'Observation', 'DocumentReference'];
const left = (server: Simulator): number =>
  types.flatMap((type) => [...server.generic.repository.searchable(type)]).length;
const all = (conditionalCreate: string, versions: string) =>
  Object.fromEntries(types.map((type) => [type, { conditionalCreate, versions }]));

async function tried({ tryWrites }: Connection): Promise<NonNullable<Observed['writes']>> {
  const writes = (await tryWrites?.(never))?.writes;
  if (writes === undefined) throw new Error('it was not tried');
  return writes;
}

describe('a trial of writing', () => {
  test('proves a conditional create and versions where they work, and leaves nothing behind', async () => {
    const { server, connection } = await world({});
    const writes = await tried(connection);
    expect(writes).toMatchObject({ types: all('works', 'works'), leftBehind: [], from: server.genericBase });
    expect(left(server)).toBe(0);
  });

  test('finds a server out that announces a conditional create and makes two, or refuses it', async () => {
    const ignoring = await world({ conditionalCreate: 'ignored', versions: false });
    const writes = await tried(ignoring.connection);
    expect(writes.types).toEqual(all('ignored', 'refused'));
    expect(left(ignoring.server)).toBe(0);
    const refusing = await world({ conditionalCreate: 'refused' });
    const refused = await tried(refusing.connection);
    // 501: whether it was made, that does not say. Without a patient of our own nothing is written about one.
    expect(refused.types).toEqual({ Patient: { conditionalCreate: 'unclear', versions: 'refused' } });
  });

  test('names what it could not remove', async () => {
    const { server, connection } = await world({});
    server.addFault({ kind: 'status', status: 403, method: 'DELETE', path: '/generic' });
    const writes = await tried(connection);
    expect(writes.leftBehind).toHaveLength(types.length);
    expect(left(server)).toBe(types.length);
  });

  test('is what creates go by: what was made elsewhere in the meantime is found, not made again', async () => {
    const resource = {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:mrn', value: '7' }],
      name: [{ family: 'Fern', given: ['Ida'] }],
      birthDate: '1980-01-01',
      gender: 'female',
    };
    const outcomeOf = async (observed: Observed): Promise<unknown> => {
      const { server, connection } = await world({}, observed);
      server.generic.put('Patient', 'p1', resource as never);
      const call = { do: 'patient.create', args: { resource } as unknown as Json };
      const made = (await connection.call?.(call, callContext())) as Record<string, Json>;
      return [made.outcome, left(server)];
    };
    const said = { observedAt: '2026-01-01T00:00:00Z', from: 'x', leftBehind: [] };
    const works = { conditionalCreate: 'works', versions: 'works' } as const;
    const ignored = { ...works, conditionalCreate: 'ignored' } as const;
    expect(await outcomeOf({ writes: { ...said, types: { Patient: works } } })).toEqual(['found', 1]);
    expect(await outcomeOf({ writes: { ...said, types: { Patient: ignored } } })).toEqual(['created', 2]);
  });
});
