import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { SigningKeys } from '../oauth/signing-keys.ts';
import type { BadToken } from './misbehaviour.ts';
import type { HookService } from './services.ts';

/** Where Epic publishes the keys it signs hook requests with, below the root of the instance. */
export const hookKeysPath = '/api/epic/2019/Security/Open/PublicKeys/530013/530013';
/** Where a stranger publishes a key: good in itself, and nobody whom a service should trust. */
export const strangeKeysPath = '/elsewhere/keys';

const lifetimeSeconds = 900;
const earlierSeconds = 300;

/** The tokens that prove who calls a service, good ones and bad ones. */
export class CallerTokens {
  readonly own = new SigningKeys('RS384');
  readonly strange = new SigningKeys('RS384');
  readonly #now: () => number;
  readonly #addresses: () => {
    readonly fhirBase: string;
    readonly keysUrl: string;
    readonly strangeKeysUrl: string;
  };
  /** By service: the last good token, for a replay. */
  readonly #last = new Map<string, string>();

  constructor(
    now: () => number,
    addresses: () => { readonly fhirBase: string; readonly keysUrl: string; readonly strangeKeysUrl: string },
  ) {
    this.#now = now;
    this.#addresses = addresses;
  }

  /** The value of the Authorization header; undefined when none is sent. */
  async header(service: HookService, bad?: BadToken): Promise<string | undefined> {
    if (bad === 'missing') return undefined;
    const last = this.#last.get(service.id);
    if (bad === 'replayed' && last) return `Bearer ${last}`;
    const token = await this.#make(service, bad);
    if (bad === undefined) this.#last.set(service.id, token);
    return `Bearer ${token}`;
  }

  async #make(service: HookService, bad: BadToken | undefined): Promise<string> {
    const { fhirBase, keysUrl, strangeKeysUrl } = this.#addresses();
    const now = Math.floor(this.#now() / 1000);
    const shift = bad === 'expired' ? -2 * lifetimeSeconds : bad === 'not-yet' ? 2 * lifetimeSeconds : 0;
    const claims: JWTPayload = {
      iss: bad === 'wrong-issuer' ? 'https://another.hospital.test/api/FHIR/R4' : fhirBase,
      aud: bad === 'wrong-audience' ? 'https://another.service.test' : service.audience,
      sub: service.subject,
      jti: randomUUID(),
      iat: now + shift,
      nbf: now + shift - earlierSeconds,
      exp: now + shift + lifetimeSeconds,
    };
    if (bad === 'unsigned') return unsigned(claims, keysUrl);
    const strange = bad === 'wrong-key' || bad === 'wrong-jku';
    return (strange ? this.strange : this.own).sign(claims, {
      jku: bad === 'wrong-jku' ? strangeKeysUrl : keysUrl,
    });
  }
}

/** `alg: none`: a token that says it needs no signature. */
function unsigned(claims: JWTPayload, jku: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT', jku })}.${part(claims)}.`;
}
