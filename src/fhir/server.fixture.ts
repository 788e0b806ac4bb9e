/** A small HTTP server for tests that answers as each test says, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export type Answer =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  /** Ends the connection in place of an answer. */
  | 'hang up'
  /** Never answers. */
  | 'silence';

export interface TestServer {
  readonly origin: string;
  readonly asked: Asked[];
  /** Sockets that were opened. */
  sockets(): number;
  close(): Promise<void>;
}

/** @param answer A string body is sent as it is, anything else as JSON. */
export async function serve(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void handle(request, response));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url = '', headers } = request;
    const one = { method, url, headers, body: Buffer.concat(pieces) };
    asked.push(one);
    const reply = await answer(one, asked.length);
    if (reply === 'hang up') request.socket.destroy();
    else if (reply !== 'silence') {
      const { status = 200, headers: more = {}, body = '' } = reply;
      response.writeHead(status, more);
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }
  }
  let sockets = 0;
  server.on('connection', () => {
    sockets++;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    sockets: () => sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
