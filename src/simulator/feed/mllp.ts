import { createConnection, type Socket } from 'node:net';

// The minimal lower layer protocol: VT, the message, FS, CR (HL7 v2.5.1, appendix C.4).
const startOfBlock = 0x0b;
const endOfBlock = 0x1c;
const carriageReturn = 0x0d;
const longestAcknowledgement = 1_048_576;

/** One open connection of an interface. It sends one message at a time and waits for its answer. */
export class MllpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #onFrame: ((frame: string) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    // A socket error is always followed by `close`, which is what callers wait for.
    socket.on('error', () => undefined);
  }

  /** Opens a connection; rejects when nobody listens or the signal aborts. */
  static open(host: string, port: number, signal: AbortSignal): Promise<MllpConnection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, noDelay: true });
      const abandon = () => socket.destroy(new Error('stopped'));
      signal.addEventListener('abort', abandon, { once: true });
      socket.once('error', reject);
      socket.once('close', () => signal.removeEventListener('abort', abandon));
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new MllpConnection(socket));
      });
    });
  }

  get open(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /**
   * Calls back once when the connection closes, at once when it has; returns a way to cancel. (A promise for this
   * would collect a reaction for every message of a connection that lives for months.)
   */
  onClose(callback: () => void): () => void {
    if (this.#socket.closed) callback();
    this.#socket.once('close', callback);
    return () => this.#socket.off('close', callback);
  }

  /**
   * Sends a message and gives each frame that comes back to `judge` until it returns something. Resolves to
   * undefined when the time is over or the connection closes first: then nobody knows what became of the message.
   */
  async exchange<T>(
    message: string,
    milliseconds: number,
    judge: (frame: string) => T | undefined,
  ): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const timer = setTimeout(() => resolve(undefined), milliseconds);
    this.#onFrame = (frame) => {
      const verdict = judge(frame);
      if (verdict !== undefined) resolve(verdict);
    };
    const cancel = this.onClose(() => resolve(undefined));
    const body = Buffer.from(message, 'utf8');
    this.#socket.write(Buffer.concat([Buffer.of(startOfBlock), body, Buffer.of(endOfBlock, carriageReturn)]));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      cancel();
      this.#onFrame = undefined;
    }
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.onClose(resolve);
      this.#socket.destroy();
    });
  }

  #read(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    if (this.#received.length > longestAcknowledgement) {
      this.#socket.destroy();
      return;
    }
    for (;;) {
      const end = this.#received.indexOf(Buffer.of(endOfBlock, carriageReturn));
      if (end < 0) return;
      const start = this.#received.lastIndexOf(startOfBlock, end);
      const frame = this.#received.subarray(start + 1, end).toString('utf8');
      this.#received = this.#received.subarray(end + 2);
      this.#onFrame?.(frame);
    }
  }
}

/** What an acknowledgement says: MSA-1, the control id in MSA-2, and MSA-3 for people. */
export interface Acknowledgement {
  readonly code: string;
  readonly controlId: string;
  readonly text: string;
}

/** Reads MSA out of a frame; undefined when there is none. */
export function readAcknowledgement(frame: string): Acknowledgement | undefined {
  const line = frame.split(/\r\n?|\n/).find((each) => each.startsWith('MSA'));
  if (!line) return undefined;
  const [, code = '', controlId = '', text = ''] = line.split(line[3] ?? '|');
  return { code, controlId, text };
}
