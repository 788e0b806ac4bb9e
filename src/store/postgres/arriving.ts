/** Messages of several callers as rows of one statement. */
import type { MessageFlag } from '../../message/index.ts';
import type { Append, Appended, NewMessage } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { senderNumbers } from '../senders.ts';
import { codeOf, DOORS, FORMATS, flagBits, MESSAGE_STATES } from '../sqlite/codes.ts';
import { DELIVERIES_OF_ONE } from '../sqlite/numbers.ts';
import { storable } from './desk.ts';

const senderNumber = senderNumbers();

/** Refuses what no store can keep, before anything is asked of the database. */
export function check(unit: Append): void {
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

export interface Arriving {
  readonly message: NewMessage;
  readonly connection: number;
  /** What recognises a repeat of it, as rows have it. */
  readonly dedupe: { readonly sender: number; readonly id: string; readonly hash: string } | null;
  flags: readonly MessageFlag[];
  /** It was held beside the earlier ones of its id. */
  judged: boolean;
  /** Later ones of the group with the same bytes under the same id. */
  times: number;
  id: number;
  /** Set by the answer. */
  repeated?: { readonly id: number; readonly at: number };
}

export function arriving(message: NewMessage, connection: number): Arriving {
  // A refused message is judged afresh when it comes again: it neither is a repeat nor makes one.
  const of = message.state === 'accepted' ? message.dedupe : undefined;
  const dedupe = of
    ? { sender: senderNumber(connection, of.sender), id: storable(of.id), hash: of.hash }
    : null;
  return { message, connection, dedupe, flags: message.flags, judged: false, times: 0, id: 0 };
}

export function answerOf(row: Arriving, first: boolean): Appended {
  if (row.repeated) {
    return { kind: 'duplicate', messageId: String(row.repeated.id), receivedAt: row.repeated.at };
  }
  const messageId = String(row.id);
  const { receivedAt } = row.message;
  if (!first) return { kind: 'duplicate', messageId, receivedAt };
  return { kind: 'kept', messageId, receivedAt, flags: row.flags };
}

/** The messages of a group; repeats within it are one row. */
export class Intake<Call> {
  readonly rows: Arriving[] = [];
  /** One of them came with an id of another and other bytes: they are judged one by one. */
  mustBeJudged = false;
  readonly #byKey = new Map<string, Arriving>();
  readonly #answers = new Map<Call, { row: Arriving; first: boolean }[]>();

  add(call: Call, messages: readonly NewMessage[], connection: number): void {
    this.#answers.set(
      call,
      messages.map((message) => this.#one(arriving(message, connection))),
    );
  }

  #one(row: Arriving): { row: Arriving; first: boolean } {
    const { dedupe, message } = row;
    if (dedupe) {
      const key = `${dedupe.sender} ${dedupe.id}`;
      const earlier = this.#byKey.get(key);
      if (earlier) {
        const since = message.dedupe?.since ?? Number.NEGATIVE_INFINITY;
        if (earlier.dedupe?.hash === dedupe.hash && earlier.message.receivedAt >= since) {
          earlier.times++;
          return { row: earlier, first: false };
        }
        this.mustBeJudged = true;
      }
      this.#byKey.set(key, row);
    }
    this.rows.push(row);
    return { row, first: true };
  }

  answersOf(call: Call): readonly Appended[] {
    return (this.#answers.get(call) ?? []).map(({ row, first }) => answerOf(row, first));
  }
}
