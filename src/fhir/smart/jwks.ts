/** Signing keys of a client: made here, published as a JWK Set, named by their thumbprint. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** SMART asks every server to support these two; Epic takes ES384 only with a published key set. */
export type SigningAlgorithm = 'RS384' | 'ES384';

export interface SigningKey {
  /** RFC 7638 thumbprint (SHA-256): the same key has the same name everywhere. */
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateJwk: Readonly<Record<string, unknown>>;
}

export interface SigningKeyPair extends SigningKey {
  /** As it stands in a JWK Set. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/**
 * A new key pair: RSA of 3072 bits unless told otherwise.
 * @example
 * const key = await makeSigningKey();
 * const set = { keys: [key.publicJwk] }; // serve it at /.well-known/jwks.json
 */
export async function makeSigningKey(alg: SigningAlgorithm = 'RS384'): Promise<SigningKeyPair> {
  const { privateKey } = await generateKeyPair(alg, {
    extractable: true,
    ...(alg === 'RS384' ? { modulusLength: 3072 } : {}),
  });
  const jwk = await exportJWK(privateKey);
  const key = { kid: await calculateJwkThumbprint(jwk), alg, privateJwk: { ...jwk } };
  return { ...key, publicJwk: { ...publicJwk(key) } };
}

/** The members that may be shown, named one by one: what is not known to be public stays secret. */
const PUBLIC_MEMBERS = ['kty', 'n', 'e', 'crv', 'x', 'y'] as const;

/** The public half, ready for a JWK Set. */
export function publicJwk(key: SigningKey): JWK {
  const shown: Record<string, unknown> = {};
  for (const member of PUBLIC_MEMBERS) {
    if (key.privateJwk[member] !== undefined) shown[member] = key.privateJwk[member];
  }
  return { ...(shown as JWK), kid: key.kid, alg: key.alg, use: 'sig', key_ops: ['verify'] };
}
