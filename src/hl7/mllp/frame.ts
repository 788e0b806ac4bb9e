/** The bytes around a message. */
export interface Framing {
  readonly start: number;
  readonly end: number;
  /** Behind the end byte; left out: the end byte alone ends a frame. */
  readonly after?: number;
}

/** MLLP: a block is 0B, the message, 1C 0D. Some old links have other bytes, such as 02 and 03. */
export const mllpFraming: Framing = { start: 0x0b, end: 0x1c, after: 0x0d };

/** 16 MiB: a scanned document in an MDM message fits, a runaway sender does not. */
export const defaultMaxFrameBytes = 16 * 1024 * 1024;

/** How much of a refused frame is kept: its MSH, to answer it by its control id. */
const headBytes = 4_096;
/** A run of garbage is reported this often, so that a stream that never starts a frame is seen too. */
const garbageReportBytes = 65_536;
const smallPiece = 4_096;
const nothing = Buffer.alloc(0);

export type FrameEvent =
  /** A whole message, without its framing. It may share memory with the chunk it came in. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** Bytes outside any frame, line ends not counted. */
  | { readonly kind: 'garbage'; readonly bytes: number }
  /** A frame that never ended: a new one started within it, or the stream ended. */
  | { readonly kind: 'broken'; readonly bytes: number }
  /** A frame beyond the limit; told when the limit is passed. What follows is skipped up to the next start byte. */
  | { readonly kind: 'too-large'; readonly bytes: number; readonly head: Uint8Array };

/** The message in its MLLP frame. One argument only, so that it can be given to `map`. */
export const frame = (message: Uint8Array): Uint8Array => frameIn(mllpFraming, message);

/** The message between the bytes of a framing. */
export function frameIn({ start, end, after }: Framing, message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(message.length + (after === undefined ? 2 : 3));
  framed[0] = start;
  framed.set(message, 1);
  framed[message.length + 1] = end;
  if (after !== undefined) framed[message.length + 2] = after;
  return framed;
}

/** False when the bytes hold a framing byte, which would cut the frame: the message cannot go over MLLP. */
export const canBeFramed = (message: Uint8Array): boolean => fitsIn(mllpFraming, message);

/** As `canBeFramed`, for another framing. */
export const fitsIn = ({ start, end }: Framing, message: Uint8Array): boolean =>
  !message.includes(start) && !message.includes(end);

/**
 * Finds frames in a stream, chunk by chunk; the events are the same however the stream is cut. Pure: no socket, no timer.
 * Every byte is searched once, and a frame is joined once, when it is whole.
 *
 * 1C ends a frame when 0D or 0B follows it (some senders leave the 0D out); otherwise it is content, since
 * cutting a message short and acknowledging it would lose the rest. 0B within a frame starts a new one: what came before
 * it is a sender's broken attempt.
 *
 *     const scanner = new FrameScanner();
 *     for (const event of scanner.push(chunk)) if (event.kind === 'frame') handle(event.bytes);
 */
export class FrameScanner {
  readonly #limit: number;
  readonly #startByte: number;
  readonly #endByte: number;
  readonly #returnByte: number | undefined;
  #state: 'outside' | 'inside' | 'skipping' = 'outside';
  /** Pieces of the frame that is open, from earlier chunks, and their length together. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  /** Small pieces that are not in `pieces` yet. */
  #tail: Buffer = nothing;
  #tailLength = 0;
  /** The last byte of the open frame was 1C; it is held. */
  #ending = false;
  #garbage = 0;
  #lineEndBytes = 0;
  #skippedBytes = 0;
  #events: FrameEvent[] = [];

  constructor({
    maxFrameBytes = defaultMaxFrameBytes,
    framing = mllpFraming,
  }: { readonly maxFrameBytes?: number | undefined; readonly framing?: Framing | undefined } = {}) {
    this.#limit = maxFrameBytes;
    this.#startByte = framing.start;
    this.#endByte = framing.end;
    this.#returnByte = framing.after;
  }

  /** A frame has started and not ended. */
  get inFrame(): boolean {
    return this.#state === 'inside';
  }

  /** The open frame has its 1C and waits for the 0D, which some senders never send. */
  get ending(): boolean {
    return this.#state === 'inside' && this.#ending;
  }

  /** Bytes held for the open frame. */
  get heldBytes(): number {
    return this.#length;
  }

  /** CR and LF between frames: harmless, and not counted as garbage. */
  get lineEndBytes(): number {
    return this.#lineEndBytes;
  }

  /** Bytes of refused frames that were dropped unread. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** Takes the next bytes of the stream; what they completed, in order. */
  push(chunk: Uint8Array): FrameEvent[] {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'inside') at = this.#readFrame(chunk, at);
      else if (this.#state === 'outside') at = this.#readOutside(chunk, at);
      else at = this.#skip(chunk, at);
    }
    return this.#take();
  }

  /** The stream has ended, or waiting has: an open frame that has its 1C counts as whole, another is broken. */
  end(): FrameEvent[] {
    if (this.#state === 'inside') {
      if (this.#ending) this.#emitFrame(this.#length - 1);
      else this.#events.push({ kind: 'broken', bytes: this.#length });
    }
    this.#drop();
    this.#state = 'outside';
    this.#emitGarbage();
    return this.#take();
  }

  #take(): FrameEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #readOutside(chunk: Uint8Array, from: number): number {
    const start = chunk.indexOf(this.#startByte, from);
    const end = start < 0 ? chunk.length : start;
    for (let at = from; at < end; at += 1) {
      const byte = chunk[at];
      if (byte === 0x0d || byte === 0x0a) this.#lineEndBytes += 1;
      else {
        this.#garbage += 1;
        if (this.#garbage === garbageReportBytes) this.#emitGarbage();
      }
    }
    if (start < 0) return end;
    this.#emitGarbage();
    this.#open();
    return start + 1;
  }

  #open(): void {
    this.#drop();
    this.#state = 'inside';
  }

  #drop(): void {
    this.#pieces = [];
    this.#tail = nothing;
    this.#tailLength = 0;
    this.#length = 0;
    this.#ending = false;
  }

  /** Reads from `from` to the end of the open frame, or of the chunk; where to go on. */
  #readFrame(chunk: Uint8Array, from: number): number {
    if (this.#ending) {
      const byte = chunk[from];
      if (byte === this.#returnByte || byte === this.#startByte) {
        this.#emitFrame(this.#length - 1);
        return byte === this.#returnByte ? from + 1 : from;
      }
      this.#ending = false;
    }
    let end = chunk.indexOf(this.#endByte, from);
    const restart = indexBefore(chunk, this.#startByte, from, end);
    if (restart >= 0) return this.#restart(chunk, from, restart);
    while (end >= 0) {
      if (this.#returnByte === undefined) return this.#finish(chunk, from, end);
      const next = chunk[end + 1];
      if (next === undefined) break;
      if (next === this.#returnByte || next === this.#startByte) return this.#finish(chunk, from, end);
      const after = chunk.indexOf(this.#endByte, end + 1);
      const again = indexBefore(chunk, this.#startByte, end + 1, after);
      if (again >= 0) return this.#restart(chunk, from, again);
      end = after;
    }
    this.#ending = end >= 0;
    return this.#keep(chunk, from);
  }

  /** The end of a frame whose 1C stands at `end`, with its 0D or the next 0B behind it. */
  #finish(chunk: Uint8Array, from: number, end: number): number {
    if (this.#length + (end - from) > this.#limit) return this.#refuse(chunk, from, end);
    if (this.#length === 0) {
      this.#state = 'outside';
      this.#events.push({ kind: 'frame', bytes: chunk.subarray(from, end) });
    } else {
      this.#hold(chunk.subarray(from, end));
      this.#emitFrame(this.#length);
    }
    return this.#returnByte !== undefined && chunk[end + 1] === this.#returnByte ? end + 2 : end + 1;
  }

  /** A start byte within a frame: the sender began again. */
  #restart(chunk: Uint8Array, from: number, at: number): number {
    if (this.#length + (at - from) > this.#limit) return this.#refuse(chunk, from, at);
    this.#events.push({ kind: 'broken', bytes: this.#length + (at - from) });
    this.#open();
    return at + 1;
  }

  /** Keeps the rest of the chunk for the open frame. A last 1C may prove to be its end, so it does not count yet. */
  #keep(chunk: Uint8Array, from: number): number {
    const end = chunk.length;
    if (this.#length + (end - from) - (this.#ending ? 1 : 0) > this.#limit)
      return this.#refuse(chunk, from, end);
    this.#hold(chunk.subarray(from, end));
    return end;
  }

  /** Small pieces are copied together: a view of each single byte would take a hundred times its size. */
  #hold(piece: Uint8Array): void {
    this.#length += piece.length;
    if (piece.length >= smallPiece) {
      this.#closeTail();
      this.#pieces.push(piece);
      return;
    }
    if (this.#tailLength + piece.length > this.#tail.length) {
      this.#closeTail();
      this.#tail = Buffer.allocUnsafeSlow(4 * smallPiece);
    }
    this.#tail.set(piece, this.#tailLength);
    this.#tailLength += piece.length;
  }

  #closeTail(): void {
    if (this.#tailLength > 0) this.#pieces.push(this.#tail.subarray(0, this.#tailLength));
    // What was handed out is not written again: the rest of the buffer serves the pieces that follow.
    this.#tail = this.#tail.subarray(this.#tailLength);
    this.#tailLength = 0;
  }

  /** The first bytes of what is held for the open frame, in one array. */
  #joined(most: number): Uint8Array {
    this.#closeTail();
    const [only] = this.#pieces;
    return this.#pieces.length === 1 && only ? only.subarray(0, most) : Buffer.concat(this.#pieces, most);
  }

  /** Tells of an oversized frame and drops it; what follows is skipped, wherever the chunks were cut. */
  #refuse(chunk: Uint8Array, from: number, end: number): number {
    const most = Math.min(headBytes, this.#limit);
    const held = Math.min(most, this.#length);
    const head = Buffer.concat([this.#joined(held), chunk.subarray(from, Math.min(end, from + most - held))]);
    this.#skippedBytes += this.#length + (end - from);
    this.#events.push({ kind: 'too-large', bytes: this.#limit + 1, head });
    this.#drop();
    this.#state = 'skipping';
    return end;
  }

  #skip(chunk: Uint8Array, from: number): number {
    const start = chunk.indexOf(this.#startByte, from);
    this.#skippedBytes += (start < 0 ? chunk.length : start) - from;
    if (start < 0) return chunk.length;
    this.#open();
    return start + 1;
  }

  #emitFrame(length: number): void {
    this.#events.push({ kind: 'frame', bytes: this.#joined(length) });
    this.#drop();
    this.#state = 'outside';
  }

  #emitGarbage(): void {
    if (this.#garbage > 0) this.#events.push({ kind: 'garbage', bytes: this.#garbage });
    this.#garbage = 0;
  }
}

/** Where a byte stands from `from` and before `limit` (the end when negative); -1 when it does not. */
function indexBefore(chunk: Uint8Array, byte: number, from: number, limit: number): number {
  const at = (limit < 0 ? chunk.subarray(from) : chunk.subarray(from, limit)).indexOf(byte);
  return at < 0 ? -1 : at + from;
}
