/** The request to the token endpoint, and what its answers mean. */
import type { Clock, Failure } from '../../std/index.ts';
import { contentOf, excerpt } from '../answer.ts';
import { type FhirFailureCode, fhirFailure } from '../failures.ts';
import { type Http, HttpError, type HttpReply, retryAfter, type Watch } from '../http.ts';
import { readTrouble } from '../status.ts';
import { jsonObject } from './discover.ts';

export interface Granted {
  readonly accessToken: string;
  /** Milliseconds. */
  readonly life: number;
  readonly scope?: string;
}

export interface TokenAsk {
  readonly http: Http;
  readonly clock: Clock;
  readonly watch: Watch;
  readonly signal: AbortSignal;
  readonly tokenUrl: URL;
  readonly assertion: string;
  readonly scope: string | undefined;
}

/** When the server does not say how long a token lives: the standard's recommendation for backend services. */
const ASSUMED_LIFE = 300;

export async function requestToken(
  ask: TokenAsk,
): Promise<{ readonly result: Granted | Failure; readonly headers: HttpReply['headers'] | undefined }> {
  const { http, clock, watch, signal } = ask;
  await watch.before(signal);
  const from = clock.elapsed();
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: ask.assertion,
    ...(ask.scope === undefined ? {} : { scope: ask.scope }),
  }).toString();
  let reply: HttpReply | undefined;
  let result: Granted | Failure;
  try {
    reply = await http.send({
      url: ask.tokenUrl,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body,
      signal,
    });
    result = read(reply, clock.now());
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    // Asking for a token changes nothing, so it counts as a read.
    result = readTrouble(error, 'token request');
  }
  const failed = 'accessToken' in result ? undefined : result;
  const wait = failed?.retry.again ? failed.retry.after : undefined;
  watch.after({
    kind: failed?.kind ?? 'ok',
    ms: reply?.ms ?? Math.round(clock.elapsed() - from),
    ...(failed ? { code: failed.code } : {}),
    ...(wait === undefined ? {} : { retryAfter: wait }),
  });
  return { result, headers: reply?.headers };
}

const OAUTH: Readonly<Record<string, FhirFailureCode>> = {
  invalid_client: 'FHIR_TOKEN_REFUSED',
  invalid_grant: 'FHIR_TOKEN_REFUSED',
  unauthorized_client: 'FHIR_CLIENT_UNAUTHORIZED',
};

function read(reply: HttpReply, now: number): Granted | Failure {
  const { status, headers } = reply;
  const { text, form } = contentOf(reply.body);
  const said = jsonObject(text);
  const detail = excerpt(text);
  if (status === 200 && typeof said?.access_token === 'string' && said.access_token !== '') {
    const seconds = Number(said.expires_in);
    return {
      accessToken: said.access_token,
      life: (seconds > 0 ? seconds : ASSUMED_LIFE) * 1_000,
      ...(typeof said.scope === 'string' ? { scope: said.scope } : {}),
    };
  }
  if (status === 429 || status === 503) {
    const after = retryAfter(headers, now);
    return fhirFailure('FHIR_THROTTLED', {
      message: `The token endpoint asks to slow down (${status}).`,
      detail,
      ...(after === undefined ? {} : { retry: { again: true, after } }),
    });
  }
  if (status >= 500)
    return fhirFailure('FHIR_SERVER_ERROR', { message: `The token endpoint failed (${status}).`, detail });
  const error = typeof said?.error === 'string' && /^[a-z_]{1,40}$/.test(said.error) ? said.error : undefined;
  if (error !== undefined || status === 401) {
    const code = OAUTH[error ?? 'invalid_client'] ?? 'FHIR_TOKEN_REQUEST';
    return fhirFailure(code, {
      message: `The token endpoint refused the sign-in (${status}${error ? `, ${error}` : ''}).`,
      detail,
    });
  }
  // A token never stands in `detail`: an answer of 200 that we cannot read is not repeated.
  return fhirFailure('FHIR_TOKEN_ENDPOINT', {
    message: `The token endpoint answered with ${status} and ${form === 'html' ? 'an HTML page' : 'no OAuth answer'}.`,
    ...(status === 200 ? {} : { detail }),
  });
}
