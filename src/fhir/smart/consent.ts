/** Tokens that a person's consent gave: the code for tokens, then refresh tokens for as long as the EHR allows. */
import { type Clock, Failure, type FailureOptions } from '../../std/index.ts';
import { fhirFailure } from '../failures.ts';
import { type Http, unwatched, type Watch } from '../http.ts';
import type { Asked } from './authorize.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import type { SmartConfiguration } from './discover.ts';
import { type Person, personOf } from './id-token.ts';
import { type KeptGrant, keepTokens, keptJson, keptOf, withGranted } from './keep-tokens.ts';
import type { SharedSlot } from './slot.ts';
import { type Granted, requestToken } from './token-request.ts';
import type { Tokens } from './tokens.ts';

export interface ConsentOptions {
  readonly http: Http;
  readonly clock: Clock;
  readonly clientId: string;
  readonly fhirBase: string;
  readonly authentication: ClientAuthentication;
  readonly smart: (signal: AbortSignal) => Promise<SmartConfiguration>;
  readonly slot: SharedSlot;
  /** Only these may connect: `Practitioner/abc`, or an id token's subject. Left out: whoever the EHR lets in. */
  readonly persons?: readonly string[];
  readonly watch?: Watch;
}

/** What a consent came to, for people: nothing secret in it. */
export interface ConsentFacts {
  readonly at: number;
  /** Staff by their id (`Practitioner/abc`), patients without; `null`: the EHR did not say. */
  readonly person: string | null;
  readonly asked: readonly string[];
  /** As the server spelled them; `null`: it did not say. */
  readonly granted: readonly string[] | null;
  /** Without one it ends with the first token. */
  readonly renewable: boolean;
  /** Until when the present token is good; milliseconds since 1970. */
  readonly goodUntil: number;
  /** It cannot be renewed any more. */
  readonly ended: boolean;
}

export interface ConsentTokens extends Tokens {
  /** The code that the browser brought, for tokens; they take the place of those before. */
  redeem(request: {
    readonly code: string;
    readonly asked: Asked;
    readonly redirectUri: string;
    readonly signal: AbortSignal;
  }): Promise<ConsentFacts>;
  /** `null`: nobody has consented. */
  facts(): Promise<ConsentFacts | null>;
  /** Launch context of the consent: `patient`, `encounter`. May name a patient: never in a log. */
  context(): Promise<Readonly<Record<string, string>>>;
  /** The tokens are thrown away. */
  disconnect(): Promise<void>;
}

/** Staff by their id; whoever is a patient, or may be, without one. */
function shown(person: string | null): string | null {
  if (person === null || /^(Practitioner|PractitionerRole)\//.test(person)) return person;
  if (person.startsWith('Patient/')) return 'a patient';
  return person.startsWith('RelatedPerson/') ? 'a patient’s relative' : 'a person without a name in FHIR';
}

export function createConsentTokens(options: ConsentOptions): ConsentTokens {
  const { http, clock, clientId, authentication, slot, fhirBase, watch = unwatched } = options;

  async function ask(form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Granted> {
    const { tokenEndpoint: tokenUrl } = await options.smart(signal);
    const { result } = await requestToken({
      http,
      clock,
      watch,
      signal,
      tokenUrl,
      form,
      clientId,
      authentication,
    });
    if (result instanceof Failure) throw result;
    return result;
  }

  const kept = keepTokens({
    clock,
    slot,
    fetch(before, signal) {
      if (before.consent === undefined) throw fhirFailure('FHIR_CONSENT_NEEDED');
      if (before.ended !== undefined || before.refreshToken === undefined) throw ended(before);
      // The scopes that were consented to: less is not asked for, and more may not be.
      return ask({ grant_type: 'refresh_token', refresh_token: before.refreshToken }, signal).catch(
        (error) => {
          throw error instanceof Failure && error.code === 'FHIR_GRANT_REFUSED'
            ? ended(before, error)
            : error;
        },
      );
    },
    isEnd: ({ code }) => code === 'FHIR_CONSENT_ENDED',
  });

  const factsOf = (grant: KeptGrant): ConsentFacts | null =>
    grant.consent === undefined
      ? null
      : {
          at: grant.consent.at,
          asked: grant.consent.asked,
          person: shown(grant.consent.person),
          granted: grant.token?.scope?.split(' ').filter((scope) => scope !== '') ?? null,
          renewable: grant.refreshToken !== undefined,
          goodUntil: grant.token?.goodUntil ?? 0,
          ended: grant.ended !== undefined,
        };

  async function personIn(granted: Granted, asked: Asked, signal: AbortSignal): Promise<Person | undefined> {
    if (granted.idToken === undefined) return undefined;
    const { issuer, jwksUri } = await options.smart(signal);
    if (issuer === undefined) return undefined;
    const { idToken } = granted;
    return personOf({
      http,
      clock,
      idToken,
      issuer,
      jwksUri,
      clientId,
      nonce: asked.nonce,
      fhirBase,
      signal,
    });
  }

  return {
    get: kept.get,
    invalidate: kept.invalidate,
    granted: kept.granted,
    async redeem({ code, asked, redirectUri, signal }) {
      const granted = await ask(
        { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: asked.verifier },
        signal,
      );
      const person = await personIn(granted, asked, signal);
      const names = person ? [person.subject, ...(person.fhirUser ? [person.fhirUser] : [])] : [];
      if (options.persons !== undefined && !names.some((name) => options.persons?.includes(name))) {
        throw fhirFailure('FHIR_PERSON_NOT_ALLOWED');
      }
      for (;;) {
        const { version, now } = await slot.read();
        const consent = { at: now, person: person?.fhirUser ?? person?.subject ?? null, asked: asked.scopes };
        // Nothing of a consent before: another person's refresh token does not belong to this one.
        const next = withGranted({ consent }, granted, now);
        if (!(await slot.swap(version, keptJson(next)))) continue;
        kept.forget();
        return factsOf(next) as ConsentFacts;
      }
    },
    facts: async () => factsOf(keptOf((await slot.read()).value)),
    context: async () => keptOf((await slot.read()).value).context ?? {},
    async disconnect() {
      for (;;) {
        const { version } = await slot.read();
        if (version === 0 || (await slot.swap(version, null))) break;
      }
      kept.forget();
    },
  };
}

function ended({ refreshToken }: KeptGrant, cause?: Failure): Failure {
  const said: Partial<Omit<FailureOptions, 'code'>> =
    refreshToken === undefined
      ? { message: 'The consent gave no refresh token, and its token is over.' }
      : {};
  return fhirFailure('FHIR_CONSENT_ENDED', {
    ...said,
    ...(cause === undefined
      ? {}
      : { cause, ...(cause.detail === undefined ? {} : { detail: cause.detail }) }),
  });
}
