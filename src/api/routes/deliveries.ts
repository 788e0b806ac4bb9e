import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, given, idSchema, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { told } from '../failures.ts';
import type { DeadPage, ReleaseAnswer, ReplayAnswer } from '../types.ts';

const deliveryIds = z.array(idSchema).min(1).max(1000);
/** Kept in the audit trail, so it must say something. */
const reason = z.string().trim().min(3).max(500);

const replaySchema = z.strictObject({
  deliveryIds,
  fromStep: nameSchema.optional(),
  version: z.enum(['ran', 'present']).optional(),
  reason,
});
const releaseSchema = z.strictObject({ deliveryIds, to: z.enum(['waiting', 'dead']), reason });
const deadSchema = z.strictObject({
  site: nameSchema.optional(),
  flow: nameSchema.optional(),
  code: nameSchema.optional(),
  fingerprint: nameSchema.optional(),
  replayed: z.stringbool().optional(),
  before: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

export async function deliveryRoutes(app: FastifyInstance, { engine }: ApiContext): Promise<void> {
  const operator = { config: { access: 'operator' as const } };

  app.get('/api/dead', { config: { access: 'viewer' } }, async (request): Promise<DeadPage> => {
    return engine.store.deadLetters(given(parsed(deadSchema, request.query, 'query')));
  });

  app.post('/api/replay', operator, async (request): Promise<ReplayAnswer> => {
    const body = bodyOf(replaySchema, request);
    return { deliveryIds: await told(engine.replay({ ...given(body), who: principalOf(request).name })) };
  });

  app.post('/api/release', operator, async (request): Promise<ReleaseAnswer> => {
    const body = bodyOf(releaseSchema, request);
    return { released: await engine.release({ ...body, who: principalOf(request).name }) };
  });
}
