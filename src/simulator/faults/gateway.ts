import type { Behaviour } from '../profile/index.ts';

/** What a site's gateway lets through: a bucket that fills by the second. Epic itself has none. */
export class Gateway {
  readonly #behaviour: Pick<Behaviour, 'requestsPerSecond'>;
  readonly #now: () => number;
  #level = 0;
  #at = 0;

  constructor(behaviour: Pick<Behaviour, 'requestsPerSecond'>, now: () => number) {
    this.#behaviour = behaviour;
    this.#now = now;
  }

  /** Whether one more request goes through. */
  admits(): boolean {
    const limit = this.#behaviour.requestsPerSecond;
    if (limit === 0) return true;
    const now = this.#now();
    this.#level = Math.max(0, this.#level - ((now - this.#at) / 1000) * limit);
    this.#at = now;
    if (this.#level + 1 > limit) return false;
    this.#level += 1;
    return true;
  }
}
