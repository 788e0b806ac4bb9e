import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Vault } from '../../vault/index.ts';
import { openDictionary } from './dictionary.ts';
import { leasedReader } from './lease.ts';
import { migrate } from './migrate.ts';
import { deliveryId } from './numbers.ts';

const ROWS = `
INSERT INTO connection VALUES (1, 'north', 'adt');
INSERT INTO name VALUES (1, 'notify');
INSERT INTO message (id, connection, received_at, door, format, type, state, flags, repeats, size, planned, sealed)
VALUES (1, 1, 1, 0, 0, 'ADT^A01', 0, 0, 0, 1, 1, x'00');
INSERT INTO delivery (id, connection, flow, version, state, place, due_at, attempts, steps, possible_duplicate, created_at, lanes)
VALUES (${deliveryId(1, 0)}, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 'l')`;

/** A file whose every payload meets this SQLite error when it is read. */
function reading(errcode: number) {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  database.exec(ROWS);
  const vault = {
    open: () => {
      throw Object.assign(new Error('disk I/O error'), { errcode });
    },
  } as unknown as Vault;
  const read = leasedReader({ database, dictionary: openDictionary(database), vault });
  return () => read({ epoch: 1, ids: [deliveryId(1, 0)] });
}

test('a disk that does not answer now is no fault of the delivery: the whole reading fails, to be tried again', () => {
  expect(reading(10)).toThrow('disk I/O error'); // SQLITE_IOERR
});

test('what is damaged is told of the one delivery that it harms', () => {
  // SQLITE_CORRUPT
  expect(reading(11)()).toMatchObject([{ id: deliveryId(1, 0), failure: { code: 'STORE_DAMAGED' } }]);
});
