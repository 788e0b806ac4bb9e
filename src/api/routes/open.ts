import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { asFailure } from '../../std/index.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';

/** The largest webhook body. */
export const HOOK_BODY_LIMIT = 5 * 1024 * 1024;

/** What needs no sign-in because machines ask it: probes, public keys, webhooks (which prove themselves). */
export async function openRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine } = context;
  const open = { config: { access: 'public' as const } };

  app.get('/livez', open, async () => ({ alive: true }));

  app.get('/readyz', open, async (_request, reply) => {
    const { ready, checks, notices } = engine.readiness();
    reply.status(ready ? 200 : 503);
    const failing = checks.filter((check) => !check.ok).map(({ name, text }) => ({ name, text }));
    return { ready, checks: checks.length, failing, notices };
  });

  app.get('/.well-known/jwks.json', open, async (_request, reply) => {
    // Epic and others keep it; five minutes lets a rotated key be found soon.
    reply
      .header('cache-control', 'public, max-age=300')
      .header('cross-origin-resource-policy', 'cross-origin');
    return engine.jwks();
  });

  await app.register(async (hooks) => {
    // Bytes as they came: a signature is over bytes, and what is kept is what was received.
    hooks.removeAllContentTypeParsers();
    hooks.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

    const handle = async (
      params: { site: string; connection: string; rest: string },
      request: FastifyRequest,
      reply: FastifyReply,
    ) => {
      const headers: Record<string, string | undefined> = {};
      for (const [name, value] of Object.entries(request.headers)) {
        headers[name] = Array.isArray(value) ? value.join(', ') : value;
      }
      let answer: Awaited<ReturnType<typeof engine.http>>;
      try {
        answer = await engine.http(params.site, params.connection, {
          method: request.method,
          path: params.rest,
          headers,
          body: Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0),
        });
      } catch (error) {
        const failure = asFailure(error, { site: params.site, connection: params.connection });
        context.log('error', 'a webhook could not be handled', { code: failure.code, kind: failure.kind });
        // Not kept, so the sender must come again: never a 2xx, never a final 4xx.
        throw new ApiFailure('API_BUSY', 'This cannot be kept now.', 5);
      }
      if (!answer) throw new ApiFailure('API_NOT_FOUND', 'There is no such hook.');
      for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value);
      return reply.status(answer.status).send(answer.body ?? '');
    };

    const options = { ...open, bodyLimit: HOOK_BODY_LIMIT };
    hooks.post<{ Params: { site: string; connection: string } }>(
      '/hooks/:site/:connection',
      options,
      (request, reply) => handle({ ...request.params, rest: '' }, request, reply),
    );
    hooks.post<{ Params: { site: string; connection: string; '*': string } }>(
      '/hooks/:site/:connection/*',
      options,
      (request, reply) => handle({ ...request.params, rest: `/${request.params['*']}` }, request, reply),
    );
  });
}
