import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../context.ts';
import { ApiFailure } from '../failures.ts';
import { setSecurityHeaders } from '../headers.ts';
import { noticePage } from '../pages.ts';

/** Stands in the built page wherever the nonce of an answer belongs. */
export const NONCE_MARK = '__SUTURE_NONCE__';

/** The console's files. They need a session like everything else: what is not served cannot be studied. */
export async function consoleRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const { consoleFolder, consoleState, cookie } = context;
  if (consoleFolder !== null) {
    await app.register(fastifyStatic, { root: consoleFolder, serve: false });
  }

  const index = async (): Promise<string | null> => {
    if (consoleFolder === null) return null;
    return readFile(join(consoleFolder, 'index.html'), 'utf8').catch(() => null);
  };

  app.get<{ Params: { '*': string } }>('/*', { config: { access: 'viewer' } }, async (request, reply) => {
    const path = request.params['*'];
    if (/^(api|hooks|cds-services|\.well-known)(\/|$)/.test(path)) {
      throw new ApiFailure('API_NOT_FOUND', 'There is nothing at this address.');
    }
    if (consoleFolder !== null && path !== 'index.html' && /\.[a-z0-9]+$/.test(path)) {
      // Hashed names never change their content; still for this signed-in browser only.
      const hashed = path.startsWith('assets/');
      reply.header('cache-control', hashed ? 'private, max-age=31536000, immutable' : 'no-cache');
      return reply.sendFile(path, { cacheControl: false });
    }
    reply.type('text/html; charset=utf-8');
    if (consoleState() === 'building') {
      return noticePage({
        title: 'The console is being built',
        text: 'This takes a few seconds; the page reloads by itself. The engine is at work already.',
        refresh: 2,
      });
    }
    const page = await index();
    if (page === null) {
      reply.status(503);
      return noticePage({
        title: 'The console is not built',
        text: 'Run "npm run build:console" once, then reload. The API and the command line work without it.',
      });
    }
    const nonce = randomBytes(18).toString('base64url');
    setSecurityHeaders(reply, { https: cookie.secure, nonce });
    return page.replaceAll(NONCE_MARK, nonce);
  });
}
