/** Access tokens for a program without a user (SMART backend services): asked for with a signed statement, or a secret. */
import { type Clock, Failure } from '../../std/index.ts';
import { type Http, serverTime, unwatched, type Watch } from '../http.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import type { SigningKey } from './jwks.ts';
import { keepTokens } from './keep-tokens.ts';
import { ownSlot, type SharedSlot } from './slot.ts';
import { type Granted, requestToken } from './token-request.ts';
import type { Tokens } from './tokens.ts';

export interface BackendOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly clientId: string;
  /** Asked before each fetch, so that discovery can be tried again after it failed. */
  readonly tokenUrl: (signal: AbortSignal) => Promise<URL>;
  /** The usual way: opened only at the moment of signing. */
  readonly key?: () => Promise<SigningKey>;
  /** Another way than by `key`. */
  readonly authentication?: ClientAuthentication;
  readonly scope?: string;
  /** Where the token lies, for other nodes and the next start; left out: in memory. */
  readonly slot?: SharedSlot;
  readonly watch?: Watch;
}

/** Clocks that differ by less do not matter; milliseconds. */
const HARMLESS_SKEW = 20_000;

export function createBackendTokens(options: BackendOptions): Tokens {
  const { http, clock, clientId, scope, watch = unwatched } = options;
  const authentication = options.authentication ?? { by: 'key', key: keyOf(options) };
  /** Server's clock minus ours, milliseconds. */
  let skew = 0;

  async function ask(signal: AbortSignal, again = false): Promise<Granted> {
    const tokenUrl = await options.tokenUrl(signal);
    const used = skew;
    const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
    const asked = { http, clock, watch, signal, tokenUrl, form, clientId, authentication, skew: used };
    const answer = await requestToken(asked);
    const theirs = answer.headers ? serverTime(answer.headers) : undefined;
    if (theirs !== undefined) skew = theirs - clock.now();
    if (!(answer.result instanceof Failure)) return answer.result;
    const { code } = answer.result;
    // Refused, and our clock is off: the statement may have been from the past or the future. Once more by theirs.
    if (!again && code === 'FHIR_TOKEN_REFUSED' && Math.abs(skew - used) > HARMLESS_SKEW)
      return ask(signal, true);
    throw answer.result;
  }

  return keepTokens({ clock, slot: options.slot ?? ownSlot(clock), fetch: (_kept, signal) => ask(signal) });
}

function keyOf({ key }: BackendOptions): () => Promise<SigningKey> {
  if (key === undefined) throw new Error('createBackendTokens needs a key, or another authentication');
  return key;
}
