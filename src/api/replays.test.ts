import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../message/index.ts';
import { CANARY } from './hospital.fixture.ts';
import { startServer, type TestServer, type Visitor } from './server.fixture.ts';
import type { DeadGroups, DeadPage, Job, ReplayJobs, ReplayPreview } from './types.ts';

describe('dead letters and replays through the API', () => {
  let server: TestServer;
  let operator: Visitor;
  let viewer: Visitor;
  let fingerprint: string;

  beforeAll(async () => {
    server = await startServer();
    operator = await server.as('operator');
    viewer = await server.as('viewer');
    const { rows } = (await viewer.get<DeadPage>('/api/dead')).body;
    const { failure, flow } = (rows[0] as DeadPage['rows'][number]).delivery;
    fingerprint = fingerprintOf(failure, flow);
  });
  afterAll(() => server.close());

  test('a group has its cause, its sites, its count and the steps to replay from', async () => {
    const { body, text } = await viewer.get<DeadGroups>('/api/dead/groups');
    expect(body.groups).toHaveLength(1);
    expect(body.groups[0]).toMatchObject({
      fingerprint,
      code: 'WEBHOOK_REFUSED',
      flow: 'admissions-to-care-app',
      step: 'notify',
      count: 1,
      sites: [{ site: 'mercy', count: 1 }],
      steps: ['inpatient', 'contact', 'notify'],
    });
    expect(text).not.toContain(CANARY);
    expect((await viewer.get<DeadGroups>('/api/dead/groups?site=lakeside')).body.groups).toEqual([]);
    const of = async (query: string): Promise<number> =>
      (await viewer.get<DeadPage>(`/api/dead?${query}`)).body.rows.length;
    expect([
      await of(`fingerprint=${fingerprint}`),
      await of('fingerprint=0'),
      await of('replayed=true'),
    ]).toEqual([1, 0, 0]);
  });

  test('a dry run shows where values differ, and the values only when that is recorded', async () => {
    const masked = await operator.post<ReplayPreview>('/api/replays/preview', { fingerprint });
    expect(masked.body).toMatchObject({ count: 1, samples: [{ flow: 'admissions-to-care-app' }] });
    expect(masked.text).not.toContain(CANARY);
    expect(masked.body.samples[0]?.steps[0]?.differences).toEqual([
      { path: 'body.name', before: '•••', after: '•••' },
      { path: 'body.•••[0]', after: '•••' },
    ]);
    const before = (await server.store.auditTrail({ limit: 100 })).rows.length;
    const shown = await operator.post<ReplayPreview>('/api/replays/preview', { fingerprint, reveal: true });
    expect(shown.text).toContain(`${CANARY}-BEFORE`);
    const { rows } = await server.store.auditTrail({ limit: 100 });
    expect(rows).toHaveLength(before + 1);
    const { messageId } = shown.body.samples[0] as { messageId: string };
    expect(rows[0]).toMatchObject({ who: 'operator', act: 'message.reveal', on: `message ${messageId}` });
  });

  test('a replay is begun with a filter and a reason, seen by all, stopped and resumed by those who may', async () => {
    const filter = { fingerprint, version: 'ran', rate: 5, reason: 'the field is there now' };
    for (const wrong of [
      { reason: 'everything' },
      { ...filter, reason: '  ' },
      { ...filter, rate: 0 },
      { ...filter, version: 'old' },
      { ...filter, surprise: 1 },
    ]) {
      expect((await operator.post('/api/replays', wrong)).status).toBe(400);
    }
    const { status, body: job } = await operator.post<Job>('/api/replays', filter);
    expect([status, job.state, job.who, job.reason]).toEqual([201, 'running', 'operator', filter.reason]);
    expect((await viewer.get<ReplayJobs>('/api/replays')).body.jobs).toEqual([job]);
    expect((await viewer.get<Job>(`/api/replays/${job.id}`)).body).toEqual(job);
    expect((await viewer.post(`/api/replays/${job.id}/stop`)).status).toBe(403);
    expect((await operator.post<Job>(`/api/replays/${job.id}/stop`)).body.state).toBe('stopped');
    // What the engine refuses is told in its words, as the caller's to mend.
    const again = await operator.post<{ error: { code: string; message: string } }>(
      `/api/replays/${job.id}/stop`,
    );
    expect([again.status, again.body.error.code]).toEqual([409, 'API_CONFLICT']);
    expect(again.body.error.message).toMatch(/^Not now\. /);
    expect((await operator.post<Job>(`/api/replays/${job.id}/resume`)).body.state).toBe('running');
    expect((await operator.post('/api/replays/none/stop')).status).toBe(404);
  });

  test('an edited copy is sent as bytes, or as text in the character set that it declares', async () => {
    const { rows } = (await viewer.get<DeadPage>('/api/dead')).body;
    const deliveryId = rows[0]?.delivery.id as string;
    const edit = (body: object) =>
      operator.post('/api/replays/edit', { deliveryId, reason: 'a typing error', ...body });
    expect(await edit({ text: 'MSH|^~\\&|A\nPID|1' })).toMatchObject({
      status: 201,
      body: { messageId: '99' },
    });
    expect((await edit({ bytes: Buffer.from('MSH').toString('base64') })).status).toBe(201);
    // Latin 1 has no such character.
    expect((await edit({ text: `MSH|^~\\&|中${'|'.repeat(15)}8859/1` })).status).toBe(400);
    expect((await edit({ bytes: 'not base64!' })).status).toBe(400);
    expect((await edit({ text: 'MSH', bytes: 'AAAA' })).status).toBe(400);
    expect((await edit({ text: 'MSH', deliveryId: '1' })).status).toBe(409);
  });
});
