import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, given, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { CodeNamesAnswer, GapsAnswer, MapRowAnswer, ResumeMappedAnswer } from '../types.ts';
import { codeNames } from '../view/code-names.ts';
import { mapRow } from '../view/map-row.ts';

const gapsSchema = z.strictObject({ site: nameSchema.optional() });
/** One line: a row that is copied is one. */
const cellSchema = z
  .string()
  .max(200)
  .regex(/^[^\p{Cc}]*$/u);
const rowSchema = z.strictObject({
  site: nameSchema,
  /** The name of a file: nothing else leads out of the folder of maps. */
  map: z.string().regex(/^[a-z0-9][a-z0-9-]{0,199}$/),
  source: cellSchema,
  target: cellSchema,
  display: cellSchema.optional(),
  note: cellSchema.optional(),
  by: cellSchema.optional(),
});
const namesSchema = rowSchema.pick({ site: true, map: true }).extend({ code: cellSchema });
/** Messages that one question looks at. */
const LOOKED_AT = 5;
const resumeSchema = z.strictObject({
  site: nameSchema.optional(),
  reason: z.string().trim().min(3).max(500),
});

/** Codes that value set maps lack, and what waits for them. */
export async function mapRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  app.get('/api/maps/gaps', { config: { access: 'viewer' } }, async (request): Promise<GapsAnswer> => {
    const { site } = parsed(gapsSchema, request.query, 'query');
    return { now: clock.now(), gaps: await engine.gaps(site) };
  });

  // A POST, so that what people type stands in no address.
  app.post('/api/maps/row', { config: { access: 'viewer' } }, async (request): Promise<MapRowAnswer> => {
    const body = given(bodyOf(rowSchema, request));
    const place = await engine.codeFile(body.site, body.map);
    return mapRow(body, place, new Date(clock.now()).toISOString().slice(0, 10));
  });

  app.post(
    '/api/maps/names',
    { config: { access: 'operator' } },
    async (request): Promise<CodeNamesAnswer> => {
      const { site, map, code } = bodyOf(namesSchema, request);
      const gap = (await engine.gaps(site)).find((one) => one.map === map && one.code === code);
      if (gap === undefined) throw new ApiFailure('API_NOT_FOUND', 'Nothing waits for this code (any more).');
      const { store } = engine;
      const who = principalOf(request).name;
      const ids = gap.messages.slice(0, LOOKED_AT);
      // It is read out of payloads, so it is recorded like showing them: before anything is given.
      const facts = { what: `beside a code of ${map}`, site };
      await store.audit(
        ids.map((id) => ({ at: clock.now(), who, act: 'message.reveal', on: `message ${id}`, facts })),
      );
      const counts = new Map<string, number>();
      for (const id of ids) {
        const format = (await store.message(id))?.message.format;
        if (format === undefined) continue;
        for (const name of codeNames(format, await store.payload(id), code))
          counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
      return { names: names.slice(0, LOOKED_AT), looked: ids.length };
    },
  );

  app.post(
    '/api/maps/resume',
    { config: { access: 'operator' } },
    async (request): Promise<ResumeMappedAnswer> => {
      const { site, reason } = bodyOf(resumeSchema, request);
      return { resumed: await engine.resumeMapped(site, { who: principalOf(request).name, reason }) };
    },
  );
}
