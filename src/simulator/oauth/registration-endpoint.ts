import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet } from 'jose';
import type { Behaviour } from '../profile/index.ts';
import type { Clients } from './clients.ts';
import { Refused, sendRefusal } from './errors.ts';
import type { Tokens } from './tokens.ts';

export interface RegistrationParts {
  readonly behaviour: Behaviour;
  readonly clients: Clients;
  readonly tokens: Tokens;
  readonly now: () => number;
}

const day = 86_400_000;

/** `/epic/oauth2/register`: an instance of an app, on a phone or in a browser, gets a client id and key of its own. */
export function registrationEndpoint(app: FastifyInstance, parts: RegistrationParts): void {
  const { behaviour, clients, tokens } = parts;
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof Refused) return sendRefusal(reply, error.refusal, behaviour);
    if ((error.statusCode ?? 500) < 500) return sendRefusal(reply, 'badMetadata', behaviour);
    return reply.code(500).send();
  });
  app.post('/register', (request, reply) => {
    if (!behaviour.dynamicRegistration) return reply.callNotFound();
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const grant = tokens.grantOf(token);
    const parent = clients.get(grant?.clientId ?? '');
    if (!grant?.user || !parent?.dynamicClients) throw new Refused('badInitialToken');
    const { softwareId, jwks } = metadataOf(request.body);
    if (softwareId !== parent.clientId) throw new Refused('badInitialToken');
    if (!tokens.spendOnRegistration(token)) throw new Refused('badInitialToken');
    const lasts = grant.persistentSeconds * 1000 || behaviour.persistentAccessDays * day;
    const instance = clients.addInstance(parent, grant, parts.now() + lasts, jwks);
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({
        redirect_uris: parent.redirectUris ?? [],
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
        software_id: softwareId,
        client_id: instance.clientId,
        client_id_issued_at: Math.floor(parts.now() / 1000),
      });
  });
}

function metadataOf(body: unknown): { softwareId: string; jwks: JSONWebKeySet } {
  const { software_id: softwareId, jwks } = (typeof body === 'object' && body !== null ? body : {}) as {
    software_id?: unknown;
    jwks?: { keys?: unknown };
  };
  const keys: unknown[] = Array.isArray(jwks?.keys) ? jwks.keys : [];
  // One public RSA key or more; a private half means that the instance gave its secret away.
  const usable = keys.every((key) => {
    const { kty, n, e, d } = (key ?? {}) as Record<string, unknown>;
    return kty === 'RSA' && typeof n === 'string' && typeof e === 'string' && d === undefined;
  });
  if (typeof softwareId !== 'string' || keys.length === 0 || !usable) throw new Refused('badMetadata');
  return { softwareId, jwks: { keys } as JSONWebKeySet };
}
