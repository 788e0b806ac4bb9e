import type { FastifyInstance } from 'fastify';
import { principalOf } from '../auth/guard.ts';
import type { ApiContext } from '../context.ts';
import type { ChangeEvent } from '../types.ts';

/** At most one event in this time; the first change after a quiet time goes out at once. */
export const FOLD = 400;
/** Also how often it is asked whether the session still lives. */
export const HEARTBEAT = 15_000;

const NOTHING: ChangeEvent = { messages: false, deliveries: false, health: false };

/** Server-sent events: says what to ask for again, never what it is. */
export async function eventRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine, clock, sessions } = context;
  const open = new Set<() => void>();

  app.get('/api/events', { config: { access: 'viewer' } }, (request, reply) => {
    const { sessionId } = principalOf(request);
    const stream = reply.raw;
    const headers = reply.getHeaders() as Record<string, string>;
    reply.hijack();
    stream.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    stream.write('retry: 3000\nevent: hello\ndata: {}\n\n');

    let pending: ChangeEvent = NOTHING;
    let cancelFold: (() => void) | null = null;
    let sentAt = Number.NEGATIVE_INFINITY;
    let cancelHeartbeat: () => void = () => undefined;

    const send = (): void => {
      cancelFold = null;
      sentAt = clock.elapsed();
      // A reader that does not keep up gets one event with everything, later.
      if (!stream.writableNeedDrain && (pending.messages || pending.deliveries || pending.health)) {
        stream.write(`event: change\ndata: ${JSON.stringify(pending)}\n\n`);
        pending = NOTHING;
      }
    };
    const endListening = engine.onChange((change) => {
      pending = {
        messages: pending.messages || change.messages,
        deliveries: pending.deliveries || change.deliveries,
        health: pending.health || change.health,
      };
      cancelFold ??= clock.after(Math.max(0, sentAt + FOLD - clock.elapsed()), send);
    });
    const endWatching = sessions.onEnd((id) => {
      if (id === sessionId) close();
    });
    const beat = (): void => {
      cancelHeartbeat = clock.after(HEARTBEAT, () => {
        const check = sessionId === null ? Promise.resolve(true) : sessions.alive(sessionId);
        check.then(
          (alive) => {
            if (!alive) return close();
            if (!stream.writableNeedDrain) stream.write(': alive\n\n');
            send();
            if (open.has(close)) beat();
          },
          () => close(),
        );
      });
    };
    const close = (): void => {
      if (!open.delete(close)) return;
      endListening();
      endWatching();
      cancelFold?.();
      cancelHeartbeat();
      stream.end();
    };
    open.add(close);
    request.raw.on('close', close);
    stream.on('error', close);
    beat();
  });
}
