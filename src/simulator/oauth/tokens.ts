import { randomBytes } from 'node:crypto';

interface Issued {
  readonly clientId: string;
  readonly expires: number;
}

// An Epic access token may be a JWT: 1,052 characters were observed. It is long, and nothing to parse.
const tokenParts = [120, 766, 164] as const;
const mostTokens = 10_000;

/** The access tokens in force. Each request gives another one, also to the same client. */
export class Tokens {
  readonly #issued = new Map<string, Issued>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(clientId: string, seconds: number): string {
    const now = this.#now();
    for (const [token, { expires }] of this.#issued) if (expires <= now) this.#issued.delete(token);
    const oldest = this.#issued.keys().next();
    if (this.#issued.size >= mostTokens && !oldest.done) this.#issued.delete(oldest.value);
    const token = tokenParts
      .map((length) => randomBytes(length).toString('base64url').slice(0, length))
      .join('.');
    this.#issued.set(token, { clientId, expires: now + seconds * 1000 });
    return token;
  }

  /** The client a token speaks for, while it is in force. */
  clientOf(token: string): string | undefined {
    const issued = this.#issued.get(token);
    return issued && issued.expires > this.#now() ? issued.clientId : undefined;
  }

  /** Ends every token at once. */
  expireAll(): void {
    this.#issued.clear();
  }
}
