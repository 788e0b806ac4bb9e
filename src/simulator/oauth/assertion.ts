import { compactVerify, createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet } from 'jose';
import type { Behaviour } from '../profile/index.ts';
import type { Client, Clients } from './clients.ts';
import type { KeySets } from './key-sets.ts';

const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384'];
const staticAlgorithms = ['RS256', 'RS384', 'RS512'];
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
  readonly #behaviour: Behaviour;
  readonly #now: () => number;

  constructor(clients: Clients, keySets: KeySets, behaviour: Behaviour, now: () => number) {
    this.#clients = clients;
    this.#keySets = keySets;
    this.#behaviour = behaviour;
    this.#now = now;
  }

  /** The client that the assertion proves, or undefined; `audiences` are the names the token endpoint goes by. */
  async judge(assertion: string, audiences: readonly string[]): Promise<Client | undefined> {
    let claims: Record<string, unknown>;
    try {
      claims = decodeJwt(assertion);
    } catch {
      return undefined;
    }
    const client = typeof claims.iss === 'string' ? this.#clients.get(claims.iss) : undefined;
    if (!client) return undefined;
    const now = Math.floor(this.#now() / 1000);
    if (!this.#claimsHold(claims, client, audiences, now)) return undefined;
    if (!(await this.#isSigned(assertion, client))) return undefined;
    // Judged last and without a pause in between, so that of two equal assertions only one gets through.
    return this.#isFirstUse(client, String(claims.jti), claims.exp as number, now) ? client : undefined;
  }

  #claimsHold(
    { sub, aud, jti, exp, nbf, iat }: Record<string, unknown>,
    client: Client,
    audiences: readonly string[],
    now: number,
  ): boolean {
    const named = Array.isArray(aud) ? aud : [aud];
    if (sub !== client.clientId) return false;
    if (!named.some((each) => audiences.includes(each as string))) return false;
    const word = !this.#behaviour.stringJti && typeof jti === 'number' ? String(jti) : jti;
    if (typeof word !== 'string' || word.length === 0 || word.length > longestJti) return false;
    if (typeof exp !== 'number' || exp <= now || exp > now + longestLifetime) return false;
    return [nbf, iat].every(
      (from) =>
        from === undefined || (typeof from === 'number' && from <= now && exp - from <= longestLifetime),
    );
  }

  /** Tries the cached keys; when they fail fetches once more, never more than once for an assertion. */
  async #isSigned(assertion: string, client: Client): Promise<boolean> {
    const { jwks, jwksUrl } = client;
    // Keys handed over by hand are RSA only, and are of use only where the release still takes them.
    if (jwks && (client.instanceOf || this.#behaviour.staticKeys)) {
      if (await isSignedBy(assertion, jwks, staticAlgorithms)) return true;
    }
    if (jwksUrl === undefined) return false;
    const cached = this.#keySets.cached(jwksUrl);
    if (cached && (await isSignedBy(assertion, cached))) return true;
    try {
      return await isSignedBy(assertion, await this.#keySets.fetch(jwksUrl));
    } catch {
      return false;
    }
  }

  #isFirstUse(client: Client, jti: string, exp: number, now: number): boolean {
    for (const [key, until] of this.#used) if (until < now) this.#used.delete(key);
    const key = `${client.clientId}\n${jti}`;
    if (this.#used.has(key)) return false;
    this.#used.set(key, exp);
    return true;
  }
}

async function isSignedBy(
  assertion: string,
  keys: JSONWebKeySet,
  accepted: readonly string[] = algorithms,
): Promise<boolean> {
  const options = { algorithms: [...accepted] };
  try {
    await compactVerify(assertion, createLocalJWKSet(keys), options);
    return true;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return false;
    // No kid, and several keys that could be meant: each is tried.
    for await (const key of error) {
      try {
        await compactVerify(assertion, key, options);
        return true;
      } catch {
        // Not this one.
      }
    }
    return false;
  }
}
