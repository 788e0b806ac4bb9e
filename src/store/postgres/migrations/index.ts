/** In order; a released one is never changed. One file a version. */
import { TABLES } from './0001.ts';
import { FUNCTIONS } from './0002.ts';
import { NODES } from './0003.ts';
import { WRITES } from './0004.ts';
import { LEARNING } from './0005.ts';
import { EXCHANGES } from './0006.ts';
import { SLOTS } from './0007.ts';
import { DEPLOYMENTS } from './0008.ts';
import { IDS } from './0009.ts';
import { PLANNED_ONCE } from './0010.ts';

export interface Migration {
  readonly version: number;
  /**
   * The oldest version whose program may work on a database after this step: for a step that only adds, the version before.
   * So nodes are exchanged one by one. Left out: this version itself.
   */
  readonly serves?: number;
  readonly sql: string;
}

export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: TABLES },
  { version: 2, sql: FUNCTIONS },
  { version: 3, sql: NODES },
  { version: 4, serves: 3, sql: WRITES },
  { version: 5, serves: 3, sql: LEARNING },
  { version: 6, serves: 3, sql: EXCHANGES },
  { version: 7, serves: 3, sql: SLOTS },
  { version: 8, serves: 3, sql: DEPLOYMENTS },
  { version: 9, serves: 3, sql: IDS },
  { version: 10, serves: 3, sql: PLANNED_ONCE },
];
