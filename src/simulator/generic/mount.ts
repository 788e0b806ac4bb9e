import type { FastifyInstance } from 'fastify';
import { Body } from '../admin/body.ts';
import type { ChartSource } from '../chart-source.ts';
import type { WallTime } from '../day/clock.ts';
import { createRandom } from '../world/random.ts';
import { type GenericBehaviour, genericSwitches } from './behaviour.ts';
import { Projection } from './projection.ts';
import type { Content } from './repository.ts';
import { genericRoutes } from './routes.ts';
import { GenericServer } from './server.ts';
import { Subscriptions } from './subscriptions.ts';
import { type BackendTokens, tokenRoute } from './token-route.ts';

/** How the simulator's generic server is set up. */
export interface GenericOptions {
  /** Switches that are not as usual. */
  readonly behaviour?: Partial<GenericBehaviour>;
  /** Begins with the hospital's charts and follows them (the usual), or with nothing. */
  readonly content?: 'hospital' | 'empty';
  /** Whose charts are carried over: the first so many patients of the hospital (200). */
  readonly patients?: number;
}

export interface GenericParts {
  readonly options: GenericOptions;
  readonly seed: string;
  readonly source: ChartSource;
  readonly wall: WallTime;
  readonly stopped: AbortSignal;
  readonly tokens: BackendTokens;
  /** `http://127.0.0.1:4610`, known once the simulator listens. */
  url(): string;
}

// A chart takes about a megabyte of memory with all its versions.
const usualPatients = 200;

/** The generic server in the simulator's process: `/generic/R4`, its token endpoint, and `/admin/generic`. */
export async function mountGeneric(app: FastifyInstance, parts: GenericParts): Promise<GenericServer> {
  const { wall, stopped, options, seed } = parts;
  const base = () => `${parts.url()}/generic/R4`;
  const tokenUrl = () => `${parts.url()}/generic/oauth2/token`;
  const server = new GenericServer({
    ...(options.behaviour ? { behaviour: options.behaviour } : {}),
    seed,
    now: () => wall.now(),
    base,
    tokenUrl,
  });
  const random = createRandom(seed, 'generic notifications');
  const subscriptions = new Subscriptions(server.repository, server.behaviour, random, wall, stopped);
  server.repository.onWrite = (version) => subscriptions.notice(version);
  const projection = new Projection(server, parts.source, options.patients ?? usualPatients);
  stopped.addEventListener('abort', () => projection.end());
  const prepare = () => {
    if (options.content !== 'empty') projection.begin();
  };

  await app.register(
    async (scope) =>
      genericRoutes(scope, {
        server,
        prepare,
        accepts: (token) => parts.tokens.clientOf(token) !== undefined,
        discovery: () => ({
          token_endpoint: tokenUrl(),
          grant_types_supported: ['client_credentials'],
          token_endpoint_auth_methods_supported: ['private_key_jwt'],
          token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
          scopes_supported: ['system/*.cruds'],
          capabilities: ['client-confidential-asymmetric', 'permission-v2'],
        }),
      }),
    { prefix: '/generic/R4' },
  );
  await app.register(async (scope) => tokenRoute(scope, parts.tokens, tokenUrl), {
    prefix: '/generic/oauth2',
  });
  await app.register(async (scope) => adminGeneric(scope, server, subscriptions, prepare), {
    prefix: '/admin/generic',
  });
  return server;
}

/** `/admin/generic`: its switches, and changes that come from the hospital and not from a client. */
function adminGeneric(
  app: FastifyInstance,
  server: GenericServer,
  subscriptions: Subscriptions,
  prepare: () => void,
): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error instanceof RangeError ? 400 : (error.statusCode ?? 400)).send({ error: error.message }),
  );
  const state = () => ({
    behaviour: server.behaviour,
    counts: Object.fromEntries(
      server.repository.types().map((type) => [type, server.repository.count(type)]),
    ),
  });
  app.get('/', state);
  app.get('/switches', () =>
    Object.entries(genericSwitches).map(([name, { usual, expects, about }]) => ({
      name,
      usual,
      expects,
      about,
    })),
  );
  app.post('/behaviour', (request) => {
    const { body } = request;
    new Body(body);
    server.switchboard.change(body as Record<string, unknown>);
    return state();
  });
  // {type, id, resource}: written as another user of the hospital would; without a resource it is deleted.
  app.post('/changes', (request) => {
    prepare();
    const body = new Body(request.body);
    const { resource } = request.body as { resource?: Content };
    const type = body.text('type');
    if (resource !== undefined && resource?.resourceType !== type)
      throw new RangeError(`resource must be a ${type}`);
    const { number, stamp, readableAt } = server.put(type, body.text('id'), resource);
    return {
      version: number,
      lastUpdated: new Date(stamp).toISOString(),
      readableAt: new Date(readableAt).toISOString(),
    };
  });
  // Answers when all notifications that are due have been sent or given up.
  app.post('/notified', async () => {
    await subscriptions.idle();
    return state();
  });
}
