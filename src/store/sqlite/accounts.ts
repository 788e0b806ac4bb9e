/** Secrets, users and their sessions. */
import type { AuditEntry, StoredSession, StoredUser } from '../contract.ts';
import type { AuditLog } from './audit.ts';
import type { Desk, View } from './desk.ts';

const PUT_SECRET = 'INSERT INTO secret VALUES (?, ?) ON CONFLICT DO UPDATE SET sealed = excluded.sealed';
const SECRET = 'SELECT sealed FROM secret WHERE name = ?';
const PUT_USER = `
INSERT INTO user (name, role, password, created_at, disabled) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET role = excluded.role, password = excluded.password, disabled = excluded.disabled`;
const USER = 'SELECT * FROM user WHERE name = ?';
const USERS = 'SELECT * FROM user ORDER BY name';
const PUT_SESSION = `
INSERT INTO session (id, user, created_at, used_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET used_at = excluded.used_at`;
const SESSION = 'SELECT * FROM session WHERE id = ?';
const END_SESSION = 'DELETE FROM session WHERE id = ?';
const FORGET_SESSIONS = 'DELETE FROM session WHERE used_at < ?';
const END_SESSIONS_OF = 'DELETE FROM session WHERE user = ?';

/** A session that nobody used for so long is of no use to anyone, in milliseconds. */
const SESSION_KEPT = 30 * 24 * 3_600_000;

export function accountWriter({ database, vault }: Desk, audit: AuditLog) {
  const putSecret = database.prepare(PUT_SECRET);
  const putUser = database.prepare(PUT_USER);
  const putSession = database.prepare(PUT_SESSION);
  const endSession = database.prepare(END_SESSION);
  const forgetSessions = database.prepare(FORGET_SESSIONS);
  const endSessionsOf = database.prepare(END_SESSIONS_OF);
  return {
    putSecret(name: string, value: string): null {
      putSecret.run(name, vault.seal('secret', name, Buffer.from(value)));
      return null;
    },
    putUser(user: StoredUser, entry: AuditEntry): null {
      putUser.run(user.name, user.role, user.password, user.createdAt, user.disabled ? 1 : 0);
      if (user.disabled) endSessionsOf.run(user.name);
      audit.add([entry]);
      return null;
    },
    putSession(session: StoredSession): null {
      forgetSessions.run(session.usedAt - SESSION_KEPT);
      putSession.run(session.id, session.user, session.createdAt, session.usedAt);
      return null;
    },
    endSession(id: string): null {
      endSession.run(id);
      return null;
    },
  };
}

function userFrom(row: Record<string, unknown>): StoredUser {
  return {
    name: row.name as string,
    role: row.role as string,
    password: row.password as string,
    createdAt: row.created_at as number,
    disabled: row.disabled === 1,
  };
}

export function accountReader({ database, vault }: View) {
  const secret = database.prepare(SECRET);
  const user = database.prepare(USER);
  const users = database.prepare(USERS);
  const session = database.prepare(SESSION);
  return {
    getSecret(name: string): string | null {
      const row = secret.get(name);
      return row ? Buffer.from(vault.open('secret', name, row.sealed as Uint8Array)).toString() : null;
    },
    user(name: string): StoredUser | null {
      const row = user.get(name);
      return row ? userFrom(row) : null;
    },
    users: (): StoredUser[] => users.all().map(userFrom),
    session(id: string): StoredSession | null {
      const row = session.get(id);
      if (!row) return null;
      return {
        id,
        user: row.user as string,
        createdAt: row.created_at as number,
        usedAt: row.used_at as number,
      };
    },
  };
}
