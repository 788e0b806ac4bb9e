import type { Socket } from 'node:net';
import { type FrameEvent, FrameScanner, type Framing, frameIn } from './frame.ts';

/**
 * The answer to a frame: bytes to frame and send (several for the accept and the application acknowledgement of one
 * message), nothing, or the end of the connection without an answer.
 */
export type Reply = Uint8Array | readonly Uint8Array[] | null | 'close';

/**
 * The commit acknowledgement blocks of MLLP release 2, as answers of `onFrame`: 06 when the message is kept safely, 15 when it
 * cannot be. They stand instead of an HL7 acknowledgement.
 */
export const commitAck: Uint8Array = Uint8Array.of(0x06);
export const commitNak: Uint8Array = Uint8Array.of(0x15);

type RefusedFrame = Extract<FrameEvent, { kind: 'too-large' }>;
type Noise = Extract<FrameEvent, { kind: 'garbage' | 'broken' }>;

/** Who is at the other end. */
export interface MllpPeer {
  /** Counts up from 1 for the life of the server. */
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  /** The common name of the client's certificate, when TLS verified one. */
  readonly certificateName: string | undefined;
  /** SHA-256 of the client's certificate, `AB:CD:...`, when TLS took one. */
  readonly certificateFingerprint: string | undefined;
  /** Ends the connection at once, without an answer to what waits for one. */
  destroy(): void;
}

/** What is known of a client by its certificate. */
export interface PeerCertificate {
  readonly name: string | undefined;
  readonly fingerprint: string;
}

/** What the owner of connections is asked and told. */
export interface ConnectionOwner {
  readonly maxFrameBytes: number | undefined;
  readonly framing: Framing;
  readonly maxUnanswered: number;
  readonly midFrameTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly paused: boolean;
  onFrame(bytes: Uint8Array, peer: MllpPeer): Reply | Promise<Reply>;
  onTooLarge(event: RefusedFrame, peer: MllpPeer): Reply | Promise<Reply>;
  onNoise(event: Noise, peer: MllpPeer): void;
  onReply(): void;
  onLineEndBytes(bytes: number): void;
  /** A time limit passed: the connection ends. */
  onTimeout(kind: 'idle' | 'mid-frame'): void;
  onHandlerError(error: unknown, peer: MllpPeer): void;
  onClosed(connection: Connection): void;
}

interface Slot {
  reply: Reply | undefined;
}

/** A sender whose frame has its 1C but no 0D waits for our answer, not for more to say. */
const endGraceMs = 1_000;

/**
 * One sender. Frames go to the handler in the order they came, several at a time up to `maxUnanswered`; answers leave in
 * the same order. Reading stops while the handler is behind, the sender does not read its answers, or the server is
 * paused: an unread socket is the one sign of back-pressure that every sender understands.
 */
export class Connection implements MllpPeer {
  readonly id: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  readonly certificateName: string | undefined;
  readonly certificateFingerprint: string | undefined;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #scanner: FrameScanner;
  #waiting: (FrameEvent & { kind: 'frame' | 'too-large' })[] = [];
  #slots: Slot[] = [];
  #reading = true;
  #pumping = false;
  #corked = false;
  /** No further frame is taken; the connection ends when what was taken is answered. */
  #draining = false;
  #gone = false;
  #timer: NodeJS.Timeout | undefined;
  #lineEndBytes = 0;

  constructor(socket: Socket, id: number, certificate: PeerCertificate | undefined, owner: ConnectionOwner) {
    this.id = id;
    this.remoteAddress = socket.remoteAddress ?? '';
    this.remotePort = socket.remotePort ?? 0;
    this.localPort = socket.localPort ?? 0;
    this.certificateName = certificate?.name;
    this.certificateFingerprint = certificate?.fingerprint;
    this.#socket = socket;
    this.#owner = owner;
    this.#scanner = new FrameScanner({ maxFrameBytes: owner.maxFrameBytes, framing: owner.framing });
    if (owner.idleTimeoutMs > 0) socket.setTimeout(owner.idleTimeoutMs, () => this.#idle());
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#peerEnded());
    socket.on('drain', () => this.#regulate());
    // 'close' follows every error, and a reset by the sender is an everyday event.
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#closed());
    this.#regulate();
  }

  destroy(): void {
    this.#gone = true;
    this.#socket.destroy();
  }

  /** Takes no more frames, answers those taken, then ends. Frames that came but were not taken stay unanswered. */
  drain(): void {
    this.#draining = true;
    this.#waiting = [];
    this.#regulate();
    this.#endWhenAnswered();
  }

  /** The server was paused or resumed. */
  regulate(): void {
    this.#pump();
    this.#regulate();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#gone || this.#draining) return;
    const inFrameBefore = this.#scanner.inFrame;
    const events = this.#scanner.push(chunk);
    this.#accept(events);
    if (!this.#scanner.inFrame) this.#clearTimer();
    else if (!inFrameBefore || events.length > 0 || this.#scanner.ending) this.#startTimer();
    this.#pump();
    this.#regulate();
  }

  #accept(events: readonly FrameEvent[]): void {
    for (const event of events)
      if (event.kind === 'frame' || event.kind === 'too-large') this.#waiting.push(event);
      else this.#owner.onNoise(event, this);
    const { lineEndBytes } = this.#scanner;
    if (lineEndBytes > this.#lineEndBytes) this.#owner.onLineEndBytes(lineEndBytes - this.#lineEndBytes);
    this.#lineEndBytes = lineEndBytes;
  }

  /** Hands waiting frames to the handler, as many as may be unanswered. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (
      this.#waiting.length > 0 &&
      this.#slots.length < this.#owner.maxUnanswered &&
      !this.#owner.paused
    ) {
      if (this.#gone) break;
      const event = this.#waiting.shift();
      if (event !== undefined) this.#handle(event);
    }
    this.#pumping = false;
  }

  #handle(event: FrameEvent & { kind: 'frame' | 'too-large' }): void {
    const slot: Slot = { reply: undefined };
    this.#slots.push(slot);
    const settle = (reply: Reply): void => {
      slot.reply = reply;
      this.#answer();
    };
    // An error of the handler says nothing about the message, so the sender is not told anything: it will send again.
    const fail = (error: unknown): void => {
      this.#owner.onHandlerError(error, this);
      settle('close');
    };
    try {
      const reply =
        event.kind === 'frame' ? this.#owner.onFrame(event.bytes, this) : this.#owner.onTooLarge(event, this);
      if (reply instanceof Promise) reply.then(settle, fail);
      else settle(reply);
    } catch (error) {
      fail(error);
    }
  }

  /** Writes the answers that are next in order. */
  #answer(): void {
    while (this.#slots[0] !== undefined && this.#slots[0].reply !== undefined) {
      const reply = this.#slots.shift()?.reply;
      if (this.#gone || reply === undefined || reply === null) continue;
      if (reply === 'close') {
        this.#gone = true;
        this.#waiting = [];
        this.#clearTimer();
        this.#uncork();
        // Earlier answers are still leaving; then the connection ends, whether or not the sender does.
        if (this.#socket.writableLength === 0) this.#socket.destroy();
        else {
          this.#socket.destroySoon();
          this.#timer = setTimeout(() => this.#socket.destroy(), endGraceMs);
        }
        return;
      }
      if (reply instanceof Uint8Array) this.#write(reply);
      else for (const each of reply) this.#write(each);
    }
    this.#pump();
    this.#regulate();
    this.#endWhenAnswered();
  }

  /** Answers that are ready in the same turn of the event loop leave in one write. */
  #write(reply: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(() => this.#uncork());
    }
    this.#socket.write(frameIn(this.#owner.framing, reply));
    this.#owner.onReply();
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  #regulate(): void {
    if (this.#gone) return;
    // While draining the socket is read and what comes is dropped: closing over unread bytes would reset the
    // connection, and a reset can take answers with it that the sender has not read.
    const read =
      this.#draining ||
      (!this.#owner.paused &&
        this.#waiting.length === 0 &&
        this.#slots.length < this.#owner.maxUnanswered &&
        !this.#socket.writableNeedDrain);
    if (read === this.#reading) return;
    this.#reading = read;
    if (read) {
      this.#socket.resume();
      if (this.#scanner.inFrame && !this.#draining) this.#startTimer();
    } else {
      this.#socket.pause();
      // A sender cannot finish a frame that we do not read.
      this.#clearTimer();
    }
  }

  #endWhenAnswered(): void {
    if (!this.#draining || this.#gone || this.#slots.length > 0 || this.#waiting.length > 0) return;
    this.#uncork();
    if (!this.#socket.writableEnded) this.#socket.end();
  }

  /** The sender has no more to say, but may still read its answers. */
  #peerEnded(): void {
    if (this.#gone) return;
    this.#accept(this.#scanner.end());
    this.#clearTimer();
    this.#pump();
    this.#draining = true;
    this.#endWhenAnswered();
  }

  #startTimer(): void {
    this.#clearTimer();
    const { midFrameTimeoutMs } = this.#owner;
    if (this.#scanner.ending) {
      const wait = midFrameTimeoutMs > 0 ? Math.min(endGraceMs, midFrameTimeoutMs) : endGraceMs;
      this.#timer = setTimeout(() => this.#finishFrame(), wait);
    } else if (midFrameTimeoutMs > 0) this.#timer = setTimeout(() => this.#midFrame(), midFrameTimeoutMs);
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #finishFrame(): void {
    this.#accept(this.#scanner.end());
    this.#pump();
    this.#regulate();
  }

  #midFrame(): void {
    this.#owner.onTimeout('mid-frame');
    this.#accept(this.#scanner.end());
    this.drain();
  }

  #idle(): void {
    if (this.#slots.length > 0 || this.#waiting.length > 0 || this.#owner.paused || this.#scanner.inFrame)
      return;
    this.#owner.onTimeout('idle');
    this.destroy();
  }

  #closed(): void {
    this.#gone = true;
    this.#waiting = [];
    this.#clearTimer();
    this.#owner.onClosed(this);
  }
}
