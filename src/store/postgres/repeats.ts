/** A message whose sender and id are known already: is it the same again, the same sent anew, or another one? */
import type { MessageFlag } from '../../message/index.ts';
import type { NewMessage } from '../contract.ts';
import { openPayload } from '../payload.ts';
import { sameButForTime } from '../resent.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';

/** Nobody removes them until this transaction has ended. */
const KNOWN = `
SELECT d.message, d.hash, d.received_at, d.departed, m.size, m.sealed
FROM dedupe d LEFT JOIN message m ON m.id = d.message WHERE d.sender = $1 AND d.id = $2 ORDER BY d.message FOR SHARE OF d`;
const COUNT = 'UPDATE message SET repeats = repeats + 1 WHERE id = $1';
const COUNT_DEPARTED =
  'UPDATE dedupe SET repeats = repeats + 1 WHERE sender = $1 AND id = $2 AND message = $3';
const TALLY = `
INSERT INTO tally AS t (connection, slot, repeats) VALUES ($1, $2, 1)
ON CONFLICT (connection, slot) DO UPDATE SET repeats = t.repeats + 1`;
const SAME = `
SELECT count(*) AS known FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u (sender, id, hash)
WHERE EXISTS (SELECT 1 FROM dedupe d WHERE d.sender = u.sender AND d.id = u.id AND d.hash = u.hash)`;

/** The message that it repeats, or what it is flagged with. */
export interface Judgement {
  readonly original?: { readonly id: number; readonly at: number };
  readonly flag?: MessageFlag;
}

interface Known {
  readonly message: number;
  readonly hash: string;
  readonly received_at: number;
  readonly departed: boolean;
  readonly size: number | null;
  readonly sealed: Uint8Array | null;
}

export function repeatJudge({ keys }: Desk) {
  /** Only asked when an id comes again with other bytes: the earlier payload is unsealed and held beside this one. */
  const differsInTime = (bytes: Uint8Array, { message, size, sealed }: Known): boolean => {
    if (size === null || sealed === null || Math.abs(size - bytes.length) > 64) return false;
    try {
      return sameButForTime(bytes, openPayload(keys.vault, message, size, sealed));
    } catch {
      return false; // What is damaged there must not keep this one out.
    }
  };

  return {
    /** Under the lock of its connection. A repeat is counted. */
    async judge(
      ask: Ask,
      of: { readonly connection: number; readonly slot: number; readonly sender: number },
      dedupe: NonNullable<NewMessage['dedupe']>,
      bytes: Uint8Array,
    ): Promise<Judgement> {
      const { id, hash, since } = dedupe;
      const known = await ask<Known>(KNOWN, [of.sender, id]);
      const earlier = since === undefined ? known : known.filter((one) => one.received_at >= since);
      const repeats = async (first: Known): Promise<Judgement> => {
        if (first.departed) await ask(COUNT_DEPARTED, [of.sender, id, first.message]);
        else await ask(COUNT, [first.message]);
        await ask(TALLY, [of.connection, of.slot]);
        return { original: { id: first.message, at: first.received_at } };
      };
      const same = earlier.find((one) => one.hash === hash);
      if (same) return repeats(same);
      if (earlier.length === 0) return {};
      await keys.fetch(earlier.map((one) => one.sealed));
      const resent = earlier.findLast((one) => differsInTime(bytes, one));
      if (!resent) return { flag: 'control-id-reused' };
      return dedupe.ignoreTime ? repeats(resent) : { flag: 'resent-with-new-time' };
    },
    /** How many of these are known with the same bytes. */
    async known(
      ask: Ask,
      all: readonly { readonly sender: number; readonly id: string; readonly hash: string }[],
    ): Promise<number> {
      const [row] = await ask<{ known: number }>(SAME, [
        all.map((one) => one.sender),
        all.map((one) => one.id),
        all.map((one) => one.hash),
      ]);
      return row?.known ?? 0;
    },
  };
}
