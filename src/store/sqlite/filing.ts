/**
 * The indexes whose keys come in no order (control id and patient), written for hundreds of messages at a time: sorted,
 * they share their pages, where each message by itself changed a page of its own. Messages that are not filed yet are
 * the newest few hundred: the writer keeps their control ids in memory, to recognise a repeat, and readers look at their
 * rows. Where a flow has deliveries is kept by buckets of messages.
 */
import type { DatabaseSync } from 'node:sqlite';
import { deliveryId } from './numbers.ts';

/** Filed together: 0.6 ms in one transaction (2.2 at the most), 1.2 us a message; a reader looks through as many rows in 0.03 ms. */
const FILED_TOGETHER = 512;

/** Messages of one bucket of the patient index and of the flows: 2 to this power (see the migration). */
export const BUCKET_BITS = 12;
export const bucketOf = (message: number): number => Math.floor(message / 2 ** BUCKET_BITS);
/** The message ids of a bucket. */
export const bucketRange = (bucket: number): { readonly lowest: number; readonly above: number } => ({
  lowest: bucket * 2 ** BUCKET_BITS,
  above: (bucket + 1) * 2 ** BUCKET_BITS,
});

const FILED = "SELECT value FROM meta WHERE name = 'filed'";
const SET_FILED =
  "INSERT INTO meta (name, value) VALUES ('filed', ?) ON CONFLICT DO UPDATE SET value = excluded.value";
const HIGHEST = 'SELECT max(id) AS id FROM message';
const UNFILED = `
SELECT id, sender, coalesce(dedupe_id, control_id) AS known_as, hash, received_at FROM message WHERE id > ? AND sender IS NOT NULL`;
const KNOWN = `
SELECT message.id AS message, message.hash AS hash, message.received_at AS receivedAt, 0 AS departed
FROM message_control CROSS JOIN message ON message.id = message_control.message
WHERE message_control.control_id = ?1 AND message_control.sender = ?2`;
/** With those that have left the live file (departed.ts). */
const KNOWN_OR_DEPARTED = `
SELECT message, hash, received_at AS receivedAt, 1 AS departed FROM dedupe WHERE known_as = ?1 AND sender = ?2
UNION ALL ${KNOWN}`;
const ANY_DEPARTED = 'SELECT 1 AS yes FROM dedupe LIMIT 1';
const FILE = [
  `INSERT INTO message_control (control_id, sender, message)
   SELECT coalesce(dedupe_id, control_id) AS known_as, coalesce(sender, 0), id FROM message
   WHERE id > ?1 AND id <= ?2 AND known_as IS NOT NULL ORDER BY known_as`,
  `INSERT INTO message_control (control_id, sender, message)
   SELECT control_id, 0, id FROM message
   WHERE id > ?1 AND id <= ?2 AND dedupe_id IS NOT NULL AND control_id IS NOT NULL ON CONFLICT DO NOTHING`,
  `INSERT INTO message_patient (bucket, patient, message)
   SELECT id >> ${BUCKET_BITS}, patients, id FROM message
   WHERE id > ?1 AND id <= ?2 AND patients IS NOT NULL AND patients NOT LIKE '[%' ORDER BY 1, 2`,
  `INSERT INTO message_patient (bucket, patient, message)
   SELECT message.id >> ${BUCKET_BITS}, each.value, message.id FROM message, json_each(message.patients) AS each
   WHERE message.id > ?1 AND message.id <= ?2 AND message.patients LIKE '[%' ON CONFLICT DO NOTHING`,
];
/** Who is open still, so long after it came, is late. */
const LATE = 'UPDATE delivery SET late = 1 WHERE id >= ? AND id < ? AND state < 4 AND late = 0';
const ADD_FLOW = 'INSERT INTO flow_bucket (flow, bucket) VALUES (?, ?) ON CONFLICT DO NOTHING';

/** Flows and buckets that are known to be written; replays of old messages may bring many. */
const FLOWS_AT_HAND = 10_000;

/** The newest message that the indexes know. */
export function filedReader(database: DatabaseSync): () => number {
  const filed = database.prepare(FILED);
  return () => (filed.get()?.value as number | undefined) ?? 0;
}

/** A message that a later one may repeat. */
export interface Original {
  readonly message: number;
  readonly hash: string;
  readonly receivedAt: number;
  /** 1: it is no row of the live file any more, but is remembered. */
  readonly departed: number;
}

export interface Filing {
  /** Accepted messages that a sender sent with this id, oldest first. */
  known(sender: number, id: string): readonly Original[];
  /** A message was kept; `sender` and `id` when it can be repeated. */
  message(
    message: number,
    repeatable?: {
      readonly sender: number;
      readonly id: string;
      readonly hash: string;
      readonly receivedAt: number;
    },
  ): void;
  /** A message leaves the live file. `remembered`: it is in the table of those that left. */
  depart(message: number, sender: number, id: string, remembered: boolean): void;
  /** Its deliveries that are open are late. */
  isFiled(message: number): boolean;
  /** A message has a delivery of this flow. */
  flow(flow: number, message: number): void;
  /** Files what has come together, if it is enough; within the transaction. */
  flush(): void;
  /** Again from rows: after a rollback. */
  reload(): void;
}

export function openFiling(database: DatabaseSync): Filing {
  const readFiled = filedReader(database);
  const setFiled = database.prepare(SET_FILED);
  const highest = database.prepare(HIGHEST);
  const unfiled = database.prepare(UNFILED);
  const inTable = database.prepare(KNOWN);
  const withDeparted = database.prepare(KNOWN_OR_DEPARTED);
  const anyDeparted = database.prepare(ANY_DEPARTED);
  let departed = false;
  const file = FILE.map((sql) => database.prepare(sql));
  const late = database.prepare(LATE);
  const addFlow = database.prepare(ADD_FLOW);
  let filed = 0;
  let newest = 0;
  /** By sender and id, for the messages that are not filed. */
  let recent = new Map<string, Original[]>();
  const flows = new Set<number>();

  const keep = (sender: number, id: string, original: Original): void => {
    const key = `${sender} ${id}`;
    const same = recent.get(key);
    if (same) same.push(original);
    else recent.set(key, [original]);
  };
  const reload = (): void => {
    filed = readFiled();
    newest = Math.max((highest.get()?.id as number | null) ?? 0, filed);
    departed = anyDeparted.get() !== undefined;
    recent = new Map();
    flows.clear();
    for (const row of unfiled.iterate(filed)) {
      const original: Original = {
        message: row.id as number,
        hash: row.hash as string,
        receivedAt: row.received_at as number,
        departed: 0,
      };
      keep(row.sender as number, row.known_as as string, original);
    }
  };
  reload();

  return {
    known(sender, id) {
      const some = recent.get(`${sender} ${id}`) ?? [];
      const older = (departed ? withDeparted : inTable).all(id, sender) as unknown as readonly Original[];
      return older.length === 0 ? some : [...older, ...some];
    },
    message(message, repeatable) {
      newest = message;
      if (!repeatable) return;
      const { hash, receivedAt } = repeatable;
      keep(repeatable.sender, repeatable.id, { message, hash, receivedAt, departed: 0 });
    },
    depart(message, sender, id, remembered) {
      if (remembered) departed = true;
      const key = `${sender} ${id}`;
      const left = recent.get(key)?.filter((one) => one.message !== message);
      if (left === undefined) return;
      if (left.length === 0) recent.delete(key);
      else recent.set(key, left);
    },
    isFiled: (message) => message <= filed,
    flow(flow, message) {
      const bucket = bucketOf(message);
      const key = flow * 2 ** 32 + bucket;
      if (flows.has(key)) return;
      if (flows.size >= FLOWS_AT_HAND) flows.clear();
      addFlow.run(flow, bucket);
      flows.add(key);
    },
    flush() {
      if (newest - filed < FILED_TOGETHER) return;
      for (const statement of file) statement.run(filed, newest);
      late.run(deliveryId(filed + 1, 0), deliveryId(newest + 1, 0));
      setFiled.run(newest);
      filed = newest;
      recent = new Map();
    },
    reload,
  };
}
