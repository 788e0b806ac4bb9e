import { createHash } from 'node:crypto';
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose';

type Algorithm = 'RS256' | 'RS384';

interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly jwk: Record<string, unknown>;
}

/** Keys that the hospital signs with, and their published halves. The first is made when it is wanted. */
export class SigningKeys {
  readonly #algorithm: Algorithm;
  #current: Promise<SigningKey> | undefined;
  #earlier: SigningKey[] = [];

  constructor(algorithm: Algorithm) {
    this.#algorithm = algorithm;
  }

  async sign(claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { kid, privateKey } = await this.#key();
    return new SignJWT(claims)
      .setProtectedHeader({ ...header, alg: this.#algorithm, kid, typ: 'JWT' })
      .sign(privateKey);
  }

  /** The JWK Set as it stands at its address. */
  async published(): Promise<JSONWebKeySet> {
    const keys = [...this.#earlier, await this.#key()];
    return { keys: keys.map(({ jwk }) => jwk) } as unknown as JSONWebKeySet;
  }

  /** Signs with a new key from now on; the one before stays published, or goes at once. */
  async rotate(keepEarlier: boolean): Promise<void> {
    const before = await this.#key();
    this.#current = makeKey(this.#algorithm);
    await this.#current;
    this.#earlier = keepEarlier ? [...this.#earlier, before].slice(-3) : [];
  }

  #key(): Promise<SigningKey> {
    this.#current ??= makeKey(this.#algorithm);
    return this.#current;
  }
}

async function makeKey(algorithm: Algorithm): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = await exportJWK(publicKey);
  // The kid as observed: base64 of the key's SHA-256.
  const kid = createHash('sha256').update(`${jwk.n}.${jwk.e}`).digest('base64');
  return { kid, privateKey, jwk: { ...jwk, kid, use: 'sig', alg: algorithm } };
}
