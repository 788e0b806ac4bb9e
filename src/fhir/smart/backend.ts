/**
 * Access tokens for a program without a user (SMART backend services): fetched with a signed statement,
 * kept until 80 % of their life, fetched once however many ask at the same time.
 */
import { asFailure, type Clock, Failure } from '../../std/index.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, serverTime, unwatched, type Watch } from '../http.ts';
import { clientAssertion } from './assertion.ts';
import type { SigningKey } from './jwks.ts';
import { type Granted, requestToken } from './token-request.ts';
import type { Tokens } from './tokens.ts';

export interface BackendOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly clientId: string;
  /** Asked before each fetch, so that discovery can be tried again after it failed. */
  readonly tokenUrl: (signal: AbortSignal) => Promise<URL>;
  /** Opened only at the moment of signing. */
  readonly key: () => Promise<SigningKey>;
  readonly scope?: string;
  readonly watch?: Watch;
}

/** Nobody waits longer than this for one fetch; milliseconds. */
const PATIENCE = 60_000;
/** After a refresh failed while the old token is still good; milliseconds. */
const NOT_AGAIN_FOR = 10_000;
/** Clocks that differ by less do not matter; milliseconds. */
const HARMLESS_SKEW = 20_000;

export function createBackendTokens(options: BackendOptions): Tokens {
  const { http, clock, watch = unwatched } = options;
  let token: (Granted & { readonly refreshAt: number; readonly goodUntil: number }) | undefined;
  let flight: Promise<string> | undefined;
  let notBefore = 0;
  /** Server's clock minus ours, milliseconds. */
  let skew = 0;

  async function ask(signal: AbortSignal, again = false): Promise<Granted> {
    const tokenUrl = await options.tokenUrl(signal);
    const used = skew;
    const key = await options.key();
    const assertion = await clientAssertion({
      clientId: options.clientId,
      tokenUrl: tokenUrl.href,
      key,
      now: clock.now() + used,
    });
    const answer = await requestToken({
      http,
      clock,
      watch,
      signal,
      tokenUrl,
      assertion,
      scope: options.scope,
    });
    const theirs = answer.headers ? serverTime(answer.headers) : undefined;
    if (theirs !== undefined) skew = theirs - clock.now();
    if (!(answer.result instanceof Failure)) return answer.result;
    const { code } = answer.result;
    // Refused, and our clock is off: the statement may have been from the past or the future. Once more by theirs.
    if (!again && code === 'FHIR_TOKEN_REFUSED' && Math.abs(skew - used) > HARMLESS_SKEW)
      return ask(signal, true);
    throw answer.result;
  }

  async function fetchToken(): Promise<string> {
    // The fetch serves everyone who waits, so it must not end with the one who began it.
    const patience = new AbortController();
    const stop = clock.after(PATIENCE, () => patience.abort());
    try {
      const granted = await ask(patience.signal);
      const from = clock.elapsed();
      token = {
        ...granted,
        refreshAt: from + granted.life * 0.8,
        goodUntil: from + granted.life,
      };
      return token.accessToken;
    } catch (error) {
      notBefore = clock.elapsed() + NOT_AGAIN_FOR;
      // Between 80 % and the end of its life the old token is as good as a new one.
      if (token && clock.elapsed() < token.goodUntil) return token.accessToken;
      token = undefined;
      throw patience.signal.aborted ? fhirFailure('FHIR_TIMEOUT', { cause: error }) : asFailure(error);
    } finally {
      stop();
      flight = undefined;
    }
  }

  return {
    async get(signal) {
      signal.throwIfAborted();
      const now = clock.elapsed();
      if (token && now < token.refreshAt) return token.accessToken;
      if (token && now < token.goodUntil && now < notBefore) return token.accessToken;
      flight ??= fetchToken();
      return await unlessAborted(flight, signal);
    },
    invalidate(refused) {
      if (token?.accessToken === refused) token = undefined;
    },
    granted: () => token?.scope,
  };
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
