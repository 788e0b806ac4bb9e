/** What enters: messages with their plans, and what must stand or fall with them. */
import type { MessageFlag } from '../../message/index.ts';
import type { Append, Appended, NewMessage } from '../contract.ts';
import { sealPayload } from '../payload.ts';
import { senderNumbers } from '../senders.ts';
import type { AuditLog } from './audit.ts';
import { codeOf, DOORS, FORMATS, flagBits, MESSAGE_STATES } from './codes.ts';
import { cursorWriter } from './cursors.ts';
import type { Desk } from './desk.ts';
import { laneText } from './lanes.ts';
import { linker } from './linking.ts';
import { planner } from './planning.ts';
import { repeatJudge } from './repeats.ts';
import { rosterWriter } from './roster.ts';
import { goneWriter, seenWriter } from './seen.ts';
import { sleeperTeller } from './sleeping.ts';

const ADD_MESSAGE = `
INSERT INTO message (
  id, connection, received_at, door, format, type, control_id, state, reason, flags, repeats, size, planned, parent,
  sender, dedupe_id, hash, patients, sealed
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function appender(desk: Desk, audit: AuditLog) {
  const { database, dictionary, filing, numbers, tallies, vault } = desk;
  const addMessage = database.prepare(ADD_MESSAGE);
  const judge = repeatJudge(desk);
  const senderNumber = senderNumbers();
  const plan = planner(desk);
  const tellSleepers = sleeperTeller(desk);
  const { link, holdLanes } = linker(desk);
  const moveCursor = cursorWriter(desk);
  const markSeen = seenWriter(desk);
  const markGone = goneWriter(desk);
  const changeRoster = rosterWriter(desk);

  /** All of them are: a merge that was sent again is not made again, since an unlink may have come in between. */
  const repeated = (connection: number, messages: readonly NewMessage[]): boolean =>
    messages.length > 0 &&
    messages.every(({ state, dedupe }) => {
      if (state !== 'accepted' || !dedupe) return false;
      const earlier = filing.known(senderNumber(connection, dedupe.sender), dedupe.id);
      return earlier.some((row) => row.hash === dedupe.hash);
    });

  const addOne = (connection: number, message: NewMessage): Appended => {
    let flags: readonly MessageFlag[] = message.flags;
    // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
    const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
    let repeatable: Parameters<typeof filing.message>[1];
    if (dedupe) {
      const { id, hash } = dedupe;
      repeatable = {
        sender: senderNumber(connection, dedupe.sender),
        id,
        hash,
        receivedAt: message.receivedAt,
      };
      const earlier = filing.known(repeatable.sender, id);
      if (earlier.length > 0) {
        const { original, flag } = judge(repeatable.sender, dedupe, message.bytes, earlier);
        if (original) {
          tallies.repeat(connection);
          return {
            kind: 'duplicate',
            messageId: String(original.message),
            receivedAt: original.receivedAt,
          };
        }
        if (flag && !flags.includes(flag)) flags = [...flags, flag];
      }
    }
    const id = numbers.message();
    addMessage.run(
      id,
      connection,
      message.receivedAt,
      codeOf(DOORS, message.door),
      codeOf(FORMATS, message.format),
      message.type,
      message.controlId,
      codeOf(MESSAGE_STATES, message.state),
      message.reason,
      flagBits(flags),
      message.bytes.length,
      message.deliveries.length,
      message.parent === undefined ? null : Number(message.parent),
      repeatable?.sender ?? null,
      repeatable === undefined || repeatable.id === message.controlId ? null : repeatable.id,
      repeatable?.hash ?? null,
      message.patients.length === 0 ? null : laneText(message.patients),
      sealPayload(vault, id, message.bytes),
    );
    filing.message(id, repeatable);
    message.deliveries.forEach((delivery, nth) => {
      plan({
        message: id,
        nth,
        connection,
        flow: delivery.flow,
        version: delivery.flowVersion,
        lanes: delivery.lanes,
        dueAt: delivery.dueAt ?? message.receivedAt,
        createdAt: message.receivedAt,
        replayOf: delivery.replayOf === undefined ? null : Number(delivery.replayOf),
        remembered: delivery.remembered ?? [],
      });
    });
    if (message.cancels || message.wakes) tellSleepers(id, message);
    const rejected = message.state === 'rejected';
    tallies.message(connection, id, message.receivedAt, {
      rejected,
      unrouted: !rejected && message.deliveries.length === 0,
    });
    return { kind: 'kept', messageId: String(id), receivedAt: message.receivedAt, flags };
  };

  return (unit: Append): readonly Appended[] => {
    const connection = dictionary.connection(unit.site, unit.connection);
    if (unit.cursor) moveCursor(connection, unit.cursor);
    // An unlink parts the lanes first: its own delivery then stands in both, behind what was merged. A merge
    // joins them last: its delivery stands in both too, and later ones of the retired id follow it.
    const merges = unit.aliases?.length && !repeated(connection, unit.messages) ? unit.aliases : [];
    for (const alias of merges) if (alias.undo) link(alias);
    const appended = unit.messages.map((message) => addOne(connection, message));
    for (const alias of merges) if (!alias.undo) link(alias);
    for (const alias of merges) if (alias.hold) holdLanes(alias, alias.hold);
    for (const mark of unit.seen ?? []) markSeen(unit.site, mark);
    if (unit.gone) markGone(unit.site, unit.gone);
    for (const change of unit.roster ?? []) changeRoster(unit.site, change);
    if (unit.audit) audit.add(unit.audit);
    return appended;
  };
}
