/** A proxy that ends each connection after so many bytes in one of its directions: within a frame, before it, behind it, at any byte. */
import { connect, createServer, type Socket } from 'node:net';
import type { Random } from '../../../src/std/index.ts';

export interface CuttingProxy {
  readonly port: number;
  /** Connections that were cut. */
  readonly cuts: number;
  /** Of these: in the direction away from whoever connected. */
  readonly forward: number;
  /** From now on it cuts no more. */
  spare(): void;
  close(): Promise<void>;
}

/** @param most Bytes after which a connection is cut at the latest: a number for each direction. */
export async function startCuttingProxy(options: {
  readonly target: number;
  readonly random: Random;
  readonly most: { readonly forward: number; readonly back: number };
}): Promise<CuttingProxy> {
  const { random, most } = options;
  const sockets = new Set<Socket>();
  let cuts = 0;
  let forward = 0;
  let sparing = false;

  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: options.target });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    const isForward = random.fraction() < 0.5;
    let left = Math.floor(random.fraction() * (isForward ? most.forward : most.back));
    // A reset takes bytes with it that were sent; an end lets them arrive. Networks do both.
    const isReset = random.fraction() < 0.5;
    const pass = (from: Socket, to: Socket, isCutHere: boolean): void => {
      from.on('data', (chunk) => {
        if (sparing || !isCutHere || chunk.length <= left) {
          left -= isCutHere ? chunk.length : 0;
          if (to.writable) to.write(chunk);
          return;
        }
        cuts++;
        if (isForward) forward++;
        from.pause();
        const end = (): void => {
          for (const socket of [near, far]) isReset ? socket.resetAndDestroy() : socket.destroySoon();
        };
        if (left > 0 && to.writable) to.write(chunk.subarray(0, left), end);
        else end();
      });
    };
    pass(near, far, isForward);
    pass(far, near, !isForward);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as { port: number }).port,
    get cuts() {
      return cuts;
    },
    get forward() {
      return forward;
    },
    spare() {
      sparing = true;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
