import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ApiFailure } from '../failures.ts';

/**
 * scrypt with N = 2^15, r = 8, p = 3: one of the equal-strength settings of the OWASP password storage
 * guide. It takes 32 MiB for the time of one hash; (2^17, 8, 1) is as strong and would take 128 MiB.
 */
export const PASSWORD_COST = { ln: 15, r: 8, p: 3 } as const;

/** Shorter ones are refused. No composition rules and no expiry, as NIST SP 800-63B advises. */
export const PASSWORD_MIN = 12;
/** Longer ones are refused before hashing. */
export const PASSWORD_MAX = 256;

const KEY_BYTES = 32;
/** How many may wait for the one hash that runs: more are told to come back. */
const WAITING_MAX = 24;

export interface Passwords {
  /** `scrypt$ln=15,r=8,p=3$<salt>$<key>`, base64url. */
  hash(password: string): Promise<string>;
  /** With `null` (no such user) it takes the same time and is false. */
  verify(password: string, stored: string | null): Promise<boolean>;
}

/** The same password typed on two keyboards may differ in bytes: NFKC makes it one. */
function derive(password: string, salt: Buffer, cost: { ln: number; r: number; p: number }): Promise<Buffer> {
  const N = 2 ** cost.ln;
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFKC'),
      salt,
      KEY_BYTES,
      { N, r: cost.r, p: cost.p, maxmem: 2 * 128 * N * cost.r },
      (error, key) => (error ? reject(error) : resolve(key)),
    );
  });
}

function parse(
  stored: string,
): { cost: { ln: number; r: number; p: number }; salt: Buffer; key: Buffer } | null {
  const match = /^scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(stored);
  if (!match) return null;
  return {
    cost: { ln: Number(match[1]), r: Number(match[2]), p: Number(match[3]) },
    salt: Buffer.from(match[4] as string, 'base64url'),
    key: Buffer.from(match[5] as string, 'base64url'),
  };
}

/** Hashes one after the other, so that a flood of sign-ins takes neither the memory nor the thread pool. */
export function createPasswords(): Passwords {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const nobody = randomBytes(16);

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (waiting >= WAITING_MAX) throw new ApiFailure('API_BUSY', 'Too many sign-ins at once.', 5);
    waiting += 1;
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  }

  return {
    async hash(password) {
      const salt = randomBytes(16);
      const key = await inTurn(() => derive(password, salt, PASSWORD_COST));
      const { ln, r, p } = PASSWORD_COST;
      return `scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
    },
    async verify(password, stored) {
      const known = stored === null ? null : parse(stored);
      const key = await inTurn(() => derive(password, known?.salt ?? nobody, known?.cost ?? PASSWORD_COST));
      return known !== null && known.key.length === key.length && timingSafeEqual(known.key, key);
    },
  };
}
