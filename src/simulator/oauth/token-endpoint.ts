import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Behaviour } from '../profile/index.ts';
import type { Assertions } from './assertion.ts';
import { type ClientOptions, grantedScope, type Interaction } from './clients.ts';
import type { Tokens } from './tokens.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface TokenEndpointParts {
  readonly assertions: Assertions;
  readonly tokens: Tokens;
  readonly behaviour: Behaviour;
  readonly served: readonly (readonly [type: string, interaction: Interaction])[];
  /** The names that `aud` may carry; known only once the server listens. */
  audiences(): readonly string[];
  discovery(): Record<string, unknown>;
}

/** `/epic/oauth2/token`: backend services (client_credentials with a signed assertion). */
export function tokenEndpoint(app: FastifyInstance, parts: TokenEndpointParts): void {
  // A body that cannot be read is the caller's mistake, in Epic's words and not the framework's.
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    if ((error.statusCode ?? 500) < 500) return refuse(reply, 'invalid_request');
    return reply.code(500).send();
  });
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: '/token',
    handler: (_request, reply) => refuse(reply, 'invalid_request'),
  });
  app.post('/token', async (request, reply) => {
    const form = request.body;
    if (!(form instanceof URLSearchParams) || request.url.includes('?')) {
      return refuse(reply, 'invalid_request');
    }
    const grant = form.get('grant_type');
    if (grant !== null && grant !== 'client_credentials') return refuse(reply, 'unsupported_grant_type');
    const assertion = form.get('client_assertion');
    if (!grant || !assertion || form.getAll('client_assertion').length > 1) {
      return refuse(reply, 'invalid_request');
    }
    if (form.get('client_assertion_type') !== assertionType) return refuse(reply, 'invalid_request');
    const client = await parts.assertions.judge(assertion, parts.audiences());
    if (!client) return refuse(reply, 'invalid_client');
    if (!(client.backgroundUser ?? parts.behaviour.backgroundUserMapped))
      return refuse(reply, 'unauthorized_client');
    return reply.header('cache-control', 'no-store').send(tokenResponse(parts, client));
  });
  app.get('/.well-known/openid-configuration', (_request, reply) => reply.send(parts.discovery()));
}

function tokenResponse({ tokens, behaviour, served }: TokenEndpointParts, client: ClientOptions) {
  const { accessTokenSeconds: expiresIn, scopeSpelling } = behaviour;
  return {
    access_token: tokens.issue(client.clientId, expiresIn),
    token_type: 'Bearer',
    expires_in: expiresIn,
    scope: grantedScope(client, served, scopeSpelling),
  };
}

function refuse(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(400).header('cache-control', 'no-store').send({ error, error_description: null });
}
