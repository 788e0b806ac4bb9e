/** Sign-in at an EHR in the browser (SMART App Launch): where it begins, where the browser comes back, and the keys we sign with. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Begun } from '../../engine/index.ts';
import { asFailure, Failure } from '../../std/index.ts';
import { principalOf } from '../auth/guard.ts';
import { requestSource } from '../auth/origin.ts';
import { bodyOf, nameSchema, parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure, told } from '../failures.ts';
import { setSecurityHeaders } from '../headers.ts';
import {
  connectedPage,
  connectionsPage,
  invitationPage,
  leavePage,
  notConnectedPage,
} from '../smart-pages.ts';
import type { InvitationAnswer, KeysAnswer, Registration, SignInsAnswer } from '../types.ts';

const FORM_LIMIT = 8 * 1024;
/** Launches of a minute that are begun, from anywhere: each leaves a row for a while. */
const LAUNCHES_A_MINUTE = 120;

const placeSchema = z.object({ site: nameSchema, connection: nameSchema });
const text = (most: number) => z.string().min(1).max(most);
const launchSchema = z.object({ iss: text(2_000), launch: text(8_000) });
const callbackSchema = z.object({
  state: text(200),
  code: text(8_000).optional(),
  error: text(200).optional(),
  iss: text(2_000).optional(),
});
const rotateSchema = z.strictObject({
  key: text(100).optional(),
  algorithm: z.enum(['RS384', 'ES384']).optional(),
  /** Milliseconds until the new key signs. */
  wait: z
    .int()
    .min(0)
    .max(30 * 24 * 3_600_000)
    .optional(),
  atOnce: z.boolean().default(false),
  reason: z.string().trim().min(1).max(500),
});

export async function smartRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine, clock, cookie } = context;
  const { signIns, signingKeys } = engine;
  const open = { config: { access: 'public' as const } };
  const viewer = { config: { access: 'viewer' as const } };
  const operator = { config: { access: 'operator' as const } };

  const originOf = (request: FastifyRequest): string =>
    context.publicOrigin ?? `${request.protocol}://${request.host}`;
  const redirectUri = (request: FastifyRequest): string => `${originOf(request)}/smart/callback`;
  const registration = (request: FastifyRequest): Registration => ({
    redirectUri: redirectUri(request),
    launchUrl: `${originOf(request)}/smart/launch`,
    keySetUrl: `${originOf(request)}/.well-known/jwks.json`,
  });

  /** One cookie for each sign-in, so that two in one browser do not meet. Lax: the browser comes back from another site. */
  const cookieOf = (state: string): string => {
    const part = createHash('sha256').update(state).digest('hex').slice(0, 16);
    return `${cookie.secure ? '__Host-' : ''}suture-smart-${part}`;
  };
  function bind(reply: FastifyReply, { url, binding }: Begun): void {
    const state = new URL(url).searchParams.get('state') ?? '';
    const { secure } = cookie;
    reply.setCookie(cookieOf(state), binding, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure,
      maxAge: 600,
    });
  }

  function html(reply: FastifyReply, page: string, form = false): FastifyReply {
    setSecurityHeaders(reply, { https: cookie.secure, form });
    return reply.type('text/html; charset=utf-8').send(page);
  }

  /** Told to whoever stands before the browser; what the EHR wrote is not repeated. */
  function refused(reply: FastifyReply, error: unknown): FastifyReply {
    if (error instanceof ApiFailure) throw error;
    const failure = asFailure(error);
    if (!(error instanceof Failure) || failure.kind === 'defect') throw error;
    context.log('warn', 'a sign-in at an EHR did not succeed', { ...failure.at, code: failure.code });
    const status = failure.kind === 'timeout' || failure.kind === 'unreachable' ? 502 : 400;
    return html(reply.status(status), notConnectedPage(failure.message, failure.fix));
  }

  app.get('/smart', operator, async (request, reply) =>
    html(reply, connectionsPage(await signIns.list(), registration(request)), true),
  );

  await app.register(async (forms) => {
    forms.removeAllContentTypeParsers();
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => {
        done(null, Object.fromEntries(new URLSearchParams(body as string)));
      },
    );
    const limited = { bodyLimit: FORM_LIMIT };

    forms.post('/smart/connect/:site/:connection', { ...operator, ...limited }, async (request, reply) => {
      try {
        const place = parsed(placeSchema, request.params, 'address');
        const who = principalOf(request).name;
        const begun = await signIns.begin({ ...place, who, redirectUri: redirectUri(request) });
        bind(reply, begun);
        return html(reply, leavePage(begun.url));
      } catch (error) {
        return refused(reply, error);
      }
    });

    forms.post('/smart/start', { ...open, ...limited }, async (request, reply) => {
      if (requestSource(request.headers, context.publicOrigin) === 'foreign') {
        throw new ApiFailure('API_CROSS_SITE', 'This form was not sent from our own page.');
      }
      try {
        const { invitation } = parsed(z.object({ invitation: text(200) }), request.body, 'form');
        const begun = await signIns.begin({ invitation, redirectUri: redirectUri(request) });
        bind(reply, begun);
        return html(reply, leavePage(begun.url));
      } catch (error) {
        return refused(reply, error);
      }
    });
  });

  app.get('/smart/start', open, async (request, reply) => {
    try {
      const { invitation } = parsed(z.object({ invitation: text(200) }), request.query, 'address');
      return html(reply, invitationPage(await signIns.invited(invitation), invitation), true);
    } catch (error) {
      return refused(reply, error);
    }
  });

  let minute = 0;
  let launches = 0;
  app.get('/smart/launch', open, async (request, reply) => {
    const now = Math.floor(clock.now() / 60_000);
    launches = now === minute ? launches + 1 : 1;
    minute = now;
    if (launches > LAUNCHES_A_MINUTE) throw new ApiFailure('API_BUSY', 'Too many launches at once.', 60);
    try {
      const { iss, launch } = parsed(launchSchema, request.query, 'address');
      const begun = await signIns.beginLaunch({ iss, launch, redirectUri: redirectUri(request) });
      bind(reply, begun);
      return reply.redirect(begun.url, 302);
    } catch (error) {
      return refused(reply, error);
    }
  });

  app.get('/smart/callback', open, async (request, reply) => {
    try {
      const { state, code, error, iss } = parsed(callbackSchema, request.query, 'address');
      const name = cookieOf(state);
      const binding = request.cookies[name] ?? null;
      const signedIn = await signIns.finish({
        state,
        code: code ?? null,
        error: error ?? null,
        iss: iss ?? null,
        binding,
      });
      reply.clearCookie(name, { path: '/', secure: cookie.secure });
      return html(reply, connectedPage(`${signedIn.site} / ${signedIn.connection}`, signedIn.consent));
    } catch (error) {
      return refused(reply, error);
    }
  });

  app.get(
    '/api/sign-ins',
    viewer,
    async (request): Promise<SignInsAnswer> => ({
      register: registration(request),
      rows: await signIns.list(),
    }),
  );

  app.post(
    '/api/sign-ins/:site/:connection/invitation',
    operator,
    async (request): Promise<InvitationAnswer> => {
      const place = parsed(placeSchema, request.params, 'address');
      const { invitation, until } = await told(signIns.invite({ ...place, who: principalOf(request).name }));
      const url = new URL('/smart/start', originOf(request));
      url.searchParams.set('invitation', invitation);
      return { url: url.href, until };
    },
  );

  app.post('/api/sign-ins/:site/:connection/disconnect', operator, async (request) => {
    const place = parsed(placeSchema, request.params, 'address');
    const { reason } = bodyOf(z.strictObject({ reason: z.string().trim().min(1).max(500) }), request);
    await told(signIns.disconnect({ ...place, who: principalOf(request).name, reason }));
    return { done: true };
  });

  app.get('/api/signing-keys', viewer, async (): Promise<KeysAnswer> => ({ keys: await signingKeys.list() }));

  app.post('/api/signing-keys/:site/:connection/rotate', operator, async (request): Promise<KeysAnswer> => {
    const place = parsed(placeSchema, request.params, 'address');
    const { key, algorithm, wait, atOnce, reason } = bodyOf(rotateSchema, request);
    const keys = await told(
      signingKeys.rotate({
        ...place,
        ...(key === undefined ? {} : { name: key }),
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(wait === undefined ? {} : { wait }),
        atOnce,
        who: principalOf(request).name,
        reason,
      }),
    );
    return { keys };
  });
}
