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

test('dead letters of before there were groups come to theirs, and what was replayed says so', () => {
  const database = new DatabaseSync(':memory:');
  migrate(
    database,
    MIGRATIONS.filter(({ version }) => version < 6),
  );
  const failure = JSON.stringify({ code: 'WEBHOOK_REFUSED', at: { step: 'post' } });
  database.exec(`
INSERT INTO name (id, text) VALUES (1, 'notify'), (2, 'v1');
INSERT INTO delivery (id, connection, flow, version, state, place, due_at, attempts, steps, possible_duplicate,
  replay_of, created_at, finished_at, lanes, failure)
VALUES (4096, 1, 1, 2, 6, 1, 0, 1, 0, 0, NULL, 0, 10, 'a', '${failure}'),
  (4097, 1, 1, 2, 6, 2, 0, 1, 0, 0, 4096, 0, 20, 'a', '${failure}'),
  (4098, 1, 1, 2, 6, 3, 0, 1, 0, 0, 4096, 0, 30, 'a', NULL),
  (8192, 2, 1, 2, 4, 4, 0, 1, 0, 0, NULL, 0, 40, 'a', NULL)`);
  migrate(database);
  const rows = (sql: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  expect(rows('SELECT id, replayed_by, cause FROM delivery')).toEqual([
    { id: 4096, replayed_by: 4098, cause: 1 },
    { id: 4097, replayed_by: null, cause: 1 },
    { id: 4098, replayed_by: null, cause: 2 },
    { id: 8192, replayed_by: null, cause: null },
  ]);
  expect(rows('SELECT code, count FROM dead_count JOIN dead_cause ON dead_cause.id = cause')).toEqual([
    { code: 'WEBHOOK_REFUSED', count: 1 },
    { code: 'GIVEN_UP', count: 1 },
  ]);
  database.close();
});
