import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { deadGroupsOfSites, type ReplayWish } from '../../engine/index.ts';
import { encodeDeclared } from '../../hl7/index.ts';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, given, idSchema, nameSchema, parsed } from '../body.ts';
import { type ApiContext, presentSteps } from '../context.ts';
import { ApiFailure, told } from '../failures.ts';
import type { DeadGroups, EditAnswer, Job, ReplayJobs, ReplayPreview } from '../types.ts';
import { maskedPreview } from '../view/preview.ts';

const JOBS_SHOWN = 50;
/** A message that is edited travels whole, as base64. */
const EDIT_LIMIT = 48 * 1024 * 1024;

const time = z.number().int().min(0);
/** Kept in the audit trail, so it must say something. */
const reason = z.string().trim().min(3).max(500);
const filterSchema = z.object({
  fingerprint: nameSchema.optional(),
  site: nameSchema.optional(),
  connection: nameSchema.optional(),
  flow: nameSchema.optional(),
  type: nameSchema.optional(),
  state: z.enum(['waiting', 'running', 'sleeping', 'held', 'delivered', 'filtered', 'dead']).optional(),
  from: time.optional(),
  to: time.optional(),
});
const howSchema = z.object({
  fromStep: nameSchema.optional(),
  version: z.enum(['ran', 'present']).default('present'),
});
const previewSchema = z.strictObject({
  ...filterSchema.shape,
  ...howSchema.shape,
  deliveryIds: z.array(idSchema).min(1).max(1000).optional(),
  samples: z.number().int().min(0).max(20).optional(),
  reveal: z.boolean().default(false),
});
const startSchema = z.strictObject({
  ...filterSchema.shape,
  ...howSchema.shape,
  rate: z.number().min(0.1).max(10_000).optional(),
  reason,
});
const moveSchema = z.strictObject({ reason: z.string().trim().max(500).default('') });
const editSchema = z.union([
  z.strictObject({ deliveryId: idSchema, bytes: z.base64(), reason }),
  z.strictObject({ deliveryId: idSchema, text: z.string().min(1), reason }),
]);
const groupsSchema = z.strictObject({ site: nameSchema.optional(), flow: nameSchema.optional() });

function wishOf(body: Omit<z.output<typeof previewSchema>, 'samples' | 'reveal'>): ReplayWish {
  const { deliveryIds, fromStep, version } = body;
  const query = given(filterSchema.parse(body));
  if (deliveryIds === undefined && Object.keys(query).length === 0) {
    throw new ApiFailure('API_BAD_REQUEST', 'Say which deliveries: a group, or one filter at least.');
  }
  // A group is dead letters; those that were replayed since are left out by the engine.
  return {
    of: deliveryIds === undefined ? { query } : { deliveryIds },
    version,
    ...(fromStep === undefined ? {} : { fromStep }),
  };
}

/** Dead letters in groups; dry runs, replays of sets with their progress, edited copies. */
export async function replayRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const { store, replays } = engine;
  const viewer = { config: { access: 'viewer' as const } };
  const operator = { config: { access: 'operator' as const } };
  const idOf = (request: FastifyRequest): string =>
    parsed(z.object({ id: idSchema }), request.params, 'address').id;
  const found = async (request: FastifyRequest): Promise<Job> => {
    const job = await store.job(idOf(request));
    if (job === null) throw new ApiFailure('API_NOT_FOUND', 'There is no such replay.');
    return job;
  };

  /** Text that a person has edited, as bytes of its message's format. */
  async function written(deliveryId: string, text: string): Promise<Buffer> {
    const history = await store.history(deliveryId);
    const kept = history && (await store.message(history.delivery.messageId));
    if (kept?.message.format !== 'hl7') return Buffer.from(text);
    try {
      return encodeDeclared(text.replaceAll(/\r?\n|\r/g, '\r'));
    } catch {
      throw new ApiFailure(
        'API_BAD_REQUEST',
        'The text has a character that its declared character set lacks.',
      );
    }
  }

  app.get('/api/dead/groups', viewer, async (request): Promise<DeadGroups> => {
    const query = given(parsed(groupsSchema, request.query, 'query'));
    const groups = await deadGroupsOfSites(store, query);
    return { groups: groups.map((group) => ({ ...group, steps: presentSteps(engine, group.flow) })) };
  });

  app.post('/api/replays/preview', operator, async (request): Promise<ReplayPreview> => {
    const { samples, reveal, ...set } = bodyOf(previewSchema, request);
    const preview = await told(replays.preview(wishOf(set), samples));
    if (!reveal) return maskedPreview(preview);
    const { name: who } = principalOf(request);
    // Committed before a value is given: when it cannot be recorded, nothing is shown.
    await store.audit(
      preview.samples.map(({ messageId, site }) => ({
        at: clock.now(),
        who,
        act: 'message.reveal',
        on: `message ${messageId}`,
        facts: { what: 'dry run', site },
      })),
    );
    return preview;
  });

  app.post('/api/replays', operator, async (request, reply): Promise<Job> => {
    const { rate, reason, ...set } = bodyOf(startSchema, request);
    const wish = { ...wishOf(set), ...(rate === undefined ? {} : { rate }) };
    const job = await told(replays.start(wish, { who: principalOf(request).name, reason }));
    reply.status(201);
    return job;
  });

  app.get('/api/replays', viewer, async (): Promise<ReplayJobs> => ({ jobs: await store.jobs(JOBS_SHOWN) }));

  app.get('/api/replays/:id', viewer, (request): Promise<Job> => found(request));

  for (const act of ['stop', 'resume'] as const) {
    app.post(`/api/replays/:id/${act}`, operator, async (request): Promise<Job> => {
      const body = bodyOf(moveSchema, request);
      const { id } = await found(request);
      return told(replays[act](id, { who: principalOf(request).name, reason: body.reason }));
    });
  }

  app.post(
    '/api/replays/edit',
    { ...operator, bodyLimit: EDIT_LIMIT },
    async (request, reply): Promise<EditAnswer> => {
      const body = bodyOf(editSchema, request);
      const { deliveryId, reason } = body;
      const bytes =
        'bytes' in body ? Buffer.from(body.bytes, 'base64') : await written(deliveryId, body.text);
      const who = principalOf(request).name;
      const answer = await told(replays.edit({ deliveryId, bytes: Uint8Array.from(bytes), who, reason }));
      reply.status(201);
      return answer;
    },
  );
}
