/**
 * Period files: finished history by the month of its receipt, `history/2026-11.db` beside the live file. No transaction
 * spans two files. A batch is copied and committed in the period file, under the batch's number; then it is deleted from the
 * live file in the transaction that counts the batch in the catalogue. Rows of batches that do not count yet are not told by
 * readers and are copied anew after a crash; rows on their way out are listed in the live file first and removed later.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { DEAD, DELIVERED, FILTERED } from './codes.ts';
import { openReader, openWriter, privateFile } from './database.ts';
import { DEPARTING_COLUMNS, type Departing, isRejected } from './departed.ts';
import type { Desk } from './desk.ts';
import { BUCKET_BITS } from './filing.ts';
import { migrate } from './migrate.ts';
import { DELIVERIES_OF_ONE, deliveryId } from './numbers.ts';

export const HISTORY_FOLDER = 'history';

export const periodOf = (receivedAt: number): string => new Date(receivedAt).toISOString().slice(0, 7);
export const periodFile = (name: string): string => join(HISTORY_FOLDER, `${name}.db`);

/** Batches whose members are remembered: a reader on an older snapshot still asks which came later. */
const BATCHES_REMEMBERED = 16;

const BATCH = 'SELECT batch FROM period WHERE name = ? AND dropped = 0';
const COUNT_BATCH = `
INSERT INTO period (name, batch, first_id, last_id, last_at, dropped) VALUES (?, ?, ?, ?, ?, 0)
ON CONFLICT DO UPDATE SET batch = excluded.batch, first_id = min(first_id, excluded.first_id),
  last_id = max(last_id, excluded.last_id), last_at = max(last_at, excluded.last_at)`;
const HOLDING = `
SELECT name FROM period
WHERE dropped = 0 AND ?1 BETWEEN first_id AND last_id
  AND NOT EXISTS (SELECT 1 FROM leaving WHERE leaving.period = period.name AND leaving.message = ?1)`;
const LEAVE = 'INSERT INTO leaving (period, message) VALUES (?, ?) ON CONFLICT DO NOTHING';
const STAYS = 'DELETE FROM leaving WHERE period = ? AND message = ?';
const LEAVING = 'SELECT period, message FROM leaving ORDER BY period LIMIT ?';
const DROPPED = 'SELECT name FROM period WHERE dropped = 1';
const FORGET_PERIOD = 'DELETE FROM period WHERE name = ? AND dropped = 1';

const ADD_TALLY = `
INSERT INTO period_tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET received = received + excluded.received, rejected = rejected + excluded.rejected,
  unrouted = unrouted + excluded.unrouted, repeats = repeats + excluded.repeats,
  delivered = delivered + excluded.delivered, filtered = filtered + excluded.filtered, dead = dead + excluded.dead`;
const ONE = `SELECT ${DEPARTING_COLUMNS} FROM message WHERE id = ?`;
/** How the deliveries of a message ended. */
export const COUNTS = `
SELECT count(*) FILTER (WHERE state = ${DELIVERED}) AS delivered, count(*) FILTER (WHERE state = ${FILTERED}) AS filtered,
  count(*) FILTER (WHERE state = ${DEAD}) AS dead
FROM delivery WHERE id >= ? AND id < ?`;
const FORGET_REPEATS =
  'DELETE FROM dedupe WHERE known_as = ? AND sender = ? AND message = ? RETURNING repeats';
const ADD_REPEATS = 'UPDATE message SET repeats = repeats + ? WHERE id = ?';

/** Rows that a message has in each table, and how they are found by its id. */
const OF_MESSAGE: readonly { readonly table: string; readonly where: string }[] = [
  { table: 'message', where: 'id = ?1' },
  { table: 'delivery', where: 'id >= ?1 AND id < ?2' },
  { table: 'step_output', where: 'delivery >= ?1 AND delivery < ?2' },
  { table: 'attempt', where: 'delivery >= ?1 AND delivery < ?2' },
];
const places = (table: string, id: number): number[] =>
  table === 'message' ? [id] : [deliveryId(id, 0), deliveryId(id + 1, 0)];

/** Index rows of the messages in a JSON list, as `filing.ts` writes them. */
const INDEX = [
  `INSERT INTO message_control (control_id, sender, message)
   SELECT coalesce(dedupe_id, control_id), coalesce(sender, 0), id FROM message
   WHERE id IN (SELECT value FROM json_each(?1)) AND coalesce(dedupe_id, control_id) IS NOT NULL ON CONFLICT DO NOTHING`,
  `INSERT INTO message_control (control_id, sender, message)
   SELECT control_id, 0, id FROM message
   WHERE id IN (SELECT value FROM json_each(?1)) AND dedupe_id IS NOT NULL AND control_id IS NOT NULL ON CONFLICT DO NOTHING`,
  `INSERT INTO message_patient (bucket, patient, message)
   SELECT id >> ${BUCKET_BITS}, patients, id FROM message
   WHERE id IN (SELECT value FROM json_each(?1)) AND patients IS NOT NULL AND patients NOT LIKE '[%' ON CONFLICT DO NOTHING`,
  `INSERT INTO message_patient (bucket, patient, message)
   SELECT message.id >> ${BUCKET_BITS}, each.value, message.id FROM message, json_each(message.patients) AS each
   WHERE message.id IN (SELECT value FROM json_each(?1)) AND message.patients LIKE '[%' ON CONFLICT DO NOTHING`,
  `INSERT INTO flow_bucket (flow, bucket)
   SELECT DISTINCT flow, (delivery.id / ${DELIVERIES_OF_ONE}) >> ${BUCKET_BITS} FROM json_each(?1) AS each
   JOIN delivery ON delivery.id >= each.value * ${DELIVERIES_OF_ONE} AND delivery.id < (each.value + 1) * ${DELIVERIES_OF_ONE}
   WHERE true ON CONFLICT DO NOTHING`,
];
const UNINDEX = [
  `DELETE FROM message_control WHERE message IN (SELECT value FROM json_each(?1))
     AND control_id IN (SELECT known.value FROM message, json_each(json_array(dedupe_id, control_id)) AS known
                        WHERE message.id IN (SELECT value FROM json_each(?1)) AND known.value IS NOT NULL)`,
  `DELETE FROM message_patient WHERE message IN (SELECT value FROM json_each(?1))
     AND bucket IN (SELECT value >> ${BUCKET_BITS} FROM json_each(?1))`,
];
const ALL_FILED =
  "INSERT INTO meta (name, value) VALUES ('filed', 9007199254740991) ON CONFLICT DO UPDATE SET value = excluded.value";

/** Copies messages with their deliveries, steps and attempts between files of the same tables. */
function copier(from: DatabaseSync, to: DatabaseSync): (ids: readonly number[]) => void {
  const tables = OF_MESSAGE.map(({ table, where }) => {
    const columns = to
      .prepare('SELECT name FROM pragma_table_info(?)')
      .all(table)
      .map((row) => row.name as string);
    return {
      table,
      read: from.prepare(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${where}`),
      add: to.prepare(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      ),
    };
  });
  return (ids) => {
    for (const id of ids) {
      for (const { table, read, add } of tables) {
        for (const row of read.all(...places(table, id))) add.run(...Object.values(row));
      }
    }
    const list = JSON.stringify(ids);
    for (const sql of INDEX) to.prepare(sql).run(list);
  };
}

function remover(database: DatabaseSync): (ids: readonly number[]) => void {
  const drop = OF_MESSAGE.map(({ table, where }) => ({
    table,
    statement: database.prepare(`DELETE FROM ${table} WHERE ${where}`),
  }));
  return (ids) => {
    const list = JSON.stringify(ids);
    for (const sql of UNINDEX) database.prepare(sql).run(list);
    for (const id of ids) for (const { table, statement } of drop) statement.run(...places(table, id));
  };
}

export interface Periods {
  /** Copies messages of one period into its file, and counts the batch in the live file. */
  take(name: string, messages: readonly { readonly id: number; readonly received_at: number }[]): void;
  /** A message enters the counts of a period (1) or leaves them (-1). */
  count(
    name: string,
    message: Departing,
    ended: Readonly<Record<'delivered' | 'filtered' | 'dead', number>>,
    by: 1 | -1,
  ): void;
  /** The period whose file holds the message. */
  holding(message: number): string | undefined;
  /** Takes a message back into the live file; its rows in the period file leave. */
  bringBack(name: string, message: number): void;
  /** From now on this message is not told from the period file; its rows are removed by `sweep`. */
  leave(name: string, message: number): void;
  /** Removes rows that have left, and files that were dropped: what is committed only. Gives how many rows are left to remove. */
  sweep(limit: number): number;
  /** Reads a period file. */
  read<Result>(name: string, look: (database: DatabaseSync) => Result): Result;
}

export function openPeriods({ database }: Pick<Desk, 'database'>): Periods {
  const folder = dirname(database.location() ?? '.');
  const batchOf = database.prepare(BATCH);
  const countBatch = database.prepare(COUNT_BATCH);
  const holding = database.prepare(HOLDING);
  const leave = database.prepare(LEAVE);
  const stays = database.prepare(STAYS);
  const addTally = database.prepare(ADD_TALLY);
  const forget = database.prepare(FORGET_REPEATS);
  const addRepeats = database.prepare(ADD_REPEATS);
  const forgetPeriod = database.prepare(FORGET_PERIOD);

  /** A file is open for one act only: the reading thread has connections of its own. */
  const within = <Result>(name: string, act: (file: DatabaseSync) => Result): Result => {
    mkdirSync(join(folder, HISTORY_FOLDER), { recursive: true, mode: 0o700 });
    privateFile(join(folder, periodFile(name)));
    const file = openWriter(folder, periodFile(name));
    try {
      migrate(file);
      file.exec('BEGIN IMMEDIATE');
      const result = act(file);
      file.exec('COMMIT');
      return result;
    } finally {
      // What was not committed is gone with the connection.
      file.close();
    }
  };

  return {
    take(name, messages) {
      const ids = messages.map(({ id }) => id);
      const batch = ((batchOf.get(name)?.batch as number | undefined) ?? 0) + 1;
      within(name, (file) => {
        const unfinished = file.prepare('SELECT message FROM moved WHERE batch >= ?').all(batch);
        const remove = remover(file);
        remove(unfinished.map((row) => row.message as number));
        remove(ids);
        file
          .prepare('DELETE FROM moved WHERE batch >= ? OR batch < ?')
          .run(batch, batch - BATCHES_REMEMBERED);
        copier(database, file)(ids);
        const arrived = file.prepare('INSERT INTO moved (batch, message) VALUES (?, ?)');
        for (const id of ids) arrived.run(batch, id);
        file.exec(ALL_FILED);
      });
      const times = messages.map((message) => message.received_at);
      countBatch.run(name, batch, Math.min(...ids), Math.max(...ids), Math.max(...times));
      for (const id of ids) stays.run(name, id);
    },
    holding: (message) => {
      for (const row of holding.all(message)) {
        const name = row.name as string;
        const there = readPeriod(folder, name, (file) =>
          file.prepare('SELECT 1 AS yes FROM message WHERE id = ?').get(message),
        );
        if (there) return name;
      }
      return undefined;
    },
    count(name, message, ended, by) {
      const rejected = isRejected(message);
      addTally.run(
        name,
        message.connection,
        by,
        rejected ? by : 0,
        !rejected && message.planned === 0 ? by : 0,
        message.repeats * by,
        ended.delivered * by,
        ended.filtered * by,
        ended.dead * by,
      );
    },
    bringBack(name, message) {
      readPeriod(folder, name, (file) => {
        const row = file.prepare(ONE).get(message) as unknown as Departing;
        const ended = file.prepare(COUNTS).get(deliveryId(message, 0), deliveryId(message + 1, 0));
        this.count(name, row, ended as never, -1);
        copier(file, database)([message]);
        // It is recognised by its own row again; what was counted meanwhile comes back to it.
        const known = forget.get(row.dedupe_id ?? row.control_id, row.sender, message);
        if (known) addRepeats.run(known.repeats as number, message);
      });
      leave.run(name, message);
    },
    leave: (name, message) => void leave.run(name, message),
    sweep(limit) {
      // What this transaction and those that share its commit have listed may still be undone: only what others can read counts.
      const committed = openReader(folder);
      let rows: readonly { readonly period: string; readonly message: number }[];
      let dropped: readonly string[];
      try {
        rows = committed.prepare(LEAVING).all(limit) as unknown as typeof rows;
        dropped = committed
          .prepare(DROPPED)
          .all()
          .map((row) => row.name as string);
      } finally {
        committed.close();
      }
      for (const name of dropped) {
        removePeriodFile(folder, name);
        forgetPeriod.run(name);
      }
      const byPeriod = Map.groupBy(rows, (row) => row.period);
      for (const [name, some] of byPeriod) {
        if (existsSync(join(folder, periodFile(name))) && !dropped.includes(name)) {
          within(name, (file) => remover(file)(some.map((row) => row.message)));
        }
        for (const { message } of some) stays.run(name, message);
      }
      return rows.length;
    },
    read: (name, look) => readPeriod(folder, name, look),
  };
}

function readPeriod<Result>(folder: string, name: string, look: (database: DatabaseSync) => Result): Result {
  const file = openReader(folder, periodFile(name));
  try {
    return look(file);
  } finally {
    file.close();
  }
}

function removePeriodFile(folder: string, name: string): void {
  for (const beside of ['-wal', '-shm', '']) {
    rmSync(join(folder, `${periodFile(name)}${beside}`), { force: true });
  }
}

/** Period files that there are. */
export function periodNames(folder: string): readonly string[] {
  const history = join(folder, HISTORY_FOLDER);
  if (!existsSync(history)) return [];
  return readdirSync(history).flatMap((entry) => /^(\d{4}-\d{2})\.db$/.exec(entry)?.[1] ?? []);
}

const CATALOGUED = 'SELECT name FROM period';

/**
 * Before others read: files that no catalogue names go (a first batch that was copied and not counted before a crash), and
 * the others are brought to the newest tables.
 */
export function preparePeriods(database: DatabaseSync): void {
  const folder = dirname(database.location() ?? '.');
  const known = new Set(
    database
      .prepare(CATALOGUED)
      .all()
      .map((row) => row.name as string),
  );
  for (const name of periodNames(folder)) {
    if (!known.has(name)) {
      removePeriodFile(folder, name);
      continue;
    }
    const file = openWriter(folder, periodFile(name));
    try {
      migrate(file);
    } finally {
      file.close();
    }
  }
}
