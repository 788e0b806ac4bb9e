import { createServer, type Server, type Socket } from 'node:net';

/** What a receiver does with a message: answers with a code, closes without a word, or says nothing at all. */
export type Behaviour = 'AA' | 'AE' | 'AR' | 'CA' | 'close' | 'silence' | 'wrong id';

/** A minimal MLLP receiver for tests, written apart from the sender it tests. */
export class Receiver {
  readonly messages: string[] = [];
  connections = 0;
  /** The most messages that ever stood unanswered at the same time. */
  mostInFlight = 0;
  #inFlight = 0;
  behave: (message: string, index: number) => Behaviour = () => 'AA';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: { count: number; resolve: () => void }[] = [];

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async open(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  get open(): number {
    return this.#sockets.size;
  }

  /** Resolves when so many messages have come in all. */
  received(count: number): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
      const frames = text.split('\x1c\r');
      text = frames.pop() ?? '';
      for (const frame of frames) this.#take(socket, frame.slice(frame.indexOf('\x0b') + 1));
    });
  }

  #take(socket: Socket, message: string): void {
    const behaviour = this.behave(message, this.messages.length);
    this.messages.push(message);
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.messages.length < count) return true;
      resolve();
      return false;
    });
    if (behaviour === 'silence') return;
    if (behaviour === 'close') {
      socket.destroy();
      return;
    }
    const header = message.split('\r')[0]?.split('|') ?? [];
    const code = behaviour === 'wrong id' ? 'AA' : behaviour;
    const controlId = behaviour === 'wrong id' ? '1' : header[9];
    const reply = `MSH|^~\\&|TEST|TEST|${header[2]}|${header[3]}|20260512||ACK|1|T|2.5.1\rMSA|${code}|${controlId}\r`;
    // Answered a turn later, so that a sender who does not wait is seen.
    setImmediate(() => {
      this.#inFlight -= 1;
      socket.write(`\x0b${reply}\x1c\r`);
    });
  }
}

/** A segment's fields by number, of the first segment with this name. MSH counts its separator as field 1. */
export function fieldsOf(message: string, name: string): string[] {
  const line = message.split('\r').find((each) => each.startsWith(`${name}|`)) ?? '';
  const fields = line.split('|');
  return name === 'MSH' ? ['MSH', '|', ...fields.slice(1)] : fields;
}
