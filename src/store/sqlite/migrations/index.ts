import { TABLES } from './0002.ts';
import { RELEASED } from './released.ts';
import { SLEEPING } from './sleeping.ts';

/**
 * In order; the first brings an empty file to its version. Numbers are never reused or changed. Files of version 1, from
 * before the first release, are refused.
 */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 2, sql: TABLES },
  { version: 4, sql: RELEASED },
  { version: 5, sql: SLEEPING },
];
