/** An application at the end of a webhook: a real HTTP server that keeps what it was asked and answers as told. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Takes the request and ends the connection without a word. */
  | 'reset'
  /** Takes the request and says nothing, until the other side leaves. */
  | 'silence';

export interface Receiver {
  readonly url: string;
  readonly asked: Asked[];
  answer: (asked: Asked) => Answer | Promise<Answer>;
  /** Nobody listens on the port any more. */
  down(): Promise<void>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(answer: Receiver['answer'] = () => ({ status: 204 })): Promise<Receiver> {
  const asked: Asked[] = [];
  let server: Server | null = null;
  let port = 0;

  function listen(): Promise<void> {
    const made = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const { method = '', url = '', headers } = request;
      const one: Asked = { method, path: url, headers, body: Buffer.concat(pieces).toString('utf8') };
      asked.push(one);
      const said = await receiver.answer(one);
      if (said === 'reset') request.socket.destroy();
      else if (said !== 'silence') {
        response.writeHead(said.status, { 'content-type': 'application/json', ...said.headers });
        response.end(said.body === undefined ? '' : JSON.stringify(said.body));
      }
    });
    server = made;
    return new Promise((resolve, reject) => {
      made.once('error', reject);
      made.listen(port, '127.0.0.1', () => {
        ({ port } = made.address() as AddressInfo);
        resolve();
      });
    });
  }

  function down(): Promise<void> {
    const open = server;
    server = null;
    return new Promise((resolve) => {
      if (!open) return resolve();
      open.close(() => resolve());
      open.closeAllConnections();
    });
  }

  const receiver: Receiver = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    asked,
    answer,
    down,
    up: listen,
    close: down,
  };
  await listen();
  return receiver;
}
