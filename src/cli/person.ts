/** Who gives a command: the system's user; or with `--as` a user of the console, who says the password. */
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { accountName, commandLineName, createPasswords, isRole, roleAllows } from '../api/index.ts';
import { Failure, systemClock } from '../std/index.ts';
import type { Store } from '../store/index.ts';

/** The name by which the system knows the process's user: of the user id, so that no variable changes it. */
export function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/** As the audit trail and deployments name it: `cli:kim`. */
export const person = (): string => commandLineName(encodeURIComponent(systemUser()));

/** The password of a user, from the terminal without showing it, else the first line of standard input. */
export async function askPassword(user: string): Promise<string> {
  const { stdin, stderr } = process;
  const terminal = stdin.isTTY === true;
  if (terminal) stderr.write(`Password of ${user}: `);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return await Promise.race([lines.question(''), ended]);
  } finally {
    lines.close();
    if (terminal) stderr.write('\n');
  }
}

const notRight = (user: string): Failure =>
  new Failure({
    code: 'SIGN_IN_WRONG',
    kind: 'config',
    message: `Name or password of "${user}" is not right. Nothing was done.`,
    fix: 'Sign in as a user of the console; an administrator adds one there, under Administration.',
  });

/** The session's cookie, of the running engine. @throws Failure `SIGN_IN_WRONG`, `SIGN_IN_LATER` */
export async function signIn(url: string, user: string, password: string): Promise<string> {
  const answer = await fetch(`${url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ name: user, password }),
  });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (answer.status === 303 && cookie !== undefined) return cookie;
  if (answer.status !== 429) throw notRight(user);
  throw new Failure({
    code: 'SIGN_IN_LATER',
    kind: 'rejected',
    message: `Too many failed attempts to sign in as "${user}".`,
    fix: `Try again in ${answer.headers.get('retry-after') ?? '60'} s.`,
  });
}

/** The same without an engine: the user's name as it is kept. @throws Failure `SIGN_IN_WRONG` */
export async function provenUser(store: Store, typed: string, password: string): Promise<string> {
  const user = await store.user(accountName(typed));
  const right = await createPasswords().verify(password, user?.password ?? null);
  const may =
    user !== null && right && !user.disabled && isRole(user.role) && roleAllows(user.role, 'operator');
  const who = user?.name ?? 'unknown';
  const facts = { result: may ? 'ok' : 'failed' };
  await store.audit([{ at: systemClock.now(), who, act: 'sign-in', on: 'command line', facts }]);
  if (!may) throw notRight(typed);
  return who;
}
