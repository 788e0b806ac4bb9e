/** Lines of NDJSON from pieces of bytes, in bounded memory. */

/** No record of a chart is larger; what is, is not read on. */
export const LONGEST_LINE = 64 * 1024 * 1024;

const NEWLINE = 10;
const RETURN = 13;

/**
 * The lines that lie in one piece after another, in lists of those that a piece completes; empty lines are left out. A line
 * is a view of the piece it came in wherever it lies in one: keep a copy, not the view.
 * @throws RangeError: a line is longer than `longest`.
 */
export async function* lineLists(
  pieces: AsyncIterable<Uint8Array>,
  longest = LONGEST_LINE,
): AsyncGenerator<readonly Buffer[]> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const bytes of pieces) {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lines: Buffer[] = [];
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      let line = piece.subarray(from, end);
      if (held > 0) {
        line = Buffer.concat([...rest, line]);
        rest = [];
        held = 0;
      }
      from = end + 1;
      if (line.at(-1) === RETURN) line = line.subarray(0, -1);
      if (line.length > longest) throw new RangeError('a line is too long');
      if (line.length > 0) lines.push(line);
    }
    if (from < piece.length) {
      const tail = piece.subarray(from);
      held += tail.length;
      if (held > longest) throw new RangeError('a line is too long');
      rest.push(Buffer.from(tail));
    }
    if (lines.length > 0) yield lines;
  }
  if (held > 0) {
    let last = Buffer.concat(rest);
    if (last.at(-1) === RETURN) last = last.subarray(0, -1);
    if (last.length > 0) yield [last];
  }
}
