import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { accountName, checkAccount, roleSchema } from '../auth/account.ts';
import { principalOf } from '../auth/guard.ts';
import { bodyOf, idSchema, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import type { AuditPage, ConnectionState, TestAnswer, UserView } from '../types.ts';

const createSchema = z.strictObject({
  name: z.string().max(200),
  role: roleSchema,
  password: z.string().max(2000),
});
const changeSchema = z.strictObject({ role: roleSchema.optional(), disabled: z.boolean().optional() });
const auditSchema = z.strictObject({
  before: idSchema.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** Connections and their tests, users, the audit trail. */
export async function administrationRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine, clock, passwords } = context;
  const { store } = engine;
  const admin = { config: { access: 'admin' as const } };
  const operator = { config: { access: 'operator' as const } };

  app.get(
    '/api/connections',
    { config: { access: 'viewer' } },
    async (): Promise<readonly ConnectionState[]> => engine.connections(),
  );

  app.post('/api/connections/:site/:connection/test', operator, async (request): Promise<TestAnswer> => {
    const place = parsed(z.object({ site: nameSchema, connection: nameSchema }), request.params, 'address');
    const known = engine
      .connections()
      .some((one) => one.site === place.site && one.connection === place.connection);
    if (!known) throw new ApiFailure('API_NOT_FOUND', 'There is no such connection.');
    const results = await engine.test(place.site, place.connection);
    return {
      results: results.map(({ check, ok, text, failure }) => ({
        check,
        ok,
        text,
        fix: failure?.fix ?? null,
      })),
    };
  });

  /** A place on this machine's disk is named by who stands at it: the command line, whose token lies in the data folder. */
  app.post('/api/backup', operator, async (request) => {
    const { to } = bodyOf(z.strictObject({ to: z.string().min(1).max(4_096) }), request);
    const principal = principalOf(request);
    if (principal.sessionId !== null) {
      throw new ApiFailure(
        'API_ROLE_MISSING',
        'A backup is asked for with "suture backup" on the machine itself.',
      );
    }
    await store.backup(to);
    await store.audit([{ at: clock.now(), who: principal.name, act: 'store.backup', on: 'data folder' }]);
    return { done: true };
  });

  app.get(
    '/api/users',
    admin,
    async (): Promise<readonly UserView[]> =>
      (await store.users()).map(({ name, role, createdAt, disabled }) => ({
        name,
        role,
        createdAt,
        disabled,
      })),
  );

  app.post('/api/users', admin, async (request, reply): Promise<UserView> => {
    const body = bodyOf(createSchema, request);
    const { name, password } = checkAccount(body);
    const hashed = await passwords.hash(password);
    if (await store.user(name)) throw new ApiFailure('API_CONFLICT', 'There is a user of this name already.');
    const at = clock.now();
    const who = principalOf(request).name;
    await store.putUser(
      { name, role: body.role, password: hashed, createdAt: at, disabled: false },
      { at, who, act: 'user.create', on: name, facts: { role: body.role } },
    );
    reply.status(201);
    return { name, role: body.role, createdAt: at, disabled: false };
  });

  app.post<{ Params: { name: string } }>('/api/users/:name', admin, async (request): Promise<UserView> => {
    const body = bodyOf(changeSchema, request);
    const user = await store.user(accountName(request.params.name));
    if (!user) throw new ApiFailure('API_NOT_FOUND', 'There is no such user.');
    const changed = { ...user, role: body.role ?? user.role, disabled: body.disabled ?? user.disabled };
    const others = (await store.users()).filter((one) => one.name !== user.name);
    const admins = [...others, changed].filter((one) => one.role === 'admin' && !one.disabled);
    if (admins.length === 0) throw new ApiFailure('API_CONFLICT', 'This would leave no administrator.');
    await store.putUser(changed, {
      at: clock.now(),
      who: principalOf(request).name,
      act: 'user.change',
      on: user.name,
      facts: { role: changed.role, disabled: changed.disabled },
    });
    return {
      name: changed.name,
      role: changed.role,
      createdAt: changed.createdAt,
      disabled: changed.disabled,
    };
  });

  app.get('/api/audit', operator, async (request): Promise<AuditPage> => {
    const { before, limit } = parsed(auditSchema, request.query, 'query');
    return store.auditTrail({ limit, ...(before === undefined ? {} : { before }) });
  });
}
