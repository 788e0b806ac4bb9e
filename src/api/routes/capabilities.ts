import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { asFailure } from '../../std/index.ts';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { CapabilitiesAnswer, DriftAnswer, ProbeAnswer, SitesAnswer } from '../types.ts';

const connectionSchema = z.strictObject({ connection: nameSchema.optional() });
/** `writes`: make records about nobody there, instead of asking. */
const probeSchema = z.strictObject({ writes: z.boolean().default(false) });

/** What sites can do, and how they differ from what was written down. */
export async function capabilityRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const viewer = { config: { access: 'viewer' as const } };

  app.get('/api/sites', viewer, async (): Promise<SitesAnswer> => ({ sites: engine.capabilities.sites() }));

  app.get('/api/sites/:site/capabilities', viewer, async (request): Promise<CapabilitiesAnswer> => {
    const { site } = parsed(z.object({ site: nameSchema }), request.params, 'address');
    const { connection } = parsed(connectionSchema, request.query, 'query');
    const found = engine.capabilities.of(site, connection);
    if (found === null)
      throw new ApiFailure('API_NOT_FOUND', 'There is no such site, or no such connection to an EHR.');
    return { ...found, feeds: (await engine.shapes(site)) ?? [], now: clock.now() };
  });

  app.get('/api/sites/:site/drift', viewer, async (request): Promise<DriftAnswer> => {
    const { site } = parsed(z.object({ site: nameSchema }), request.params, 'address');
    const feeds = await engine.shapes(site);
    if (feeds === null) throw new ApiFailure('API_NOT_FOUND', 'There is no such site.');
    return { servers: engine.capabilities.of(site)?.drift ?? [], feeds, now: clock.now() };
  });

  app.post(
    '/api/sites/:site/:connection/probe',
    { config: { access: 'operator' } },
    async (request): Promise<ProbeAnswer> => {
      const place = parsed(z.object({ site: nameSchema, connection: nameSchema }), request.params, 'address');
      if (engine.capabilities.of(place.site, place.connection) === null)
        throw new ApiFailure('API_NOT_FOUND', 'There is no such site, or no such connection to an EHR.');
      const who = principalOf(request).name;
      const on = `${place.site}/${place.connection}`;
      const { writes } = bodyOf(probeSchema, request);
      const act = writes ? 'connection.try-writes' : 'connection.probe';
      await engine.store.audit([{ at: clock.now(), who, act, on }]);
      try {
        const { probe, tryWrites } = engine.capabilities;
        const ask = writes ? tryWrites : probe;
        return { observed: await ask(place.site, place.connection) };
      } catch (error) {
        const { message, fix } = asFailure(error);
        throw new ApiFailure('API_CONFLICT', `${message} ${fix}`);
      }
    },
  );
}
