export type * from './contract.ts';
export * from './failures.ts';
export {
  type MemoryDisk,
  type MemoryStore,
  type MemoryStoreOptions,
  newDisk,
  openMemoryStore,
  type Sabotage,
} from './memory/open.ts';
export { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './postgres/open.ts';
export { opensWith } from './sqlite/key-table.ts';
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
export { OPEN_WRITES } from './writes.ts';
