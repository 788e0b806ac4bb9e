/** Who consented: the id token of OpenID Connect, believed only when everything about it is right. */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../../std/index.ts';
import { contentOf } from '../answer.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, HttpError, serverTime } from '../http.ts';
import { readTrouble } from '../status.ts';
import { jsonObject } from './discover.ts';

export interface Person {
  /** The server's own name for them, within this issuer. */
  readonly subject: string;
  /** `Practitioner/abc`, where it was asked for and given: below the FHIR base without it. */
  readonly fhirUser: string | undefined;
}

export interface IdTokenOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly idToken: string;
  readonly issuer: string;
  /** Left out: as the issuer's openid-configuration says. */
  readonly jwksUri: URL | undefined;
  readonly clientId: string;
  readonly nonce: string;
  readonly fhirBase: string;
  readonly signal: AbortSignal;
}

/** Asymmetric ones only: `none` and a secret's HMAC would let anyone sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384'];
/** Seconds that clocks may differ by; Epic's tokens live five minutes. */
const TOLERANCE = 60;

/** Throws `FHIR_ID_TOKEN` (auth) for any fault: signature, issuer, audience, nonce, time. */
export async function personOf(options: IdTokenOptions): Promise<Person> {
  const { http, clock, idToken, issuer, clientId, nonce, fhirBase, signal } = options;
  let set: Readonly<Record<string, unknown>> | undefined;
  let now = clock.now();
  try {
    const jwksUri = options.jwksUri ?? (await namedBy(http, issuer, signal));
    if (jwksUri === undefined) throw refused('its issuer names no signing keys');
    const reply = await http.send({
      url: jwksUri,
      method: 'GET',
      headers: { accept: 'application/json' },
      signal,
    });
    now = serverTime(reply.headers) ?? now;
    if (reply.status === 200) set = jsonObject(contentOf(reply.body).text);
  } catch (error) {
    throw error instanceof HttpError ? readTrouble(error, 'fetching of the EHR’s signing keys') : error;
  }
  if (!Array.isArray(set?.keys)) throw refused('the EHR’s signing keys could not be fetched');
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(idToken, createLocalJWKSet(set as unknown as JSONWebKeySet), {
      algorithms: ALGORITHMS,
      issuer,
      audience: clientId,
      requiredClaims: ['sub', 'exp'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
    }));
  } catch (error) {
    // The library's code names the check (`ERR_JWT_EXPIRED`), never the content.
    throw refused(error instanceof errors.JOSEError ? error.code : 'it cannot be read', error);
  }
  if (payload.nonce !== nonce) throw refused('its nonce is not the one that was sent');
  const { fhirUser } = payload;
  const base = `${fhirBase}/`;
  return {
    subject: payload.sub as string,
    fhirUser:
      typeof fhirUser !== 'string'
        ? undefined
        : fhirUser.startsWith(base)
          ? fhirUser.slice(base.length)
          : fhirUser,
  };
}

/** OpenID Connect Discovery; only what stands under the issuer's own name is believed. */
async function namedBy(http: Http, issuer: string, signal: AbortSignal): Promise<URL | undefined> {
  const url = URL.parse(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`);
  if (url === null) return undefined;
  const reply = await http.send({ url, method: 'GET', headers: { accept: 'application/json' }, signal });
  const said = reply.status === 200 ? jsonObject(contentOf(reply.body).text) : undefined;
  if (said?.issuer !== issuer || typeof said.jwks_uri !== 'string') return undefined;
  const keys = URL.parse(said.jwks_uri, issuer);
  return keys?.protocol === 'https:' || url.protocol === 'http:' ? (keys ?? undefined) : undefined;
}

const refused = (why: string, cause?: unknown) =>
  fhirFailure('FHIR_ID_TOKEN', {
    message: `The id token that came with the consent is not accepted: ${why}.`,
    ...(cause === undefined ? {} : { cause }),
  });
