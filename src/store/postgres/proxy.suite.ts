/** A way to the server that a test can cut. Not part of the program. */
import { connect, createServer, type Socket } from 'node:net';

export interface Way {
  readonly port: number;
  /** Whatever is under way is lost; who comes is sent away. */
  cut(): void;
  /** Open again. */
  mend(): void;
  /** From now on to the server at this port. */
  lead(to: number): void;
  /** Answers of the server are lost from now on, what is asked still arrives. */
  deafen(): void;
  close(): Promise<void>;
}

export async function openWay(first: number): Promise<Way> {
  let to = first;
  const sockets = new Set<Socket>();
  let isCut = false;
  let deaf = false;
  const server = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect({ port: to, host: '127.0.0.1', noDelay: true });
    near.setNoDelay(true);
    sockets.add(near);
    sockets.add(far);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        if (!(deaf && one === near)) other.destroy();
      });
    }
    near.on('data', (chunk) => void far.write(chunk));
    far.on('data', (chunk) => {
      if (!deaf) near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as { port: number }).port,
    cut,
    mend() {
      isCut = false;
      deaf = false;
    },
    lead(port) {
      to = port;
    },
    deafen() {
      deaf = true;
    },
    close() {
      cut();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
