import { createHash, timingSafeEqual } from 'node:crypto';
import { secret } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';

/**
 * The one-time link that creates the first user. There is no default user and no default password: whoever
 * started the program sees the link on its console. It is kept in memory only, so a restart makes a new one.
 */
export interface FirstUserToken {
  /** A token while there is no user; the same until it is used. `null` when there is a user. */
  issue(): Promise<string | null>;
  valid(token: string): Promise<boolean>;
  /**
   * Runs `create` with the token taken, so that two requests with it cannot both create. When `create`
   * throws, the token is good again. False: not valid, and nothing was run.
   */
  use(token: string, create: () => Promise<void>): Promise<boolean>;
}

export function createFirstUserToken(store: Store): FirstUserToken {
  let current: string | null = null;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const nobody = async (): Promise<boolean> => (await store.users()).length === 0;
  const matches = (token: string): boolean =>
    current !== null && timingSafeEqual(digest(token), digest(current));

  return {
    async issue() {
      if (!(await nobody())) return null;
      current ??= secret();
      return current;
    },
    valid: async (token) => matches(token) && (await nobody()),
    async use(token, create) {
      if (!matches(token)) return false;
      const taken = current;
      current = null;
      if (!(await nobody())) return false;
      try {
        await create();
        return true;
      } catch (error) {
        current = taken;
        throw error;
      }
    },
  };
}
