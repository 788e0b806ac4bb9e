/** The question to a person's browser: may this client have these scopes? (SMART App Launch, authorization code with PKCE.) */
import { createHash } from 'node:crypto';
import { secret } from '../../std/index.ts';
import { fhirFailure } from '../failures.ts';
import type { SmartConfiguration } from './discover.ts';

/** Kept until the browser comes back; a secret. */
export interface Asked {
  /** PKCE: sent only to the token endpoint. */
  readonly verifier: string;
  /** Comes back inside the id token. */
  readonly nonce: string;
  readonly scopes: readonly string[];
}

export interface AuthorizeOptions {
  readonly smart: SmartConfiguration;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** Unpredictable, tied to the browser and used once: the caller's to make and to judge. */
  readonly state: string;
  /** The FHIR base URL: the server whose data it is about. */
  readonly aud: string;
  /** EHR launch: what the EHR handed over, as it is. */
  readonly launch?: string;
}

/** Epic answers longer ones with an error of its web server. */
const LONGEST_URL = 2_000;

export const challengeOf = (verifier: string): string =>
  createHash('sha256').update(verifier).digest('base64url');

/**
 * The address for the browser. Throws `FHIR_NO_CONSENT` (config) when this server has no such way, or knows PKCE
 * only in a form that protects nothing (`plain`).
 */
export function authorizeUrl(options: AuthorizeOptions): { readonly url: URL; readonly asked: Asked } {
  const { smart, scopes, launch } = options;
  const { authorizationEndpoint, challengeMethods } = smart;
  if (authorizationEndpoint === undefined) {
    throw fhirFailure('FHIR_NO_CONSENT', {
      message: 'This server names no address where a person could consent.',
    });
  }
  // Servers from before PKCE name no method, and ignore the challenge; one that names others than S256 would use them.
  if (challengeMethods.length > 0 && !challengeMethods.includes('S256')) {
    throw fhirFailure('FHIR_NO_CONSENT', { message: 'This server does not know PKCE with S256.' });
  }
  const asked: Asked = { verifier: secret(48), nonce: secret(16), scopes };
  const url = new URL(authorizationEndpoint);
  const query: Record<string, string> = {
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: options.redirectUri,
    scope: scopes.join(' '),
    state: options.state,
    aud: options.aud,
    code_challenge: challengeOf(asked.verifier),
    code_challenge_method: 'S256',
    ...(launch === undefined ? {} : { launch }),
    ...(scopes.includes('openid') ? { nonce: asked.nonce } : {}),
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  // A launch token may be a long JWT; what we add ourselves must not be what makes it too long.
  if (url.href.length - (launch?.length ?? 0) > LONGEST_URL) {
    throw fhirFailure('FHIR_NO_CONSENT', {
      message: `The address for the browser would be ${url.href.length} characters long; servers take ${LONGEST_URL}.`,
      fix: 'Ask for fewer scopes in the connection.',
    });
  }
  return { url, asked };
}

/**
 * Scopes as this server spells them: v2 (`user/Patient.rs`) as they are, or v1 (`user/Patient.read`) where it knows only that.
 * @example spelled(['user/Patient.rs', 'openid'], ['permission-v1']) // ['user/Patient.read', 'openid']
 */
export function spelled(scopes: readonly string[], capabilities: readonly string[]): string[] {
  // A server of before SMART 2 says nothing of either.
  if (capabilities.includes('permission-v2')) return [...scopes];
  return [
    ...new Set(
      scopes.flatMap((scope) => {
        const parts = /^((?:patient|user|system)\/(?:\*|[A-Za-z]+))\.(c?r?u?d?s?)(?:\?.*)?$/.exec(scope);
        if (parts === null || parts[2] === '') return [scope];
        const [, what, actions = ''] = parts;
        const read = /[rs]/.test(actions) ? [`${what}.read`] : [];
        return [...read, ...(/[cud]/.test(actions) ? [`${what}.write`] : [])];
      }),
    ),
  ];
}
