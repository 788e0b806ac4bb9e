import type { Assertions } from './assertion.ts';
import { type Client, type Clients, isPublic, knowsSecret } from './clients.ts';
import { Refused } from './errors.ts';

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

export interface AuthenticationParts {
  readonly clients: Clients;
  readonly assertions: Assertions;
  /** The names that `aud` of an assertion may carry; known only once the server listens. */
  readonly audiences: () => readonly string[];
}

/** Which client sends a token request: proved by assertion, by Basic, by a secret in the form, or public. Throws Refused. */
export async function authenticate(
  form: URLSearchParams,
  authorization: string | undefined,
  parts: AuthenticationParts,
): Promise<Client> {
  const assertion = form.get('client_assertion');
  const named = form.get('client_id');
  const ways = [assertion, authorization, form.get('client_secret')].filter(
    (way) => way !== null && way !== undefined,
  );
  if (ways.length > 1) throw new Refused('incomplete');
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== assertionType) throw new Refused('incomplete');
    const client = await parts.assertions.judge(assertion, parts.audiences());
    if (!client || (named !== null && named !== client.clientId)) throw new Refused('badAssertion');
    return client;
  }
  if (authorization !== undefined) {
    const { id, secret } = basic(authorization);
    return bySecret(parts.clients, named === null || named === id ? id : undefined, secret);
  }
  const secret = form.get('client_secret');
  if (secret !== null) return bySecret(parts.clients, named ?? undefined, secret);
  if (named === null) throw new Refused('incomplete');
  const client = parts.clients.get(named);
  if (!client) throw new Refused('badSecret');
  if (!isPublic(client)) throw new Refused('unproven');
  return client;
}

function bySecret(clients: Clients, id: string | undefined, secret: string): Client {
  const client = id === undefined ? undefined : clients.get(id);
  if (!client || !knowsSecret(client, secret)) throw new Refused('badSecret');
  return client;
}

/** Id and secret of a Basic header; both are percent-encoded before they are joined. */
function basic(header: string): { id: string | undefined; secret: string } {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header)?.[1];
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return { id: undefined, secret: '' };
  const plain = new URLSearchParams(`id=${text.slice(0, colon)}&secret=${text.slice(colon + 1)}`);
  return { id: plain.get('id') ?? undefined, secret: plain.get('secret') ?? '' };
}
