/** Falling asleep, waking, and what a message does to sleepers of its patient. */
import type { Woken } from '../../message/index.ts';
import type { NewMessage, Settlement, SleepKey } from '../contract.ts';
import { FILTERED, SLEEPING, WAITING } from './codes.ts';
import { type Desk, openJson } from './desk.ts';
import { lanesFrom, laneText, standsIn } from './lanes.ts';
import { messageOf } from './numbers.ts';
import type { Standing } from './standing.ts';
import { stepWriter } from './steps.ts';

const SLEEP = `
UPDATE delivery SET state = 2, late = 1, steps = ?, step = ?, wake_at = ?, wake_on = ?, cancel_on = ? WHERE id = ?`;
const SLEEPER =
  'SELECT id, connection, attempts, steps, lanes, step, planned_after, woken_by FROM delivery WHERE id = ?';
const RISE = `
UPDATE delivery SET state = 0, place = ?, stood = ?, due_at = ?, steps = ?, woken_by = coalesce(?, woken_by),
  wake_at = NULL, wake_on = NULL, cancel_on = NULL, held_for = NULL
WHERE id = ?`;
const END = `
UPDATE delivery SET state = ?, steps = ?, step = ?, finished_at = ?,
  wake_at = NULL, wake_on = NULL, cancel_on = NULL, held_for = NULL
WHERE id = ?`;
const STEP = 'SELECT started_at, sealed FROM step_output WHERE delivery = ? AND step = ?';

const ADD_KEY = 'INSERT INTO sleeper_key (key, cancels, delivery) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const DROP_KEYS = 'DELETE FROM sleeper_key WHERE delivery = ?';
const WITH_KEY = 'SELECT delivery FROM sleeper_key WHERE key = ? AND cancels = ? ORDER BY delivery LIMIT ?';
/** `#` is followed by `$`: all names of one lane. */
const IN_LANE = `
SELECT DISTINCT id, lanes, wake_on, cancel_on FROM sleeper_key JOIN delivery ON delivery.id = sleeper_key.delivery
WHERE key >= ? || '#' AND key < ? || '$'`;
const SAW = `
INSERT INTO lane_event (key, cancels, message) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET message = max(message, excluded.message)`;
const SEEN = 'SELECT message FROM lane_event WHERE key = ? AND cancels = ? AND message > ?';

const ALL = -1;

interface SleeperColumns {
  readonly id: number;
  readonly connection: number;
  readonly attempts: number;
  readonly steps: number;
  readonly lanes: string;
  readonly step: string;
  readonly planned_after: number | null;
  readonly woken_by: number | null;
}

/** The keys of sleepers, and those that messages brought. */
export function sleeperKeys({ aliases, database }: Desk) {
  const addKey = database.prepare(ADD_KEY);
  const dropKeys = database.prepare(DROP_KEYS);
  const withKey = database.prepare(WITH_KEY);
  const inLane = database.prepare(IN_LANE);
  const saw = database.prepare(SAW);
  const seen = database.prepare(SEEN);

  /** With its lane where that stands now. */
  const resolved = (key: SleepKey): string => {
    const at = key.lastIndexOf('#');
    return at <= 0 ? key : `${aliases.resolve([key.slice(0, at)])[0]}${key.slice(at)}`;
  };
  const within = (lanes: readonly string[], key: SleepKey): readonly string[] =>
    key.startsWith('#') ? lanes.map((lane) => `${lane}${key}`) : [resolved(key)];
  const having = (key: SleepKey, cancels: 0 | 1, limit: number): readonly number[] =>
    (withKey.all(resolved(key), cancels, limit) as { delivery: number }[]).map((row) => row.delivery);

  const enter = (
    id: number,
    asked: readonly string[],
    wakeOn: string | null,
    cancelOn: string | null,
  ): void => {
    const lanes = aliases.resolve(asked);
    if (wakeOn !== null) for (const key of within(lanes, wakeOn)) addKey.run(key, 0, id);
    if (cancelOn !== null) for (const key of within(lanes, cancelOn)) addKey.run(key, 1, id);
  };

  return {
    enter,
    leave: (id: number): void => void dropKeys.run(id),
    waitingFor: (key: SleepKey, limit: number = ALL) => having(key, 0, limit),
    endedBy: (key: SleepKey) => having(key, 1, ALL),
    /** A message brought it. */
    saw: (key: SleepKey, cancels: 0 | 1, message: number): void =>
      void saw.run(resolved(key), cancels, message),
    /** The message that brought it after that one, to the lanes asked for or to those they joined. */
    seen(asked: readonly string[], key: SleepKey | null, cancels: 0 | 1, after: number): number | undefined {
      if (key === null) return undefined;
      for (const one of within([...new Set([...asked, ...aliases.resolve(asked)])], key)) {
        const row = seen.get(one, cancels, after) as { message: number } | undefined;
        if (row) return row.message;
      }
      return undefined;
    },
    /** Sleepers of these lanes get the keys of where their lanes lead now. */
    rekey(lanes: readonly string[]): void {
      for (const lane of new Set(lanes)) {
        for (const row of inLane.all(lane, lane)) {
          dropKeys.run(row.id as number);
          const { wake_on: wakeOn, cancel_on: cancelOn } = row as Record<string, string | null>;
          enter(row.id as number, lanesFrom(row.lanes as string), wakeOn ?? null, cancelOn ?? null);
        }
      }
    },
  };
}

/** The end of a sleep: what happened is remembered, and the delivery stands again or is finished. */
export function riser(desk: Desk) {
  const { aliases, database, numbers, standing, tallies, vault } = desk;
  const sleeper = database.prepare(SLEEPER);
  const stand = database.prepare(RISE);
  const end = database.prepare(END);
  const stepOf = database.prepare(STEP);
  const addSteps = stepWriter(desk);
  const keys = sleeperKeys(desk);

  const rowOf = (id: number): SleeperColumns => sleeper.get(id) as unknown as SleeperColumns;

  const remember = ({ id, step, steps }: SleeperColumns, woken: Woken): number => {
    const row = stepOf.get(id, step) as { started_at: number; sealed: Uint8Array } | undefined;
    let output: unknown;
    try {
      output = row && openJson(vault, 'step', `${id}:${step}`, row.sealed);
    } catch {
      // Damaged: what it was asked is lost, but a message that ends or wakes it must be kept all the same.
    }
    const startedAt = row?.started_at ?? woken.wokenAt;
    const ms = Math.max(0, woken.wokenAt - startedAt);
    return addSteps(id, steps, [{ step, startedAt, ms, output: { ...(output as object), ...woken } }]);
  };
  /** At the tail of its lanes. */
  const atTail = (row: SleeperColumns, steps: number, at: number, by: string | undefined): void => {
    const lanes = standsIn(aliases, standing, lanesFrom(row.lanes));
    const stood = laneText(lanes);
    const place = numbers.place();
    stand.run(
      place,
      stood === row.lanes ? null : stood,
      at,
      steps,
      by === undefined ? null : Number(by),
      row.id,
    );
    const { id, connection, attempts } = row;
    standing.enter({ id, connection, place, lanes, dueAt: at, attempts, steps });
  };

  return {
    rowOf,
    remember,
    atTail,
    finish: (state: number, row: SleeperColumns, steps: number, at: number): void =>
      void end.run(state, steps, row.step, at, row.id),
    /** A sleeper wakes. */
    rise(id: number, woken: Woken): void {
      const row = rowOf(id);
      keys.leave(id);
      atTail(row, remember(row, woken), woken.wokenAt, woken.messageId);
      tallies.move(row.connection, SLEEPING, WAITING);
    },
    /** A sleeper is ended by a message. */
    cancel(id: number, woken: Woken): void {
      const row = rowOf(id);
      keys.leave(id);
      end.run(FILTERED, remember(row, woken), row.step, woken.wokenAt, id);
      tallies.move(row.connection, SLEEPING, FILTERED);
    },
  };
}

/** What a message does to sleepers, and to those that have not fallen asleep yet. */
export function sleeperTeller(desk: Desk) {
  const keys = sleeperKeys(desk);
  const { rise, cancel } = riser(desk);
  return (message: number, { cancels = [], wakes = [], receivedAt }: NewMessage): void => {
    const woken: Woken = { wokenAt: receivedAt, by: 'event', messageId: String(message) };
    for (const key of cancels) {
      keys.saw(key, 1, message);
      for (const id of keys.endedBy(key)) cancel(id, { ...woken, cancelled: true });
    }
    for (const key of wakes) {
      keys.saw(key, 0, message);
      for (const id of keys.waitingFor(key)) rise(id, woken);
    }
  };
}

/** A delivery that has left its lanes to sleep; gives the state it comes to, since what ends or wakes it may have come. */
export function sleepSettler(desk: Desk) {
  const sleep = desk.database.prepare(SLEEP);
  const keys = sleeperKeys(desk);
  const { rowOf, remember, atTail, finish } = riser(desk);
  return (
    { id, steps }: Standing,
    to: Extract<Settlement, { to: 'sleeping' }>,
  ): typeof SLEEPING | typeof WAITING | typeof FILTERED => {
    const { step, wakeAt, wakeOn, cancelOn = null } = to;
    const row = { ...rowOf(id), step, steps };
    const asked = lanesFrom(row.lanes);
    const since = row.planned_after ?? messageOf(id);
    const ended = keys.seen(asked, cancelOn, 1, since);
    if (ended !== undefined) {
      const woken: Woken = { wokenAt: to.at, by: 'event', messageId: String(ended), cancelled: true };
      finish(FILTERED, row, remember(row, woken), to.at);
      return FILTERED;
    }
    // The event that ended an earlier sleep does not end the next one, too.
    const wokenBy = keys.seen(asked, wakeOn, 0, Math.max(since, row.woken_by ?? 0));
    if (wokenBy !== undefined) {
      const woken: Woken = { wokenAt: to.at, by: 'event', messageId: String(wokenBy) };
      atTail(row, remember(row, woken), to.at, woken.messageId);
      return WAITING;
    }
    sleep.run(steps, step, wakeAt, wakeOn, cancelOn, id);
    keys.enter(id, asked, wakeOn, cancelOn);
    return SLEEPING;
  };
}
