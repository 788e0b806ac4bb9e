/** A message whose sender and id are known already: is it the same again, the same sent anew, or another one? */
import type { MessageFlag } from '../../message/index.ts';
import type { NewMessage } from '../contract.ts';
import { openPayload } from '../payload.ts';
import { sameButForTime } from '../resent.ts';
import type { Desk } from './desk.ts';
import type { Original } from './filing.ts';

const COUNT = 'UPDATE message SET repeats = repeats + 1 WHERE id = ?';
const COUNT_DEPARTED =
  'UPDATE dedupe SET repeats = repeats + 1 WHERE known_as = ? AND sender = ? AND message = ?';
const SEALED = 'SELECT size, sealed FROM message WHERE id = ?';

export interface Judgement {
  /** The message that it repeats. */
  readonly original?: Original;
  readonly flag?: MessageFlag;
}

export function repeatJudge({ database, vault }: Desk) {
  const count = database.prepare(COUNT);
  const countDeparted = database.prepare(COUNT_DEPARTED);
  const sealed = database.prepare(SEALED);

  /** Only asked when an id comes again with other bytes: the earlier payload is unsealed and held beside this one. */
  const differsInTime = (bytes: Uint8Array, { message, departed }: Original): boolean => {
    const row = departed
      ? undefined
      : (sealed.get(message) as { size: number; sealed: Uint8Array } | undefined);
    if (!row || Math.abs(row.size - bytes.length) > 64) return false;
    try {
      return sameButForTime(bytes, openPayload(vault, message, row.size, row.sealed));
    } catch {
      return false; // What is damaged there must not keep this one out.
    }
  };

  return (
    sender: number,
    dedupe: NonNullable<NewMessage['dedupe']>,
    bytes: Uint8Array,
    known: readonly Original[],
  ): Judgement => {
    const { id, hash, since } = dedupe;
    const earlier = since === undefined ? known : known.filter((one) => one.receivedAt >= since);
    const repeats = (original: Original): Judgement => {
      if (original.departed) countDeparted.run(id, sender, original.message);
      else count.run(original.message);
      return { original };
    };
    const same = earlier.find((one) => one.hash === hash);
    if (same) return repeats(same);
    if (earlier.length === 0) return {};
    const resent = earlier.findLast((one) => differsInTime(bytes, one));
    if (!resent) return { flag: 'control-id-reused' };
    return dedupe.ignoreTime ? repeats(resent) : { flag: 'resent-with-new-time' };
  };
}
