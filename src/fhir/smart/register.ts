/**
 * Dynamic registration of an instance (Epic's way to lasting access for a client without a secret): the first token of a
 * consent is spent on a client id and a key of this installation's own, and tokens are asked for with that key from then on.
 */
import type { Clock, Failure } from '../../std/index.ts';
import { contentOf, excerpt } from '../answer.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, HttpError, type HttpReply } from '../http.ts';
import { writeUnknown } from '../write.ts';
import { clientAssertion } from './assertion.ts';
import { jsonObject, type SmartConfiguration } from './discover.ts';
import { makeSigningKey, publicJwk, type SigningKey } from './jwks.ts';

/** Lies sealed beside the tokens. */
export interface Instance {
  readonly clientId: string;
  readonly key: SigningKey;
}

/** Throws `FHIR_REGISTRATION` when the server does not register us. */
export async function registerInstance(options: {
  readonly http: Http;
  readonly smart: SmartConfiguration;
  /** Of the application, as the server knows it. */
  readonly clientId: string;
  /** Spent by this, and good for nothing afterwards. */
  readonly token: string;
  readonly signal: AbortSignal;
}): Promise<Instance> {
  const { http, smart, clientId, token, signal } = options;
  // Epic names the address only to clients that may use it; it stands beside the token endpoint.
  const url = smart.registrationEndpoint ?? new URL('register', smart.tokenEndpoint);
  const { publicJwk: _shown, ...key } = await makeSigningKey('RS384');
  const { kty, n, e, kid } = publicJwk(key);
  let reply: HttpReply;
  try {
    reply = await http.send({
      url,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify({ software_id: clientId, jwks: { keys: [{ kty, n, e, kid }] } }),
      signal,
    });
  } catch (error) {
    // The token may be spent: only a person's new consent brings another.
    throw error instanceof HttpError
      ? writeUnknown('registration of this installation', `by nothing (${error.code})`, '', error)
      : error;
  }
  const { text } = contentOf(reply.body);
  const said = jsonObject(text);
  if (reply.status === 201 && typeof said?.client_id === 'string') return { clientId: said.client_id, key };
  throw refused(reply.status, said, text);
}

function refused(status: number, said: Readonly<Record<string, unknown>> | undefined, text: string): Failure {
  const error = typeof said?.error === 'string' && /^[a-z_]{1,40}$/.test(said.error) ? `, ${said.error}` : '';
  return fhirFailure('FHIR_REGISTRATION', {
    message: `The server did not register this installation (${status}${error}).`,
    detail: excerpt(text),
  });
}

/** What the token endpoint is asked with, in place of a refresh token. */
export async function instanceGrant(
  { clientId, key }: Instance,
  tokenUrl: URL,
  clock: Clock,
): Promise<Readonly<Record<string, string>>> {
  const assertion = await clientAssertion({ clientId, tokenUrl: tokenUrl.href, key, now: clock.now() });
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, client_id: clientId };
}
