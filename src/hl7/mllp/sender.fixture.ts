import { connect, type Socket } from 'node:net';
import { buildAck, parse, peek } from '../index.ts';
import { FrameScanner } from './index.ts';

/** A message with this control id. */
export const hl7 = (id: string | number): Buffer =>
  Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5\rPID|1\r`);

/** The handler that accepts everything. */
export const accept = (bytes: Uint8Array): Uint8Array =>
  buildAck(bytes, { code: 'AA', controlId: `ack-${peek(bytes).controlId}`, time: '20260131' });

/** A sender that writes what it is told and collects what comes back. */
export class Sender {
  readonly socket: Socket;
  readonly answers: string[] = [];
  readonly chunks: number[] = [];
  ended = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const scanner = new FrameScanner();
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk.length);
      for (const event of scanner.push(chunk))
        this.answers.push(
          event.kind === 'frame'
            ? (parse(event.bytes).get('MSA-2') ?? Buffer.from(event.bytes).toString())
            : event.kind,
        );
      this.#wake();
    });
    this.socket.on('error', () => this.#wake());
    for (const event of ['end', 'close'])
      this.socket.on(event, () => {
        this.ended = true;
        this.#wake();
      });
  }

  write(...parts: (Uint8Array | string)[]): void {
    this.socket.write(
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
    );
  }

  /** Waits until the answers are as many, or the connection has ended. */
  async until(met: () => boolean): Promise<void> {
    while (!met())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async take(count: number): Promise<string[]> {
    await this.until(() => this.answers.length >= count || this.ended);
    return this.answers.splice(0, count);
  }
}

/** A handler whose answers the test gives, one by one. */
export function byHand() {
  const waiting: {
    id: string;
    reply: (reply: Uint8Array | null | 'close') => void;
    fail: (error: Error) => void;
  }[] = [];
  let wake: () => void = () => undefined;
  return {
    waiting,
    onFrame: (bytes: Uint8Array) =>
      new Promise<Uint8Array | null | 'close'>((resolve, reject) => {
        waiting.push({ id: peek(bytes).controlId, reply: (reply) => resolve(reply), fail: reject });
        wake();
      }),
    async until(count: number): Promise<void> {
      while (waiting.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}
