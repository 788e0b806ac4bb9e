import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLI_TOKEN, startServer, type TestServer } from './server.fixture.ts';
import type { DeploysAnswer } from './types.ts';

let server: TestServer;
const asked: unknown[] = [];
const row = {
  ...{ id: '3', state: 'asked' as const, root: 'r', after: null, who: 'cli', at: 1, note: '' },
  ...{ decidedBy: null, decidedAt: null, facts: { changes: [] } },
};
beforeAll(async () => {
  const refuse = () => Promise.reject(new Error('not asked here'));
  server = await startServer({
    seeded: false,
    deploys: {
      running: () => '2',
      drift: async () => ({ paths: ['maps/a.csv'], count: 1, git: null, deployed: null }),
      folderPlan: refuse,
      control: {
        ...{ plan: refuse, deploy: refuse, rollback: refuse },
        history: async () => [row],
        live: async () => null,
        async decide(id, decision) {
          asked.push({ id, ...decision });
          return row;
        },
      },
    },
  });
  const { id: _, ...fresh } = row;
  await server.store.putDeployment({
    deployment: fresh,
    audit: { at: 1, who: 'cli', act: 'project.ask', on: 'deployment #' },
  });
});
afterAll(() => server.close());

const bytes = Buffer.from('fields: {}');
const contents = { contents: { [hash('sha256', bytes, 'base64url')]: bytes.toString('base64') } };

test('a project is brought by the command line alone: not by a browser, whoever is signed in, and not under another hash', async () => {
  const admin = await server.as('admin');
  expect((await admin.post('/api/deploys/contents', contents)).status).toBe(403);
  expect((await admin.post('/api/deploys', { root: 'a'.repeat(43) })).status).toBe(403);
  const cli = server.visitor({ authorization: `Bearer ${CLI_TOKEN}` });
  expect((await cli.post('/api/deploys/contents', contents)).body).toEqual({ kept: 1 });
  const lying = { contents: { ['a'.repeat(43)]: bytes.toString('base64') } };
  expect((await cli.post('/api/deploys/contents', lying)).status).toBe(400);
  expect(
    (await cli.post<{ lacking: string[] }>('/api/deploys/lacking', { hashes: ['a'.repeat(43)] })).body,
  ).toEqual({
    lacking: ['a'.repeat(43)],
  });
});

test('a user at the console decides in their own name; everybody sees what runs and how the folder differs', async () => {
  const operator = await server.as('operator');
  await operator.post('/api/deploys/1/decision', { approved: true, note: 'looked at it' });
  expect(asked).toEqual([
    { id: '1', approved: true, note: 'looked at it', who: expect.not.stringMatching(/^cli$/) },
  ]);
  const viewer = await server.as('viewer');
  expect((await viewer.post('/api/deploys/1/decision', { approved: true, note: 'me, too' })).status).toBe(
    403,
  );
  const { body } = await viewer.get<DeploysAnswer>('/api/deploys');
  expect(body).toMatchObject({ running: '2', rows: [{ id: '3', live: false }] });
  expect(body.driftText).toMatch(/maps\/a\.csv differs/);
});

test('the command line says who is at it; as a user of the console only with that user’s session, and with that user’s role', async () => {
  const token = { authorization: `Bearer ${CLI_TOKEN}` };
  const me = async (headers: Record<string, string>) =>
    (await server.visitor({ ...token, ...headers }).get<{ name: string; role: string }>('/api/me')).body;
  expect(await me({ 'suture-person': 'Kim' })).toEqual({ name: 'cli:kim', role: 'operator' });
  expect(await me({ 'suture-person': encodeURIComponent('CLINIC\\Ida Zorn\n{}') })).toEqual({
    ...{ name: 'cli:clinic\\ida zorn', role: 'operator' },
  });
  expect(await me({ 'suture-person': '%zz' })).toEqual({ name: 'cli', role: 'operator' });
  // A name that is only said is no user: it keeps its prefix.
  expect(await me({ 'suture-person': 'admin' })).toEqual({ name: 'cli:admin', role: 'operator' });
  const { cookie } = await server.as('viewer');
  const viewer = server.visitor({ ...token, cookie: cookie ?? '', 'suture-person': 'kim' });
  expect((await viewer.get('/api/me')).body).toEqual({ name: 'viewer', role: 'viewer' });
  expect((await viewer.post('/api/deploys/contents', contents)).status).toBe(403);
  const operator = server.visitor({ ...token, cookie: (await server.as('operator')).cookie ?? '' });
  expect((await operator.post('/api/deploys/contents', contents)).status).toBe(200);
  const made = server.visitor({ ...token, cookie: 'suture-session=made-up' });
  expect((await made.get('/api/me')).status).toBe(401);
});
