import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import type { GapsAnswer, ResumeMappedAnswer } from '../types.ts';

const gapsSchema = z.strictObject({ site: nameSchema.optional() });

/** Codes that value set maps lack, and what waits for them. */
export async function mapRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  app.get('/api/maps/gaps', { config: { access: 'viewer' } }, async (request): Promise<GapsAnswer> => {
    const { site } = parsed(gapsSchema, request.query, 'query');
    return { now: clock.now(), gaps: await engine.gaps(site) };
  });

  app.post('/api/maps/resume', { config: { access: 'operator' } }, async (): Promise<ResumeMappedAnswer> => {
    return { resumed: await engine.resumeMapped() };
  });
}
