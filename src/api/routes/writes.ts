/** Writes at other systems, what they hold, and a person's word about one; and flows run by hand. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, given, idSchema, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure, told } from '../failures.ts';
import type {
  DryAnswer,
  EndedWritesAnswer,
  RunAnswer,
  WriteAnswer,
  WriteRevealed,
  WritesAnswer,
  WriteView,
} from '../types.ts';
import { writeOutcome } from '../view/step-outcome.ts';

const listSchema = z.strictObject({
  site: nameSchema.optional(),
  flow: nameSchema.optional(),
  /** One, or several with commas. */
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(['planned', 'sending', 'unknown', 'done', 'refused'])))
    .optional(),
  messageId: idSchema.optional(),
  after: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const endedSchema = z.strictObject({
  site: nameSchema.optional(),
  flow: nameSchema.optional(),
  state: z.enum(['done', 'refused']).optional(),
  from: z.coerce.number().int().nonnegative().optional(),
  to: z.coerce.number().int().nonnegative().optional(),
  before: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const settleSchema = z
  .strictObject({
    word: z.enum(['done', 'again', 'drop']),
    record: z
      .string()
      .regex(/^([A-Za-z]+\/)?[A-Za-z0-9.-]{1,256}$/)
      .optional(),
    reason: z.string().trim().min(3).max(500),
  })
  .refine(({ word, record }) => word === 'done' || record === undefined);
const runSchema = z.strictObject({
  flow: nameSchema,
  site: nameSchema.optional(),
  messageId: idSchema.optional(),
  /** Base64. */
  bytes: z.base64().optional(),
  type: z.string().max(100).optional(),
  dry: z.boolean().default(false),
});

export async function writeRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const operator = { config: { access: 'operator' as const } };
  const idOf = (params: unknown): string => parsed(z.object({ id: idSchema }), params, 'address').id;

  app.get('/api/writes', { config: { access: 'viewer' } }, async (request): Promise<WritesAnswer> => {
    const { state, ...query } = given(parsed(listSchema, request.query, 'query'));
    const page = await engine.writes({ ...query, ...(state === undefined ? {} : { states: state }) });
    const rows = page.rows.map(async (row): Promise<WriteView> => {
      const detail = await engine.write(row.id);
      return { ...row, ...writeOutcome(detail?.body, detail?.result) };
    });
    return { rows: await Promise.all(rows), after: page.after };
  });

  app.get(
    '/api/writes/ended',
    { config: { access: 'viewer' } },
    async (request): Promise<EndedWritesAnswer> => {
      const { rows, before } = await engine.store.endedWrites(
        given(parsed(endedSchema, request.query, 'query')),
      );
      // What was written and what came back stay here: of both only words of ours are told.
      return {
        rows: rows.map(({ body, result, ...row }) => ({ ...row, ...writeOutcome(body, result) })),
        before,
      };
    },
  );

  app.post('/api/writes/:id/reveal', operator, async (request): Promise<WriteRevealed> => {
    const id = idOf(request.params);
    const write = await engine.write(id);
    if (write === null) throw new ApiFailure('API_NOT_FOUND', 'There is no such write.');
    const { name } = principalOf(request);
    await engine.store.audit([
      { at: clock.now(), who: name, act: 'message.reveal', on: `write ${id}`, facts: { site: write.site } },
    ]);
    return { body: write.body, result: write.result };
  });

  app.post('/api/writes/:id', operator, async (request): Promise<WriteAnswer> => {
    const id = idOf(request.params);
    const { word, record, reason } = bodyOf(settleSchema, request);
    const { name } = principalOf(request);
    const asked = { id, word, reason, who: name, ...(record === undefined ? {} : { record }) };
    const settled = await engine.settleWrite(asked);
    if (settled === 'unknown') throw new ApiFailure('API_NOT_FOUND', 'There is no such write.');
    if (settled === 'stale')
      throw new ApiFailure('API_CONFLICT', 'It is under way, or it was settled in the meantime.');
    return { word };
  });

  app.post('/api/runs', operator, async (request): Promise<RunAnswer | DryAnswer> => {
    const { flow, site, messageId, bytes, type, dry } = bodyOf(runSchema, request);
    if (messageId !== undefined && bytes !== undefined)
      throw new ApiFailure('API_BAD_REQUEST', 'A run takes a messageId or bytes, and not both.');
    const given = bytes !== undefined && {
      bytes: new Uint8Array(Buffer.from(bytes, 'base64')),
      ...(type === undefined ? {} : { type }),
    };
    // Neither: for flows that a person starts, or a schedule.
    const from = messageId === undefined ? given : { messageId };
    const asked = {
      flow,
      ...(from ? { from } : {}),
      who: principalOf(request).name,
      ...(site === undefined ? {} : { site }),
    };
    return dry ? { steps: await told(engine.dryRun(asked)) } : told(engine.run(asked));
  });
}
