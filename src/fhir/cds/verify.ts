/**
 * Proves who calls a CDS service (CDS Hooks 2.0, "Trusting CDS clients"): a signed token whose key set stands on our list.
 * The list is the trust: the address of keys in a token's own header is followed only when it is on it.
 */
import { createLocalJWKSet, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Clock } from '../../std/index.ts';
import type { Http } from '../http.ts';

export interface CdsTrust {
  /** `iss`. */
  readonly issuer: string;
  /** Addresses of key sets that may vouch for it. */
  readonly keySets: readonly string[];
  /** `aud`: any of these. */
  readonly audience: readonly string[];
}

export type CdsFault =
  | 'no token'
  | 'unreadable'
  | 'algorithm'
  | 'key set'
  | 'keys unreachable'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'time'
  | 'life'
  | 'no id'
  | 'replayed';

export interface CdsVerifier {
  /** `null`: it is who it says. A token is good once: the second time it is `replayed`. */
  verify(token: string | undefined, trust: CdsTrust, signal?: AbortSignal): Promise<CdsFault | null>;
}

/** CDS Hooks asks for ES384 and RS384; nothing weaker, and never a shared secret. */
const ALGORITHMS = ['RS384', 'ES384'];
/** Clocks may differ by so much; seconds. */
const TOLERANCE = 60;
/** A token that lives longer is refused: its id would have to be remembered for as long. Seconds. */
const LONGEST_LIFE = 3_600;
/** Key sets are kept for as long as they say, within these; milliseconds. */
const KEPT = { least: 60_000, usual: 600_000, most: 86_400_000 };
/** An unknown key makes the set be fetched anew, not more often than this; milliseconds. */
const NOT_AGAIN_FOR = 30_000;
/** Ids remembered at once, before those that end first are forgotten. */
const MOST_IDS = 500_000;

interface KeySet {
  readonly keys: ReturnType<typeof createLocalJWKSet>;
  readonly until: number;
  readonly fetched: number;
}

export function createCdsVerifier(options: {
  readonly http: Http;
  readonly clock: Clock;
  /** Ids that others remember, too: false when it was used before. Left out: this verifier's own memory. */
  readonly used?: (id: string, until: number) => Promise<boolean>;
}): CdsVerifier {
  const { http, clock } = options;
  const sets = new Map<string, KeySet>();
  const flights = new Map<string, Promise<KeySet>>();
  const used = new Map<string, number>();
  let swept = 0;

  async function fetchSet(address: string): Promise<KeySet> {
    const reply = await http.send({
      url: new URL(address),
      method: 'GET',
      headers: { accept: 'application/json' },
    });
    if (reply.status !== 200) throw new Error(`key set answered ${reply.status}`);
    const set = JSON.parse(reply.body.toString()) as JSONWebKeySet;
    const maxAge = Number(/max-age=(\d+)/.exec(reply.headers['cache-control'] ?? '')?.[1]);
    const life = Number.isNaN(maxAge) ? KEPT.usual : maxAge * 1_000;
    const fetched = clock.elapsed();
    const until = fetched + Math.min(KEPT.most, Math.max(KEPT.least, life));
    const kept = { keys: createLocalJWKSet(set), until, fetched };
    sets.set(address, kept);
    return kept;
  }

  /** One fetch at a time, whoever waits for it. */
  function fresh(address: string): Promise<KeySet> {
    let flight = flights.get(address);
    if (flight === undefined) {
      flight = fetchSet(address).finally(() => flights.delete(address));
      flights.set(address, flight);
    }
    return flight;
  }

  async function setAt(address: string): Promise<KeySet> {
    const kept = sets.get(address);
    if (kept && clock.elapsed() < kept.until) return kept;
    // What is old is better than nothing while their server is away.
    return fresh(address).catch((error: unknown) => {
      if (kept) return kept;
      throw error;
    });
  }

  /** @throws jose's errors, or the fetch's. */
  async function check(token: string, address: string, trust: CdsTrust) {
    const settings = {
      algorithms: ALGORITHMS,
      issuer: trust.issuer,
      audience: [...trust.audience],
      clockTolerance: TOLERANCE,
      currentDate: new Date(clock.now()),
      requiredClaims: ['iss', 'aud', 'exp', 'iat', 'jti'],
    };
    const kept = await setAt(address);
    try {
      return await jwtVerify(token, kept.keys, settings);
    } catch (error) {
      // A key that was published since: the set is asked for once more.
      const unknown = error instanceof errors.JWKSNoMatchingKey;
      if (!unknown || clock.elapsed() - kept.fetched < NOT_AGAIN_FOR) throw error;
      return jwtVerify(token, (await fresh(address)).keys, settings);
    }
  }

  function remember(key: string, until: number): boolean {
    const now = clock.now();
    if (now - swept > 60_000 || used.size >= MOST_IDS) {
      swept = now;
      for (const [each, end] of used) if (end < now) used.delete(each);
      for (const [each] of used) {
        if (used.size < MOST_IDS) break;
        used.delete(each);
      }
    }
    if (used.has(key)) return false;
    used.set(key, until);
    return true;
  }

  return {
    async verify(token, trust) {
      if (token === undefined || token === '') return 'no token';
      let header: ReturnType<typeof decodeProtectedHeader>;
      try {
        header = decodeProtectedHeader(token);
      } catch {
        return 'unreadable';
      }
      if (!ALGORITHMS.includes(header.alg ?? '')) return 'algorithm';
      const named = (header as { jku?: unknown }).jku;
      if (named !== undefined && !trust.keySets.includes(String(named))) return 'key set';
      const candidates = named === undefined ? trust.keySets : [String(named)];
      let fault: CdsFault = 'key set';
      for (const address of candidates) {
        try {
          const { payload } = await check(token, address, trust);
          const { jti, exp = 0, iat = 0 } = payload;
          if (typeof jti !== 'string' || jti === '') return 'no id';
          if (exp - iat > LONGEST_LIFE) return 'life';
          const id = `${trust.issuer}\n${jti}`;
          const until = (exp + TOLERANCE) * 1_000;
          const first = remember(id, until) && (await (options.used?.(id, until) ?? true));
          return first ? null : 'replayed';
        } catch (error) {
          fault = faultOf(error);
        }
      }
      return fault;
    },
  };
}

function faultOf(error: unknown): CdsFault {
  if (error instanceof errors.JWTExpired) return 'time';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'issuer';
    if (error.claim === 'aud') return 'audience';
    if (error.claim === 'jti') return 'no id';
    return 'time';
  }
  if (error instanceof errors.JOSEError) return 'signature';
  return 'keys unreachable';
}

/** The issuer that a token names: whose trust it is to be judged by. Proves nothing. */
export function claimedIssuer(token: string | undefined): string | undefined {
  try {
    const [, body = ''] = (token ?? '').split('.');
    const { iss } = JSON.parse(Buffer.from(body, 'base64url').toString()) as { iss?: unknown };
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}
