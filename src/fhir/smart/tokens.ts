/** What whoever asks an EHR needs of its tokens, however they were come by. */
export interface Tokens {
  /** A token that is good for now; waits while one is fetched. Throws a Failure: auth, config, throttle ... */
  get(signal: AbortSignal): Promise<string>;
  /** The server refused this token: the next `get` fetches another. Does nothing when that has happened already. */
  invalidate(token: string): void;
  /** Scopes of the last token, as the server spelled them; `undefined` when it did not say. */
  granted(): string | undefined;
}
