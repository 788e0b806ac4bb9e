import type { FastifyInstance, FastifyReply } from 'fastify';
import type { CdsAnswer } from '../../engine/index.ts';
import type { ApiContext } from '../context.ts';

/** A patient's chart as prefetch can be large. */
const CALL_BODY_LIMIT = 5 * 1024 * 1024;

/** CDS Hooks: no sign-in, since each call proves itself by a signed token. */
export async function cdsServiceRoutes(app: FastifyInstance, { engine }: ApiContext): Promise<void> {
  const open = { config: { access: 'public' as const } };

  app.get('/cds-services', open, async (_request, reply) => {
    // Browsers of those who try services out ask from elsewhere; it says nothing that is not public.
    reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
    return { services: engine.cds.services() };
  });

  const give = (reply: FastifyReply, { status, body }: CdsAnswer) => {
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.status(status).send(body);
  };

  app.post<{ Params: { id: string } }>(
    '/cds-services/:id',
    { ...open, bodyLimit: CALL_BODY_LIMIT },
    async (request, reply) =>
      give(
        reply,
        await engine.cds.call({
          service: request.params.id,
          authorization: request.headers.authorization,
          body: request.body,
        }),
      ),
  );

  app.post<{ Params: { id: string } }>('/cds-services/:id/feedback', open, async (request, reply) =>
    give(
      reply,
      await engine.cds.feedback({
        service: request.params.id,
        authorization: request.headers.authorization,
        body: request.body,
      }),
    ),
  );
}
