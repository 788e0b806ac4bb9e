import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { peek } from '../header.ts';
import { FrameScanner } from './index.ts';

/** What a receiver does with a message: its control id, where it came from, and on the how manieth connection. */
export type Behave = (id: string, socket: Socket, connection: number) => void;

/** A receiver on a plain socket, whose answers the test gives. */
export async function receiverThat(behave: Behave) {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket);
    const scanner = new FrameScanner();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const event of scanner.push(chunk)) {
        if (event.kind !== 'frame') continue;
        const id = peek(event.bytes).controlId;
        received.push(id);
        behave(id, socket, connection);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** The control ids of what came, in order. */
    received,
    sockets,
    close(): void {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
