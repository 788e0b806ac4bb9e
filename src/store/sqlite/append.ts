/** What enters: messages with their plans, and what must stand or fall with them. */
import { createHash } from 'node:crypto';
import type { MessageFlag } from '../../message/index.ts';
import type { Append, Appended, NewMessage } from '../contract.ts';
import type { AuditLog } from './audit.ts';
import { codeOf, DOORS, FORMATS, flagBits, MESSAGE_STATES } from './codes.ts';
import { cursorWriter } from './cursors.ts';
import type { Desk } from './desk.ts';
import { planner } from './planning.ts';
import { rosterWriter } from './roster.ts';
import { seenWriter } from './seen.ts';

const ADD_MESSAGE = `
INSERT INTO message (
  id, connection, received_at, door, format, type, control_id, state, reason, flags, repeats, size, planned, parent, sealed
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`;
const ADD_PATIENT =
  'INSERT INTO message_patient (bucket, patient, message) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const SAME_ID = 'SELECT hash, message FROM dedupe WHERE sender = ? AND id = ?';
const ADD_DEDUPE = 'INSERT INTO dedupe (sender, id, hash, message) VALUES (?, ?, ?, ?)';
const COUNT_REPEAT = 'UPDATE message SET repeats = repeats + 1 WHERE id = ? RETURNING received_at';

/** Messages of one bucket of the patient index: 2 to this power (see migration 1). */
const BUCKET_BITS = 12;
export const bucketOf = (message: number): number => Math.floor(message / 2 ** BUCKET_BITS);

/** Senders whose numbers are kept at hand; hostile senders may invent names without end. */
const SENDERS_AT_HAND = 10_000;

/**
 * A number for a sender at a connection: 48 bits of SHA-256, half the row of its text. Should two senders
 * share one, a repeat still needs equal bytes, and equal bytes name the same sender.
 */
function senderNumbers(): (connection: number, sender: string) => number {
  const known = new Map<string, number>();
  return (connection, sender) => {
    const key = `${connection} ${sender}`;
    let number = known.get(key);
    if (number === undefined) {
      if (known.size >= SENDERS_AT_HAND) known.clear();
      number = createHash('sha256').update(key).digest().readUIntBE(0, 6);
      known.set(key, number);
    }
    return number;
  };
}

export function appender(desk: Desk, audit: AuditLog) {
  const { database, dictionary, fresh, lanes, numbers, tallies, vault } = desk;
  const addMessage = database.prepare(ADD_MESSAGE);
  const addPatient = database.prepare(ADD_PATIENT);
  const sameId = database.prepare(SAME_ID);
  const addDedupe = database.prepare(ADD_DEDUPE);
  const countRepeat = database.prepare(COUNT_REPEAT);
  const senderNumber = senderNumbers();
  const plan = planner(desk);
  const moveCursor = cursorWriter(desk);
  const markSeen = seenWriter(desk);
  const changeRoster = rosterWriter(desk);

  const addOne = (unit: Append, connection: number, message: NewMessage): Appended => {
    let flags: readonly MessageFlag[] = message.flags;
    // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
    const dedupe = message.state === 'accepted' ? message.dedupe : undefined;
    let sender = 0;
    if (dedupe) {
      sender = senderNumber(connection, dedupe.sender);
      const earlier = sameId.all(sender, dedupe.id) as unknown as { hash: string; message: number }[];
      const same = earlier.find((row) => row.hash === dedupe.hash);
      const original = same && (countRepeat.get(same.message) as { received_at: number } | undefined);
      if (same && original) {
        tallies.repeat(connection);
        fresh.clear(); // the original may be among them, with its old count
        return { kind: 'duplicate', messageId: String(same.message), receivedAt: original.received_at };
      }
      if (earlier.length > 0 && !flags.includes('control-id-reused')) flags = [...flags, 'control-id-reused'];
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
      vault.seal('message', id, message.bytes),
    );
    for (const patient of message.patients) addPatient.run(bucketOf(id), patient, id);
    if (dedupe) addDedupe.run(sender, dedupe.id, dedupe.hash, id);
    for (const delivery of message.deliveries) {
      const dueAt = delivery.dueAt ?? message.receivedAt;
      const place = plan({
        message: id,
        connection,
        flow: delivery.flow,
        version: delivery.flowVersion,
        lanes: delivery.lanes,
        dueAt,
        createdAt: message.receivedAt,
        replayOf: delivery.replayOf === undefined ? null : Number(delivery.replayOf),
        remembered: delivery.remembered ?? [],
      });
      if (delivery.remembered !== undefined && delivery.remembered.length > 0) continue;
      fresh.put(place, {
        delivery: {
          id: String(place),
          messageId: String(id),
          flow: delivery.flow,
          flowVersion: delivery.flowVersion,
          state: 'running',
          heldFor: null,
          attempts: 0,
          dueAt,
          possibleDuplicate: false,
          replayOf: delivery.replayOf ?? null,
          createdAt: message.receivedAt,
          finishedAt: null,
          failure: null,
          step: null,
        },
        message: {
          id: String(id),
          site: unit.site,
          connection: unit.connection,
          receivedAt: message.receivedAt,
          door: message.door,
          format: message.format,
          type: message.type,
          controlId: message.controlId,
          state: message.state,
          reason: message.reason,
          flags,
          repeats: 0,
          size: message.bytes.length,
          planned: message.deliveries.length,
        },
        bytes: message.bytes,
      });
    }
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
    for (const alias of unit.aliases ?? []) if (alias.undo) lanes.part(alias.from);
    const appended = unit.messages.map((message) => addOne(unit, connection, message));
    for (const alias of unit.aliases ?? []) if (!alias.undo) lanes.join(alias.from, alias.to);
    for (const mark of unit.seen ?? []) markSeen(unit.site, mark);
    for (const change of unit.roster ?? []) changeRoster(unit.site, change);
    if (unit.audit) audit.add(unit.audit);
    return appended;
  };
}
