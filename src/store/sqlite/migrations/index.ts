import { TABLES } from './0001.ts';

/** In order; the first brings an empty file to version 1. Numbers are never reused or changed. */
export const MIGRATIONS: readonly { readonly version: number; readonly sql: string }[] = [
  { version: 1, sql: TABLES },
];
