/** A server on a real port over a real store, and a browser's part of HTTP, for the tests of this room. */
import { manualClock } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { createEngineFixture, type EngineFixture } from './engine.fixture.ts';
import { seedHospital } from './hospital.fixture.ts';
import { type Api, type ApiOptions, createApi } from './index.ts';
import { openTestStore } from './store.fixture.ts';
import type { Role } from './types.ts';

export const CLI_TOKEN = 'test-token-of-the-command-line-0123456789';
/** 2026-03-02 10:00 UTC. */
export const START = Date.UTC(2026, 2, 2, 10);
export const PASSWORD = 'correct horse battery staple';

export interface Visitor {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  get<T = unknown>(path: string): Promise<{ status: number; body: T; text: string }>;
  post<T = unknown>(path: string, body?: unknown): Promise<{ status: number; body: T; text: string }>;
  form(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  cookie: string | null;
}

export interface TestServer {
  readonly api: Api;
  readonly engine: EngineFixture;
  readonly store: Store;
  readonly clock: ReturnType<typeof manualClock>;
  readonly logged: string[];
  /** Nobody yet. */
  visitor(headers?: Record<string, string>): Visitor;
  /** Signed in, made at need. */
  as(role: Role): Promise<Visitor>;
  close(): Promise<void>;
}

function createVisitor(url: string, own: Record<string, string>): Visitor {
  const visitor: Visitor = {
    cookie: null,
    async fetch(path, init = {}) {
      const headers = new Headers({ ...own, ...(init.headers as Record<string, string>) });
      if (visitor.cookie !== null && !headers.has('cookie')) headers.set('cookie', visitor.cookie);
      const response = await fetch(url + path, { redirect: 'manual', ...init, headers });
      const set = response.headers.getSetCookie()[0]?.split(';')[0];
      if (set !== undefined) visitor.cookie = set.endsWith('=') ? null : set;
      return response;
    },
    async get(path) {
      return answer(await visitor.fetch(path));
    },
    async post(path, body = {}) {
      const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
      return answer(await visitor.fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }));
    },
    form: (path, fields, headers = { 'sec-fetch-site': 'same-origin' }) =>
      visitor.fetch(path, { method: 'POST', headers, body: new URLSearchParams(fields) }),
  };
  return visitor;
}

async function answer<T>(response: Response): Promise<{ status: number; body: T; text: string }> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, body: (json ? JSON.parse(text) : null) as T, text };
}

export async function startServer(
  options: Partial<ApiOptions> & { messages?: number; seeded?: boolean } = {},
): Promise<TestServer> {
  const { messages, seeded = true, ...given } = options;
  const clock = manualClock(START);
  const opened = await openTestStore(clock);
  const store = opened.store;
  if (seeded) await seedHospital(store, clock, messages === undefined ? {} : { messages });
  const engine = createEngineFixture(store, clock);
  const logged: string[] = [];
  const api = await createApi({
    engine,
    clock,
    port: 0,
    cliToken: CLI_TOKEN,
    log: (level, text, facts) => logged.push(`${level} ${text} ${JSON.stringify(facts ?? {})}`),
    ...given,
  });
  const visitors = new Map<Role, Visitor>();
  const server: TestServer = {
    api,
    engine,
    store,
    clock,
    logged,
    visitor: (headers = {}) => createVisitor(api.url, headers),
    async as(role) {
      const known = visitors.get(role);
      if (known) return known;
      const admin = role === 'admin' ? null : await server.as('admin');
      const visitor = server.visitor();
      if (admin) {
        await admin.post('/api/users', { name: role, role, password: PASSWORD });
        await visitor.form('/sign-in', { name: role, password: PASSWORD });
      } else {
        const link = new URL((await api.firstUserLink()) as string);
        await visitor.form('/first-user', {
          token: link.searchParams.get('token') as string,
          name: 'admin',
          password: PASSWORD,
        });
      }
      visitors.set(role, visitor);
      return visitor;
    },
    async close() {
      await api.close();
      await opened.close();
    },
  };
  return server;
}
