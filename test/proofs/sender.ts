/**
 * A sender as interfaces are: one message under way, the next when its acknowledgement came, and after a lost connection the same
 * message again under the same control id.
 */
import { connect } from 'node:net';
import { ackOf, admission, frame, frameReader } from '../crash/traffic.ts';

export interface Message {
  readonly controlId: string;
  readonly text: string;
}

/**
 * So many messages, dealt out to so many senders: a patient belongs to one sender, so that the order of his messages is the
 * sender's. Control ids are `M1`, `M2` and so on; the place in the patient's sequence stands in PID-4.
 */
export function dealt(count: number, senders: number, patientsPerSender: number): Iterable<Message>[] {
  return Array.from({ length: senders }, (_, sender) => handOf(sender));
  function* handOf(sender: number): Generator<Message> {
    for (let turn = 0; turn * senders + sender < count; turn++) {
      const patient = sender * patientsPerSender + (turn % patientsPerSender);
      const controlId = `M${turn * senders + sender + 1}`;
      const sequence = Math.floor(turn / patientsPerSender) + 1;
      yield { controlId, text: admission(controlId, patient, sequence) };
    }
  }
}

export interface SenderOptions {
  /** Asked before each connection: the engine may have come back elsewhere; `null`: not there now. */
  readonly port: () => number | null;
  readonly messages: Iterable<Message> | AsyncIterable<Message>;
  readonly acked: (controlId: string) => void;
  /** An acknowledgement that is not AA of the message under way. */
  readonly strange?: (answer: string) => void;
  readonly stopped?: () => boolean;
}

/** Resolves when all are acknowledged, or when stopped. */
export async function sendAll(options: SenderOptions): Promise<void> {
  const { messages, stopped } = options;
  const iterator =
    Symbol.asyncIterator in messages ? messages[Symbol.asyncIterator]() : messages[Symbol.iterator]();
  const next = async (): Promise<IteratorResult<Message>> => iterator.next();
  let pending = next();
  for (;;) {
    let under = await pending;
    if (under.done || stopped?.()) return;
    const port = options.port();
    if (port !== null)
      await new Promise<void>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        const send = (): void => {
          if (under.done || stopped?.()) socket.end();
          else socket.write(frame(under.value.text));
        };
        socket.on('connect', send);
        socket.on('error', () => undefined); // 'close' follows
        socket.on('close', () => resolve());
        socket.on(
          'data',
          frameReader((content) => {
            const { code, controlId } = ackOf(content);
            if (under.done || code !== 'AA' || controlId !== under.value.controlId) {
              options.strange?.(`${code} ${controlId}`);
              return void socket.destroy();
            }
            options.acked(controlId);
            pending = next();
            void pending.then((message) => {
              under = message;
              send();
            });
          }),
        );
      });
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 4));
  }
}
