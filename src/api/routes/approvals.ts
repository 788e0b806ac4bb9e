/** Questions of flows that wait for a person: which, what the person is shown, and the answer. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Approval } from '../../engine/index.ts';
import { principalOf } from '../auth/guard.ts';
import { roleAllows } from '../auth/roles.ts';
import { bodyOf, idSchema, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { ApprovalAnswer, ApprovalPage, ApprovalShown } from '../types.ts';

const listSchema = z.strictObject({
  site: nameSchema.optional(),
  flow: nameSchema.optional(),
  after: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
const answerSchema = z.strictObject({
  approved: z.boolean(),
  /** Kept in the audit trail, so it must say something. */
  reason: z.string().trim().min(3).max(500),
});

export async function approvalRoutes(app: FastifyInstance, { engine, clock }: ApiContext): Promise<void> {
  const operator = { config: { access: 'operator' as const } };

  async function found(request: FastifyRequest): Promise<Approval> {
    const { id } = parsed(z.object({ id: idSchema }), request.params, 'address');
    const approval = await engine.approval(id);
    if (!approval) throw new ApiFailure('API_NOT_FOUND', 'This delivery asks nobody (any more).');
    return approval;
  }

  app.get('/api/approvals', { config: { access: 'viewer' } }, async (request): Promise<ApprovalPage> => {
    const { site, flow, after, limit } = parsed(listSchema, request.query, 'query');
    return engine.approvals({
      limit,
      ...(site === undefined ? {} : { site }),
      ...(flow === undefined ? {} : { flow }),
      ...(after === undefined ? {} : { after }),
    });
  });

  app.post('/api/approvals/:id/reveal', operator, async (request): Promise<ApprovalShown> => {
    const { delivery, message, step } = await found(request);
    // Committed before anything is given: when it cannot be recorded, nothing is shown.
    await engine.store.audit([
      {
        at: clock.now(),
        who: principalOf(request).name,
        act: 'message.reveal',
        on: `message ${message.id}`,
        facts: { what: `approval ${step}`, site: message.site, connection: message.connection },
      },
    ]);
    const history = await engine.store.history(delivery.id);
    const output = history?.steps.find((one) => one.step === step)?.output as { show?: unknown } | undefined;
    return { show: output?.show ?? null };
  });

  app.post('/api/approvals/:id', operator, async (request): Promise<ApprovalAnswer> => {
    const { approved, reason } = bodyOf(answerSchema, request);
    const { delivery, step, role } = await found(request);
    const principal = principalOf(request);
    if (!roleAllows(principal.role, role)) {
      throw new ApiFailure('API_ROLE_MISSING', `This question may be answered by the role ${role} only.`);
    }
    const answer = { deliveryId: delivery.id, step, approved, who: principal.name, reason };
    if ((await engine.approve(answer)) === 'stale')
      throw new ApiFailure('API_CONFLICT', 'It was answered or ended meanwhile.');
    return { approved };
  });
}
