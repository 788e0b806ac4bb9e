import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import type { CursorsAnswer, RewindAnswer } from '../types.ts';

const listSchema = z.strictObject({ site: nameSchema.optional() });
const rewindSchema = z.strictObject({
  resource: z.string().regex(/^[A-Za-z]{1,40}$/),
  /** Milliseconds since 1970. */
  to: z.number().int().min(0).max(8_640_000_000_000_000),
  reason: z.string().trim().min(3).max(500),
});

/** Where the learning of each site and resource stands, and setting it back. */
export async function cursorRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  app.get('/api/cursors', { config: { access: 'viewer' } }, async (request): Promise<CursorsAnswer> => {
    const { site } = parsed(listSchema, request.query, 'query');
    return { now: clock.now(), cursors: await engine.cursors(site) };
  });

  app.post(
    '/api/sites/:site/rewind',
    { config: { access: 'operator' } },
    async (request): Promise<RewindAnswer> => {
      const { site } = parsed(z.object({ site: nameSchema }), request.params, 'address');
      const body = bodyOf(rewindSchema, request);
      return { cursor: await engine.rewind({ site, ...body, who: principalOf(request).name }) };
    },
  );
}
