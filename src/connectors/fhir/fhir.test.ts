import { afterEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../../simulator/index.ts';
import { type Clock, systemClock } from '../../std/index.ts';
import { callContext, never, type TestContext, testContext, usualSettings } from '../context.fixture.ts';
import type { Connection, LearnAnswer } from '../contract.ts';
import { fhir } from './index.ts';

const at = { site: 'lakeside', connection: 'ehr' };
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface World {
  readonly server: Simulator;
  readonly context: TestContext;
  readonly connection: Connection;
  put(id: string, more?: object): Promise<void>;
  remove(id: string): Promise<void>;
}

async function world(record: object = {}, clock: Clock = systemClock): Promise<World> {
  const server = await createSimulator({ patients: 2, eventsPerMinute: 0, generic: { content: 'empty' } });
  const context = await testContext({ mrn: 'urn:mrn', clock });
  const config = fhir.parse({ connector: 'fhir', fhirBase: server.genericBase, ...record }, at);
  const connection = fhir.open(config, context);
  open.push(server.close, connection.close);
  const ask = async (method: string, id: string, body?: object): Promise<void> => {
    const answer = await fetch(`${server.genericBase}/Patient/${id}`, {
      method,
      headers: { 'content-type': 'application/fhir+json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${answer.status} ${await answer.text()}`);
  };
  return {
    server,
    context,
    connection,
    put: (id, more = {}) =>
      ask('PUT', id, {
        resourceType: 'Patient',
        id,
        identifier: [{ system: 'urn:mrn', value: id }],
        ...more,
      }),
    remove: (id) => ask('DELETE', id),
  };
}

/** Turns until there is nothing more, each committed as the engine does. */
async function learnt(
  { connection, context }: World,
  cursor: LearnAnswer['cursor'],
  seed = false,
  overlap = 60_000,
) {
  const told: string[] = [];
  const findings: string[] = [];
  let gone: number | null = null;
  for (;;) {
    const answer: LearnAnswer | undefined = await connection.learn?.({
      resource: 'Patient',
      settings: { ...usualSettings, overlap },
      cursor,
      seed,
      signal: never,
    });
    if (answer === undefined) throw new Error('it does not learn');
    context.commit(answer);
    cursor = answer.cursor;
    told.push(...answer.inbound.map(({ change, identity }) => `${change} ${identity}`));
    findings.push(...answer.findings.map(({ code }) => code));
    gone = answer.gone?.before ?? gone;
    if (!answer.more) return { told, findings, cursor, gone };
  }
}

describe('learning from a server that says when each record was last updated', () => {
  test('each change once, and nothing of what was seen', async () => {
    const here = await world();
    await here.put('a');
    await here.put('b');
    const first = await learnt(here, null);
    expect(first.told.sort()).toEqual(['created FHIR:a', 'created FHIR:b']);
    expect((await learnt(here, first.cursor)).told).toEqual([]);
    await here.put('b', { active: true });
    // A new version without a change of content is none.
    await here.put('a');
    const second = await learnt(here, first.cursor);
    expect(second.told).toEqual(['updated FHIR:b']);
  });

  test('what a refused commit held comes again', async () => {
    const here = await world();
    await here.put('a');
    const turn = () =>
      here.connection.learn?.({ resource: 'Patient', settings: usualSettings, cursor: null, signal: never });
    expect((await turn())?.inbound.map(({ identity }) => identity)).toEqual(['FHIR:a']);
    // Nothing was kept of it: the same question, the same answer.
    expect((await turn())?.inbound.map(({ identity }) => identity)).toEqual(['FHIR:a']);
  });

  test('a count finds what every window has missed, and twice not found is gone', async () => {
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const here = await world({ countEvery: '1h' }, clock);
    await here.put('a');
    await new Promise((resolve) => setTimeout(resolve, 10));
    await here.put('b');
    const first = await learnt(here, null, false, 0);
    expect(first.told).toHaveLength(2);
    here.context.hashes.delete('Patient FHIR:a');
    await here.remove('b');
    // An hour passes, and no second one: one count is due.
    ahead = 3_600_001;
    const second = await learnt(here, first.cursor, false, 0);
    expect(second.told).toEqual(['created FHIR:a']);
    expect(second.gone).toBe(2);
  });

  test('by history it hears of deletions at once, and of a return', async () => {
    const here = await world({ changes: 'history' });
    await here.put('a');
    const first = await learnt(here, null);
    await here.remove('a');
    const second = await learnt(here, first.cursor);
    expect(second.told).toEqual([]);
    expect(second.findings).toContain('LEARN_GONE');
    await here.put('a');
    expect((await learnt(here, second.cursor)).told).toEqual(['updated FHIR:a']);
  });

  test('what is there is seeded without an event', async () => {
    const here = await world();
    await here.put('a');
    const seeded = await learnt(here, null, true);
    expect(seeded.told).toEqual([]);
    await here.put('b');
    expect((await learnt(here, seeded.cursor)).told).toEqual(['created FHIR:b']);
  });

  test('patient by patient over the roster, where it cannot be asked by time', async () => {
    const here = await world({ changes: 'roster' });
    await here.put('7');
    await here.put('8');
    here.context.know('urn:mrn', '7');
    const first = await learnt(here, null);
    expect(first.told).toEqual(['created FHIR:7']);
    await here.put('7', { active: true });
    // Not before its time: the round over everybody is done.
    expect((await learnt(here, first.cursor)).told).toEqual([]);
    expect((await learnt(here, null)).told).toEqual(['updated FHIR:7']);
  });
});

test('finds by any parameters, and never without one', async () => {
  const here = await world();
  await here.put('a', { gender: 'female' });
  const find = (args: object) =>
    here.connection.call?.({ do: 'patient.find', args: args as never }, callContext());
  expect(await find({ identifier: 'urn:mrn|a' })).toMatchObject({ matches: [{ id: 'a' }] });
  await expect(find({})).rejects.toMatchObject({ code: 'FHIR_ARGUMENTS' });
  const read = await here.connection.call?.(
    { do: 'patient.read', args: { reference: 'Patient/nobody' } },
    callContext(),
  );
  expect(read).toEqual({ matches: [] });
});
