/** Secrets, users and their sessions. */
import type { AuditEntry, StoredSession, StoredUser } from '../contract.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import type { Desk } from './desk.ts';

const PUT_SECRET =
  'INSERT INTO secret VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed';
const SECRET = 'SELECT sealed FROM secret WHERE name = $1';
const PUT_USER = `
INSERT INTO account (name, role, password, created_at, disabled) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE SET role = excluded.role, password = excluded.password, disabled = excluded.disabled`;
const USER = 'SELECT * FROM account WHERE name = $1';
const USERS = 'SELECT * FROM account ORDER BY name';
const PUT_SESSION = `
INSERT INTO session (id, account, created_at, used_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at`;
const SESSION = 'SELECT * FROM session WHERE id = $1';
const END_SESSION = 'DELETE FROM session WHERE id = $1';
const FORGET_SESSIONS = 'DELETE FROM session WHERE used_at < $1';
const END_SESSIONS_OF = 'DELETE FROM session WHERE account = $1';

/** A session that nobody used for so long is of no use to anyone, in milliseconds. */
const SESSION_KEPT = 30 * 24 * 3_600_000;

interface UserColumns {
  readonly name: string;
  readonly role: string;
  readonly password: string;
  readonly created_at: number;
  readonly disabled: boolean;
}

const userFrom = (row: UserColumns): StoredUser => ({
  name: row.name,
  role: row.role,
  password: row.password,
  createdAt: row.created_at,
  disabled: row.disabled,
});

export function accountDesk(desk: Desk) {
  const { keys, read, writers } = desk;
  return {
    async putSecret(name: string, value: string): Promise<void> {
      const sealed = Buffer.from(keys.vault.seal('secret', name, Buffer.from(value)));
      await again(() => writers.other.ask(PUT_SECRET, [name, sealed]));
    },
    async getSecret(name: string): Promise<string | null> {
      const [row] = await read<{ sealed: Uint8Array }>(SECRET, [name]);
      if (!row) return null;
      await keys.fetch([row.sealed]);
      return Buffer.from(keys.vault.open('secret', name, row.sealed)).toString();
    },
    putUser: (user: StoredUser, entry: AuditEntry): Promise<void> =>
      again(() =>
        writers.other.transaction(async (ask) => {
          await ask(PUT_USER, [user.name, user.role, user.password, user.createdAt, user.disabled]);
          if (user.disabled) await ask(END_SESSIONS_OF, [user.name]);
          await addAudit(desk, ask, [entry]);
        }),
      ),
    async user(name: string): Promise<StoredUser | null> {
      const [row] = await read<UserColumns>(USER, [name]);
      return row ? userFrom(row) : null;
    },
    users: async (): Promise<readonly StoredUser[]> => (await read<UserColumns>(USERS)).map(userFrom),
    putSession: (session: StoredSession): Promise<void> =>
      again(() =>
        writers.other.transaction(async (ask) => {
          await ask(FORGET_SESSIONS, [session.usedAt - SESSION_KEPT]);
          await ask(PUT_SESSION, [session.id, session.user, session.createdAt, session.usedAt]);
        }),
      ),
    async session(id: string): Promise<StoredSession | null> {
      const [row] = await read<{ account: string; created_at: number; used_at: number }>(SESSION, [id]);
      if (!row) return null;
      return { id, user: row.account, createdAt: row.created_at, usedAt: row.used_at };
    },
    async endSession(id: string): Promise<void> {
      await again(() => writers.other.ask(END_SESSION, [id]));
    },
  };
}
