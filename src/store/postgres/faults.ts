/** What PostgreSQL's error codes mean for the store. */
import { Failure } from '../../std/index.ts';
import { type StoreFailureCode, storeFailure } from '../failures.ts';

/** By SQLSTATE, or by its class (two letters): what speaks of the server or the way to it, not of one operation. */
const FAULTS: Readonly<Record<string, { readonly code: StoreFailureCode; readonly text: string }>> = {
  '08': { code: 'DATABASE_UNREACHABLE', text: 'The connection to the database was lost.' },
  '25006': { code: 'DATABASE_READONLY', text: 'The database takes no writes: it is a standby.' },
  '25P03': {
    code: 'DATABASE_UNREACHABLE',
    text: 'The database has ended a transaction for which this process stood still too long.',
  },
  '28': { code: 'DATABASE_REFUSES', text: 'The database does not let this user in.' },
  '3D': { code: 'DATABASE_REFUSES', text: 'The database of this name does not exist.' },
  '42501': { code: 'DATABASE_REFUSES', text: 'The user of the database may not do what Suture needs.' },
  '53100': { code: 'DATABASE_FULL', text: "The disk of the database's server is full." },
  '53': { code: 'DATABASE_BUSY', text: 'The database has no room for more connections or memory.' },
  '57P': { code: 'DATABASE_UNREACHABLE', text: 'The database is stopping, starting, or was stopped.' },
  '57014': { code: 'DATABASE_BUSY', text: 'The database ended a statement that took too long.' },
  '58': { code: 'DATABASE_IO', text: "The disk of the database's server refused a read or a write." },
  XX001: { code: 'DATABASE_DAMAGED', text: 'The database is damaged.' },
  XX002: { code: 'DATABASE_DAMAGED', text: 'The database is damaged.' },
};

/** The five characters of SQLSTATE, when the server itself answered. */
export function sqlStateOf(error: unknown): string | undefined {
  const said = error as { code?: unknown; severity?: unknown } | null;
  return typeof said?.code === 'string' && said.severity !== undefined ? said.code : undefined;
}

/** The failure of the server or of the way to it; `undefined` when it is about one operation only. */
export function faultOf(error: unknown): Failure | undefined {
  const state = sqlStateOf(error);
  if (state === undefined) {
    if (error instanceof Failure) return error.code.startsWith('DATABASE_') ? error : undefined;
    return undefined;
  }
  const fault = FAULTS[state] ?? FAULTS[state.slice(0, 3)] ?? FAULTS[state.slice(0, 2)];
  return fault && storeFailure(fault.code, `${fault.text} (SQLSTATE ${state})`, error);
}

/** The failure of one operation. The server's own text is left out: it may repeat a value. */
export function refusalOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const state = sqlStateOf(error);
  const name = error instanceof Error ? error.name : typeof error;
  return storeFailure(
    'STORE_REFUSED',
    `The store refused an operation: ${state === undefined ? name : `SQLSTATE ${state}`}.`,
    error,
  );
}

/** Two sessions waited for each other, or one was in the way: the same again goes through. */
export function mayTryAgain(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '40P01' || state === '40001';
}

/** Another node appended to the same connection with later ids: take new ids. */
export const IDS_PASSED = 'SU001';
/** This node could not renew its leases in time. */
export const NODE_LOST = 'SU002';
/** A message of an id that is known with other bytes: to be judged by who holds the key. */
export const SAME_ID_OTHER_BYTES = 'SU003';
/** A unique key: ids that were reserved on a server that is no longer the one. */
export const NOT_UNIQUE = '23505';
/** What was sent ahead of a group was not kept: the group must wait until that is done again. */
export const AHEAD_NOT_KEPT = 'SU004';
