import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manualClock } from '../std/index.ts';
import { createEngineFixture } from './engine.fixture.ts';
import { CLI_TOKEN, START, startServer, type TestServer } from './server.fixture.ts';
import { buildServer } from './server.ts';
import { openTestStore } from './store.fixture.ts';
import type { Role } from './types.ts';

/** The whole surface that answers without sign-in. A route that joins it must be named here. */
const PUBLIC = [
  'GET /.well-known/jwks.json',
  'GET /favicon.svg',
  'GET /first-user',
  'GET /cds-services',
  'GET /livez',
  'GET /readyz',
  'GET /sign-in',
  'GET /sign-in.css',
  'GET /smart/callback',
  'GET /smart/launch',
  'GET /smart/start',
  'POST /cds-services/:id',
  'POST /cds-services/:id/feedback',
  'POST /first-user',
  'POST /hooks/:site/:connection',
  'POST /hooks/:site/:connection/*',
  'POST /sign-in',
  'POST /smart/start',
];

/** Every other route, with the least role that may use it. */
const GUARDED: Readonly<Record<string, Role>> = {
  'GET /*': 'viewer',
  'GET /api/approvals': 'viewer',
  'GET /api/attention': 'viewer',
  'GET /api/audit': 'operator',
  'GET /api/connections': 'viewer',
  'GET /api/cursors': 'viewer',
  'GET /api/dead': 'viewer',
  'GET /api/dead/groups': 'viewer',
  'GET /api/deploys': 'viewer',
  'GET /api/deploys/contents/:hash': 'operator',
  'GET /api/necessary': 'viewer',
  'GET /api/events': 'viewer',
  'GET /api/exchanges': 'viewer',
  'GET /api/home': 'viewer',
  'GET /api/lanes': 'viewer',
  'GET /api/service': 'viewer',
  'GET /api/maps/gaps': 'viewer',
  'GET /api/me': 'viewer',
  'GET /api/messages/:id': 'viewer',
  'GET /api/messages/:id/raw': 'operator',
  'GET /api/replays': 'viewer',
  'GET /api/replays/:id': 'viewer',
  'GET /api/sign-ins': 'viewer',
  'GET /api/signing-keys': 'viewer',
  'GET /api/sites': 'viewer',
  'GET /api/sites/:site/capabilities': 'viewer',
  'GET /api/sites/:site/drift': 'viewer',
  'GET /api/users': 'admin',
  'GET /api/writes': 'viewer',
  'GET /api/writes/ended': 'viewer',
  'GET /metrics': 'viewer',
  'GET /smart': 'operator',
  'POST /api/connections/:site/:connection/resume': 'operator',
  'POST /api/approvals/:id': 'operator',
  'POST /api/maps/resume': 'operator',
  'POST /api/maps/names': 'operator',
  'POST /api/maps/row': 'viewer',
  'POST /api/exchanges/:id/reveal': 'operator',
  'POST /api/approvals/:id/reveal': 'operator',
  'POST /api/backup': 'operator',
  'POST /api/connections/:site/:connection/test': 'operator',
  'POST /api/deploys': 'operator',
  'POST /api/deploys/:id/decision': 'operator',
  'POST /api/deploys/contents': 'operator',
  'POST /api/deploys/folder-plan': 'operator',
  'POST /api/deploys/lacking': 'operator',
  'POST /api/deploys/plan': 'operator',
  'POST /api/deploys/rollback': 'operator',
  'POST /api/messages/:id/reveal': 'operator',
  'POST /api/messages/scan': 'operator',
  'POST /api/messages/search': 'viewer',
  'POST /api/release': 'operator',
  'POST /api/replay': 'operator',
  'POST /api/replays': 'operator',
  'POST /api/runs': 'operator',
  'POST /api/writes/:id': 'operator',
  'POST /api/writes/:id/reveal': 'operator',
  'POST /api/replays/:id/resume': 'operator',
  'POST /api/replays/:id/stop': 'operator',
  'POST /api/replays/edit': 'operator',
  'POST /api/replays/preview': 'operator',
  'POST /api/sign-ins/:site/:connection/disconnect': 'operator',
  'POST /api/sign-ins/:site/:connection/invitation': 'operator',
  'POST /api/sign-out': 'viewer',
  'POST /api/signing-keys/:site/:connection/rotate': 'operator',
  'POST /api/sites/:site/:connection/probe': 'operator',
  'POST /smart/connect/:site/:connection': 'operator',
  'POST /api/sites/:site/rewind': 'operator',
  'POST /api/users': 'admin',
  'POST /api/users/:name': 'admin',
};

/** Asks the router itself, so that a route nobody thought of is found too. */
async function registeredRoutes(): Promise<string[]> {
  const clock = manualClock(START);
  const { store, close } = await openTestStore(clock);
  const options = { engine: createEngineFixture(store, clock), clock, port: 0, cliToken: CLI_TOKEN };
  const { app, routes } = await buildServer(options);
  await app.ready();
  await app.close();
  await close();
  return [...routes];
}

const addressOf = (route: string): string =>
  (route.split(' ')[1] as string)
    .replace(':id', '1')
    .replace(':site', 'mercy')
    .replace(':connection', 'epic')
    .replace(':name', 'viewer')
    .replace('*', 'messages');

/** A project and its contents are brought by the command line: operators by rank, but never a person in a browser. */
const COMMAND_LINE_ALONE: ReadonlySet<string> = new Set([
  'GET /api/deploys/contents/:hash',
  'POST /api/deploys',
  'POST /api/deploys/contents',
  'POST /api/deploys/lacking',
  'POST /api/deploys/plan',
]);

describe('who may ask for what', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  test('every route stands in one of the two lists', async () => {
    const reads = (await registeredRoutes()).filter((route) => !route.startsWith('HEAD ')).sort();
    expect(reads).toEqual([...PUBLIC, ...Object.keys(GUARDED)].sort());
  });

  test('without sign-in every guarded route answers 401 before it reads a body', async () => {
    for (const route of Object.keys(GUARDED)) {
      const [method] = route.split(' ') as [string];
      const init: RequestInit = { method };
      if (method === 'POST') {
        init.headers = { 'content-type': 'application/json' };
        init.body = '{"not json';
      }
      const response = await server.visitor().fetch(addressOf(route), init);
      expect([route, response.status]).toEqual([route, 401]);
      expect(((await response.json()) as { error: { code: string } }).error.code).toBe('API_SIGN_IN_NEEDED');
    }
    for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      for (const path of ['/api/home', '/nowhere', '/index.html']) {
        expect((await server.visitor().fetch(path, { method })).status).toBe(401);
      }
    }
  });

  test('a body that never ends does not hold up the refusal', async () => {
    const port = Number(new URL(server.api.url).port);
    const socket = connect(port, '127.0.0.1');
    socket.write(
      'POST /api/replay HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n\r\n{',
    );
    const first = await new Promise<string>((resolve) =>
      socket.once('data', (data) => resolve(data.toString())),
    );
    socket.destroy();
    expect(first).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('each role may do what its rank allows, and nothing more', async () => {
    const ranks: readonly Role[] = ['viewer', 'operator', 'admin'];
    for (const role of ranks) {
      const visitor = await server.as(role);
      for (const [route, least] of Object.entries(GUARDED)) {
        if (route === 'POST /api/sign-out' || route === 'GET /api/events') continue;
        const [method] = route.split(' ');
        const { status } =
          method === 'GET' ? await visitor.get(addressOf(route)) : await visitor.post(addressOf(route), {});
        const allowed = !COMMAND_LINE_ALONE.has(route) && ranks.indexOf(role) >= ranks.indexOf(least);
        // What is allowed may still be refused for its empty body; what is not allowed is 403 and nothing else.
        expect([role, route, status === 403]).toEqual([role, route, !allowed]);
        expect(status).not.toBe(401);
      }
    }
  });

  test('the command line token is the user cli with the role operator; another token is nobody', async () => {
    const cli = server.visitor({ authorization: `Bearer ${CLI_TOKEN}` });
    expect((await cli.get('/api/me')).body).toEqual({ name: 'cli', role: 'operator' });
    expect((await cli.get('/api/users')).status).toBe(403);
    for (const wrong of [`Bearer ${CLI_TOKEN}x`, 'Bearer ', `Basic ${CLI_TOKEN}`, CLI_TOKEN]) {
      expect((await server.visitor({ authorization: wrong }).get('/api/me')).status).toBe(401);
    }
  });

  test('a wrong token is not rescued by a good cookie', async () => {
    const admin = await server.as('admin');
    const response = await admin.fetch('/api/me', { headers: { authorization: 'Bearer wrong' } });
    expect(response.status).toBe(401);
  });

  test('every answer carries the headers that keep a page in its cage', async () => {
    const admin = await server.as('admin');
    const asked = [...PUBLIC, ...Object.keys(GUARDED)].filter(
      (route) => route.startsWith('GET') && !route.includes('events'),
    );
    for (const visitor of [server.visitor(), admin]) {
      for (const route of asked) {
        const { headers } = await visitor.fetch(addressOf(route));
        const policy = headers.get('content-security-policy') ?? '';
        expect(policy).toContain("default-src 'self'");
        expect(policy).toContain("frame-ancestors 'none'");
        expect(policy).not.toContain('unsafe');
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        const form = /first-user|sign-in$/.test(route) || (route === 'GET /smart' && visitor === admin);
        expect(headers.get('referrer-policy')).toBe(form ? 'same-origin' : 'no-referrer');
        if (route.includes('/api/')) expect(headers.get('cache-control')).toBe('no-store');
      }
    }
  });

  test('a browser that is not signed in gets the sign-in page at the address it wanted', async () => {
    const response = await server.visitor({ accept: 'text/html' }).fetch('/messages?site=mercy');
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('name="next" value="/messages?site=mercy"');
  });

  test('a signed-in user gets 404 for what does not exist', async () => {
    const admin = await server.as('admin');
    expect((await admin.get('/api/nothing')).status).toBe(404);
    expect((await admin.get('/api/messages/999999')).status).toBe(404);
    expect((await admin.post('/nowhere')).status).toBe(404);
  });

  test('a row for a map names a file of its folder alone, and what was typed is in no refusal', async () => {
    const viewer = await server.as('viewer');
    const row = { site: 'mercy', map: 'visit-types', source: 'ZZ', target: 'urgent' };
    expect((await viewer.post('/api/maps/row', row)).body).toMatchObject({
      row: 'ZZ,urgent,,,,',
      fault: null,
    });
    for (const bad of [{ map: '../secrets' }, { map: 'a/b' }, { display: 'typed\nx,y' }]) {
      const refused = await viewer.post('/api/maps/row', { ...row, ...bad });
      expect([refused.status, refused.text.includes('typed')]).toEqual([400, false]);
    }
    const operator = await server.as('operator');
    expect((await operator.post('/api/maps/resume', { site: 'mercy' })).status).toBe(400);
  });
});
