import { createHash } from 'node:crypto';
import { type Clock, secret } from '../../std/index.ts';
import type { Store, StoredSession, StoredUser } from '../../store/index.ts';

/** Without an act of the person. HIPAA 164.312(a)(2)(iii), automatic logoff. */
export const IDLE_LIMIT = 15 * 60_000;
/** However busy. */
export const ABSOLUTE_LIMIT = 12 * 60 * 60_000;
/** `usedAt` is written at most this often. */
const TOUCH_EVERY = 30_000;
/** Ended ids kept; a request is over long before so many sessions have ended. */
const ENDED_MAX = 10_000;

export interface Sessions {
  /** The cookie's value; only its hash is kept. */
  start(user: string): Promise<string>;
  /** `null`: unknown, idle for too long, too old, ended, or its user is disabled. */
  find(cookie: string): Promise<{ readonly session: StoredSession; readonly user: StoredUser } | null>;
  /** The same question by id, for a stream that is already open. */
  alive(id: string): Promise<boolean>;
  /** The person did something. */
  touch(session: StoredSession): Promise<void>;
  end(id: string): Promise<void>;
  /** Called with the id of each session that ends here; the function returned ends it. */
  onEnd(listener: (id: string) => void): () => void;
}

export function createSessions(store: Store, clock: Clock): Sessions {
  const listeners = new Set<(id: string) => void>();
  /** A request that was judged before a sign-out and touches after it must not bring the session back. */
  const ended = new Set<string>();
  const idOf = (cookie: string): string => createHash('sha256').update(cookie).digest('base64url');

  async function end(id: string): Promise<void> {
    if (ended.size >= ENDED_MAX) ended.clear();
    ended.add(id);
    await store.endSession(id);
    for (const listener of listeners) listener(id);
  }

  async function load(id: string): Promise<{ session: StoredSession; user: StoredUser } | null> {
    const session = await store.session(id);
    if (!session) return null;
    const now = clock.now();
    if (now - session.usedAt >= IDLE_LIMIT || now - session.createdAt >= ABSOLUTE_LIMIT) {
      await end(id);
      return null;
    }
    const user = await store.user(session.user);
    return user && !user.disabled ? { session, user } : null;
  }

  return {
    async start(user) {
      const cookie = secret();
      const now = clock.now();
      await store.putSession({ id: idOf(cookie), user, createdAt: now, usedAt: now });
      return cookie;
    },
    find: (cookie) => load(idOf(cookie)),
    alive: async (id) => (await load(id)) !== null,
    async touch(session) {
      const now = clock.now();
      if (now - session.usedAt >= TOUCH_EVERY && !ended.has(session.id))
        await store.putSession({ ...session, usedAt: now });
    },
    end,
    onEnd(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
