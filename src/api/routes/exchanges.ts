/** Calls that were answered in the request (CDS Hooks), and feedback to them. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { given, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { ExchangeRevealed, ExchangesAnswer } from '../types.ts';

const numberSchema = z.string().regex(/^\d{1,15}$/);
const exchangesSchema = z.strictObject({
  site: nameSchema.optional(),
  service: nameSchema.optional(),
  kind: z.enum(['call', 'feedback']).optional(),
  before: numberSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export async function exchangeRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const { store } = engine;

  app.get('/api/exchanges', { config: { access: 'viewer' } }, async (request): Promise<ExchangesAnswer> => {
    return store.exchanges(given(parsed(exchangesSchema, request.query, 'query')));
  });

  app.post(
    '/api/exchanges/:id/reveal',
    { config: { access: 'operator' } },
    async (request): Promise<ExchangeRevealed> => {
      const { id } = parsed(z.object({ id: numberSchema }), request.params, 'address');
      const [row] = (await store.exchanges({ before: String(Number(id) + 1), limit: 1 })).rows;
      if (row?.id !== id) throw new ApiFailure('API_NOT_FOUND', 'There is no such exchange.');
      // Committed before anything is given: when it cannot be recorded, nothing is shown.
      const facts = { site: row.site, connection: row.connection };
      await store.audit([
        {
          at: clock.now(),
          who: principalOf(request).name,
          act: 'message.reveal',
          on: `exchange ${id}`,
          facts,
        },
      ]);
      return { body: await store.exchangeBody(id) };
    },
  );
}
