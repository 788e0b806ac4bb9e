/** What enters: messages with their plans, and what must stand or fall with them; many callers in one transaction. */
import { createHash } from 'node:crypto';
import type { MessageFlag } from '../../message/index.ts';
import type { Failure } from '../../std/index.ts';
import type { Append, Appended, NewMessage } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { codeOf, DOORS, FORMATS, flagBits, MESSAGE_STATES } from '../sqlite/codes.ts';
import { DELIVERIES_OF_ONE, deliveryId } from '../sqlite/numbers.ts';
import { putAliases } from './aliases.ts';
import { addAudit } from './audit.ts';
import { packContent } from './content.ts';
import { moveCursor } from './cursors.ts';
import { Bundle, type Desk, storable } from './desk.ts';
import { faultOf, IDS_PASSED, mayTryAgain, NOT_UNIQUE, refusalOf, sqlStateOf } from './faults.ts';
import { openGroups, type Queued } from './groups.ts';
import type { Ids } from './ids.ts';
import { changeRoster } from './roster.ts';
import { markSeen } from './seen.ts';
import type { Ask, Session } from './session.ts';
import { stepRows } from './steps.ts';

const LOCK = 'SELECT lock_append($1, $2)';
const APPEND = {
  name: 'append',
  text: 'SELECT n, repeated, at, reused FROM append_messages($1, $2, $3, $4, $5)',
};
const CANCEL = 'SELECT cancel_sleepers($1, $2, $3)';
const WAKE = 'SELECT wake_sleepers($1, $2, false, $3, 100000)';
const PUT_STEPS = 'SELECT put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, $1) s), $2)';

/** Messages of one commit at most; more callers wait for the next. */
const GROUP_CALLS = 500;
const GROUP_BYTES = 4 * 1024 * 1024;
const TRIES = 8;

/** What the contract will gain with sleeping steps. */
export type Unit = Append & { readonly cancels?: readonly string[]; readonly wakes?: readonly string[] };
type Call = Queued<Unit, readonly Appended[]>;

/** A number for a sender at a connection: 48 bits of SHA-256, half the row of its text. */
function senderNumber(connection: number, sender: string): number {
  return createHash('sha256').update(`${connection} ${sender}`).digest().readUIntBE(0, 6) + 1;
}

/** Must see what others did before, or changes what others see: has a transaction to itself. */
const standsAlone = (unit: Unit): boolean =>
  unit.cursor !== undefined ||
  changesLanes(unit) ||
  (unit.audit?.length ?? 0) > 0 ||
  (unit.cancels?.length ?? 0) > 0 ||
  (unit.wakes?.length ?? 0) > 0;
const changesLanes = (unit: Unit): boolean => (unit.aliases?.length ?? 0) > 0;
const remembers = (message: NewMessage): boolean =>
  message.deliveries.some((delivery) => (delivery.remembered?.length ?? 0) > 0);
const hasMore = (unit: Unit): boolean =>
  standsAlone(unit) ||
  (unit.seen?.length ?? 0) > 0 ||
  (unit.roster?.length ?? 0) > 0 ||
  unit.messages.some(remembers);

/** Refuses what no store can keep, before anything is asked of the database. */
function check(unit: Unit): void {
  for (const message of unit.messages) {
    codeOf(DOORS, message.door);
    codeOf(FORMATS, message.format);
    codeOf(MESSAGE_STATES, message.state);
    flagBits(message.flags);
    // Without a lane it could overtake: the contract asks for one at least.
    if (message.deliveries.some((one) => one.lanes.length === 0))
      throw new RangeError('a delivery without a lane');
    if (message.deliveries.length > DELIVERIES_OF_ONE) {
      throw storeFailure(
        'STORE_REFUSED',
        `A message cannot have more than ${DELIVERIES_OF_ONE} deliveries, replays included.`,
      );
    }
  }
}

interface Arriving {
  readonly message: NewMessage;
  readonly connection: number;
  readonly sender: number | null;
  readonly key: string | null;
  readonly flags: readonly MessageFlag[];
  /** Later ones of the group with the same bytes under the same id. */
  times: number;
  id: number;
  /** Set by the answer. */
  repeated?: { readonly id: number; readonly at: number };
  reused: boolean;
}

/** Messages of several callers as rows of one statement. */
class Intake {
  readonly rows: Arriving[] = [];
  readonly #byKey = new Map<string, Arriving[]>();
  readonly #answers = new Map<Call, { row: Arriving; first: boolean }[]>();

  add(call: Call, connection: number): void {
    const answers = call.call.messages.map((message) => this.#one(message, connection));
    this.#answers.set(call, answers);
  }

  #one(message: NewMessage, connection: number): { row: Arriving; first: boolean } {
    // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
    const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
    const sender = dedupe ? senderNumber(connection, dedupe.sender) : null;
    const key = dedupe ? `${sender} ${dedupe.id}` : null;
    const earlier = key === null ? [] : (this.#byKey.get(key) ?? []);
    const same = earlier.find((row) => row.message.dedupe?.hash === dedupe?.hash);
    if (same) {
      same.times++;
      return { row: same, first: false };
    }
    const reused = earlier.length > 0;
    const flags: readonly MessageFlag[] =
      reused && !message.flags.includes('control-id-reused')
        ? [...message.flags, 'control-id-reused']
        : message.flags;
    const row: Arriving = { message, connection, sender, key, flags, times: 0, id: 0, reused: false };
    if (key !== null) this.#byKey.set(key, [...earlier, row]);
    this.rows.push(row);
    return { row, first: true };
  }

  answersOf(call: Call): readonly Appended[] {
    return (this.#answers.get(call) ?? []).map(({ row, first }): Appended => {
      if (row.repeated) {
        return { kind: 'duplicate', messageId: String(row.repeated.id), receivedAt: row.repeated.at };
      }
      const messageId = String(row.id);
      const { receivedAt } = row.message;
      if (!first) return { kind: 'duplicate', messageId, receivedAt };
      const flags: readonly MessageFlag[] =
        row.reused && !row.flags.includes('control-id-reused')
          ? [...row.flags, 'control-id-reused']
          : row.flags;
      return { kind: 'kept', messageId, receivedAt, flags };
    });
  }
}

export function openAppending(desk: Desk, ids: Ids) {
  const { dictionary, keys, node, writers } = desk;

  const values = (session: number, rows: readonly Arriving[], lanesChange: boolean): unknown[] => {
    const bundle = new Bundle();
    const messages: unknown[] = [];
    const deliveries: unknown[] = [];
    rows.forEach((row, n) => {
      const { message, connection, id } = row;
      const sealed = bundle.put(keys.vault.seal('message', id, packContent(message.bytes)));
      const dedupe = row.sender === null ? undefined : message.dedupe;
      messages.push({
        n,
        id,
        c: connection,
        at: message.receivedAt,
        door: codeOf(DOORS, message.door),
        fmt: codeOf(FORMATS, message.format),
        type: storable(message.type),
        ctl: message.controlId === null ? null : storable(message.controlId),
        st: codeOf(MESSAGE_STATES, message.state),
        why: message.reason === null ? null : storable(message.reason),
        fl: flagBits(row.flags),
        size: message.bytes.length,
        planned: message.deliveries.length,
        parent: message.parent === undefined ? null : Number(message.parent),
        sender: row.sender,
        did: dedupe ? storable(dedupe.id) : null,
        hash: dedupe?.hash ?? null,
        times: row.times,
        pats: message.patients,
        ...sealed,
      });
      message.deliveries.forEach((one, nth) => {
        deliveries.push({
          n,
          id: deliveryId(id, nth),
          c: connection,
          flow: dictionary.name(one.flow),
          version: dictionary.name(one.flowVersion),
          lanes: one.lanes,
          due: one.dueAt ?? message.receivedAt,
          created: message.receivedAt,
          replay_of: one.replayOf === undefined ? null : Number(one.replayOf),
          steps: 0,
        });
      });
    });
    return [
      node.slot(session),
      lanesChange,
      JSON.stringify(messages),
      JSON.stringify(deliveries),
      bundle.close(),
    ];
  };

  const keep = async (ask: Ask, session: number, intake: Intake, lanesChange: boolean): Promise<void> => {
    if (intake.rows.length === 0) return;
    const answers = await ask<{ n: number; repeated: number | null; at: number; reused: boolean }>(
      APPEND,
      values(session, intake.rows, lanesChange),
    );
    for (const { n, repeated, at, reused } of answers) {
      const row = intake.rows[n] as Arriving;
      if (repeated !== null) row.repeated = { id: repeated, at };
      if (reused) row.reused = true;
    }
  };

  /** With all that may come along: what is read before is read under the lock of the connections. */
  const keepWithMore = (session: number, group: readonly Call[], intake: Intake): Promise<void> =>
    (writers.append[session] as Session).transaction(async (ask) => {
      const units = group.map((call) => call.call);
      const lanesChange = units.some(changesLanes);
      const connections = units.map((unit) => dictionary.connection(unit.site, unit.connection));
      void ask(LOCK, [connections, lanesChange]).catch(() => undefined);
      for (const unit of units) {
        if (unit.cursor) await moveCursor(desk, ask, unit.site, unit.connection, unit.cursor);
        if (unit.aliases)
          await putAliases(
            ask,
            unit.aliases.filter((alias) => alias.undo),
          );
        const at = unit.messages[0]?.receivedAt ?? desk.clock.now();
        if (unit.cancels?.length) await ask(CANCEL, [node.slot(session), at, unit.cancels]);
      }
      await keep(ask, session, intake, lanesChange);
      const steps = intake.rows.flatMap((row) =>
        row.repeated
          ? []
          : row.message.deliveries.map((one, nth) => ({
              delivery: deliveryId(row.id, nth),
              steps: one.remembered ?? [],
            })),
      );
      if (steps.some((one) => one.steps.length > 0)) {
        const bundle = new Bundle();
        const rows = steps.flatMap((one) => stepRows(keys, bundle, one.delivery, one.steps));
        await ask(PUT_STEPS, [JSON.stringify(rows), bundle.close()]);
      }
      await markSeen(desk, ask, units);
      await changeRoster(desk, ask, units);
      for (const unit of units) {
        if (unit.aliases)
          await putAliases(
            ask,
            unit.aliases.filter((alias) => !alias.undo),
          );
        const at = unit.messages[0]?.receivedAt ?? desk.clock.now();
        if (unit.wakes?.length) await ask(WAKE, [node.slot(session), at, unit.wakes]);
        if (unit.audit?.length) await addAudit(desk, ask, unit.audit);
      }
    });

  const commit = async (session: number, group: readonly Call[]): Promise<void> => {
    for (let tried = 1; ; tried++) {
      const intake = new Intake();
      for (const call of group) intake.add(call, dictionary.connection(call.call.site, call.call.connection));
      const own = await ids.take(intake.rows.length);
      intake.rows.forEach((row, at) => {
        row.id = own[at] as number;
      });
      try {
        if (group.some((call) => hasMore(call.call))) await keepWithMore(session, group, intake);
        else await keep((writers.append[session] as Session).ask, session, intake, false);
        for (const call of group) call.resolve(intake.answersOf(call));
        return;
      } catch (error) {
        const state = sqlStateOf(error);
        const idsAreOld = state === IDS_PASSED || (state === NOT_UNIQUE && tried === 1);
        if (idsAreOld) ids.forget();
        if (tried < TRIES && (idsAreOld || mayTryAgain(error))) continue;
        throw error;
      }
    }
  };

  /** A call that is refused harms none of its neighbours: they are tried again, each by itself. */
  const run = async (session: number, group: readonly Call[]): Promise<void> => {
    const sound: Call[] = [];
    for (const call of group) {
      try {
        check(call.call);
        sound.push(call);
      } catch (error) {
        call.reject(refusalOf(error));
      }
    }
    try {
      await keys.rotateWhenDue();
      await dictionary.add(
        sound.map((call) => call.call),
        sound.flatMap(({ call }) => [
          ...call.messages.flatMap((one) => one.deliveries.flatMap((each) => [each.flow, each.flowVersion])),
          ...(call.roster?.length ? [call.site] : []),
        ]),
      );
      if (sound.length > 0) await commit(session, sound);
    } catch (error) {
      const fault = faultOf(error);
      if (fault || sound.length === 1) return reject(sound, fault ?? refusalOf(error));
      for (const call of sound) {
        await commit(session, [call]).catch((own) => call.reject(faultOf(own) ?? refusalOf(own)));
      }
    }
  };
  const reject = (group: readonly Call[], failure: Failure): void => {
    for (const call of group) call.reject(failure);
  };

  const groups = openGroups<Unit, readonly Appended[]>({
    sessions: writers.append.length,
    calls: GROUP_CALLS,
    bytes: GROUP_BYTES,
    run,
  });
  return {
    append: (unit: Unit): Promise<readonly Appended[]> =>
      groups.put(unit, {
        key: `${unit.site} ${unit.connection}`,
        alone: standsAlone(unit),
        weight: unit.messages.reduce((sum, message) => sum + message.bytes.length, 0),
      }),
    close: groups.close,
  };
}
