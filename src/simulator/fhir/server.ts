import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Interaction } from '../oauth/scopes.ts';
import type { Behaviour } from '../profile/index.ts';
import type { Paging } from './bundle.ts';
import { capabilityStatement } from './capability.ts';
import { sendResource } from './format.ts';
import { issue, operationOutcome, Refusal, type Resource } from './outcome.ts';
import type { ResourceService } from './service.ts';

export interface FhirServerParts {
  /** The switches; read at each request, since they may change. */
  readonly behaviour: Behaviour;
  readonly services: readonly ResourceService[];
  readonly paging: Paging;
  /** What the token allows: `unknown` token, `forbidden` API, or `allowed`. */
  judge(token: string, type: string, interaction: Interaction): 'unknown' | 'forbidden' | 'allowed';
  /** smart-configuration and openid-configuration. */
  discovery(): Record<string, unknown>;
  addresses(): { readonly fhirBase: string; readonly tokenUrl: string; readonly issuer: string };
}

type Answer = (service: ResourceService, base: string) => Resource;
type Params = { readonly type: string; readonly id: string };

/** The FHIR R4 endpoint. What it does not serve is answered as the web server in front of Epic answers. */
export function fhirServer(app: FastifyInstance, parts: FhirServerParts): void {
  const byType = new Map(parts.services.map((service) => [service.type, service]));

  app.setErrorHandler((error: { statusCode?: number }, request, reply) => {
    const unreadable = (error.statusCode ?? 500) < 500;
    const problem = unreadable ? issue(59105) : issue(59177);
    return sendResource(request, reply, unreadable ? 400 : 500, operationOutcome([problem]));
  });
  app.get('/metadata', (request, reply) => {
    const { fhirBase, tokenUrl } = parts.addresses();
    return sendResource(request, reply, 200, capabilityStatement(parts.services, fhirBase, tokenUrl));
  });
  for (const name of ['smart-configuration', 'openid-configuration']) {
    app.get(`/.well-known/${name}`, (_request, reply) =>
      parts.behaviour.smartConfiguration ? reply.send(parts.discovery()) : webServerNotFound(reply),
    );
  }
  app.get<{ Params: Params }>('/:type/:id', (request, reply) =>
    answer(request, reply, 'read', (service) => {
      const resource = service.read(request.params.id);
      if (resource) return resource;
      throw new Refusal(404, issue(59008, { diagnostics: 'Invalid FHIR ID provided', element: 'id' }));
    }),
  );
  app.get<{ Params: Params }>('/:type', (request, reply) =>
    answer(request, reply, 'search', (service, base) =>
      search(service, new URLSearchParams(request.url.split('?')[1] ?? ''), base),
    ),
  );
  app.post<{ Params: Params }>('/:type/_search', (request, reply) =>
    // From February 2026 the body counts and the query string, except _format, is ignored.
    answer(request, reply, 'search', (service, base) =>
      search(service, request.body instanceof URLSearchParams ? request.body : new URLSearchParams(), base),
    ),
  );

  function search(service: ResourceService, query: URLSearchParams, base: string): Resource {
    const session = query.get('sessionID');
    if (session) return parts.paging.next(service, session, base);
    const found = service.search?.(query) ?? { ids: [] };
    return parts.paging.first(service, found, query, base);
  }

  function answer(
    request: FastifyRequest<{ Params: Params }>,
    reply: FastifyReply,
    interaction: Interaction,
    produce: Answer,
  ): FastifyReply {
    const service = byType.get(request.params.type);
    if (!service || (interaction === 'search' && !service.search)) return webServerNotFound(reply);
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const judgement = parts.judge(token, service.type, interaction);
    if (judgement === 'unknown') return unauthorized(reply);
    if (judgement === 'forbidden') return forbidden(reply);
    try {
      return sendResource(request, reply, 200, produce(service, parts.addresses().fhirBase));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return sendResource(request, reply, error.status, operationOutcome(error.issues));
    }
  }
}

/** 401 as observed: the body is an empty JSON string. */
function unauthorized(reply: FastifyReply): FastifyReply {
  const challenge =
    'Bearer error="invalid_token", error_description="The access token provided is not valid"';
  return reply.code(401).header('www-authenticate', challenge).type('application/json').send('""');
}

/** 403 when the API is not on the client's record: no body at all. */
function forbidden(reply: FastifyReply): FastifyReply {
  const description = 'The access token provided is valid, but is not authorized for this service';
  const challenge = `Bearer error="insufficient_scope", error_description="${description}"`;
  return reply.code(403).header('www-authenticate', challenge).send();
}

/** An unknown type or address never reaches FHIR: the web server's own page says so, in HTML. */
export function webServerNotFound(reply: FastifyReply): FastifyReply {
  const page = [
    '<!DOCTYPE html>',
    '<html><head><title>404 - File or directory not found.</title></head>',
    '<body><h1>Server Error</h1><h2>404 - File or directory not found.</h2>',
    '<p>The resource you are looking for might have been removed, or is temporarily unavailable.</p>',
    '</body></html>',
  ];
  return reply.code(404).type('text/html').send(page.join('\n'));
}
