/** The request to the token endpoint, and what its answers mean. */
import type { Clock, Failure } from '../../std/index.ts';
import { contentOf, excerpt } from '../answer.ts';
import { type FhirFailureCode, fhirFailure } from '../failures.ts';
import { type Http, HttpError, type HttpReply, retryAfter, type Watch } from '../http.ts';
import { readTrouble } from '../status.ts';
import { authenticated, type ClientAuthentication } from './client-authentication.ts';
import { jsonObject } from './discover.ts';

export interface Granted {
  readonly accessToken: string;
  /** Milliseconds. */
  readonly life: number;
  readonly scope?: string;
  /** A new one takes the place of the one before. */
  readonly refreshToken?: string;
  readonly idToken?: string;
  /** `patient`, `encounter`, `need_patient_banner` ...: what else stands there as text, tokens excepted. */
  readonly context: Readonly<Record<string, string>>;
}

export interface TokenAsk {
  readonly http: Http;
  readonly clock: Clock;
  readonly watch: Watch;
  readonly signal: AbortSignal;
  readonly tokenUrl: URL;
  /** `grant_type` and what belongs to it. */
  readonly form: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly authentication: ClientAuthentication;
  /** The server's clock minus ours, milliseconds. */
  readonly skew?: number;
}

/** When the server does not say how long a token lives: the standard's recommendation for backend services. */
const ASSUMED_LIFE = 300;

export async function requestToken(
  ask: TokenAsk,
): Promise<{ readonly result: Granted | Failure; readonly headers: HttpReply['headers'] | undefined }> {
  const { http, clock, watch, signal } = ask;
  await watch.before(signal);
  const from = clock.elapsed();
  const { tokenUrl, clientId, authentication } = ask;
  const proof = await authenticated({
    authentication,
    clientId,
    tokenUrl: tokenUrl.href,
    now: clock.now() + (ask.skew ?? 0),
  });
  const body = new URLSearchParams({ ...ask.form, ...proof.form }).toString();
  let reply: HttpReply | undefined;
  let result: Granted | Failure;
  try {
    reply = await http.send({
      url: tokenUrl,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...proof.headers,
      },
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
  invalid_grant: 'FHIR_GRANT_REFUSED',
  unauthorized_client: 'FHIR_CLIENT_UNAUTHORIZED',
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Never handed on: they are secrets, or already read. */
const NO_CONTEXT = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'token_type',
  'expires_in',
  'scope',
  'state',
]);

function contextOf(said: Readonly<Record<string, unknown>>): Record<string, string> {
  const context: Record<string, string> = {};
  for (const [name, value] of Object.entries(said)) {
    // Epic's banner flag is a text, other servers' a boolean.
    if (NO_CONTEXT.has(name) || /token/i.test(name)) continue;
    if (typeof value === 'string' || typeof value === 'boolean')
      context[name] = String(value).slice(0, 1_000);
  }
  return context;
}

function read(reply: HttpReply, now: number): Granted | Failure {
  const { status, headers } = reply;
  const { text, form } = contentOf(reply.body);
  const said = jsonObject(text);
  const detail = excerpt(text);
  if (status === 200 && isText(said?.access_token)) {
    // Another kind of token would have to be presented in another way (DPoP): sent as a bearer it would be refused.
    if (isText(said.token_type) && said.token_type.toLowerCase() !== 'bearer') {
      return fhirFailure('FHIR_TOKEN_ENDPOINT', {
        message: 'The token endpoint gave a token that is no bearer token.',
      });
    }
    const seconds = Number(said.expires_in);
    return {
      accessToken: said.access_token,
      life: (seconds > 0 ? seconds : ASSUMED_LIFE) * 1_000,
      ...(typeof said.scope === 'string' ? { scope: said.scope } : {}),
      ...(isText(said.refresh_token) ? { refreshToken: said.refresh_token } : {}),
      ...(isText(said.id_token) ? { idToken: said.id_token } : {}),
      context: contextOf(said),
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
