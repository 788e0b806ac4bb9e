import { z } from 'zod';
import { ApiFailure } from '../failures.ts';
import { PASSWORD_MAX, PASSWORD_MIN } from './password.ts';

/** Names that stand for programs in the audit trail. */
const RESERVED: ReadonlySet<string> = new Set(['cli', 'engine', 'unknown']);

export const roleSchema = z.enum(['viewer', 'operator', 'admin']);

/** Names are kept in lower case, so that `Kim` and `kim` are one person. */
export function accountName(typed: string): string {
  return typed.trim().toLowerCase();
}

/**
 * `cli:kim`: a person at the command line, by the name that the system knows; no account can be called so. Whoever has the
 * command line's token may say any name: it tells apart people who are honest, and no others.
 * @param said Percent-encoded; left out: `cli`.
 */
export function commandLineName(said: string | undefined): string {
  let name = '';
  try {
    name = decodeURIComponent(said ?? '');
  } catch {
    // Not encoded as it should be: no name.
  }
  const plain = accountName(name.replaceAll(/[^\p{L}\p{N}._@\\ -]/gu, '')).slice(0, 64);
  return plain === '' ? 'cli' : `cli:${plain}`;
}

/** Throws `API_BAD_REQUEST` with a sentence for a person. */
export function checkAccount(account: { name: string; password: string }): {
  name: string;
  password: string;
} {
  const name = accountName(account.name);
  if (!/^[a-z0-9][a-z0-9._@-]{0,63}$/.test(name)) {
    throw new ApiFailure(
      'API_BAD_REQUEST',
      'A name has letters, digits, and . _ - @ only, at most 64 of them.',
    );
  }
  if (RESERVED.has(name))
    throw new ApiFailure('API_BAD_REQUEST', 'This name stands for a program; choose another.');
  const length = [...account.password].length;
  if (length < PASSWORD_MIN)
    throw new ApiFailure('API_BAD_REQUEST', `The password needs at least ${PASSWORD_MIN} characters.`);
  if (length > PASSWORD_MAX)
    throw new ApiFailure('API_BAD_REQUEST', `The password has more than ${PASSWORD_MAX} characters.`);
  if (new Set(account.password).size < 4)
    throw new ApiFailure('API_BAD_REQUEST', 'The password repeats too few characters.');
  if (account.password.toLowerCase() === name)
    throw new ApiFailure('API_BAD_REQUEST', 'The password is the name.');
  return { name, password: account.password };
}
