import { TABLES } from './0002.ts';
import { HISTORY } from './history.ts';

/**
 * In order; the first brings an empty file to its version. Numbers are never reused or changed. Files of version 1, from
 * before the first release, are refused.
 */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 2, sql: TABLES },
  { version: 3, sql: HISTORY },
];
