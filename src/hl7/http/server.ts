import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { peek } from '../header.ts';
import {
  certificateTrouble,
  type MllpServerTls,
  serverOptions,
  TlsRefusal,
  tlsTrouble,
} from '../mllp/tls.ts';
import { contentTypeOf, isHl7 } from './content-type.ts';

/** Who sent a message over HTTP. */
export interface Hl7HttpPeer {
  readonly remoteAddress: string;
  /** Below the host: `/adt`. */
  readonly path: string;
  /** The Authorization header, for whoever keeps accounts. Never to be logged. */
  readonly authorization: string | undefined;
  /** The `charset` parameter of the content type; the bytes are given as they came. */
  readonly charset: string | undefined;
}

export interface Hl7HttpServerOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0 takes a free port, which `listen` tells. */
  readonly port: number;
  /** As of an MLLP server: at least TLS 1.2, and mutual TLS by `ca`, `pins` and `names`. */
  readonly tls?: MllpServerTls;
  /** Of a message; 16 MiB unless given. */
  readonly maxBytes?: number;
  /** From the first byte of a request to its last; 30 s unless given. */
  readonly requestTimeoutMs?: number;
  readonly maxConnections?: number;
  /** False: 401, and the message is not read. */
  readonly authorize?: (peer: Hl7HttpPeer) => boolean;
  /**
   * Called for each message. Bytes are the acknowledgement; `null` gives none (204); `'close'` says that nothing was kept and
   * it should be sent again (503), and so does an error (500).
   */
  readonly onMessage: (
    bytes: Uint8Array,
    peer: Hl7HttpPeer,
  ) => Uint8Array | null | 'close' | Promise<Uint8Array | null | 'close'>;
  /** An error that `onMessage` threw, or a refused TLS client. */
  readonly onError?: (error: unknown) => void;
}

export interface Hl7HttpServer {
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Takes no more requests, lets those taken be answered, and cuts what is left at the deadline (5 s). */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/**
 * Receives HL7 messages over HTTP: POST, `application/hl7-v2`, the acknowledgement in the answer. Every acknowledgement, AE and
 * AR included, goes with status 200, since it was the application that refused and not the transport.
 *
 *     const server = createHl7HttpServer({
 *       port: 8080,
 *       onMessage: async (bytes) => {
 *         await store(bytes);
 *         return buildAck(bytes, { code: 'AA', controlId: nextId(), time: new Date() });
 *       },
 *     });
 *     await server.listen();
 */
export function createHl7HttpServer(options: Hl7HttpServerOptions): Hl7HttpServer {
  const { host = '127.0.0.1', port, tls, maxBytes = 16 * 1024 * 1024, requestTimeoutMs = 30_000 } = options;
  const limits = {
    requestTimeout: requestTimeoutMs,
    headersTimeout: Math.min(10_000, requestTimeoutMs),
    connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs),
  };
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (tls !== undefined && isRefused(request, tls, options.onError)) return;
    void respond(request, response, maxBytes, options);
  };
  const server: Server =
    tls === undefined
      ? createServer(limits, answer)
      : createTlsServer({ ...limits, ...serverOptions(tls) }, answer);
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const code = socket.authorizationError as unknown as string | null;
    const trouble = tlsTrouble(code ? { code } : error);
    options.onError?.(trouble === undefined ? error : new TlsRefusal('A client', trouble));
  });
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) =>
          reject(
            new Error(`HL7 over HTTP cannot listen on ${host} port ${port}: ${error.message}`, {
              cause: error,
            }),
          ),
        );
        server.listen({ host, port }, () => {
          const { address, port: taken } = server.address() as AddressInfo;
          resolve({ host: address, port: taken });
        });
      }),
    close: ({ deadlineMs = 5_000 } = {}) =>
      new Promise((resolve) => {
        const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
        server.close(() => {
          clearTimeout(deadline);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

/** The certificate is held against what the endpoint expects before anything of the request is looked at. */
function isRefused(
  { socket }: IncomingMessage,
  tls: MllpServerTls,
  onError: Hl7HttpServerOptions['onError'],
): boolean {
  const trouble = socket instanceof TLSSocket ? certificateTrouble(socket, tls, Date.now()) : undefined;
  if (trouble === undefined) return false;
  onError?.(new TlsRefusal(`The client at ${socket.remoteAddress ?? 'an address that is gone'}`, trouble));
  socket.destroy();
  return true;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
  { authorize, onMessage, onError }: Hl7HttpServerOptions,
): Promise<void> {
  const contentType = request.headers['content-type'];
  const peer: Hl7HttpPeer = {
    remoteAddress: request.socket.remoteAddress ?? '',
    path: request.url ?? '/',
    authorization: request.headers.authorization,
    charset: contentType?.match(/;\s*charset="?([\w.:-]+)/i)?.[1],
  };
  const fail = (status: number, text: string, headers: Record<string, string> = {}): void => {
    // What is left of the body is not read: the connection ends with the answer.
    response.writeHead(status, { 'content-type': 'text/plain', connection: 'close', ...headers });
    response.end(`${text}\n`);
    request.resume();
  };
  if (request.method !== 'POST') return fail(405, 'Send HL7 messages with POST.', { allow: 'POST' });
  if (authorize !== undefined && !authorize(peer))
    return fail(401, 'Sign in first.', { 'www-authenticate': 'Basic realm="HL7"' });
  if (!isHl7(contentType)) return fail(415, 'Send HL7 v2 as application/hl7-v2.');
  if (Number(request.headers['content-length'] ?? 0) > maxBytes)
    return fail(413, `The message is larger than ${maxBytes} bytes.`);
  try {
    const bytes = await bodyOf(request, maxBytes);
    if (bytes === undefined) return fail(413, `The message is larger than ${maxBytes} bytes.`);
    const reply = await onMessage(bytes, peer);
    if (reply === 'close') return fail(503, 'The message was not kept: send it again.');
    if (reply === null) response.writeHead(204).end();
    else
      response
        .writeHead(200, { 'content-type': contentTypeOf(peek(reply)), 'content-length': reply.length })
        .end(reply);
  } catch (error) {
    onError?.(error);
    // A sender that broke off hears nothing more; another learns that nothing is promised.
    if (!response.destroyed && !response.headersSent) fail(500, 'The message could not be handled.');
  }
}

/** The whole body; undefined when it is too large, and then the rest is not kept. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, length);
}
