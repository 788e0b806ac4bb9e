import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { CLI_TOKEN, startServer, type TestServer } from './server.fixture.ts';

let server: TestServer;
afterEach(() => server.close());

describe('what machines ask without signing in', () => {
  test('probes say states only; not ready names its reasons', async () => {
    server = await startServer({ seeded: false });
    const prober = server.visitor();
    expect((await prober.get('/livez')).body).toEqual({ alive: true });
    const notices = ['mercy / care-app: fails since 2026-01-31T12:00:00.000Z (WEBHOOK_UNREACHABLE)'];
    // A connection that fails is told and makes nothing unready: another node would fare no better.
    expect((await prober.get('/readyz')).body).toEqual({ ready: true, checks: 1, failing: [], notices });
    server.engine.ready = {
      ready: false,
      checks: [
        { name: 'store', ok: true, text: 'fine' },
        { name: 'connection mercy/adt-in', ok: false, text: 'The port 6661 is in use.' },
      ],
      notices: [],
    };
    const { status, body } = await prober.get('/readyz');
    expect(status).toBe(503);
    expect(body).toEqual({
      ready: false,
      checks: 2,
      failing: [{ name: 'connection mercy/adt-in', text: 'The port 6661 is in use.' }],
      notices: [],
    });
  });

  test('the public keys may be kept for five minutes', async () => {
    server = await startServer({ seeded: false });
    const response = await server.visitor().fetch('/.well-known/jwks.json');
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(((await response.json()) as { keys: unknown[] }).keys).toHaveLength(1);
  });

  test('a webhook reaches its connection byte for byte, whatever its type says', async () => {
    server = await startServer({ seeded: false });
    const body = '{"not": json\r\n\u0000';
    for (const type of [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'text/odd',
    ]) {
      const response = await server.visitor().fetch('/hooks/lakeside/lab-hook/results/new', {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      expect([type, response.status]).toEqual([type, 202]);
      expect(await response.json()).toEqual({ id: '1' });
    }
    await server.visitor().fetch('/hooks/lakeside/lab-hook', { method: 'POST' });
    expect(server.engine.hooked[0]).toEqual({
      site: 'lakeside',
      connection: 'lab-hook',
      path: '/results/new',
      method: 'POST',
      body,
    });
    expect(server.engine.hooked.at(-1)).toMatchObject({ path: '', body: '' });
    expect(
      (await server.visitor().fetch('/hooks/lakeside/nothing', { method: 'POST', body: 'x' })).status,
    ).toBe(404);
  });

  test('a webhook that cannot be kept is told to come again; one that is too large is refused', async () => {
    server = await startServer({ seeded: false });
    (server.engine as { http: unknown }).http = () => Promise.reject(new Error('CANARY in the cause'));
    const response = await server.visitor().fetch('/hooks/lakeside/lab-hook', { method: 'POST', body: 'x' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(server.logged.join()).not.toContain('CANARY');
    const large = await server
      .visitor()
      .fetch('/hooks/lakeside/lab-hook', { method: 'POST', body: Buffer.alloc(5 * 1024 * 1024 + 1) });
    expect(large.status).toBe(413);
  });

  test('metrics are for the token and for users, and count what the store counts', async () => {
    server = await startServer();
    const cli = server.visitor({ authorization: `Bearer ${CLI_TOKEN}` });
    for (const turn of [1, 2]) {
      const { text } = await cli.get('/metrics');
      expect([
        turn,
        text.includes('suture_messages_received_total{site="mercy",connection="adt-in"} 13'),
      ]).toEqual([turn, true]);
      expect(text).toContain('suture_noise_total{site="mercy",connection="adt-in",kind="garbage"} 2');
      expect(text).toContain('suture_queued_deliveries{site="mercy",connection="adt-in"} 2');
      expect(text).toContain('suture_connection_running{site="mercy",connection="care-app"} 0');
      expect(text).toContain('suture_store_ready 1');
      expect(text).toContain(
        'suture_flow_promise_broken{site="mercy",flow="admissions",promise="silence"} 1',
      );
      expect(text).toContain(
        'suture_flow_promise_broken{site="mercy",flow="reminders",promise="end to end"} 0',
      );
      expect(text).toContain('suture_flow_last_event_timestamp_seconds{site="mercy",flow="admissions"}');
      expect(text).toContain('suture_process_resident_memory_bytes');
    }
  });
});

describe("the console's files", () => {
  test('need a session, carry a fresh nonce, and nothing outside their folder is served', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'suture-console-'));
    try {
      await mkdir(join(folder, 'dist', 'assets'), { recursive: true });
      await writeFile(join(folder, 'secret.txt'), 'secret');
      await writeFile(
        join(folder, 'dist', 'index.html'),
        '<meta property="csp-nonce" nonce="__SUTURE_NONCE__">',
      );
      await writeFile(join(folder, 'dist', 'assets', 'index-abc.js'), 'export {}');
      let state: 'building' | 'ready' = 'building';
      server = await startServer({
        seeded: false,
        consoleFolder: join(folder, 'dist'),
        consoleState: () => state,
      });
      const kim = await server.as('admin');
      expect(await (await kim.fetch('/')).text()).toContain('The console is being built');
      state = 'ready';

      expect((await server.visitor().fetch('/assets/index-abc.js')).status).toBe(401);
      const asset = await kim.fetch('/assets/index-abc.js');
      expect([asset.status, asset.headers.get('cache-control')]).toEqual([
        200,
        'private, max-age=31536000, immutable',
      ]);
      expect((await kim.fetch('/assets/index-old.js')).status).toBe(404);

      const nonces = new Set<string>();
      for (const path of ['/', '/messages', '/messages/12', '/index.html']) {
        const page = await kim.fetch(path);
        const nonce = /nonce="([\w-]{24})"/.exec(await page.text())?.[1] as string;
        expect(page.headers.get('content-security-policy')).toContain(`style-src 'self' 'nonce-${nonce}'`);
        expect(page.headers.get('cache-control')).toBe('no-store');
        nonces.add(nonce);
      }
      expect(nonces.size).toBe(4);
      for (const path of [
        '/../secret.txt',
        '/..%2fsecret.txt',
        '/assets/..%2f..%2fsecret.txt',
        '/%2e%2e/secret.txt',
      ]) {
        expect(await (await kim.fetch(path)).text()).not.toBe('secret');
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('when they are not built, the page says how', async () => {
    server = await startServer({ seeded: false });
    const page = await (await server.as('admin')).fetch('/');
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('npm run build:console');
  });
});
