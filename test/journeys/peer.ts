/** MLLP peers by hand, so that a test sees exactly what comes over the wire. */
import { connect } from 'node:net';
import { frame, frameReader, type Said, startSink } from '../crash/traffic.ts';

export interface Peer {
  /** Sends one framed message and resolves with the answer's text, or `null` when the other side closed instead. */
  send(text: string): Promise<string | null>;
  /** Bytes as they are, without a frame. */
  write(bytes: Buffer): Promise<void>;
  readonly closed: Promise<void>;
  close(): void;
}

export async function connectPeer(port: number): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const waiting: ((answer: string | null) => void)[] = [];
  socket.on('error', () => undefined);
  socket.on(
    'data',
    frameReader((content) => waiting.shift()?.(content.toString('utf8'))),
  );
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      for (const give of waiting.splice(0)) give(null);
      resolve();
    }),
  );
  return {
    send: (text) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        socket.write(frame(text));
      }),
    write: (bytes) => new Promise((resolve) => void socket.write(bytes, () => resolve())),
    closed,
    close: () => socket.destroy(),
  };
}

/** The code, control id and text of an acknowledgement's MSA. */
export function msa(answer: string | null): { code: string; controlId: string; text: string } | null {
  const fields = answer
    ?.split('\r')
    .find((line) => line.startsWith('MSA|'))
    ?.split('|');
  return fields ? { code: fields[1] ?? '', controlId: fields[2] ?? '', text: fields[3] ?? '' } : null;
}

/** A receiver that says these things one after the other, and AA ever after. `got` holds `<control id> <what was said>`. */
export async function startTarget(
  says: Said[] = [],
): Promise<{ readonly port: number; readonly got: string[]; close(): Promise<void> }> {
  const got: string[] = [];
  const saysNext = (controlId: string): Said => {
    const said = says.shift() ?? 'AA';
    got.push(`${controlId} ${said}`);
    return said;
  };
  const sink = await startSink(() => undefined, saysNext);
  return { ...sink, got };
}
