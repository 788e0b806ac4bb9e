import type { DatabaseSync } from 'node:sqlite';
import { TABLES } from './0002.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { EXCHANGES } from './exchanges.ts';
import { HISTORY } from './history.ts';
import { LATE } from './late.ts';
import { LEARNING } from './learning.ts';
import { PARTED } from './parted.ts';
import { RELEASED } from './released.ts';
import { carryDead, REPLAY } from './replay.ts';
import { SLEEPING } from './sleeping.ts';
import { SLOTS } from './slots.ts';
import { WRITES } from './writes.ts';

/**
 * In order; the first brings an empty file to its version. Numbers are never reused or changed. Files of version 1, from
 * before the first release, are refused.
 */
export const MIGRATIONS: readonly {
  readonly version: number;
  readonly sql: string;
  /** What SQL alone cannot carry over; in the same transaction, after it. */
  readonly carry?: (database: DatabaseSync) => void;
}[] = [
  { version: 2, sql: TABLES },
  { version: 3, sql: HISTORY },
  { version: 4, sql: RELEASED },
  { version: 5, sql: SLEEPING },
  { version: 6, sql: REPLAY, carry: carryDead },
  { version: 7, sql: LATE },
  { version: 8, sql: PARTED },
  { version: 9, sql: WRITES },
  { version: 10, sql: LEARNING },
  { version: 11, sql: EXCHANGES },
  { version: 12, sql: SLOTS },
  { version: 13, sql: DEPLOYMENTS },
];
