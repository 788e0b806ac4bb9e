import { randomBytes } from 'node:crypto';

/** A word of a length as Epic's have: in the form of a JWT, which it is not, or short. Nothing to parse. */
export function opaqueWord(format: 'jwt' | 'opaque', longest = 1052): string {
  const text = (length: number) => randomBytes(length).toString('base64url').slice(0, length);
  if (format === 'opaque') return text(64);
  const payload = longest - 120 - 164 - 2;
  return [`eyJ${text(117)}`, `eyJ${text(payload - 3)}`, text(164)].join('.');
}

interface Entry<T> {
  readonly value: T;
  readonly expires: number;
}

/** Things that are handed out for a while, by a secret word: codes, launches, sign-ins, tokens. Bounded. */
export class Handed<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #most: number;
  readonly #now: () => number;

  constructor(now: () => number, most = 10_000) {
    this.#now = now;
    this.#most = most;
  }

  get size(): number {
    return this.#entries.size;
  }

  put(word: string, value: T, expires: number): void {
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#most && !oldest.done) this.#entries.delete(oldest.value);
    this.#entries.set(word, { value, expires });
  }

  get(word: string): T | undefined {
    const entry = this.#entries.get(word);
    if (!entry) return undefined;
    if (entry.expires > this.#now()) return entry.value;
    this.#entries.delete(word);
    return undefined;
  }

  /** Gives it out for the last time. */
  take(word: string): T | undefined {
    const value = this.get(word);
    this.#entries.delete(word);
    return value;
  }

  expiryOf(word: string): number | undefined {
    return this.#entries.get(word)?.expires;
  }

  /** Ends everything, or what the test picks; tells how many. */
  end(picks: (value: T) => boolean = () => true): number {
    let ended = 0;
    for (const [word, { value }] of this.#entries) {
      if (!picks(value)) continue;
      this.#entries.delete(word);
      ended += 1;
    }
    return ended;
  }
}
