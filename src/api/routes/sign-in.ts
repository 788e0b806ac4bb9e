import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accountName, checkAccount } from '../auth/account.ts';
import { requestSource } from '../auth/origin.ts';
import { isRole } from '../auth/roles.ts';
import { parsed } from '../body.ts';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import { setSecurityHeaders } from '../headers.ts';
import { FAVICON, firstUserPage, noticePage, PAGE_STYLE, signInPage } from '../pages.ts';

const FORM_LIMIT = 8 * 1024;

const signInForm = z.object({
  name: z.string().max(200),
  password: z.string().max(2000),
  next: z.string().max(2000).optional(),
});
const firstUserForm = z.object({
  token: z.string().max(200),
  name: z.string().max(200),
  password: z.string().max(2000),
});

/**
 * A path of this server to go on to; anything else is `/`. `//host` and `/\host` are other servers to a browser.
 */
export function localPath(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next) ? next : '/';
}

function html(reply: FastifyReply, https: boolean): FastifyReply {
  setSecurityHeaders(reply, { https, form: true });
  return reply.type('text/html; charset=utf-8');
}

/** Shown in place of a console page, under its own address, so that signing in leads back to it. */
export function signInInstead(context: { https: boolean }) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    html(reply, context.https)
      .status(401)
      .send(signInPage({ next: localPath(request.url) }));
}

export async function signInRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { engine, clock, sessions, passwords, lockout, firstUser, cookie } = context;

  // Only these forms are read here; JSON is refused with 415.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(body as string)));
    },
  );

  const ownFormOnly = (request: FastifyRequest): void => {
    if (requestSource(request.headers, context.publicOrigin) === 'foreign') {
      throw new ApiFailure('API_CROSS_SITE', 'This form was not sent from our own page.');
    }
  };

  async function startSession(reply: FastifyReply, user: string): Promise<void> {
    reply.setCookie(cookie.name, await sessions.start(user), {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: cookie.secure,
    });
  }

  const audit = (
    who: string,
    act: string,
    on: string,
    request: FastifyRequest,
    result: string,
  ): Promise<void> =>
    engine.store.audit([{ at: clock.now(), who, act, on, facts: { address: request.ip, result } }]);

  const open = { config: { access: 'public' as const } };
  app.get('/sign-in.css', open, (_request, reply) => reply.type('text/css; charset=utf-8').send(PAGE_STYLE));
  app.get('/favicon.svg', open, (_request, reply) => reply.type('image/svg+xml').send(FAVICON));

  app.get<{ Querystring: { next?: string } }>('/sign-in', open, (request, reply) => {
    const next = typeof request.query.next === 'string' ? request.query.next : undefined;
    return html(reply, cookie.secure).send(signInPage({ next: localPath(next) }));
  });

  app.post('/sign-in', { ...open, bodyLimit: FORM_LIMIT }, async (request, reply) => {
    ownFormOnly(request);
    const form = parsed(signInForm, request.body, 'form');
    const name = accountName(form.name);
    const next = localPath(form.next);
    const wait = lockout.waitFor(name, request.ip);
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      reply.header('retry-after', seconds).status(429);
      const problem = `Too many failed attempts. Try again in ${seconds < 90 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`}.`;
      return html(reply, cookie.secure).send(signInPage({ next, name, problem }));
    }
    const user = await engine.store.user(name);
    const right = await passwords.verify(form.password, user?.password ?? null);
    if (!user || !right || user.disabled || !isRole(user.role)) {
      lockout.failed(name, request.ip);
      // A password typed into the name field must not reach the audit trail: only names that exist do.
      await audit(user ? user.name : 'unknown', 'sign-in', 'console', request, 'failed');
      const problem = 'Name or password is not right.';
      return html(reply, cookie.secure).status(401).send(signInPage({ next, name, problem }));
    }
    lockout.succeeded(name, request.ip);
    await audit(user.name, 'sign-in', 'console', request, 'ok');
    await startSession(reply, user.name);
    return reply.redirect(next, 303);
  });

  const linkGone = (reply: FastifyReply): FastifyReply =>
    html(reply, cookie.secure)
      .status(403)
      .send(
        noticePage({
          title: 'This link is no longer valid',
          text: 'It works once, and only while there is no user. Sign in, or restart Suture for a new link.',
          link: { href: '/sign-in', text: 'Sign in' },
        }),
      );

  app.get<{ Querystring: { token?: string } }>('/first-user', open, async (request, reply) => {
    const token = typeof request.query.token === 'string' ? request.query.token : '';
    if (!(await firstUser.valid(token))) return linkGone(reply);
    return html(reply, cookie.secure).send(firstUserPage({ token }));
  });

  app.post('/first-user', { ...open, bodyLimit: FORM_LIMIT }, async (request, reply) => {
    ownFormOnly(request);
    const form = parsed(firstUserForm, request.body, 'form');
    if (!(await firstUser.valid(form.token))) return linkGone(reply);
    try {
      const account = checkAccount(form);
      const used = await firstUser.use(form.token, async () => {
        const createdAt = clock.now();
        const password = await passwords.hash(account.password);
        await engine.store.putUser(
          { name: account.name, role: 'admin', password, createdAt, disabled: false },
          {
            at: createdAt,
            who: account.name,
            act: 'user.create',
            on: account.name,
            facts: { role: 'admin', by: 'first-user link' },
          },
        );
      });
      if (!used) return linkGone(reply);
      await audit(account.name, 'sign-in', 'console', request, 'ok');
      await startSession(reply, account.name);
      return reply.redirect('/', 303);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.code !== 'API_BAD_REQUEST') throw error;
      return html(reply, cookie.secure)
        .status(400)
        .send(firstUserPage({ token: form.token, name: form.name, problem: error.message }));
    }
  });
}
