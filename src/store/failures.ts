import { Failure, type FailureKind } from '../std/index.ts';

/** Every failure of a store: its kind and what to do first. */
export const STORE_FAILURES = {
  STORE_FULL: {
    kind: 'unreachable',
    fix: 'Free space on the disk of the data folder; work goes on by itself.',
  },
  STORE_IO: {
    kind: 'unreachable',
    fix: "Look at the disk of the data folder (the system's log names the fault).",
  },
  STORE_READONLY: {
    kind: 'unreachable',
    fix: 'Make the data folder and its files writable for the user that runs Suture.',
  },
  STORE_BUSY: { kind: 'unreachable', fix: 'Stop the other program that has suture.db open for writing.' },
  STORE_DAMAGED: {
    kind: 'unreachable',
    fix: 'Stop Suture, keep a copy of the data folder, and restore the last backup.',
  },
  STORE_GONE: {
    kind: 'unreachable',
    fix: 'Put the data folder back where it was; if it is lost, stop Suture, restore the last backup there, and start again.',
  },
  STORE_IN_USE: { kind: 'config', fix: 'Stop the other process, or give this one another data folder.' },
  STORE_NEWER: {
    kind: 'config',
    fix: 'Run the version of Suture that made this data folder, or a later one.',
  },
  STORE_OLDER: {
    kind: 'config',
    fix: 'Give it an empty data folder (SUTURE_DATA); keep the old one only if its history matters to you.',
  },
  STORE_UNOPENED: {
    kind: 'config',
    fix: 'Check that the data folder exists and that its user may read and write it.',
  },
  STORE_CLOSED: {
    kind: 'unreachable',
    fix: 'Start Suture again; nothing is written after the store is closed.',
  },
  STORE_STOPPED: {
    kind: 'unreachable',
    fix: 'Restart Suture: the thread that writes the data folder has ended.',
  },
  DATABASE_UNREACHABLE: {
    kind: 'unreachable',
    fix: 'Start PostgreSQL, or correct DATABASE_URL and what lies between; work goes on by itself.',
  },
  DATABASE_BUSY: {
    kind: 'unreachable',
    fix: 'Look at what else uses the database: connections, memory, long statements (pg_stat_activity).',
  },
  DATABASE_FULL: {
    kind: 'unreachable',
    fix: "Free space on the disk of the database's server; work goes on by itself.",
  },
  DATABASE_IO: { kind: 'unreachable', fix: "Look at the log of the database's server and at its disk." },
  DATABASE_READONLY: {
    kind: 'unreachable',
    fix: 'Point DATABASE_URL at the server that takes writes, or promote this one.',
  },
  DATABASE_DAMAGED: {
    kind: 'unreachable',
    fix: 'Stop every node, keep a copy of the database, and restore the last backup.',
  },
  DATABASE_REFUSES: {
    kind: 'config',
    fix: 'Correct user, password or database name in DATABASE_URL; the user must be able to create a schema.',
  },
  DATABASE_UNSAFE: {
    kind: 'config',
    fix: 'Set fsync = on and synchronous_commit = on (local or remote_* will do, too) for this server, database and user.',
  },
  DATABASE_OLD: { kind: 'config', fix: 'Use PostgreSQL 14 or later.' },
  DATABASE_NEWER: {
    kind: 'config',
    fix: 'Run the version of Suture that brought the database to its schema, or a later one.',
  },
  DATABASE_BACKUP: {
    kind: 'config',
    fix: 'Use pg_dump, or base backups with archived WAL; what Suture stores is sealed in both.',
  },
  STORE_CURSOR_MOVED: { kind: 'conflict', fix: 'Read the cursor again: another poller moved it first.' },
  STORE_JOB_MOVED: {
    kind: 'conflict',
    fix: 'Read the job again: it was stopped, or another node has gone on with it.',
  },
  STORE_MOVE_REFUSED: {
    kind: 'defect',
    fix: 'Report it: a delivery was told to make a move that does not exist.',
  },
  STORE_REFUSED: {
    kind: 'defect',
    fix: 'Report it with the code that is named: the store was given what it cannot keep.',
  },
} as const satisfies Readonly<Record<string, { kind: FailureKind; fix: string }>>;

export type StoreFailureCode = keyof typeof STORE_FAILURES;

export function storeFailure(code: StoreFailureCode, message: string, cause?: unknown): Failure {
  return new Failure({ code, message, ...STORE_FAILURES[code], ...(cause === undefined ? {} : { cause }) });
}
