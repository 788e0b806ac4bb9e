/** What recognises a repeat says who sent it by a number: half the row of its text. */
import { createHash } from 'node:crypto';

/** Senders whose numbers are kept at hand; hostile senders may invent names without end. */
const SENDERS_AT_HAND = 10_000;

/**
 * A number for a sender at a connection: 48 bits of SHA-256, never 0 (no sender). Should two senders share one, a repeat still
 * needs equal bytes, and equal bytes name the same sender.
 */
export function senderNumbers(): (connection: number, sender: string) => number {
  const known = new Map<string, number>();
  return (connection, sender) => {
    const key = `${connection} ${sender}`;
    let number = known.get(key);
    if (number === undefined) {
      if (known.size >= SENDERS_AT_HAND) known.clear();
      number = createHash('sha256').update(key).digest().readUIntBE(0, 6) + 1;
      known.set(key, number);
    }
    return number;
  };
}
