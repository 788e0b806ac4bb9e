/**
 * A receiver that keeps the truth: what arrived, in which order for each patient, and what it answered. A proof compares with it
 * what the engine believes.
 */
import { createServer, type Socket } from 'node:net';
import { controlIdOf, frame, frameReader } from '../crash/traffic.ts';

/** `silence`: takes it and says nothing. */
export type Answer = 'AA' | 'CA' | 'AE' | 'AR' | 'hang up' | 'silence';

const POSITIVE = /^(AA|CA) /;

export interface TruthfulReceiver {
  readonly port: number;
  /** What was answered to each message, with a word of its own for every answer: `AA M7 3`. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** How often each message arrived whole. */
  readonly arrived: ReadonlyMap<string, number>;
  /** How often it was answered positively: more than once is delivered more than once. */
  taken(controlId: string): number;
  /** First arrivals that were not the patient's next message. */
  readonly inversions: number;
  /** First arrivals while the patient's message before was neither taken nor refused for good. */
  readonly overtakings: number;
  /** Copies of an earlier message that arrived behind a later one: bytes of a connection that was given up. */
  readonly lateCopies: number;
  close(): Promise<void>;
}

/**
 * @param says What it answers; `times` is 1 for the first arrival. A message that it answers with AR, or not at all, was not taken.
 */
export async function startTruthfulReceiver(
  says: (controlId: string, times: number) => Answer,
): Promise<TruthfulReceiver> {
  const said = new Map<string, string[]>();
  const arrived = new Map<string, number>();
  const last = new Map<string, { sequence: number; controlId: string }>();
  const sockets = new Set<Socket>();
  let words = 0;
  let inversions = 0;
  let overtakings = 0;
  let lateCopies = 0;

  /** The message before it has been answered for good: taken, or refused as it is. */
  const over = (controlId: string): boolean =>
    (said.get(controlId) ?? []).some((answer) => POSITIVE.test(answer) || answer.startsWith('AE'));

  function note(controlId: string, content: Buffer): number {
    const times = (arrived.get(controlId) ?? 0) + 1;
    arrived.set(controlId, times);
    const text = content.toString('latin1');
    const pid = text.slice(text.indexOf('\rPID|') + 1, text.indexOf('\rPID|') + 100).split('|');
    const patient = pid[3] as string;
    const sequence = Number(pid[4]);
    const before = last.get(patient);
    if (times === 1) {
      if (sequence !== (before?.sequence ?? 0) + 1) inversions++;
      if (before !== undefined && !over(before.controlId)) overtakings++;
      if (sequence > (before?.sequence ?? 0)) last.set(patient, { sequence, controlId });
    } else if (sequence < (before?.sequence ?? 0)) lateCopies++;
    return times;
  }

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on(
      'data',
      frameReader((content) => {
        const controlId = controlIdOf(content);
        const answer = says(controlId, note(controlId, content));
        if (answer === 'hang up') return void socket.destroy();
        if (answer === 'silence') return;
        const word = `${answer} ${controlId} ${++words}`;
        const all = said.get(controlId);
        if (all) all.push(word);
        else said.set(controlId, [word]);
        if (socket.writable)
          socket.write(
            frame(
              `MSH|^~\\&|SINK|||||20260131120000||ACK|${words}|T|2.5.1\rMSA|${answer}|${controlId}|${word}\r`,
            ),
          );
      }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as { port: number }).port,
    said,
    arrived,
    taken: (controlId) => (said.get(controlId) ?? []).filter((answer) => POSITIVE.test(answer)).length,
    get inversions() {
      return inversions;
    },
    get overtakings() {
      return overtakings;
    },
    get lateCopies() {
      return lateCopies;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
