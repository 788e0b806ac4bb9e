import { afterEach, describe, expect, test } from 'vitest';
import { createFirstUserToken } from './auth/first-user.ts';
import { CLI_TOKEN, PASSWORD, startServer, type TestServer } from './server.fixture.ts';
import type { AuditPage } from './types.ts';

const MINUTE = 60_000;
let server: TestServer;
afterEach(() => server.close());

async function tokenOf(): Promise<string> {
  return new URL((await server.api.firstUserLink()) as string).searchParams.get('token') as string;
}
async function audit(): Promise<AuditPage['rows']> {
  const cli = server.visitor({ authorization: `Bearer ${CLI_TOKEN}` });
  return (await cli.get<AuditPage>('/api/audit?limit=500')).body.rows;
}

describe('the first user', () => {
  test('comes from a link that works once and only while there is no user', async () => {
    server = await startServer({ seeded: false });
    const token = await tokenOf();
    expect(await tokenOf()).toBe(token);
    expect((await server.visitor().fetch(`/first-user?token=${token}`)).status).toBe(200);
    expect((await server.visitor().fetch('/first-user?token=guess')).status).toBe(403);

    const kim = server.visitor();
    const made = await kim.form('/first-user', { token, name: ' Kim ', password: PASSWORD });
    expect([made.status, made.headers.get('location')]).toEqual([303, '/']);
    expect((await kim.get('/api/me')).body).toEqual({ name: 'kim', role: 'admin' });

    expect(await server.api.firstUserLink()).toBeNull();
    const again = await server.visitor().form('/first-user', { token, name: 'eve', password: PASSWORD });
    expect(again.status).toBe(403);
    expect((await server.store.users()).map((user) => user.name)).toEqual(['kim']);
    expect((await audit()).map((row) => row.act)).toEqual(['sign-in', 'user.create']);
  });

  test('a user made by another way meanwhile makes the link void', async () => {
    server = await startServer({ seeded: false });
    const link = createFirstUserToken(server.store);
    const token = (await link.issue()) as string;
    await server.as('admin');
    let created = false;
    const create = async (): Promise<void> => {
      created = true;
    };
    expect([await link.valid(token), await link.use(token, create), created]).toEqual([false, false, false]);
  });

  test('two requests at once make one user', async () => {
    server = await startServer({ seeded: false });
    const token = await tokenOf();
    const made = await Promise.all(
      ['a1', 'b1', 'c1'].map((name) =>
        server.visitor().form('/first-user', { token, name, password: PASSWORD }),
      ),
    );
    expect(made.map((response) => response.status).sort()).toEqual([303, 403, 403]);
    expect(await server.store.users()).toHaveLength(1);
  });

  test('a password that is too short, or a name that stands for a program, is refused and the link stays good', async () => {
    server = await startServer({ seeded: false });
    const token = await tokenOf();
    for (const [name, password] of [
      ['kim', 'short'],
      ['kim', 'aaaaaaaaaaaaaaaa'],
      ['cli', PASSWORD],
      ['kim"><script>', PASSWORD],
    ] as const) {
      const response = await server.visitor().form('/first-user', { token, name, password });
      expect(response.status).toBe(400);
      const page = await response.text();
      expect(page).not.toContain('<script>');
      expect(page).not.toContain(password);
    }
    expect(
      (await server.visitor().form('/first-user', { token, name: 'kim', password: PASSWORD })).status,
    ).toBe(303);
  });

  test('the store keeps scrypt with its cost, never the password', async () => {
    server = await startServer({ seeded: false });
    await server.as('admin');
    const [user] = await server.store.users();
    expect(user?.password).toMatch(/^scrypt\$ln=15,r=8,p=3\$[\w-]{22}\$[\w-]{43}$/);
  });
});

describe('a session', () => {
  test('is a cookie that scripts cannot read and other sites cannot send', async () => {
    server = await startServer({ seeded: false });
    await server.as('admin');
    const response = await server
      .visitor()
      .form('/sign-in', { name: 'admin', password: PASSWORD, next: '/messages' });
    expect(response.headers.get('location')).toBe('/messages');
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^suture-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  test('behind https it is __Host- and Secure, and browsers are told to stay on https', async () => {
    server = await startServer({ seeded: false, publicUrl: 'https://suture.example.org/' });
    expect(await server.api.firstUserLink()).toMatch(/^https:\/\/suture\.example\.org\/first-user\?token=/);
    const response = await server
      .visitor()
      .form('/first-user', { token: await tokenOf(), name: 'kim', password: PASSWORD });
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-suture-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(response.headers.get('strict-transport-security')).toContain('max-age');
  });

  test('ends after 15 minutes without an act, and goes on with one', async () => {
    server = await startServer({ seeded: false });
    const kim = await server.as('admin');
    for (let turn = 0; turn < 4; turn += 1) {
      server.clock.advance(14 * MINUTE);
      expect((await kim.get('/api/me')).status).toBe(200);
    }
    server.clock.advance(15 * MINUTE);
    expect((await kim.get('/api/me')).status).toBe(401);
  });

  test('what the console asks for by itself does not keep it open', async () => {
    server = await startServer({ seeded: false });
    const kim = await server.as('admin');
    for (const minutes of [5, 5]) {
      server.clock.advance(minutes * MINUTE);
      expect((await kim.fetch('/api/home', { headers: { 'suture-background': '1' } })).status).toBe(200);
    }
    server.clock.advance(5 * MINUTE);
    expect((await kim.fetch('/api/home', { headers: { 'suture-background': '1' } })).status).toBe(401);
  });

  test('ends after 12 hours however busy', async () => {
    server = await startServer({ seeded: false });
    const kim = await server.as('admin');
    for (let turn = 0; turn < 71; turn += 1) {
      server.clock.advance(10 * MINUTE);
      expect((await kim.get('/api/me')).status).toBe(200);
    }
    server.clock.advance(10 * MINUTE);
    expect((await kim.get('/api/me')).status).toBe(401);
  });

  test('is over on the server when its user signs out', async () => {
    server = await startServer({ seeded: false });
    const kim = await server.as('admin');
    const stolen = kim.cookie as string;
    expect((await kim.post('/api/sign-out')).status).toBe(200);
    expect(kim.cookie).toBeNull();
    expect((await server.visitor({ cookie: stolen }).get('/api/me')).status).toBe(401);
  });

  test('is over at once when its user is disabled, and a smaller role counts at once', async () => {
    server = await startServer({ seeded: false });
    const admin = await server.as('admin');
    const operator = await server.as('operator');
    await admin.post('/api/users/operator', { role: 'viewer' });
    expect((await operator.get('/api/audit')).status).toBe(403);
    await admin.post('/api/users/operator', { disabled: true });
    expect((await operator.get('/api/me')).status).toBe(401);
    const back = await server.visitor().form('/sign-in', { name: 'operator', password: PASSWORD });
    expect(back.status).toBe(401);
    expect((await admin.post('/api/users/admin', { disabled: true })).status).toBe(409);
  });
});

describe('requests from other sites', () => {
  test('cannot change anything with a cookie', async () => {
    server = await startServer({ seeded: false });
    const kim = await server.as('admin');
    const host = new URL(server.api.url).host;
    const attempt = async (headers: Record<string, string>): Promise<number> => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      };
      return (await kim.fetch('/api/messages/search', init)).status;
    };
    expect(await attempt({ 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await attempt({ 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await attempt({ 'sec-fetch-site': 'none' })).toBe(403);
    expect(await attempt({ origin: 'http://evil.example' })).toBe(403);
    expect(await attempt({ origin: 'null' })).toBe(403);
    expect(await attempt({})).toBe(403);
    expect(await attempt({ 'sec-fetch-site': 'cross-site', origin: `http://${host}` })).toBe(403);
    expect(await attempt({ origin: `http://${host}` })).toBe(200);
    expect(await attempt({ 'sec-fetch-site': 'same-origin' })).toBe(200);
  });

  test('cannot sign a person in as someone else', async () => {
    server = await startServer({ seeded: false });
    await server.as('admin');
    const foreign = await server
      .visitor()
      .form('/sign-in', { name: 'admin', password: PASSWORD }, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    expect(foreign.headers.getSetCookie()).toEqual([]);
  });

  test('signing in leads to this server only', async () => {
    server = await startServer({ seeded: false });
    await server.as('admin');
    for (const next of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/a\r\nset-cookie: x=y',
    ]) {
      const response = await server.visitor().form('/sign-in', { name: 'admin', password: PASSWORD, next });
      expect([next, response.headers.get('location')]).toEqual([next, '/']);
    }
  });
});

describe('wrong passwords', () => {
  test('answer alike for a known and an unknown name, and neither name nor password is repeated in the audit', async () => {
    server = await startServer({ seeded: false });
    await server.as('admin');
    const known = await server.visitor().form('/sign-in', { name: 'admin', password: 'wrong' });
    const unknown = await server
      .visitor()
      .form('/sign-in', { name: 'my secret passphrase', password: 'wrong' });
    expect([known.status, unknown.status]).toEqual([401, 401]);
    const strip = (page: string): string => page.replace(/value="[^"]*"/g, '');
    expect(strip(await known.text())).toBe(strip(await unknown.text()));
    const failed = (await audit()).filter((row) => row.facts?.result === 'failed');
    expect(failed.map((row) => row.who)).toEqual(['unknown', 'admin']);
    expect(JSON.stringify(await audit())).not.toContain('passphrase');
  });

  test('are slowed after the fifth, doubling; the right one waits too, and another person does not', async () => {
    server = await startServer({ seeded: false });
    await server.as('viewer');
    const attempt = (name: string, password: string): Promise<Response> =>
      server.visitor().form('/sign-in', { name, password });
    for (let turn = 0; turn < 5; turn += 1) expect((await attempt('admin', 'wrong')).status).toBe(401);
    const slowed = await attempt('admin', PASSWORD);
    expect([slowed.status, slowed.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await attempt('viewer', PASSWORD)).status).toBe(303);
    server.clock.advance(1_000);
    expect((await attempt('admin', 'wrong')).status).toBe(401);
    expect((await attempt('admin', PASSWORD)).headers.get('retry-after')).toBe('2');
    server.clock.advance(2_000);
    expect((await attempt('admin', PASSWORD)).status).toBe(303);
    expect((await attempt('admin', 'wrong')).status).toBe(401);
  });

  test('over many names from one address: each costs a hash, few may wait for it, and the next is slowed', async () => {
    server = await startServer({ seeded: false });
    const attempt = (name: string): Promise<Response> =>
      server.visitor().form('/sign-in', { name, password: 'spring-2026' });
    const names = Array.from({ length: 40 }, (_nothing, index) => `name${index}`);
    const answers = await Promise.all(names.map(attempt));
    const statuses = answers.map((response) => response.status);
    // Names that do not exist are hashed like others: without that the queue would never be full.
    expect(statuses).toContain(503);
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThan(20);
    expect((await attempt('name99')).status).toBe(429);
  });

  test('a form that is not a form is not read', async () => {
    server = await startServer({ seeded: false });
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"name":"a"}' };
    expect((await server.visitor().fetch('/sign-in', json)).status).toBe(415);
    expect(
      (await server.visitor().form('/sign-in', { name: 'a', password: 'x'.repeat(20_000) })).status,
    ).toBe(413);
  });
});
