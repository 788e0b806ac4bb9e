import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { outcome, Refused } from './refused.ts';
import type { GenericServer } from './server.ts';

export interface GenericRoutesParts {
  readonly server: GenericServer;
  /** Whether a token is in force; asked only while the server is secured. */
  accepts(token: string): boolean;
  /** Fills the repository before the first request is answered. */
  prepare(): void;
  /** smart-configuration. */
  discovery(): Record<string, unknown>;
}

const fhirJson = 'application/fhir+json; charset=utf-8';
const open = ['/metadata', '/.well-known/smart-configuration'];

/** `/generic/R4`: the generic server on HTTP. JSON only. */
export function genericRoutes(app: FastifyInstance, parts: GenericRoutesParts): void {
  const { server } = parts;
  // `;` and anything unreadable is answered as FHIR, also where the framework would speak first.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 60_000_000 }, (_request, body, done) =>
    done(null, body),
  );
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof Refused ? error.status : (error.statusCode ?? 500);
    const code = error instanceof Refused ? error.code : status < 500 ? 'structure' : 'exception';
    return reply
      .code(status)
      .type(fhirJson)
      .send(JSON.stringify(outcome('error', code, error.message)));
  });
  app.get('/.well-known/smart-configuration', () => parts.discovery());
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/*',
    handler: (request, reply) => handle(request, reply),
  });
  app.route({ method: ['GET', 'POST'], url: '/', handler: (request, reply) => handle(request, reply) });

  function handle(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = (request.params as { '*'?: string })['*'] ?? '';
    if (server.behaviour.secured && !open.includes(`/${path}`)) {
      const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!parts.accepts(token)) {
        reply.header('www-authenticate', 'Bearer error="invalid_token"');
        throw new Refused(401, 'login', 'a token of this server is needed');
      }
    }
    parts.prepare();
    const answer = server.answer({
      method: request.method,
      path,
      query: new URLSearchParams(request.url.split('?')[1] ?? ''),
      headers: request.headers as Record<string, string | undefined>,
      body: parsed(request.body),
    });
    if (answer.lost) {
      // As when the process behind a proxy dies after its commit: the socket closes and nothing was said.
      reply.hijack();
      request.raw.socket.destroy();
      return reply;
    }
    reply.code(answer.status).headers(answer.headers);
    if (answer.text !== undefined) return reply.send(answer.text);
    if (answer.body === undefined) return reply.send();
    return reply.type(fhirJson).send(JSON.stringify(answer.body));
  }
}

function parsed(body: unknown): unknown {
  if (typeof body !== 'string' || body === '') return body;
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(400, 'structure', 'the body is no JSON');
  }
}
