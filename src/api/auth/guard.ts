import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ApiFailure } from '../failures.ts';
import { setSecurityHeaders } from '../headers.ts';
import type { Role } from '../types.ts';
import { commandLineName } from './account.ts';
import { requestSource } from './origin.ts';
import { isRole, roleAllows } from './roles.ts';
import type { Sessions } from './session.ts';

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** `null`: by the command line's token, whoever is named. */
  readonly sessionId: string | null;
}

/** `public`: no sign-in. Every route must say one; a route that says nothing stops the server from starting. */
export type Access = 'public' | Role;

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
  interface FastifyRequest {
    principal: Principal | null;
  }
}

export interface GuardOptions {
  readonly sessions: Sessions;
  readonly cliToken: string;
  readonly cookieName: string;
  readonly publicOrigin: string | null;
  readonly https: boolean;
  /** A person's browser without a session asked for a page. */
  readonly signInPage: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

/** Who is at the command line, percent-encoded. */
export const PERSON_HEADER = 'suture-person';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The signed-in one; a route with an access other than `public` always has one. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new ApiFailure('API_SIGN_IN_NEEDED', 'Sign-in is needed.');
  return request.principal;
}

/**
 * Judges every request in `onRequest`: before its body is read, so that nobody unknown reaches a parser.
 * Unknown addresses are judged too: without a session they answer 401, not 404.
 */
export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  const cliDigest = digest(options.cliToken);
  app.decorateRequest('principal', null);

  async function identify(request: FastifyRequest): Promise<Principal | null> {
    const authorization = request.headers.authorization;
    if (authorization !== undefined) {
      const token = /^Bearer ([\w.~+/=-]+)$/i.exec(authorization)?.[1];
      const known = token !== undefined && timingSafeEqual(digest(token), cliDigest);
      if (!known) return null;
      const person = request.headers[PERSON_HEADER];
      const name = commandLineName(typeof person === 'string' ? person : undefined);
      const signedIn = request.cookies[options.cookieName];
      if (signedIn === undefined) return { name, role: 'operator', sessionId: null };
      // At the command line as a user of the console: with the session that the user's password has given.
      const as = await options.sessions.find(signedIn);
      return as && isRole(as.user.role) ? { name: as.user.name, role: as.user.role, sessionId: null } : null;
    }
    const cookie = request.cookies[options.cookieName];
    if (cookie === undefined) return null;
    const found = await options.sessions.find(cookie);
    if (!found || !isRole(found.user.role)) return null;
    // What the console asks for by itself is no sign of a person: it must not keep the session open.
    if (request.headers['suture-background'] === undefined) await options.sessions.touch(found.session);
    return { name: found.user.name, role: found.user.role, sessionId: found.session.id };
  }

  app.addHook('onRoute', (route) => {
    if (route.config?.access === undefined) throw new Error(`route ${route.url} declares no access`);
  });

  app.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply, { https: options.https });
    const access = request.is404 ? 'viewer' : (request.routeOptions.config.access ?? 'admin');
    if (access === 'public') return;
    request.principal = await identify(request);
    if (!request.principal) {
      const page = request.method === 'GET' && !request.url.startsWith('/api/') && request.url !== '/metrics';
      if (page && request.headers.accept?.includes('text/html')) return options.signInPage(request, reply);
      reply.header('www-authenticate', 'Bearer realm="suture"');
      throw new ApiFailure('API_SIGN_IN_NEEDED', 'Sign-in is needed.');
    }
    const reading = request.method === 'GET' || request.method === 'HEAD';
    if (!reading && request.principal.sessionId !== null) {
      if (requestSource(request.headers, options.publicOrigin) !== 'own') {
        throw new ApiFailure('API_CROSS_SITE', 'This request does not come from the console.');
      }
    }
    if (!roleAllows(request.principal.role, access)) {
      throw new ApiFailure('API_ROLE_MISSING', `The role ${request.principal.role} may not do this.`);
    }
  });
}
