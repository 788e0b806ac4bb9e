/** The signed statement by which a client proves who it is (SMART App Launch 2.2, "Client authentication: asymmetric"). */
import { importJWK, type JWK, SignJWT } from 'jose';
import { secret } from '../../std/index.ts';
import type { SigningKey } from './jwks.ts';

/** Seconds. The standard and Epic allow five minutes at most; one is left for clocks that differ. */
const LIFE = 240;

/**
 * @param now Milliseconds since 1970 by the server's clock as far as it is known: a statement from the future
 * is refused as much as one that is too old.
 */
export async function clientAssertion(options: {
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly key: SigningKey;
  readonly now: number;
  /** The address of the key set, exactly as it was registered. */
  readonly jku?: string;
}): Promise<string> {
  const { clientId, tokenUrl, key } = options;
  const issued = Math.floor(options.now / 1_000);
  return (
    new SignJWT()
      .setProtectedHeader({
        alg: key.alg,
        kid: key.kid,
        typ: 'JWT',
        ...(options.jku === undefined ? {} : { jku: options.jku }),
      })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(tokenUrl)
      // A text, never a number (Epic from November 2024), and never used again.
      .setJti(secret(24))
      .setIssuedAt(issued)
      .setExpirationTime(issued + LIFE)
      .sign(await importJWK(key.privateJwk as JWK, key.alg))
  );
}
