import type { AddressInfo } from 'node:net';
import cookie from '@fastify/cookie';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { EngineControl } from '../engine/index.ts';
import { asFailure, type Clock } from '../std/index.ts';
import { createFirstUserToken } from './auth/first-user.ts';
import { installGuard } from './auth/guard.ts';
import { createLockout } from './auth/lockout.ts';
import { createPasswords } from './auth/password.ts';
import { createSessions } from './auth/session.ts';
import type { ApiContext, ApiDeploys, ApiLog } from './context.ts';
import { ApiFailure, type ApiFailureCode } from './failures.ts';
import { administrationRoutes } from './routes/administration.ts';
import { approvalRoutes } from './routes/approvals.ts';
import { capabilityRoutes } from './routes/capabilities.ts';
import { cdsServiceRoutes } from './routes/cds-services.ts';
import { consoleRoutes } from './routes/console.ts';
import { cursorRoutes } from './routes/cursors.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { deployRoutes } from './routes/deploys.ts';
import { eventRoutes } from './routes/events.ts';
import { exchangeRoutes } from './routes/exchanges.ts';
import { homeRoutes } from './routes/home.ts';
import { laneRoutes } from './routes/lanes.ts';
import { mapRoutes } from './routes/maps.ts';
import { messageRoutes } from './routes/messages.ts';
import { metricRoutes } from './routes/metrics.ts';
import { openRoutes } from './routes/open.ts';
import { replayRoutes } from './routes/replays.ts';
import { signInInstead, signInRoutes } from './routes/sign-in.ts';
import { smartRoutes } from './routes/smart.ts';
import { writeRoutes } from './routes/writes.ts';

export interface ApiOptions {
  readonly engine: EngineControl;
  readonly clock: Clock;
  /** `127.0.0.1` unless told otherwise. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  /**
   * The address people use, when a proxy is in front: `https://suture.example.org`. With https the session cookie
   * is `__Host-` and Secure, and the proxy's X-Forwarded-For is believed when it comes from this machine.
   */
  readonly publicUrl?: string;
  /** The built console (`dist-console`). Left out: API only. */
  readonly consoleFolder?: string;
  /** While `building`, pages say so and reload. */
  readonly consoleState?: () => 'building' | 'ready';
  /** What the command line sends as bearer; at least 32 characters, kept in a file of mode 0600. */
  readonly cliToken: string;
  readonly log?: ApiLog;
  /** Left out: nothing can be deployed. */
  readonly deploys?: ApiDeploys;
}

export interface Api {
  /** Where it listens: `http://127.0.0.1:4600`. */
  readonly url: string;
  /** The one-time link that creates the first user; `null` once there is one. */
  firstUserLink(): Promise<string | null>;
  /** Ends open streams and connections. */
  close(): Promise<void>;
}

/** Not more than this of a JSON body; webhooks and forms have their own limits. */
const BODY_LIMIT = 256 * 1024;

const CODE_OF_STATUS: Readonly<Record<number, ApiFailureCode>> = {
  400: 'API_BAD_REQUEST',
  404: 'API_NOT_FOUND',
  413: 'API_BODY_TOO_LARGE',
  415: 'API_BODY_TYPE',
};

function installAnswers(app: FastifyInstance, log: ApiLog): void {
  app.setNotFoundHandler(() => {
    throw new ApiFailure('API_NOT_FOUND', 'There is nothing at this address.');
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    let answer: ApiFailure;
    if (error instanceof ApiFailure) answer = error;
    else if (error.statusCode !== undefined && error.statusCode < 500) {
      // fastify's own refusals, in our words: theirs may repeat what was sent.
      answer = new ApiFailure(
        CODE_OF_STATUS[error.statusCode] ?? 'API_BAD_REQUEST',
        'The request cannot be read.',
      );
    } else {
      const failure = asFailure(error);
      const store = failure.code !== 'DEFECT';
      log('error', 'a request failed', {
        route: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
        code: failure.code,
        ...(store ? {} : { stack: (error.stack ?? '').split('\n').slice(1, 5).join('\n') }),
      });
      answer = store
        ? new ApiFailure('API_STORE_FAILING', `${failure.message} ${failure.fix}`)
        : new ApiFailure('API_DEFECT', 'Unexpected failure inside Suture.');
    }
    if (answer.retryAfter !== undefined) reply.header('retry-after', answer.retryAfter);
    return reply.status(answer.status).send(answer.toAnswer());
  });
}

/** Everything but listening. `routes`: what was registered, as `GET /api/me`; a test of this room judges them all. */
export async function buildServer(
  options: ApiOptions,
): Promise<{ app: FastifyInstance; context: ApiContext; routes: readonly string[] }> {
  const { engine, clock } = options;
  if (options.cliToken.length < 32) throw new Error('cliToken needs at least 32 characters');
  const publicOrigin = options.publicUrl === undefined ? null : new URL(options.publicUrl).origin;
  const https = publicOrigin?.startsWith('https:') ?? false;
  const context: ApiContext = {
    engine,
    deploys: options.deploys ?? null,
    clock,
    sessions: createSessions(engine.store, clock),
    passwords: createPasswords(),
    lockout: createLockout(clock),
    firstUser: createFirstUserToken(engine.store),
    cookie: { name: https ? '__Host-suture-session' : 'suture-session', secure: https },
    publicOrigin,
    consoleFolder: options.consoleFolder ?? null,
    consoleState: options.consoleState ?? (() => 'ready'),
    log: options.log ?? (() => undefined),
  };
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: true,
    trustProxy: publicOrigin === null ? false : 'loopback',
    routerOptions: { maxParamLength: 1000 },
  });
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push(`${one} ${url}`);
  });
  installAnswers(app, context.log);
  await app.register(cookie);
  installGuard(app, {
    sessions: context.sessions,
    cliToken: options.cliToken,
    cookieName: context.cookie.name,
    publicOrigin,
    https,
    signInPage: signInInstead({ https }),
  });
  for (const part of [
    openRoutes,
    cdsServiceRoutes,
    signInRoutes,
    homeRoutes,
    messageRoutes,
    approvalRoutes,
    writeRoutes,
    deliveryRoutes,
    deployRoutes,
    cursorRoutes,
    laneRoutes,
    mapRoutes,
    capabilityRoutes,
    exchangeRoutes,
    replayRoutes,
    administrationRoutes,
    eventRoutes,
    metricRoutes,
    smartRoutes,
    consoleRoutes,
  ]) {
    await app.register(async (scope) => part(scope, context));
  }
  return { app, context, routes };
}

/**
 * Serves API, console, webhooks and probes on one port.
 * @example
 * const api = await createApi({ engine, clock: systemClock, port: 4600, cliToken, consoleFolder: 'dist-console' });
 * console.log(api.url, await api.firstUserLink());
 */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { app, context } = await buildServer(options);
  const host = options.host ?? '127.0.0.1';
  await app.listen({ host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url,
    async firstUserLink() {
      const token = await context.firstUser.issue();
      return token === null ? null : `${context.publicOrigin ?? url}/first-user?token=${token}`;
    },
    close: () => app.close(),
  };
}
