import type { FastifyInstance } from 'fastify';

/** What the token endpoint needs of the hospital's client records. */
export interface BackendTokens {
  /** The client id that a signed assertion proves; undefined when it proves nobody. */
  judge(assertion: string, audiences: readonly string[]): Promise<string | undefined>;
  /** A token in force for so many seconds. */
  issue(clientId: string, seconds: number): string;
  clientOf(token: string): string | undefined;
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const seconds = 300;

/** `/generic/oauth2/token`: SMART backend services by the book, where Epic has ways of its own. */
export function tokenRoute(app: FastifyInstance, tokens: BackendTokens, tokenUrl: () => string): void {
  app.post('/token', async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const refuse = (status: number, error: string, description: string) =>
      reply.code(status).header('cache-control', 'no-store').send({ error, error_description: description });
    if (form.get('grant_type') !== 'client_credentials') {
      return refuse(400, 'unsupported_grant_type', 'only client_credentials');
    }
    const scope = form.get('scope');
    if (!scope) return refuse(400, 'invalid_scope', 'scope is missing');
    const assertion = form.get('client_assertion');
    if (form.get('client_assertion_type') !== assertionType || !assertion) {
      return refuse(400, 'invalid_request', 'a signed client_assertion is needed');
    }
    const clientId = await tokens.judge(assertion, [tokenUrl()]);
    if (clientId === undefined)
      return refuse(401, 'invalid_client', 'the assertion proves no client on record');
    const granted = scope
      .split(/\s+/)
      .filter((each) => /^system\/([A-Z]\w+|\*)\.(\*|c?r?u?d?s?|read|write)$/.test(each));
    if (granted.length === 0) return refuse(400, 'invalid_scope', 'only system scopes are granted');
    const token = tokens.issue(clientId, seconds);
    return reply
      .header('cache-control', 'no-store')
      .send({ access_token: token, token_type: 'bearer', expires_in: seconds, scope: granted.join(' ') });
  });
}
