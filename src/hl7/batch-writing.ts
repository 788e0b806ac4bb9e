import { buildSegment, type FieldContent } from './build.ts';
import { bytesOf, utf8 } from './charset.ts';
import { type Delimiters, defaultDelimiters } from './delimiters.ts';
import { splitMessages } from './split.ts';

/** What cannot be put into a batch, because it would not be read back as it was. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  /** Which message of the batch, from 1. */
  readonly nth: number;
  constructor(nth: number) {
    super(
      `number ${nth} of the batch is not exactly one message: it must begin with MSH and hold no envelope and no MLLP framing`,
    );
    this.nth = nth;
  }
}

export interface BatchHeader {
  /** BHS-3 (or FHS-3) and what follows, as for buildSegment: application, facility, receiver, time, ... */
  readonly fields?: readonly FieldContent[];
  readonly delimiters?: Delimiters;
}

type Messages = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A header or a trailer with its line end. */
function line(id: string, fields: readonly FieldContent[], delimiters: Delimiters): Uint8Array {
  return bytesOf(utf8.encode(`${buildSegment(id, fields, delimiters)}\r`));
}

function headerLine(
  id: 'BHS' | 'FHS',
  { fields = [], delimiters = defaultDelimiters }: BatchHeader,
): Uint8Array {
  return line(id, [{ raw: delimiters.encoding }, ...fields], delimiters);
}

const trailerLine = (id: 'BTS' | 'FTS', count: number, { delimiters = defaultDelimiters }: BatchHeader) =>
  line(id, [String(count)], delimiters);

/** The message as it will be read back: one message and nothing else, with a line end. */
function enclosed(message: Uint8Array, nth: number): Uint8Array {
  const { messages, envelope, strayBytes } = splitMessages(message);
  const [only] = messages;
  if (only === undefined || messages.length > 1 || envelope.length > 0 || strayBytes > 0)
    throw new BatchError(nth);
  const last = only.at(-1);
  return last === 13 || last === 10 ? only : Buffer.concat([only, Buffer.of(13)]);
}

/**
 * Writes a batch as it goes: BHS, the messages, and a BTS with their number (2.10.3). Throws {@link BatchError} for
 * what is not one message.
 *
 *     await pipeline(writeBatch(messages, { fields: ['SUTURE'] }), createWriteStream('out.hl7'));
 */
export async function* writeBatch(
  messages: Messages,
  header: BatchHeader = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  yield headerLine('BHS', header);
  let count = 0;
  for await (const message of messages) {
    count += 1;
    yield enclosed(message, count);
  }
  yield trailerLine('BTS', count, header);
}

/** Writes a file of batches as it goes: FHS, the batches as {@link writeBatch} makes them, and an FTS with their number. */
export async function* writeBatchFile(
  batches:
    | Iterable<BatchHeader & { readonly messages: Messages }>
    | AsyncIterable<BatchHeader & { readonly messages: Messages }>,
  header: BatchHeader = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  yield headerLine('FHS', header);
  let count = 0;
  for await (const batch of batches) {
    count += 1;
    yield* writeBatch(batch.messages, batch);
  }
  yield trailerLine('FTS', count, header);
}

/**
 * A batch in memory.
 *
 *     buildBatch([first, second], { fields: ['SUTURE', 'HOSP'] })   // BHS|^~\&|SUTURE|HOSP ... BTS|2
 */
export function buildBatch(messages: Iterable<Uint8Array>, header: BatchHeader = {}): Uint8Array {
  const parts = Array.from(messages, (message, i) => enclosed(message, i + 1));
  return Buffer.concat([headerLine('BHS', header), ...parts, trailerLine('BTS', parts.length, header)]);
}
