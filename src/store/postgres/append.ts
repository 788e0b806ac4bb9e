/** What enters: messages with their plans, and what must stand or fall with them; many callers in one transaction. */
import type { Failure } from '../../std/index.ts';
import type { Append, Appended, LaneAlias, NewMessage } from '../contract.ts';
import { sealPayload } from '../payload.ts';
import { codeOf, DOORS, FORMATS, flagBits, HOLD_REASONS, MESSAGE_STATES } from '../sqlite/codes.ts';
import { deliveryId } from '../sqlite/numbers.ts';
import { type Arriving, answerOf, arriving, check, Intake } from './arriving.ts';
import { addAudit } from './audit.ts';
import { moveCursor } from './cursors.ts';
import { Bundle, type Desk, storable } from './desk.ts';
import {
  AHEAD_NOT_KEPT,
  faultOf,
  IDS_PASSED,
  mayTryAgain,
  NOT_UNIQUE,
  refusalOf,
  SAME_ID_OTHER_BYTES,
  sqlStateOf,
} from './faults.ts';
import { openGroups, type Place, type Queued } from './groups.ts';
import type { Ids } from './ids.ts';
import { repeatJudge } from './repeats.ts';
import { TELL_ENDED, TELL_OPEN } from './replay.ts';
import { changeRoster } from './roster.ts';
import { markSeen } from './seen.ts';
import type { Ask, Session } from './session.ts';
import { sleepEnder } from './sleepers.ts';
import { stepRows } from './steps.ts';

const LOCK = 'SELECT lock_append($1, $2)';
const APPEND = {
  name: 'append',
  text: 'SELECT n, repeated, at FROM append_messages($1, $2, $3, $4, $5, $6, $7)',
};
const PUT_STEPS = 'SELECT put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, $1) s), $2)';
const LINK = 'SELECT link_lanes($1, $2, $3)';
const HOLD = 'SELECT hold_lanes($1, $2, $3, $4, $5)';

/** Messages of one commit at most; more callers wait for the next. */
const GROUP_CALLS = 500;
const GROUP_BYTES = 4 * 1024 * 1024;
const TRIES = 8;
/** Milliseconds: so long after ids were passed by another node's, they are not reserved ahead. */
const SHARED = 1_000;

type Call = Queued<Append, readonly Appended[]>;

/** Must see what others did before, or changes what others see: has a transaction to itself. */
const standsAlone = (unit: Append): boolean =>
  unit.cursor !== undefined ||
  changesLanes(unit) ||
  (unit.audit?.length ?? 0) > 0 ||
  unit.messages.some(tellsSleepers);
const changesLanes = (unit: Append): boolean => (unit.aliases?.length ?? 0) > 0;
const tellsSleepers = (message: NewMessage): boolean =>
  (message.cancels?.length ?? 0) + (message.wakes?.length ?? 0) > 0;
const hasHistory = (message: NewMessage): boolean =>
  message.deliveries.some((one) => (one.remembered?.length ?? 0) > 0 || one.replayOf !== undefined);
const hasMore = (unit: Append): boolean =>
  standsAlone(unit) ||
  (unit.seen?.length ?? 0) > 0 ||
  unit.gone !== undefined ||
  (unit.roster?.length ?? 0) > 0 ||
  unit.messages.some(hasHistory);

export function openAppending(desk: Desk, ids: Ids) {
  const { dictionary, keys, node, writers } = desk;
  const repeats = repeatJudge(desk);
  const sleepers = sleepEnder(desk);
  let groupsSent = 0;
  /** Another node takes messages of a connection of ours, too: until then each group is given its ids under the lock. */
  let sharedUntil = Number.NEGATIVE_INFINITY;
  const isShared = (): boolean => desk.clock.elapsed() < sharedUntil;

  const values = (session: number, rows: readonly Arriving[], lanesChange: boolean): unknown[] => {
    const bundle = new Bundle();
    const messages: unknown[] = [];
    const deliveries: unknown[] = [];
    rows.forEach((row, n) => {
      const { message, connection, dedupe, id } = row;
      const sealed = bundle.put(sealPayload(keys.vault, id, message.bytes));
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
        sender: dedupe?.sender ?? null,
        did: dedupe?.id ?? null,
        hash: dedupe?.hash ?? null,
        since: message.dedupe?.since ?? null,
        judged: row.judged,
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

  const keep = async (
    ask: Ask,
    session: number,
    rows: readonly Arriving[],
    lanesChange: boolean,
    place?: Place,
  ): Promise<void> => {
    if (rows.length === 0) return;
    const group = String(++groupsSent);
    // Who is sent behind another says so, and is refused if that one was not kept under this name.
    const ahead = place?.ahead ? place.aheadAs.name : null;
    if (place) place.as.name = group;
    const answers = await ask<{ n: number; repeated: number; at: number }>(APPEND, [
      ...values(session, rows, lanesChange),
      group,
      ahead,
    ]);
    for (const { n, repeated, at } of answers) (rows[n] as Arriving).repeated = { id: repeated, at };
  };

  /** What deliveries bring from those that they repeat. */
  const keepHistory = async (ask: Ask, rows: readonly Arriving[]): Promise<void> => {
    const planned = rows
      .filter((row) => !row.repeated && hasHistory(row.message))
      .flatMap((row) => row.message.deliveries.map((plan, nth) => ({ plan, id: deliveryId(row.id, nth) })));
    const bundle = new Bundle();
    const steps = planned.flatMap(({ plan, id }) => stepRows(keys, bundle, id, plan.remembered ?? []));
    if (steps.length > 0) await ask(PUT_STEPS, [JSON.stringify(steps), bundle.close()]);
    const again = planned.filter(({ plan }) => plan.replayOf !== undefined);
    if (again.length === 0) return;
    const pairs = [again.map(({ plan }) => Number(plan.replayOf)), again.map(({ id }) => id)];
    await ask(TELL_ENDED, pairs);
    await ask(TELL_OPEN, pairs);
  };

  /** One by one, each seeing what those before it did: for what a single statement cannot judge. */
  const keepEach = async (ask: Ask, session: number, rows: readonly Arriving[]): Promise<void> => {
    const slot = node.slot(session);
    for (const row of rows) {
      const { connection, dedupe, message } = row;
      row.judged = true;
      if (dedupe && message.dedupe) {
        const of = { connection, slot, sender: dedupe.sender };
        const { original, flag } = await repeats.judge(
          ask,
          of,
          { ...message.dedupe, id: dedupe.id },
          message.bytes,
        );
        if (original) {
          row.repeated = original;
          continue;
        }
        row.flags = flag && !message.flags.includes(flag) ? [...message.flags, flag] : message.flags;
      }
      const place = tellsSleepers(message) ? await sleepers.eventPlace(ask) : null;
      await keep(ask, session, [row], false);
      await keepHistory(ask, [row]);
      if (place !== null) await sleepers.tell(ask, slot, row.id, place, message);
    }
  };

  /** A merge that was sent again is not made again, since an unlink may have come in between. */
  const isRepeated = async (ask: Ask, rows: readonly Arriving[]): Promise<boolean> => {
    const all = rows.flatMap(({ dedupe }) => (dedupe ? [dedupe] : []));
    if (rows.length === 0 || all.length < rows.length) return false;
    return (await repeats.known(ask, all)) === rows.length;
  };

  const link = (ask: Ask, { from, to, undo = false }: LaneAlias) => ask(LINK, [from, to, undo]);

  const number = (rows: readonly Arriving[], own: readonly number[]): void =>
    rows.forEach((row, at) => {
      row.id = own[at] as number;
    });

  /** With all that may come along: what is read before is read under the lock of the connections. */
  const keepWithMore = (
    session: number,
    group: readonly Call[],
    rows: readonly Arriving[],
    each: boolean,
    shared: boolean,
  ): Promise<void> =>
    (writers.append[session] as Session).transaction(async (ask) => {
      const units = group.map((call) => call.call);
      const lanesChange = units.some(changesLanes);
      const connections = units.map((unit) => dictionary.connection(unit.site, unit.connection));
      void ask(LOCK, [connections, lanesChange]).catch(() => undefined);
      if (shared) number(rows, await ids.takeUnder(ask, [...new Set(connections)], rows.length));
      for (const unit of units) {
        if (unit.cursor) await moveCursor(desk, ask, unit.site, unit.connection, unit.cursor);
      }
      // Whoever changes lanes stands alone: there is one unit then.
      const aliases = units.flatMap((unit) => unit.aliases ?? []);
      const merges = aliases.length === 0 || (await isRepeated(ask, rows)) ? [] : aliases;
      // An unlink parts the lanes first: its own delivery then stands in both, behind what was merged. A merge joins them
      // last: its delivery stands in both too, and later ones of the retired id follow it.
      for (const alias of merges) if (alias.undo) await link(ask, alias);
      if (each) await keepEach(ask, session, rows);
      else {
        await keep(ask, session, rows, lanesChange);
        await keepHistory(ask, rows);
      }
      for (const alias of merges) if (!alias.undo) await link(ask, alias);
      for (const { from, to, hold } of merges) {
        if (!hold) continue;
        const reason = codeOf(HOLD_REASONS, hold.reason);
        await ask(HOLD, [node.slot(session), from, to, reason, JSON.stringify(hold.failure)]);
      }
      await markSeen(desk, ask, units);
      await changeRoster(desk, ask, units);
      for (const unit of units) if (unit.audit?.length) await addAudit(desk, ask, unit.audit);
    });

  const connectionOf = ({ call }: Call): number => dictionary.connection(call.site, call.connection);
  /** Gives what its callers are answered. */
  const keepTogether = async (session: number, group: readonly Call[], place: Place) => {
    const intake = new Intake<Call>();
    for (const call of group) intake.add(call, call.call.messages, connectionOf(call));
    if (intake.mustBeJudged) return null;
    const shared = isShared();
    if (!shared) number(intake.rows, await ids.take(intake.rows.length));
    if (group.some(({ call }) => hasMore(call)) || (shared && intake.rows.length > 0)) {
      await place.ahead;
      await keepWithMore(session, group, intake.rows, false, shared);
    } else if (intake.rows.length === 0) {
      // Nothing is sent, so nothing can be sent behind it: whoever comes next counts on all that was before.
      await place.ahead;
    } else {
      const { askBehind } = writers.append[session] as Session;
      const kept = keep(askBehind, session, intake.rows, false, place);
      place.sent();
      await kept;
    }
    return (call: Call) => intake.answersOf(call);
  };
  const keepOneByOne = async (session: number, group: readonly Call[]) => {
    const rows = new Map(
      group.map((call) => [call, call.call.messages.map((one) => arriving(one, connectionOf(call)))]),
    );
    const all = [...rows.values()].flat();
    const shared = isShared();
    if (!shared) number(all, await ids.take(all.length));
    await keepWithMore(session, group, all, true, shared);
    return (call: Call) => (rows.get(call) ?? []).map((row) => answerOf(row, true));
  };

  const commit = async (session: number, group: readonly Call[], first: Place): Promise<void> => {
    let each = group.some(({ call }) => call.messages.some(tellsSleepers));
    let place = first;
    for (let tried = 1; ; tried++) {
      try {
        const together = each ? null : await keepTogether(session, group, place);
        if (together === null) await place.ahead;
        const answersOf = together ?? (await keepOneByOne(session, group));
        for (const call of group) call.resolve(answersOf(call));
        return;
      } catch (error) {
        // What is tried again comes after what was ahead of it, as it stood in line.
        await place.ahead;
        place = { ...place, ahead: null };
        const state = sqlStateOf(error);
        if (state === AHEAD_NOT_KEPT) continue;
        const idsAreOld = state === IDS_PASSED || (state === NOT_UNIQUE && tried === 1);
        if (idsAreOld) ids.forget();
        if (state === IDS_PASSED) sharedUntil = desk.clock.elapsed() + SHARED;
        const mustBeJudged = state === SAME_ID_OTHER_BYTES && !each;
        each ||= mustBeJudged;
        if (tried < TRIES && (idsAreOld || mustBeJudged || mayTryAgain(error))) continue;
        throw error;
      }
    }
  };

  /** A call that is refused harms none of its neighbours: they are tried again, each by itself. */
  const run = async (session: number, group: readonly Call[], place: Place): Promise<void> => {
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
      if (sound.length > 0) await commit(session, sound, place);
    } catch (error) {
      const fault = faultOf(error);
      if (fault || sound.length === 1) return reject(sound, fault ?? refusalOf(error));
      await place.ahead;
      for (const call of sound) {
        await commit(session, [call], { ...place, ahead: null }).catch((own) =>
          call.reject(faultOf(own) ?? refusalOf(own)),
        );
      }
    }
  };
  const reject = (group: readonly Call[], failure: Failure): void => {
    for (const call of group) call.reject(failure);
  };

  const groups = openGroups<Append, readonly Appended[]>({
    sessions: writers.append.length,
    calls: GROUP_CALLS,
    bytes: GROUP_BYTES,
    run,
  });
  return {
    append: (unit: Append): Promise<readonly Appended[]> =>
      groups.put(unit, {
        key: `${unit.site} ${unit.connection}`,
        alone: standsAlone(unit),
        weight: unit.messages.reduce((sum, message) => sum + message.bytes.length, 0),
      }),
    close: groups.close,
  };
}
