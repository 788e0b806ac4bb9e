import type { Socket } from 'node:net';
import { parseAck } from '../ack.ts';
import type { MllpClientCounters, SendResult } from './client.ts';
import { type FrameEvent, FrameScanner, type Framing, frameIn } from './frame.ts';
import { tlsTrouble } from './tls.ts';

/** A message on its way, from `send` to its result. */
export interface Sending {
  readonly message: Uint8Array;
  /** MSH-10 as written: what MSA-2 of the answer must be. */
  readonly expected: string;
  /** Its sender asks for an application acknowledgement after the accept acknowledgement. */
  readonly wantsApplicationAck: boolean;
  readonly settle: (result: SendResult) => void;
  /** When its answer is overdue, by `performance.now()`. */
  deadline: number;
  /** Which one on its connection, from 1. */
  place: number;
}

/** What a link asks and tells its client. */
export interface LinkOwner {
  readonly counters: MllpClientCounters;
  readonly responseTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly release: 1 | 2;
  readonly framing: Framing;
  /** A positive accept acknowledgement came, and its message wants one of the application, too. */
  onCommitted(sending: Sending): void;
  /** True when the answer is an application acknowledgement that is awaited: it ends no send. */
  takesLater(answer: Extract<SendResult, { kind: 'ack' }>, rawControlId: string): boolean;
  /** True while application acknowledgements may come between sends. */
  readonly awaitsLater: boolean;
  /** There may be room for another message. */
  onRoom(): void;
  /** The link is over; `clean` when nothing was under way and nothing wrong was said. */
  onDropped(link: Link, clean: boolean): void;
}

/** As in connection.ts: how long 1C waits for its 0D. */
const endGraceMs = 1_000;

/** The commit acknowledgement block of MLLP release 2 holds one byte, and no control id. */
const positiveCommit = 0x06;
const negativeCommit = 0x15;

/** One connected socket, the messages under way on it, and the answers that may end them. */
export class Link {
  readonly socket: Socket;
  readonly #owner: LinkOwner;
  readonly #scanner: FrameScanner;
  /** In the order they were sent. A handful: a list is looked through as fast as a Map, and keeps nothing of what has left it. */
  readonly #underWay: Sending[] = [];
  #sent = 0;
  /** How many had been sent when the frame that is open now began. */
  #sentAtFrameStart = 0;
  #fault: string | undefined;
  #grace: NodeJS.Timeout | undefined;
  /** Runs while something is under way; looks at the oldest when it ends. A timer for each message costs more than its frame. */
  #overdue: NodeJS.Timeout | undefined;
  #corked = false;
  #answered = false;
  #over = false;
  /** The socket's buffer is full: the receiver does not read. */
  #blocked = false;
  /** A chunk is being read: what it still holds was said before anything sent from now on. */
  #reading = false;

  constructor(socket: Socket, owner: LinkOwner) {
    this.socket = socket;
    this.#owner = owner;
    this.#scanner = new FrameScanner({ maxFrameBytes: owner.maxFrameBytes, framing: owner.framing });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('drain', () => {
      this.#blocked = false;
      owner.onRoom();
    });
    socket.on('error', (error) => {
      this.#fault = tlsTrouble(error)?.text ?? error.message;
    });
    // The receiver's end of the connection: nothing it has not said yet will come.
    socket.on('end', () => {
      for (const event of this.#scanner.end()) this.#take(event, this.#sentAtFrameStart);
      this.drop('the receiver closed the connection');
    });
    socket.on('close', () => this.drop(this.#fault ?? 'the connection was lost'));
  }

  /** Whether this message may be sent now, with at most `window` under way. */
  takes(sending: Sending, window: number): boolean {
    return (
      !this.#over &&
      !this.#reading &&
      !this.#blocked &&
      this.#underWay.length < window &&
      // Two messages with one control id could not be told apart by their answers.
      this.#waitingFor(sending.expected) === undefined
    );
  }

  /** An answer was credited on this connection. */
  get answered(): boolean {
    return this.#answered;
  }

  /** @param window How many may be under way: with one, each leaves at once. */
  send(sending: Sending, window: number): void {
    const { responseTimeoutMs, counters } = this.#owner;
    this.#sent += 1;
    sending.place = this.#sent;
    sending.deadline = performance.now() + responseTimeoutMs;
    this.#overdue ??= setTimeout(() => this.#lookAtOldest(), responseTimeoutMs);
    this.#underWay.push(sending);
    counters.sent += 1;
    if (window > 1) this.#cork();
    this.#blocked = !this.socket.write(frameIn(this.#owner.framing, sending.message));
  }

  /** Messages that a window lets go in the same turn of the event loop leave in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.socket.uncork();
    });
  }

  #lookAtOldest(): void {
    this.#overdue = undefined;
    const [oldest] = this.#underWay;
    if (oldest === undefined || this.#over) return;
    const left = oldest.deadline - performance.now();
    if (left > 0) {
      this.#overdue = setTimeout(() => this.#lookAtOldest(), Math.ceil(left));
      return;
    }
    this.#settle(oldest, { kind: 'timeout', outcome: 'unknown', afterMs: this.#owner.responseTimeoutMs });
    // Its answer may still come: not on a connection that is used again.
    this.drop('the answer to an earlier message did not come', false);
  }

  /** Ends the connection; what is under way has an unknown outcome. */
  drop(reason: string, clean = this.#underWay.length === 0): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#grace);
    clearTimeout(this.#overdue);
    for (const sending of [...this.#underWay])
      this.#settle(sending, { kind: 'closed', outcome: 'unknown', reason });
    this.socket.destroy();
    this.#owner.onDropped(this, clean);
  }

  #settle(sending: Sending, result: SendResult): void {
    const at = this.#underWay.indexOf(sending);
    if (at >= 0) this.#underWay.splice(at, 1);
    sending.settle(result);
  }

  #waitingFor(controlId: string): Sending | undefined {
    return this.#underWay.find(({ expected }) => expected === controlId);
  }

  #receive(chunk: Uint8Array): void {
    if (this.#over) return;
    // Nothing was asked on this connection, so nothing said on it can be an answer to what is sent next.
    if (this.#underWay.length === 0 && !this.#owner.awaitsLater) {
      if (!isLineEnds(chunk)) this.#unsolicited();
      return;
    }
    clearTimeout(this.#grace);
    this.#reading = true;
    const wasOpen = this.#scanner.inFrame;
    for (const event of this.#scanner.push(chunk)) {
      // A frame that began in an earlier chunk answers nothing that was sent since.
      this.#take(event, wasOpen && event.kind === 'frame' ? this.#sentAtFrameStart : this.#sent);
      if (this.#over) return;
      this.#sentAtFrameStart = this.#sent;
    }
    if (this.#scanner.inFrame) {
      if (!wasOpen) this.#sentAtFrameStart = this.#sent;
      // An answer whose 0D never comes is whole all the same.
      if (this.#scanner.ending) this.#grace = setTimeout(() => this.#finish(), endGraceMs);
    }
    this.#reading = false;
    if (this.#underWay.length === 0 && this.#scanner.inFrame && !this.#owner.awaitsLater) this.#unsolicited();
    else this.#owner.onRoom();
  }

  #finish(): void {
    for (const event of this.#scanner.end()) this.#take(event, this.#sentAtFrameStart);
    this.#owner.onRoom();
  }

  #take(event: FrameEvent, sentBefore: number): void {
    if (this.#over) return;
    if (event.kind === 'frame' && this.#owner.release === 2) this.#commit(event.bytes, sentBefore);
    else if (event.kind === 'frame') this.#answer(event.bytes, sentBefore);
    else if (event.kind === 'garbage') this.#owner.counters.garbageBytes += event.bytes;
    else if (event.kind === 'too-large') {
      const reason = `The answer is larger than ${event.bytes - 1} bytes.`;
      this.#refuse({ kind: 'junk', outcome: 'unknown', reason, bytes: event.head });
    }
  }

  #answer(bytes: Uint8Array, sentBefore: number): void {
    const ack = parseAck(bytes);
    if (ack.kind === 'junk') {
      this.#refuse({ kind: 'junk', outcome: 'unknown', reason: ack.reason, bytes });
      return;
    }
    const { code, controlId, rawControlId, text, errors } = ack;
    const answer = { kind: 'ack', outcome: 'answered', code, controlId, text, errors, bytes } as const;
    const sending = this.#waitingFor(rawControlId);
    if (sending !== undefined && sending.place <= sentBefore && !this.#mayBeCut(bytes, rawControlId)) {
      this.#credit();
      if (code === 'CA' && sending.wantsApplicationAck) this.#owner.onCommitted(sending);
      this.#settle(sending, answer);
      return;
    }
    if (sending === undefined && this.#owner.takesLater(answer, rawControlId)) return;
    const [oldest] = this.#underWay;
    this.#refuse({
      kind: 'mismatch',
      outcome: 'unknown',
      expected: oldest?.expected ?? '',
      got: rawControlId,
      bytes,
    });
  }

  /**
   * An answer that was cut in MSA-2 may name another message: `M1` of `M12`, both under way. One that goes on behind MSA-2, if
   * only with its line end, was not cut there.
   */
  #mayBeCut(bytes: Uint8Array, rawControlId: string): boolean {
    const last = bytes[bytes.length - 1];
    if (this.#underWay.length === 1 || last === 0x0d || last === 0x0a) return false;
    for (const { expected } of this.#underWay)
      if (expected.length > rawControlId.length && expected.startsWith(rawControlId)) return true;
    return false;
  }

  #credit(): void {
    this.#owner.counters.acks += 1;
    this.#answered = true;
  }

  /** Release 2: the block is for the one message under way. */
  #commit(bytes: Uint8Array, sentBefore: number): void {
    const [sending] = this.#underWay;
    const code = bytes.length !== 1 ? undefined : commitCodes[bytes[0] as number];
    if (code === undefined) {
      const reason = 'The answer is no commit acknowledgement block of MLLP release 2.';
      this.#refuse({ kind: 'junk', outcome: 'unknown', reason, bytes });
      return;
    }
    if (sending === undefined || sending.place > sentBefore) {
      this.#refuse({ kind: 'mismatch', outcome: 'unknown', expected: '', got: '', bytes });
      return;
    }
    this.#credit();
    const { expected: controlId } = sending;
    this.#settle(sending, { kind: 'ack', outcome: 'answered', code, controlId, text: '', errors: [], bytes });
  }

  /**
   * Something came that ends no send. The oldest message under way is told what; the connection is not used again, since
   * nothing said on it from now on could be trusted to be about what it seems to be.
   */
  #refuse(result: Exclude<SendResult, { kind: 'ack' }>): void {
    const [oldest] = this.#underWay;
    if (oldest === undefined) {
      this.#unsolicited();
      return;
    }
    this.#settle(oldest, result);
    this.drop('another answer on this connection was for no message under way', false);
  }

  #unsolicited(): void {
    this.#owner.counters.unsolicited += 1;
    this.drop('the receiver spoke without being asked', false);
  }
}

const isLineEnds = (chunk: Uint8Array): boolean => chunk.every((byte) => byte === 0x0d || byte === 0x0a);

const commitCodes: Readonly<Record<number, 'CA' | 'CR'>> = { [positiveCommit]: 'CA', [negativeCommit]: 'CR' };
