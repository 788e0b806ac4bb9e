import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { LanesAnswer, ResumeAnswer } from '../types.ts';

const lanesSchema = z.strictObject({
  site: nameSchema.optional(),
  flow: nameSchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});
const resumeSchema = z.strictObject({ reason: z.string().trim().min(3).max(500) });

/** Lanes that do not move, and connections that are called again. */
export async function laneRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  app.get('/api/lanes', { config: { access: 'viewer' } }, async (request): Promise<LanesAnswer> => {
    const { site, flow, limit } = parsed(lanesSchema, request.query, 'query');
    const lanes = await engine.stuckLanes({
      limit,
      ...(site === undefined ? {} : { site }),
      ...(flow === undefined ? {} : { flow }),
    });
    return { now: clock.now(), lanes };
  });

  app.post(
    '/api/connections/:site/:connection/resume',
    { config: { access: 'operator' } },
    async (request): Promise<ResumeAnswer> => {
      const place = parsed(z.object({ site: nameSchema, connection: nameSchema }), request.params, 'address');
      const { reason } = bodyOf(resumeSchema, request);
      const known = engine
        .connections()
        .some((one) => one.site === place.site && one.connection === place.connection);
      if (!known) throw new ApiFailure('API_NOT_FOUND', 'There is no such connection.');
      return { resumed: await engine.resume({ ...place, reason, who: principalOf(request).name }) };
    },
  );
}
