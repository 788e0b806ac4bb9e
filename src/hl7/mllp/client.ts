import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type AckCode, type AckFault, parseAck } from '../ack.ts';
import { peek } from '../header.ts';
import { canBeFramed, type FrameEvent, FrameScanner, frame } from './frame.ts';

export interface MllpClientOptions {
  readonly host: string;
  readonly port: number;
  /** Certificate authority, and key and certificate for mutual TLS. */
  readonly tls?: ConnectionOptions;
  /** Until connected, TLS handshake included; 10 s unless given. */
  readonly connectTimeoutMs?: number;
  /** From the first byte written to the whole answer; 30 s unless given. */
  readonly responseTimeoutMs?: number;
  /** Of an answer; 1 MiB unless given. */
  readonly maxFrameBytes?: number;
  /** First TCP keep-alive probe; 60 s unless given, 0 sends none. */
  readonly keepAliveMs?: number;
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
  | { readonly kind: 'unreachable'; readonly outcome: 'not-sent'; readonly reason: string }
  /** The message has no control id to match an answer by, or holds a byte that would end its frame. */
  | { readonly kind: 'unsendable'; readonly outcome: 'not-sent'; readonly reason: string };

export interface MllpClientCounters {
  connects: number;
  sent: number;
  acks: number;
  /** Bytes that came while no answer was awaited; each time the connection was closed. */
  unsolicited: number;
  /** Bytes outside frames. */
  garbageBytes: number;
}

export interface MllpClient {
  /** Sends when the sends before it have ended. Never rejects. */
  send(message: Uint8Array): Promise<SendResult>;
  readonly connected: boolean;
  readonly counters: Readonly<MllpClientCounters>;
  /** Ends the connection; a send under way ends as `closed`, those waiting as `unreachable`. */
  close(): Promise<void>;
}

/**
 * Sends HL7 messages over one MLLP connection, one at a time, opened at the first send and again after it was lost.
 * An answer counts only if its MSA-2 is the MSH-10 just sent on this connection. After anything else the connection is
 * closed, so that an answer that comes late can never be taken for the answer to the next message.
 *
 *     const client = createMllpClient({ host: '127.0.0.1', port: 6661 });
 *     const result = await client.send(bytes);
 *     if (result.kind === 'ack' && result.code === 'AA') delivered();
 */
export function createMllpClient(options: MllpClientOptions): MllpClient {
  return new PersistentClient(options);
}

/** One connected socket and what it is waiting for. */
interface Link {
  readonly socket: Socket;
  readonly scanner: FrameScanner;
  /** Takes what ends the send under way; undefined between sends. */
  settle: ((result: SendResult) => void) | undefined;
  expected: string;
  /** Why the socket ended, when it said. */
  fault: string | undefined;
  grace: NodeJS.Timeout | undefined;
}

/** As in connection.ts: how long 1C waits for its 0D. */
const endGraceMs = 1_000;

const closedReason = 'the client was closed';

class PersistentClient implements MllpClient {
  readonly counters: MllpClientCounters = { connects: 0, sent: 0, acks: 0, unsolicited: 0, garbageBytes: 0 };
  readonly #options: MllpClientOptions;
  #queue: Promise<unknown> = Promise.resolve();
  #link: Link | undefined;
  #connecting: Socket | undefined;
  #closed = false;

  constructor(options: MllpClientOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#link !== undefined;
  }

  send(message: Uint8Array): Promise<SendResult> {
    const result = this.#queue.then(() => this.#sendNow(message));
    this.#queue = result;
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connecting?.destroy(new Error(closedReason));
    if (this.#link !== undefined) this.#drop(this.#link, closedReason);
    await this.#queue;
  }

  async #sendNow(message: Uint8Array): Promise<SendResult> {
    const fault = unsendable(message, this.#options.anyBytes === true);
    if (fault !== undefined) return { kind: 'unsendable', outcome: 'not-sent', reason: fault };
    if (this.#closed) return { kind: 'unreachable', outcome: 'not-sent', reason: closedReason };
    let link = this.#link;
    if (link === undefined) {
      try {
        link = await this.#connect();
      } catch (error) {
        return { kind: 'unreachable', outcome: 'not-sent', reason: reasonOf(error) };
      }
    }
    return this.#exchange(link, message);
  }

  #exchange(link: Link, message: Uint8Array): Promise<SendResult> {
    const { responseTimeoutMs = 30_000 } = this.#options;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        link.settle?.({ kind: 'timeout', outcome: 'unknown', afterMs: responseTimeoutMs });
        this.#drop(link);
      }, responseTimeoutMs);
      link.settle = (result) => {
        clearTimeout(timer);
        link.settle = undefined;
        resolve(result);
      };
      link.expected = peek(message).fields[10] ?? '';
      this.counters.sent += 1;
      link.socket.write(frame(message));
    });
  }

  #connect(): Promise<Link> {
    const { host, port, tls, connectTimeoutMs = 10_000, keepAliveMs = 60_000 } = this.#options;
    return new Promise((resolve, reject) => {
      const name = /^[\d.:]+$/.test(host) ? {} : { servername: host };
      const socket =
        tls === undefined ? connect({ host, port }) : connectTls({ ...name, ...tls, host, port });
      this.#connecting = socket;
      const where = `${host} port ${port}`;
      const timer = setTimeout(
        () => socket.destroy(new Error(`no connection to ${where} within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      const failed = (error: Error): void => done(() => reject(error));
      const ended = (): void =>
        done(() => reject(new Error(`${where} closed the connection before it was ready`)));
      const done = (then: () => void): void => {
        clearTimeout(timer);
        this.#connecting = undefined;
        socket.off('close', ended);
        then();
      };
      // Stays attached: an error without a listener would end the process.
      socket.on('error', failed);
      socket.once('close', ended);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () =>
        done(() => {
          socket.setNoDelay(true);
          if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
          this.counters.connects += 1;
          resolve(this.#attach(socket));
        }),
      );
    });
  }

  #attach(socket: Socket): Link {
    const { maxFrameBytes = 1024 * 1024 } = this.#options;
    const scanner = new FrameScanner({ maxFrameBytes });
    const link: Link = {
      socket,
      scanner,
      settle: undefined,
      expected: '',
      fault: undefined,
      grace: undefined,
    };
    this.#link = link;
    socket.on('data', (chunk) => this.#receive(link, chunk));
    socket.on('error', (error) => {
      link.fault = error.message;
    });
    // The receiver's end of the connection: nothing it has not said yet will come.
    socket.on('end', () => {
      this.#finish(link);
      this.#drop(link, 'the receiver closed the connection');
    });
    socket.on('close', () => this.#drop(link, link.fault ?? 'the connection was lost'));
    return link;
  }

  #receive(link: Link, chunk: Uint8Array): void {
    // Nothing was asked on this connection, so nothing said on it can be an answer to what is sent next.
    if (link.settle === undefined) {
      if (!isLineEnds(chunk)) this.#unsolicited(link);
      return;
    }
    clearTimeout(link.grace);
    for (const event of link.scanner.push(chunk)) this.#take(link, event);
    if (link.settle === undefined && link.scanner.inFrame) this.#unsolicited(link);
    // An answer whose 0D never comes is whole all the same.
    else if (link.scanner.ending) link.grace = setTimeout(() => this.#finish(link), endGraceMs);
  }

  #finish(link: Link): void {
    for (const event of link.scanner.end()) this.#take(link, event);
  }

  #take(link: Link, event: FrameEvent): void {
    if (event.kind === 'garbage') this.counters.garbageBytes += event.bytes;
    else if (event.kind === 'frame') {
      if (link.settle === undefined) this.#unsolicited(link);
      else this.#answer(link, link.settle, event.bytes);
    } else if (event.kind === 'too-large' && link.settle !== undefined) {
      const reason = `The answer is larger than ${event.bytes - 1} bytes.`;
      link.settle({ kind: 'junk', outcome: 'unknown', reason, bytes: event.head });
      this.#drop(link);
    }
  }

  #answer(link: Link, settle: (result: SendResult) => void, bytes: Uint8Array): void {
    const ack = parseAck(bytes);
    if (ack.kind === 'junk') settle({ kind: 'junk', outcome: 'unknown', reason: ack.reason, bytes });
    else if (ack.rawControlId !== link.expected)
      settle({ kind: 'mismatch', outcome: 'unknown', expected: link.expected, got: ack.rawControlId, bytes });
    else {
      this.counters.acks += 1;
      const { code, controlId, text, errors } = ack;
      settle({ kind: 'ack', outcome: 'answered', code, controlId, text, errors, bytes });
      return;
    }
    this.#drop(link);
  }

  #unsolicited(link: Link): void {
    this.counters.unsolicited += 1;
    this.#drop(link);
  }

  /** Ends a connection and, with a reason, the send that was under way on it. */
  #drop(link: Link, reason?: string): void {
    if (this.#link === link) this.#link = undefined;
    if (reason !== undefined) link.settle?.({ kind: 'closed', outcome: 'unknown', reason });
    clearTimeout(link.grace);
    link.socket.destroy();
  }
}

const isLineEnds = (chunk: Uint8Array): boolean => chunk.every((byte) => byte === 0x0d || byte === 0x0a);

function unsendable(message: Uint8Array, anyBytes: boolean): string | undefined {
  const header = peek(message);
  if (!anyBytes && !header.usable) return `The bytes are not a message. ${header.reason}`;
  if (!anyBytes && !header.fields[10])
    return 'MSH-10 is empty: the answer could not be matched to this message.';
  if (!canBeFramed(message))
    return 'The message holds an MLLP framing byte (0B or 1C), which would cut it short.';
  return undefined;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message || error.name : String(error);
