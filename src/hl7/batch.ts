import { BatchAudit } from './batch-audit.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import type { Finding } from './finding.ts';
import { type Found, MessageScanner } from './message-scanner.ts';

/** What a file of messages gives, in its order. */
export type BatchEvent =
  /** `at` is the place of the first byte; `nth` counts the messages of the file from 1. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly at: number; readonly nth: number }
  | { readonly kind: 'envelope'; readonly envelope: Envelope; readonly at: number }
  | { readonly kind: 'finding'; readonly finding: Finding };

export interface BatchOptions {
  /** A larger message is left out, and a finding tells it. 16 MiB unless said otherwise. */
  readonly maxMessageBytes?: number;
}

/**
 * Reads a file of messages, with or without batch envelopes, as it streams in: messages one by one, so that a file of
 * any size needs the memory of its largest message. The file is read no faster than its events are taken. Counts and
 * envelopes are checked (2.10.3). Throws only what the source throws.
 *
 *     for await (const event of readBatches(createReadStream('night.hl7')))
 *       if (event.kind === 'message') take(parse(event.bytes));
 *       else if (event.kind === 'finding') console.error(event.finding.text);
 */
export async function* readBatches(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: BatchOptions = {},
): AsyncGenerator<BatchEvent, void, undefined> {
  const reader = new BatchReader(options.maxMessageBytes);
  for await (const piece of source) yield* reader.push(piece);
  yield* reader.finish();
}

const defaultLimit = 16 * 1024 * 1024;

/** The scanner's finds as events. */
class BatchReader {
  readonly #limit: number;
  readonly #scanner: MessageScanner;
  readonly #audit = new BatchAudit();
  #nth = 0;

  constructor(limit = defaultLimit) {
    this.#limit = limit;
    this.#scanner = new MessageScanner(limit);
  }

  *push(piece: Uint8Array): Generator<BatchEvent> {
    for (const found of this.#scanner.push(piece)) yield* this.#events(found);
  }

  *finish(): Generator<BatchEvent> {
    for (const found of this.#scanner.finish()) yield* this.#events(found);
    yield* this.#audit.finish().map(told);
  }

  *#events(found: Found): Generator<BatchEvent> {
    const { at } = found;
    switch (found.kind) {
      case 'message':
        this.#audit.message();
        this.#nth += 1;
        yield { kind: 'message', bytes: found.bytes, at, nth: this.#nth };
        return;
      case 'envelope': {
        const envelope = readEnvelope(found.bytes);
        yield* this.#audit.envelope(envelope, at).map(told);
        yield { kind: 'envelope', envelope, at };
        return;
      }
      case 'stray': {
        const text = `${found.length} bytes belong to no message and no envelope: the file may be damaged.`;
        yield told({ code: 'stray-bytes', text, where: `byte ${at}` });
        return;
      }
      case 'oversized': {
        // It was in the file: the counts of the envelope include it.
        this.#audit.message();
        const text = `A message is larger than the limit of ${this.#limit} bytes and was left out.`;
        yield told({ code: 'message-size', text, where: `byte ${at}` });
      }
    }
  }
}

const told = (finding: Finding): BatchEvent => ({ kind: 'finding', finding });

/** A batch as it stands in a file; a run of messages without a BHS has no header. */
export interface Batch {
  readonly header: Envelope | undefined;
  readonly messages: readonly Uint8Array[];
  readonly trailer: Envelope | undefined;
}

/** A file of batches, in memory. */
export interface BatchFile {
  readonly header: Envelope | undefined;
  readonly batches: readonly Batch[];
  readonly trailer: Envelope | undefined;
  readonly findings: readonly Finding[];
}

/**
 * The structure of a file that fits in memory; `readBatches` reads any other. Never throws. A file with several FHS
 * keeps the first header and the last trailer, and has a finding.
 *
 *     readBatchFile(bytes).batches[0]?.header?.fields[11]   // the control id of the first batch
 */
export function readBatchFile(bytes: Uint8Array): BatchFile {
  const reader = new BatchReader(Number.POSITIVE_INFINITY);
  const batches: { header: Envelope | undefined; messages: Uint8Array[]; trailer: Envelope | undefined }[] =
    [];
  const findings: Finding[] = [];
  let header: Envelope | undefined;
  let trailer: Envelope | undefined;
  let open = false;
  const begin = (first: Envelope | undefined): void => {
    batches.push({ header: first, messages: [], trailer: undefined });
    open = true;
  };
  for (const event of [...reader.push(bytes), ...reader.finish()]) {
    if (event.kind === 'finding') findings.push(event.finding);
    else if (event.kind === 'message') {
      if (!open) begin(undefined);
      batches.at(-1)?.messages.push(event.bytes);
    } else {
      const { envelope } = event;
      if (envelope.id === 'BHS') begin(envelope);
      else if (envelope.id === 'BTS') {
        if (!open) begin(undefined);
        const last = batches.at(-1);
        if (last !== undefined) last.trailer = envelope;
        open = false;
      } else {
        open = false;
        if (envelope.id === 'FHS') header ??= envelope;
        else trailer = envelope;
      }
    }
  }
  return { header, batches, trailer, findings };
}
