import { createHash } from 'node:crypto';
import type { Behaviour } from '../profile/index.ts';
import { type Client, type Clients, isPublic } from './clients.ts';
import { Handed, opaqueWord } from './one-time.ts';
import type { Grant } from './tokens.ts';

/** What a client asks a person for. */
export interface Asked {
  readonly client: Client;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly challenge: string | undefined;
  readonly launch: string | undefined;
  readonly loginHint: string | undefined;
}

/** What an authorization code stands for until it is redeemed. */
export interface Code {
  readonly grant: Grant;
  readonly redirectUri: string;
  readonly challenge: string | undefined;
  readonly state: string | undefined;
}

/** The words of the page that Epic shows for every fault of an authorize request. */
export const somethingWrong =
  'Something went wrong trying to authorize the client. Please try logging in again.';
export const invalidLaunch = 'invalid_launch_token';

/** Ends on a page of the hospital, never on the client's redirect address. */
export class NotAuthorized extends Error {}

/** The rules of the authorize endpoint, without its pages. */
export class Authorizations {
  readonly #clients: Clients;
  readonly #behaviour: Behaviour;
  readonly #codes: Handed<Code>;
  readonly #now: () => number;

  constructor(clients: Clients, behaviour: Behaviour, now: () => number) {
    this.#clients = clients;
    this.#behaviour = behaviour;
    this.#now = now;
    this.#codes = new Handed(now);
  }

  /** Reads an authorize request; `audiences` are the FHIR bases of the hospital. Throws NotAuthorized. */
  read(parameters: URLSearchParams, audiences: readonly string[]): Asked {
    const one = (name: string): string | undefined => {
      const values = parameters.getAll(name).filter((value) => value !== '');
      if (values.length > 1) throw new NotAuthorized(somethingWrong);
      return values[0];
    };
    const client = this.#clients.get(one('client_id') ?? '');
    const redirectUri = one('redirect_uri');
    if (!client || client.instanceOf || !redirectUri) throw new NotAuthorized(somethingWrong);
    // Exact and case-sensitive, and never with a fragment.
    if (!client.redirectUris?.includes(redirectUri) || redirectUri.includes('#'))
      throw new NotAuthorized(somethingWrong);
    if (one('response_type') !== 'code') throw new NotAuthorized(somethingWrong);
    this.#judgeAudience(one('aud'), audiences);
    const scopes = (one('scope') ?? '').split(/\s+/).filter((scope) => scope !== '');
    const launch = one('launch');
    if (launch !== undefined && !scopes.includes('launch')) throw new NotAuthorized(somethingWrong);
    return {
      client,
      redirectUri,
      scopes,
      launch,
      state: one('state'),
      nonce: one('nonce'),
      challenge: this.#challenge(client, one('code_challenge'), one('code_challenge_method')),
      loginHint: this.#behaviour.loginHint === 'prefilled' ? one('login_hint') : undefined,
    };
  }

  /** Hands out a code for a grant; gives the address that the browser goes back to. */
  redirect(asked: Asked, grant: Grant): string {
    const word = opaqueWord(this.#behaviour.tokenFormat, 400);
    const { redirectUri, challenge, state } = asked;
    this.#codes.put(
      word,
      { grant, redirectUri, challenge, state },
      this.#now() + this.#behaviour.codeSeconds * 1000,
    );
    return back(asked, { code: word });
  }

  /** Redeems a code: once, whatever comes of it. */
  redeem(word: string): Code | undefined {
    return this.#codes.take(word);
  }

  #judgeAudience(aud: string | undefined, audiences: readonly string[]): void {
    if (aud === undefined && !this.#behaviour.audRequired) return;
    const plain = aud?.replace(/\/$/, '');
    if (plain === undefined || !audiences.includes(plain)) throw new NotAuthorized(somethingWrong);
  }

  #challenge(client: Client, challenge: string | undefined, method: string | undefined): string | undefined {
    if (this.#behaviour.pkce === 'ignored') return undefined;
    if (challenge === undefined) {
      if (this.#behaviour.pkce === 'required' && isPublic(client)) throw new NotAuthorized(somethingWrong);
      return undefined;
    }
    // `plain`, which is also what an absent method means, is not supported.
    if (method !== 'S256' || !/^[\w-]{43}$/.test(challenge)) throw new NotAuthorized(somethingWrong);
    return challenge;
  }
}

/** The client's redirect address with an answer, and the state it gave. */
export function back({ redirectUri, state }: Asked, answer: Readonly<Record<string, string>>): string {
  const address = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) address.searchParams.append(name, value);
  if (state !== undefined) address.searchParams.append('state', state);
  return address.href;
}

/** Whether a code_verifier is the one a challenge was made of. */
export function fits(verifier: string | undefined, challenge: string): boolean {
  if (verifier === undefined || !/^[\w.~-]{43,128}$/.test(verifier)) return false;
  return createHash('sha256').update(verifier).digest('base64url') === challenge;
}
