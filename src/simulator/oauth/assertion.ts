import { compactVerify, createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet } from 'jose';
import type { ClientOptions, Clients } from './clients.ts';
import type { KeySets } from './key-sets.ts';

const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384'];
const longestLifetime = 300;
const longestJti = 151;

/**
 * Judges the signed assertions that clients prove themselves with. Epic names no fault of an assertion:
 * each is 400 invalid_client without a description, so a judgement is a client or nothing.
 */
export class Assertions {
  readonly #clients: Clients;
  readonly #keySets: KeySets;
  /** Used jtis by client, with the second in which each may be forgotten. */
  readonly #used = new Map<string, number>();
  readonly #now: () => number;

  constructor(clients: Clients, keySets: KeySets, now: () => number) {
    this.#clients = clients;
    this.#keySets = keySets;
    this.#now = now;
  }

  /** The client that the assertion proves, or undefined; `audiences` are the names the token endpoint goes by. */
  async judge(assertion: string, audiences: readonly string[]): Promise<ClientOptions | undefined> {
    let claims: Record<string, unknown>;
    try {
      claims = decodeJwt(assertion);
    } catch {
      return undefined;
    }
    const client = typeof claims.iss === 'string' ? this.#clients.get(claims.iss) : undefined;
    if (!client) return undefined;
    const now = Math.floor(this.#now() / 1000);
    if (!claimsHold(claims, client, audiences, now)) return undefined;
    if (!(await this.#isSigned(assertion, client))) return undefined;
    // Judged last and without a pause in between, so that of two equal assertions only one gets through.
    return this.#isFirstUse(client, claims.jti as string, claims.exp as number, now) ? client : undefined;
  }

  /** Tries the cached keys; when they fail fetches once more, never more than once for an assertion. */
  async #isSigned(assertion: string, client: ClientOptions): Promise<boolean> {
    const cached = this.#keySets.cached(client.jwksUrl);
    if (cached && (await isSignedBy(assertion, cached))) return true;
    try {
      return await isSignedBy(assertion, await this.#keySets.fetch(client.jwksUrl));
    } catch {
      return false;
    }
  }

  #isFirstUse(client: ClientOptions, jti: string, exp: number, now: number): boolean {
    for (const [key, until] of this.#used) if (until < now) this.#used.delete(key);
    const key = `${client.clientId}\n${jti}`;
    if (this.#used.has(key)) return false;
    this.#used.set(key, exp);
    return true;
  }
}

function claimsHold(
  { sub, aud, jti, exp, nbf, iat }: Record<string, unknown>,
  client: ClientOptions,
  audiences: readonly string[],
  now: number,
): boolean {
  const named = Array.isArray(aud) ? aud : [aud];
  if (sub !== client.clientId) return false;
  if (!named.some((each) => audiences.includes(each as string))) return false;
  // From November 2024 a jti that is not a string is refused.
  if (typeof jti !== 'string' || jti.length === 0 || jti.length > longestJti) return false;
  if (typeof exp !== 'number' || exp <= now || exp > now + longestLifetime) return false;
  return [nbf, iat].every(
    (from) =>
      from === undefined || (typeof from === 'number' && from <= now && exp - from <= longestLifetime),
  );
}

async function isSignedBy(assertion: string, keys: JSONWebKeySet): Promise<boolean> {
  try {
    await compactVerify(assertion, createLocalJWKSet(keys), { algorithms });
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    // No kid, and several keys that could be meant: each is tried.
    for await (const key of error) {
      try {
        await compactVerify(assertion, key, { algorithms });
        return true;
      } catch {
        // Not this one.
      }
    }
    return false;
  }
}
