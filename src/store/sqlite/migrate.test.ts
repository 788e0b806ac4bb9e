import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';

const versions = (database: DatabaseSync): unknown[] =>
  database
    .prepare('SELECT version FROM schema_version ORDER BY version')
    .all()
    .map((row) => row.version);

const codeOf = (act: () => void): unknown => {
  try {
    act();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
};

test('an empty file is brought to the newest schema, once', () => {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  migrate(database);
  expect(versions(database)).toEqual(MIGRATIONS.map((step) => step.version));
  database.close();
});

test('a step that fails leaves nothing of itself, and is taken up at the next start', () => {
  const database = new DatabaseSync(':memory:');
  migrate(database, [{ version: 1, sql: 'CREATE TABLE a (x)' }]);
  const broken = [
    { version: 1, sql: 'CREATE TABLE a (x)' },
    { version: 2, sql: 'CREATE TABLE b (x); CREATE TABLE a (x)' },
  ];
  expect(() => migrate(database, broken)).toThrow();
  expect(versions(database)).toEqual([1]);
  migrate(database, [broken[0] as never, { version: 2, sql: 'CREATE TABLE b (x)' }]);
  expect(versions(database)).toEqual([1, 2]);
  database.close();
});

test('a file from before the first release is left alone, and says so', () => {
  const database = new DatabaseSync(':memory:');
  migrate(database, [{ version: 1, sql: 'CREATE TABLE message (id)' }]);
  expect(codeOf(() => migrate(database))).toBe('STORE_OLDER');
  expect(versions(database)).toEqual([1]);
  database.close();
});

test('a file of a later version is left alone', () => {
  const database = new DatabaseSync(':memory:');
  migrate(database, [...MIGRATIONS, { version: 9_999, sql: 'SELECT 1' }]);
  expect(codeOf(() => migrate(database))).toBe('STORE_NEWER');
  database.close();
});
