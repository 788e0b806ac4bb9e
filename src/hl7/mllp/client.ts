import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AckCode, AckFault } from '../ack.ts';
import { AwaitedAcks } from '../ack-awaited.ts';
import { ackModeOf } from '../ack-mode.ts';
import { type Header, peek } from '../header.ts';
import { type DialFault, dial } from './dial.ts';
import { type Framing, fitsIn, mllpFraming } from './frame.ts';
import { Link, type LinkOwner, type Sending } from './link.ts';
import type { MllpClientTls, TlsTrouble } from './tls.ts';

export interface MllpClientOptions {
  readonly host: string;
  readonly port: number;
  /**
   * `ca`, and `key` and `cert` for mutual TLS; `servername` and `pins` to hold the endpoint to its certificate. At least TLS 1.2.
   */
  readonly tls?: MllpClientTls;
  /** Until connected, TLS handshake included; 10 s unless given. */
  readonly connectTimeoutMs?: number;
  /** From the first byte written to the whole answer; 30 s unless given. */
  readonly responseTimeoutMs?: number;
  /** Of an answer; 1 MiB unless given. */
  readonly maxFrameBytes?: number;
  /** First TCP keep-alive probe; 60 s unless given, 0 sends none. Finds out that the other side has gone in silence. */
  readonly keepAliveMs?: number;
  /**
   * How many messages may be under way; 1 unless given, and then the order of the receiver is the order of sending.
   * More are answered in any order, matched by MSA-2; a lost connection leaves all of them unknown.
   */
  readonly window?: number;
  /** 1 unless given. Release 2: the answer is a commit block (06 or 15), told as CA or CR; one message is under way. */
  readonly release?: 1 | 2;
  /** The bytes around a message, for links that have others than MLLP. */
  readonly framing?: Framing;
  /**
   * The pause before another attempt after two failed connections in a row, and doubled with each one more: somewhere
   * between a tenth of it and all of it, so that many clients do not come back together. `firstMs` 250 and `capMs`
   * 30,000 unless given; `firstMs` 0 waits for nothing, for callers who pause themselves.
   */
  readonly reconnect?: { readonly firstMs?: number; readonly capMs?: number };
  /** For the pauses: a number from 0 to below 1. */
  readonly random?: () => number;
  /**
   * An application acknowledgement (AA, AE, AR) that came on this connection after the CA of its message, within ten
   * minutes. Its message was reported as `ack` with CA before.
   */
  readonly onApplicationAck?: (ack: Extract<SendResult, { kind: 'ack' }>) => void;
  /**
   * Sends bytes that are no message or have no control id, too; what answers them must have an empty MSA-2. For tools
   * that try a receiver out, never for an interface.
   */
  readonly anyBytes?: boolean;
}

/**
 * How a send ended. `outcome` is what matters for sending again: `answered` (the receiver's word counts), `not-sent` (no
 * byte left: sending again is safe), `unknown` (the receiver may have kept it: sending again may double it).
 */
export type SendResult =
  | {
      readonly kind: 'ack';
      readonly outcome: 'answered';
      readonly code: AckCode;
      readonly controlId: string;
      readonly text: string;
      readonly errors: readonly AckFault[];
      /** The answer as it came. */
      readonly bytes: Uint8Array;
    }
  /** An acknowledgement of another message. */
  | {
      readonly kind: 'mismatch';
      readonly outcome: 'unknown';
      readonly expected: string;
      readonly got: string;
      readonly bytes: Uint8Array;
    }
  /** An answer that is no acknowledgement. */
  | {
      readonly kind: 'junk';
      readonly outcome: 'unknown';
      readonly reason: string;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'timeout'; readonly outcome: 'unknown'; readonly afterMs: number }
  /** The connection ended after writing began. */
  | { readonly kind: 'closed'; readonly outcome: 'unknown'; readonly reason: string }
  /** No connection could be made, or the client was closed before its turn. */
  | {
      readonly kind: 'unreachable';
      readonly outcome: 'not-sent';
      readonly reason: string;
      /** When it was TLS that failed: what happened, and what to do first. */
      readonly tls?: TlsTrouble;
    }
  /** The message has no control id to match an answer by, or holds a byte that would end its frame. */
  | { readonly kind: 'unsendable'; readonly outcome: 'not-sent'; readonly reason: string };

export interface MllpClientCounters {
  connects: number;
  sent: number;
  acks: number;
  /** Application acknowledgements that came after their CA. */
  applicationAcks: number;
  /** Bytes that came while no answer was awaited; each time the connection was closed. */
  unsolicited: number;
  /** Bytes outside frames. */
  garbageBytes: number;
}

export interface MllpClient {
  /** Sends when there is room in the window, in the order of the calls. Never rejects. */
  send(message: Uint8Array): Promise<SendResult>;
  /** Connects without sending, to try the way out or to be ready; undefined when connected. Never rejects. */
  connect(): Promise<Extract<SendResult, { kind: 'unreachable' }> | undefined>;
  readonly connected: boolean;
  readonly counters: Readonly<MllpClientCounters>;
  /** Ends the connection; a send under way ends as `closed`, those waiting as `unreachable`. */
  close(): Promise<void>;
}

/**
 * Sends HL7 messages over one MLLP connection, opened at the first send and again after it was lost; one at a time
 * unless `window` says more. An answer counts only if its MSA-2 is the MSH-10 just sent on this connection. After anything else the connection is
 * closed, so that an answer that comes late can never be taken for the answer to the next message.
 *
 *     const client = createMllpClient({ host: '127.0.0.1', port: 6661 });
 *     const result = await client.send(bytes);
 *     if (result.kind === 'ack' && result.code === 'AA') delivered();
 */
export function createMllpClient(options: MllpClientOptions): MllpClient {
  return new PersistentClient(options);
}

type Unreachable = Extract<SendResult, { kind: 'unreachable' }>;

const unreachable = (reason: string): Unreachable => ({ kind: 'unreachable', outcome: 'not-sent', reason });

const closedReason = 'the client was closed';
const applicationAckWithinMs = 600_000;
/** Those of one receiver that never answers must not pile up. */
const mostAwaited = 1_024;

class PersistentClient implements MllpClient, LinkOwner {
  readonly counters: MllpClientCounters = {
    connects: 0,
    sent: 0,
    acks: 0,
    applicationAcks: 0,
    unsolicited: 0,
    garbageBytes: 0,
  };
  readonly responseTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly release: 1 | 2;
  readonly framing: Framing;
  readonly #options: MllpClientOptions;
  readonly #window: number;
  /** What waits for its turn, from `#next` on. */
  #waiting: Sending[] = [];
  #next = 0;
  #link: Link | undefined;
  /** Ends the attempt to connect, or the pause before it. */
  #giveUp: ((reason: string) => void) | undefined;
  /** Connections in a row that brought no answer. */
  #failures = 0;
  #openers: ((fault: Unreachable | undefined) => void)[] = [];
  readonly #awaited = new AwaitedAcks(mostAwaited);
  #closed = false;

  constructor(options: MllpClientOptions) {
    this.#options = options;
    this.responseTimeoutMs = options.responseTimeoutMs ?? 30_000;
    this.maxFrameBytes = options.maxFrameBytes ?? 1024 * 1024;
    this.release = options.release ?? 1;
    this.framing = options.framing ?? mllpFraming;
    // Release 2 is synchronous: its answers carry no id.
    this.#window = this.release === 2 ? 1 : Math.max(1, options.window ?? 1);
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  get awaitsLater(): boolean {
    return this.#awaited.size > 0;
  }

  send(message: Uint8Array): Promise<SendResult> {
    const header = peek(message);
    const reason = unsendable(message, header, this.#options);
    if (reason !== undefined) return Promise.resolve({ kind: 'unsendable', outcome: 'not-sent', reason });
    return new Promise((settle) => {
      if (this.#closed) {
        settle(unreachable(closedReason));
        return;
      }
      this.#waiting.push({
        message,
        expected: header.fields[10] ?? '',
        wantsApplicationAck: wantsApplicationAck(header),
        settle,
        deadline: 0,
        place: 0,
      });
      this.onRoom();
    });
  }

  connect(): Promise<Unreachable | undefined> {
    return new Promise((resolve) => {
      if (this.#closed) resolve(unreachable(closedReason));
      else if (this.#link !== undefined) resolve(undefined);
      else {
        this.#openers.push(resolve);
        this.#connect();
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#giveUp?.(closedReason);
    const socket = this.#link?.socket;
    this.#link?.drop(closedReason);
    this.#fail(unreachable(closedReason));
    if (socket !== undefined && !socket.closed)
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  }

  /** Sends what waits, as far as the window and the socket allow. */
  onRoom(): void {
    for (;;) {
      const sending = this.#waiting[this.#next];
      if (sending === undefined) return;
      if (this.#link === undefined) {
        this.#connect();
        return;
      }
      if (!this.#link.takes(sending, this.#window)) return;
      this.#next += 1;
      // The list is cut now and then: shifting a long one for every message would copy it each time.
      if (this.#next === this.#waiting.length || this.#next === 1_024) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      this.#link.send(sending, this.#window);
    }
  }

  onCommitted({ expected }: Sending): void {
    const deadline = performance.now() + applicationAckWithinMs;
    this.#awaited.expect({ endpoint: '', controlId: expected, deadline });
  }

  takesLater(answer: Extract<SendResult, { kind: 'ack' }>, rawControlId: string): boolean {
    const taken = this.#awaited.take('', rawControlId, answer.code, performance.now());
    if (taken !== 'credited') return false;
    this.counters.applicationAcks += 1;
    this.#options.onApplicationAck?.(answer);
    return true;
  }

  onDropped(link: Link, clean: boolean): void {
    if (this.#link === link) this.#link = undefined;
    // A connection that brought answers before may be opened again at once.
    this.#failures = clean || link.answered ? 0 : this.#failures + 1;
    if (!this.#closed) this.onRoom();
  }

  #connect(): void {
    if (this.#giveUp !== undefined) return;
    const pause = this.#pause();
    if (pause === 0) {
      this.#dial();
      return;
    }
    const timer = setTimeout(() => this.#dial(), pause);
    this.#giveUp = () => {
      clearTimeout(timer);
      this.#giveUp = undefined;
    };
  }

  /** Before the next attempt, milliseconds: none after the first failure, then more each time. */
  #pause(): number {
    const { firstMs = 250, capMs = 30_000 } = this.#options.reconnect ?? {};
    if (this.#failures < 2 || firstMs === 0) return 0;
    const step = Math.min(capMs, firstMs * 2 ** Math.min(this.#failures - 2, 30));
    return Math.max(1, Math.round(step * (0.1 + 0.9 * (this.#options.random ?? systemRandom)())));
  }

  #dial(): void {
    const { host, port, tls, connectTimeoutMs = 10_000, keepAliveMs = 60_000 } = this.#options;
    // A fault that is told at once finds the place taken, too.
    this.#giveUp = () => undefined;
    let over = false;
    const giveUp = dial(
      { host, port, connectTimeoutMs, keepAliveMs, ...(tls === undefined ? {} : { tls }) },
      (result) => {
        over = true;
        this.#giveUp = undefined;
        if ('fault' in result) this.#failed(result.fault);
        else this.#opened(result.socket);
      },
    );
    if (!over) this.#giveUp = giveUp;
  }

  #opened(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.counters.connects += 1;
    this.#link = new Link(socket, this);
    for (const opened of this.#openers.splice(0)) opened(undefined);
    this.onRoom();
  }

  /** Nothing of what waits was sent: whoever asked decides when to try again. */
  #failed({ reason, tls }: DialFault): void {
    this.#failures += 1;
    this.#fail({ ...unreachable(reason), ...(tls === undefined ? {} : { tls }) });
  }

  #fail(result: Unreachable): void {
    const waiting = this.#waiting.slice(this.#next);
    this.#waiting = [];
    this.#next = 0;
    for (const { settle } of waiting) settle(result);
    for (const opened of this.#openers.splice(0)) opened(result);
  }
}

const systemRandom = (): number => randomInt(2 ** 47) / 2 ** 47;

const wantsApplicationAck = (header: Header): boolean =>
  header.applicationAck !== '' && header.applicationAck !== 'NE' && ackModeOf(header) === 'enhanced';

function unsendable(
  message: Uint8Array,
  header: Header,
  { anyBytes, framing = mllpFraming }: MllpClientOptions,
): string | undefined {
  if (!anyBytes && !header.usable) return `The bytes are not a message. ${header.reason}`;
  if (!anyBytes && !header.fields[10])
    return 'MSH-10 is empty: the answer could not be matched to this message.';
  if (!fitsIn(framing, message))
    return 'The message holds an MLLP framing byte (0B or 1C unless set otherwise), which would cut it short.';
  return undefined;
}
