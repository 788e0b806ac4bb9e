export type * from './contract.ts';
export * from './failures.ts';
export { openSqliteStore, type SqliteStore, type SqliteStoreOptions } from './sqlite/open.ts';
