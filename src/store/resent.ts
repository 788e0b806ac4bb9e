/** Whether two HL7 messages say the same and differ only in when they were sent (MSH-7). */

const BEGINS = Buffer.from('MSH');
const RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** Where the value of MSH-7 begins and ends; `null` when the bytes have no header that goes so far. */
function sendingTime(bytes: Uint8Array): { readonly begin: number; readonly end: number } | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Some senders put a byte-order mark or line ends in front.
  const start = buffer.subarray(0, 16).indexOf(BEGINS);
  if (start < 0) return null;
  const separator = buffer[start + 3];
  let field = 2;
  let begin = -1;
  for (let at = start + 4; at <= buffer.length; at++) {
    const byte = buffer[at];
    const ends = byte === undefined || byte === RETURN || byte === LINE_FEED;
    if (byte !== separator && !ends) continue;
    field++;
    if (field === 7) begin = at + 1;
    else if (field === 8) return { begin, end: at };
    if (ends) return null;
  }
  return null;
}

/**
 * True when the bytes are equal but for the value of MSH-7: a sender that did not see our answer made its message anew.
 * @example
 * sameButForTime(Buffer.from('MSH|^~\\&|A|B|C|D|1||ADT^A01\r'), Buffer.from('MSH|^~\\&|A|B|C|D|2||ADT^A01\r')) // true
 */
export function sameButForTime(one: Uint8Array, other: Uint8Array): boolean {
  const first = sendingTime(one);
  const second = sendingTime(other);
  if (first === null || second === null) return false;
  return (
    Buffer.compare(one.subarray(0, first.begin), other.subarray(0, second.begin)) === 0 &&
    Buffer.compare(one.subarray(first.end), other.subarray(second.end)) === 0
  );
}
