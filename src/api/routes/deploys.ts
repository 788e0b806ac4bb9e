/** Deployments: what ran and runs, what would change, and changing it. Only the command line brings contents. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { contentOf, type DeployWish, deployFailure, driftText, factsOf } from '../../deploy/index.ts';
import { Failure } from '../../std/index.ts';
import type { Deployment } from '../../store/index.ts';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, given, nameSchema, parsed } from '../body.ts';
import type { ApiContext, ApiDeploys } from '../context.ts';
import type {
  ContentsBody,
  DeployAnswer,
  DeployRow,
  DeploysAnswer,
  NecessaryAnswer,
  PlanAnswer,
} from '../deploy-types.ts';
import { ApiFailure } from '../failures.ts';

/** Contents come in parts of a few megabytes. */
const CONTENTS_LIMIT = 96 * 1024 * 1024;

const hashSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const idSchema = z.string().regex(/^\d{1,15}$/);
const noteSchema = z.string().trim().max(500);
const scopeSchema = z
  .strictObject({ sites: z.array(nameSchema).max(1_000), flows: z.array(nameSchema).max(1_000) })
  .partial()
  .prefault({});
const queuedSchema = z.enum(['drain', 'carry over']);
const wishSchema = z.strictObject({
  root: hashSchema,
  act: z.enum(['deploy', 'promote']).default('deploy'),
  from: nameSchema.optional(),
  scope: scopeSchema,
  queued: queuedSchema.default('drain'),
  note: noteSchema.default(''),
  git: z
    .strictObject({ commit: z.string().regex(/^[0-9a-f]{7,64}$/), dirty: z.number().int().min(0) })
    .nullish(),
});
const rollbackSchema = z.strictObject({
  to: idSchema.optional(),
  scope: scopeSchema,
  queued: queuedSchema.default('drain'),
  note: z.string().trim().min(3).max(500),
});
const decisionSchema = z.strictObject({ approved: z.boolean(), note: z.string().trim().min(3).max(500) });

/** What the deployment refuses is the caller's to mend: told in its words. */
async function told<Value>(act: Promise<Value>): Promise<Value> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'unreachable' && error.code !== 'DEFECT')
      throw new ApiFailure('API_CONFLICT', `${error.message} ${error.fix}`);
    throw error;
  }
}

export async function deployRoutes(app: FastifyInstance, { engine, deploys }: ApiContext): Promise<void> {
  const operator = { config: { access: 'operator' as const } };
  const { store } = engine;

  const offered = (): ApiDeploys => {
    if (deploys === null) throw new ApiFailure('API_NOT_FOUND', 'Nothing can be deployed here.');
    return deploys;
  };
  /** Contents are programs: they are brought by whoever may read the data folder, never by a browser. */
  const fromCommandLine = (request: FastifyRequest): void => {
    if (principalOf(request).sessionId !== null)
      throw new ApiFailure('API_ROLE_MISSING', 'A project is brought by the command line only.');
  };
  const rowOf = (deployment: Deployment, live: string | null): DeployRow => ({
    ...deployment,
    facts: factsOf(deployment),
    live: deployment.id === live,
  });
  const answerOf = async (deployment: Deployment): Promise<DeployAnswer> => ({
    deployment: rowOf(deployment, (await offered().control.live())?.id ?? null),
  });
  const wishOf = (request: FastifyRequest): DeployWish => ({
    ...given(bodyOf(wishSchema, request)),
    scope: given(bodyOf(wishSchema, request).scope),
    who: principalOf(request).name,
  });

  /** What flows may see at each site, and what was kept from them: for whoever answers for privacy. */
  app.get('/api/necessary', { config: { access: 'viewer' } }, async (request): Promise<NecessaryAnswer> => {
    const { site } = parsed(z.strictObject({ site: nameSchema.optional() }), request.query, 'query');
    return { sites: await engine.necessary(site) };
  });

  app.get('/api/deploys', { config: { access: 'viewer' } }, async (): Promise<DeploysAnswer> => {
    const { control, running, drift } = offered();
    const live = (await control.live())?.id ?? null;
    const difference = await drift().catch(() => null);
    return {
      rows: (await control.history()).map((one) => rowOf(one, live)),
      running: running(),
      drift: difference,
      driftText: difference && driftText(difference),
    };
  });

  app.post('/api/deploys/lacking', operator, async (request) => {
    fromCommandLine(request);
    const { hashes } = bodyOf(z.strictObject({ hashes: z.array(hashSchema).max(5_000) }), request);
    return { lacking: await store.lacking(hashes) };
  });

  app.post(
    '/api/deploys/contents',
    { ...operator, bodyLimit: CONTENTS_LIMIT },
    async (request): Promise<{ kept: number }> => {
      fromCommandLine(request);
      const { contents } = bodyOf(
        z.strictObject({ contents: z.record(hashSchema, z.base64()) }),
        request,
      ) satisfies ContentsBody;
      const all = Object.entries(contents).map(([hash, base64]) => {
        const content = contentOf(Buffer.from(base64, 'base64'));
        if (content.hash !== hash) throw new ApiFailure('API_BAD_REQUEST', 'A content has another hash.');
        return content;
      });
      await store.putContent(all);
      return { kept: all.length };
    },
  );

  app.get('/api/deploys/contents/:hash', operator, async (request) => {
    fromCommandLine(request);
    const { hash } = parsed(z.object({ hash: hashSchema }), request.params, 'address');
    const bytes = await store.content(hash);
    if (bytes === null) throw new ApiFailure('API_NOT_FOUND', 'No such content is kept.');
    return { base64: Buffer.from(bytes).toString('base64') };
  });

  app.post('/api/deploys/plan', operator, async (request): Promise<PlanAnswer> => {
    fromCommandLine(request);
    return { plan: await told(offered().control.plan(wishOf(request))) };
  });

  app.post(
    '/api/deploys/folder-plan',
    operator,
    async (request): Promise<PlanAnswer> => ({
      plan: await told(offered().folderPlan(principalOf(request).name)),
    }),
  );

  app.post('/api/deploys', operator, async (request): Promise<DeployAnswer> => {
    fromCommandLine(request);
    return answerOf(await told(offered().control.deploy(wishOf(request))));
  });

  app.post('/api/deploys/rollback', operator, async (request): Promise<DeployAnswer> => {
    const wish = bodyOf(rollbackSchema, request);
    const asked = { ...given(wish), scope: given(wish.scope), who: principalOf(request).name };
    return answerOf(await told(offered().control.rollback(asked)));
  });

  app.post('/api/deploys/:id/decision', operator, async (request): Promise<DeployAnswer> => {
    const { id } = parsed(z.object({ id: idSchema }), request.params, 'address');
    const decision = bodyOf(decisionSchema, request);
    const { control } = offered();
    if ((await store.deployment(id)) === null)
      throw new ApiFailure('API_NOT_FOUND', deployFailure('DEPLOY_UNKNOWN').message);
    return answerOf(await told(control.decide(id, { ...decision, who: principalOf(request).name })));
  });
}
