import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What came back for a message: a whole answer, a connection closed before it, or part of an answer. */
export interface Answer {
  readonly code: string;
  readonly controlId: string;
  readonly text: string;
  readonly raw: string;
}

/** A minimal MLLP sender for tests, written apart from the receiver it tests. */
export class Sender {
  readonly #socket: Socket;
  #received = '';
  #wake: () => void = () => undefined;
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      this.#received += chunk;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<Sender> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Sender(socket);
  }

  /** What has come and belongs to no whole answer. */
  get rest(): string {
    return this.#received;
  }

  write(...lines: readonly string[]): void {
    this.#socket.write(`\x0b${lines.join('\r')}\r\x1c\r`);
  }
  /** Sends a message and waits for its answer; undefined when the connection closes first. */
  async send(...lines: readonly string[]): Promise<Answer | undefined> {
    this.write(...lines);
    return this.answer();
  }
  async answer(): Promise<Answer | undefined> {
    for (;;) {
      const end = this.#received.indexOf('\x1c\r');
      if (end >= 0) {
        const raw = this.#received.slice(1, end);
        this.#received = this.#received.slice(end + 2);
        const msa = raw.split('\r').find((line) => line.startsWith('MSA|')) ?? '';
        const [, code = '', controlId = '', text = ''] = msa.split('|');
        return { code, controlId, text, raw };
      }
      if (this.closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    if (!this.closed) await once(this.#socket, 'close');
  }
}
