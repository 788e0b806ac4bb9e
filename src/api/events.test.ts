import { afterEach, expect, test } from 'vitest';
import { FOLD, HEARTBEAT } from './routes/events.ts';
import { startServer, type TestServer, type Visitor } from './server.fixture.ts';

let server: TestServer;
afterEach(() => server.close());

const NOTHING = { messages: false, deliveries: false, health: false };

/** Reads the stream event by event. */
async function listen(
  visitor: Visitor,
): Promise<{ response: Response; next(): Promise<string | null>; cancel(): Promise<void> }> {
  const response = await visitor.fetch('/api/events');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  return {
    response,
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const event = text.slice(0, end);
          text = text.slice(end + 2);
          return event;
        }
        const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
        if (done) return null;
        text += Buffer.from(value as Uint8Array).toString('utf8');
      }
    },
    cancel: () => reader.cancel(),
  };
}

test('changes come as one event that says what to ask for again, and nothing of what it is', async () => {
  server = await startServer({ seeded: false });
  const stream = await listen(await server.as('viewer'));
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers.get('cache-control')).toBe('no-store');
  expect(stream.response.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await stream.next()).toContain('event: hello');
  for (let turn = 0; turn < 50; turn += 1) server.engine.change({ ...NOTHING, messages: true });
  server.engine.change({ ...NOTHING, deliveries: true });
  server.clock.advance(FOLD);
  server.engine.change({ ...NOTHING, health: true });
  server.clock.advance(FOLD);
  expect(await stream.next()).toBe('event: change\ndata: {"messages":true,"deliveries":true,"health":false}');
  expect(await stream.next()).toBe(
    'event: change\ndata: {"messages":false,"deliveries":false,"health":true}',
  );
  server.clock.advance(HEARTBEAT);
  expect(await stream.next()).toBe(': alive');
  await stream.cancel();
});

test('ends when the person signs out', async () => {
  server = await startServer({ seeded: false });
  const viewer = await server.as('viewer');
  const stream = await listen(viewer);
  await stream.next();
  await viewer.post('/api/sign-out');
  expect(await stream.next()).toBeNull();
});

test('ends when the session has been idle too long: listening is no act', async () => {
  server = await startServer({ seeded: false });
  const stream = await listen(await server.as('viewer'));
  await stream.next();
  server.clock.advance(14 * 60_000);
  expect(await stream.next()).toBe(': alive');
  server.clock.advance(60_000);
  expect(await stream.next()).toBeNull();
});

test('ends when the user is disabled', async () => {
  server = await startServer({ seeded: false });
  const stream = await listen(await server.as('viewer'));
  await stream.next();
  await (await server.as('admin')).post('/api/users/viewer', { disabled: true });
  server.clock.advance(HEARTBEAT);
  expect(await stream.next()).toBeNull();
});

test('ends with the server', async () => {
  server = await startServer({ seeded: false });
  const stream = await listen(await server.as('viewer'));
  await stream.next();
  await server.api.close();
  expect(await stream.next()).toBeNull();
});
