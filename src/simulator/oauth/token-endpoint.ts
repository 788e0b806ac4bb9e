import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Authorizations, fits } from './authorization.ts';
import { type AuthenticationParts, assertionType, authenticate } from './client-authentication.ts';
import { Refused, sendRefusal } from './errors.ts';
import { idTokenOf, type TokenResponseParts, tokenResponse } from './token-response.ts';

export interface TokenEndpointParts extends AuthenticationParts, TokenResponseParts {
  readonly authorizations: Authorizations;
}

type Answer = ReturnType<typeof tokenResponse>;
type GrantHandler = (
  form: URLSearchParams,
  authorization: string | undefined,
  parts: TokenEndpointParts,
) => Promise<Answer>;

const grants: Readonly<Record<string, GrantHandler>> = {
  client_credentials: backend,
  authorization_code: code,
  refresh_token: refresh,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': instance,
};

/** `/epic/oauth2/token`. */
export function tokenEndpoint(app: FastifyInstance, parts: TokenEndpointParts): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof Refused) return sendRefusal(reply, error.refusal, parts.behaviour);
    // A body that cannot be read is the caller's mistake, in Epic's words and not the framework's.
    if ((error.statusCode ?? 500) < 500) return sendRefusal(reply, 'notAForm', parts.behaviour);
    return reply.code(500).send();
  });
  app.route({
    method: ['GET', 'PUT', 'PATCH', 'DELETE'],
    url: '/token',
    handler: (_request, reply) => sendRefusal(reply, 'notPosted', parts.behaviour),
  });
  app.post('/token', async (request, reply) => {
    const form = formOf(request);
    const handle = grants[form.get('grant_type') ?? ''];
    if (!handle) throw new Refused(form.has('grant_type') ? 'otherGrant' : 'incomplete');
    const answer = await handle(form, request.headers.authorization, parts);
    return reply.header('cache-control', 'no-store').header('pragma', 'no-cache').send(answer);
  });
}

function formOf(request: FastifyRequest): URLSearchParams {
  if (!(request.body instanceof URLSearchParams)) throw new Refused('notAForm');
  if (request.url.includes('?')) throw new Refused('inTheAddress');
  const form = request.body;
  if (new Set(form.keys()).size < form.size) throw new Refused('incomplete');
  return form;
}

function given(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (!value) throw new Refused('incomplete');
  return value;
}

/** Backend services: a signed assertion, and nobody signs in. What `scope` asks for changes nothing. */
async function backend(form: URLSearchParams, _authorization: string | undefined, parts: TokenEndpointParts) {
  given(form, 'client_assertion');
  if (form.get('client_assertion_type') !== assertionType) throw new Refused('incomplete');
  const client = await authenticate(form, undefined, parts);
  if (client.usedBy !== 'backend' || client.instanceOf) throw new Refused('notForBackends');
  if (!(client.backgroundUser ?? parts.behaviour.backgroundUserMapped)) throw new Refused('noBackgroundUser');
  return tokenResponse(parts, client, { clientId: client.clientId, asked: [], persistentSeconds: 0 });
}

async function code(form: URLSearchParams, authorization: string | undefined, parts: TokenEndpointParts) {
  const word = given(form, 'code');
  const client = await authenticate(form, authorization, parts);
  const redeemed = parts.authorizations.redeem(word);
  if (!redeemed) throw new Refused('badCode');
  const { grant, redirectUri, challenge, state } = redeemed;
  if (grant.clientId !== client.clientId || form.get('redirect_uri') !== redirectUri) {
    throw new Refused('otherRedirect');
  }
  if (challenge !== undefined && !fits(form.get('code_verifier') ?? undefined, challenge)) {
    throw new Refused('badVerifier');
  }
  const idToken = await idTokenOf(parts, grant);
  return tokenResponse(parts, client, grant, {
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(grant.persistentSeconds > 0 ? { refresh_token: parts.tokens.persist(grant) } : {}),
    ...(state === undefined ? {} : { state }),
  });
}

async function refresh(form: URLSearchParams, authorization: string | undefined, parts: TokenEndpointParts) {
  const word = given(form, 'refresh_token');
  const client = await authenticate(form, authorization, parts);
  const found = parts.tokens.refresh(word, client.clientId);
  if (!found) throw new Refused('badRefresh');
  const { grant, refreshToken } = found;
  return tokenResponse(
    parts,
    client,
    grant,
    refreshToken === undefined ? {} : { refresh_token: refreshToken },
  );
}

/** An instance that registered itself signs with its own key, for the person who let it in. */
async function instance(
  form: URLSearchParams,
  _authorization: string | undefined,
  parts: TokenEndpointParts,
) {
  const assertion = given(form, 'assertion');
  const clientId = given(form, 'client_id');
  const client = await parts.assertions.judge(assertion, parts.audiences());
  if (!client?.instanceOf || client.clientId !== clientId) throw new Refused('badAssertion');
  const { grant, until } = client.instanceOf;
  if (until <= parts.now()) throw new Refused('endedGrant');
  return tokenResponse(parts, client, { ...grant, persistentSeconds: 0 });
}
