import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CANARY } from './hospital.fixture.ts';
import { START, startServer, type TestServer, type Visitor } from './server.fixture.ts';
import type {
  AuditPage,
  DryAnswer,
  EndedWritesAnswer,
  ExchangeRevealed,
  ExchangesAnswer,
  WriteRevealed,
  WritesAnswer,
} from './types.ts';

describe('writes whose outcome is unknown', () => {
  let server: TestServer;
  let viewer: Visitor;
  let operator: Visitor;

  async function lost(key: string): Promise<void> {
    const { store } = server;
    await store.planWrite({
      ...{ key, identity: key, site: 'mercy', connection: 'epic', what: 'observation.create' },
      ...{ deliveryId: '11', messageId: '1', flow: 'file', step: 'file', at: START, idleSince: START },
      body: { name: CANARY },
    });
    await store.moveWrite({ key, from: ['planned'], to: 'sending', at: START });
    await store.moveWrite({ key, from: ['sending'], to: 'unknown', at: START });
  }

  beforeAll(async () => {
    server = await startServer();
    viewer = await server.as('viewer');
    operator = await server.as('operator');
    for (const key of ['a', 'b', 'c']) await lost(key);
  });
  afterAll(() => server.close());

  test('are listed without what they hold, and shown by an audited act', async () => {
    const listed = await viewer.get<WritesAnswer>('/api/writes');
    expect(listed.text).not.toContain(CANARY);
    const { rows } = listed.body;
    expect(rows.map(({ state, what }) => `${what} ${state}`)).toEqual(
      Array(3).fill('observation.create unknown'),
    );
    expect((await viewer.get<WritesAnswer>('/api/writes?state=done')).body.rows).toEqual([]);
    expect((await viewer.post(`/api/writes/${rows[0]?.id}/reveal`, {})).status).toBe(403);
    const shown = await operator.post<WriteRevealed>(`/api/writes/${rows[0]?.id}/reveal`, {});
    expect(shown.body).toEqual({ body: { name: CANARY }, result: null });
    const audit = (await operator.get<AuditPage>('/api/audit?limit=1')).body;
    expect(audit.rows[0]).toMatchObject({ act: 'message.reveal', on: `write ${rows[0]?.id}` });
  });

  test('are settled by a person: it is there, it is sent again, or it is dropped', async () => {
    const { rows } = (await viewer.get<WritesAnswer>('/api/writes')).body;
    const [a, b, c] = rows.map(({ id }) => `/api/writes/${id}`) as [string, string, string];
    const reason = 'looked at the chart';
    expect((await viewer.post(a, { word: 'again', reason })).status).toBe(403);
    expect((await operator.post(a, { word: 'again' })).status).toBe(400);
    expect((await operator.post(a, { word: 'again', record: 'e1', reason })).status).toBe(400);
    expect((await operator.post(a, { word: 'done', record: 'e1', reason })).status).toBe(200);
    expect((await operator.post(a, { word: 'again', reason })).status).toBe(409);
    expect((await operator.post(b, { word: 'again', reason })).status).toBe(200);
    expect((await operator.post(c, { word: 'drop', reason })).status).toBe(200);
    expect((await operator.post('/api/writes/99999', { word: 'drop', reason })).status).toBe(404);
    const { store } = server;
    const after = await store.writes({ states: ['done', 'planned', 'refused'], limit: 9 });
    expect(after.rows.map(({ state }) => state)).toEqual(['done', 'planned', 'refused']);
    expect(await store.write(rows[0]?.id ?? '')).toMatchObject({
      result: { id: 'e1', reference: 'Observation/e1', outcome: 'found' },
    });
    const acts = (await operator.get<AuditPage>('/api/audit?limit=20')).body.rows;
    expect(acts.filter(({ act }) => act === 'write.settle').map(({ facts }) => facts?.word)).toEqual([
      'drop',
      'again',
      'done',
    ]);
  });

  test('ended, they are listed with their way and outcome, and without what they hold', async () => {
    const { store } = server;
    const key = 'by hl7';
    await store.planWrite({
      ...{ key, identity: key, site: 'lakeside', connection: 'epic', what: 'encounter.create' },
      ...{ deliveryId: '21', messageId: '2', flow: 'visits', step: 'open', at: START, idleSince: START },
      body: { resource: { id: CANARY }, route: 'adt' },
    });
    const path = '/api/writes?site=lakeside&flow=visits';
    expect((await viewer.get<WritesAnswer>(path)).body.rows).toMatchObject([
      { way: 'ADT^A04', outcome: null },
    ]);
    const result = { id: CANARY, reference: `Encounter/${CANARY}`, outcome: 'created', route: 'adt' };
    await store.moveWrite({ key, from: ['planned'], to: 'done', at: START + 1, result });
    const ended = await viewer.get<EndedWritesAnswer>('/api/writes/ended?limit=1');
    expect(ended.text).not.toContain(CANARY);
    expect(ended.body.rows).toMatchObject([
      { what: 'encounter.create', state: 'done', way: 'ADT^A04', outcome: 'created' },
    ]);
    const next = `/api/writes/ended?before=${ended.body.before}`;
    expect((await viewer.get<EndedWritesAnswer>(next)).body).toMatchObject({
      rows: [{ state: 'refused' }, { state: 'done', outcome: 'found', way: null }],
      before: null,
    });
    expect((await viewer.get(`/api/writes/ended?from=${START + 2}&site=lakeside`)).body).toMatchObject({
      rows: [],
    });
    expect((await viewer.get('/api/writes/ended?before=1')).status).toBe(400);
  });

  test('calls that were answered in the request are shown by an audited act, too', async () => {
    const id = await server.store.keepExchange(
      {
        ...{
          kind: 'call',
          at: START,
          ms: 12,
          site: 'mercy',
          connection: 'cds',
          flow: 'card',
          flowVersion: 'v1',
        },
        ...{ service: 'follow-up', hook: 'patient-view', outcome: 'answered', cards: 1, code: null },
      },
      { request: { context: { patientId: CANARY } } },
    );
    const listed = await viewer.get<ExchangesAnswer>('/api/exchanges');
    expect(listed.text).not.toContain(CANARY);
    expect(listed.body.rows).toMatchObject([{ id, service: 'follow-up' }]);
    expect((await viewer.post(`/api/exchanges/${id}/reveal`)).status).toBe(403);
    expect((await operator.post('/api/exchanges/999/reveal')).status).toBe(404);
    const shown = await operator.post<ExchangeRevealed>(`/api/exchanges/${id}/reveal`);
    expect(shown.body.body).toEqual({ request: { context: { patientId: CANARY } } });
    const audit = (await operator.get<AuditPage>('/api/audit?limit=1')).body;
    expect(audit.rows[0]).toMatchObject({ act: 'message.reveal', who: 'operator', on: `exchange ${id}` });
  });

  test('what waits for a person is counted', async () => {
    const waits = { states: ['planned' as const], limit: 1 };
    const again = (await server.store.writes(waits)).rows[0]?.key ?? '';
    for (const to of ['sending', 'unknown'] as const)
      await server.store.moveWrite({ key: again, from: ['planned', 'sending'], to, at: START });
    expect((await viewer.get('/api/attention')).body).toEqual({
      held: [{ reason: 'unknown outcome', count: 1 }],
      codes: 0,
      undecided: 1,
      more: { held: false, undecided: false },
    });
  });

  test('a flow is run by hand, on a message or on bytes, and dry', async () => {
    expect((await viewer.post('/api/runs', { flow: 'file', messageId: '1' })).status).toBe(403);
    expect((await operator.post('/api/runs', { flow: 'file', messageId: '1', bytes: 'TVNI' })).status).toBe(
      400,
    );
    expect((await operator.post('/api/runs', { flow: 'file', messageId: '1' })).body).toEqual({
      messageId: '1',
      deliveryId: '11',
    });
    const bytes = Buffer.from('MSH|^~').toString('base64');
    const dry = await operator.post<DryAnswer>('/api/runs', {
      flow: 'file',
      bytes,
      dry: true,
      site: 'mercy',
    });
    expect(dry.body.steps).toMatchObject([{ kind: 'would', do: 'send' }]);
    expect(server.engine.runs.map(({ from }) => Object.keys(from ?? {}))).toEqual([['messageId'], ['bytes']]);
  });
});
