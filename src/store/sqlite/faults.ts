/** What SQLite's error numbers mean for the store. */
import { Failure } from '../../std/index.ts';
import { type StoreFailureCode, storeFailure } from '../failures.ts';

/** Primary result codes (sqlite.org/rescode.html) that speak of the disk or the file, not of one operation. */
const FAULTS: Readonly<Record<number, { readonly code: StoreFailureCode; readonly text: string }>> = {
  5: { code: 'STORE_BUSY', text: 'Another program is writing the data folder.' },
  6: { code: 'STORE_BUSY', text: 'Another program is writing the data folder.' },
  7: { code: 'STORE_IO', text: 'There is no memory left for the data folder.' },
  8: { code: 'STORE_READONLY', text: 'The data folder cannot be written.' },
  10: { code: 'STORE_IO', text: 'The disk refused a read or a write in the data folder.' },
  11: { code: 'STORE_DAMAGED', text: 'The data file is damaged.' },
  13: { code: 'STORE_FULL', text: 'The disk of the data folder is full.' },
  14: { code: 'STORE_UNOPENED', text: 'The data file cannot be opened.' },
  15: { code: 'STORE_IO', text: 'The lock protocol of the data file failed.' },
  22: { code: 'STORE_IO', text: 'The disk of the data folder lacks what is needed (large files).' },
  26: { code: 'STORE_DAMAGED', text: 'The data file is not a Suture data file.' },
};

const numberOf = (error: unknown): number | undefined => {
  const number = (error as { errcode?: unknown } | null)?.errcode;
  return typeof number === 'number' ? number : undefined;
};

/** The failure of the disk or the file that an error reports; `undefined` when it is about one operation only. */
export function faultOf(error: unknown): Failure | undefined {
  const number = numberOf(error);
  const fault = number === undefined ? undefined : FAULTS[number & 0xff];
  if (!fault) return undefined;
  // While it runs, a file that cannot be opened is an outage that may pass.
  const code = fault.code === 'STORE_UNOPENED' ? 'STORE_IO' : fault.code;
  return storeFailure(code, `${fault.text} (SQLite ${number})`, error);
}

/**
 * The failure of one operation. SQLite's own text is left out: it may repeat a value.
 */
export function refusalOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const number = numberOf(error);
  const name = error instanceof Error ? error.name : typeof error;
  return storeFailure(
    'STORE_REFUSED',
    `The store refused an operation: ${number === undefined ? name : `SQLite ${number}`}.`,
    error,
  );
}
