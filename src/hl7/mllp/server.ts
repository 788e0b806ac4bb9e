import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import {
  Connection,
  type ConnectionOwner,
  type MllpPeer,
  type PeerCertificate,
  type Reply,
} from './connection.ts';
import { defaultMaxFrameBytes, type FrameEvent, type Framing, mllpFraming } from './frame.ts';
import { certificateTrouble, type MllpServerTls, serverOptions, TlsRefusal, tlsTrouble } from './tls.ts';

export interface MllpServerOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** 0 takes a free port, which `listen` tells. */
  readonly port: number;
  /**
   * `key` and `cert`, at least TLS 1.2. For mutual TLS `ca` with `requestCert`, or `pins` or `names`, which ask for a certificate by
   * themselves: a client that shows none, or another one, is not heard.
   */
  readonly tls?: MllpServerTls;
  /** 16 MiB unless given. */
  readonly maxFrameBytes?: number;
  /** The bytes around a message, for links that have others than MLLP. */
  readonly framing?: Framing;
  /** Frames of one connection that may wait for their answer; 64 unless given. 1 handles them strictly one by one. */
  readonly maxUnanswered?: number;
  /** A connection without traffic this long ends; 0, the default, keeps it: feeds are quiet at night. */
  readonly idleTimeoutMs?: number;
  /** A frame that is not whole this long after its start ends the connection; 30 s unless given, 0 waits for ever. */
  readonly midFrameTimeoutMs?: number;
  /** First TCP keep-alive probe; 60 s unless given, 0 sends none. Firewalls drop quiet connections silently. */
  readonly keepAliveMs?: number;
  readonly maxConnections?: number;
  /**
   * Called for each frame, in the order of its connection. Bytes, one answer or a list of them, are framed and sent in the
   * same order; `null` sends nothing; `'close'` ends the connection without an answer, and so does an error.
   */
  readonly onFrame: (bytes: Uint8Array, peer: MllpPeer) => Reply | Promise<Reply>;
  /** A frame beyond the limit; `head` holds its first 4 KB, enough to answer it. Without a handler: no answer. */
  readonly onTooLarge?: (
    event: Extract<FrameEvent, { kind: 'too-large' }>,
    peer: MllpPeer,
  ) => Reply | Promise<Reply>;
  /** Bytes outside frames, and frames that never ended. */
  readonly onGarbage?: (event: Extract<FrameEvent, { kind: 'garbage' | 'broken' }>, peer: MllpPeer) => void;
  readonly onConnection?: (peer: MllpPeer) => void;
  readonly onDisconnect?: (peer: MllpPeer) => void;
  /**
   * An error that `onFrame` threw, or a failed TLS handshake (then without a peer). A TlsRefusal says in its message which
   * client was refused, why, and what to do first.
   */
  readonly onError?: (error: unknown, peer: MllpPeer | undefined) => void;
}

/** Counts since the server was made. */
export interface MllpServerCounters {
  /** Open now. */
  connections: number;
  accepted: number;
  frames: number;
  replies: number;
  /** Bytes outside frames, line ends not counted. */
  garbageBytes: number;
  lineEndBytes: number;
  brokenFrames: number;
  oversizeFrames: number;
  idleTimeouts: number;
  midFrameTimeouts: number;
  handlerErrors: number;
  tlsErrors: number;
}

export interface MllpServer {
  /** Rejects when the port cannot be had; the message says which port and why. */
  listen(): Promise<{ readonly host: string; readonly port: number }>;
  /** Stops reading all sockets: back-pressure. Frames that already came wait; those taken are answered. */
  pause(): void;
  resume(): void;
  readonly paused: boolean;
  readonly counters: Readonly<MllpServerCounters>;
  readonly peers: readonly MllpPeer[];
  /** Takes no more connections or frames, lets those taken be answered, and cuts what is left at the deadline (5 s). */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

/**
 * Receives HL7 messages over MLLP.
 *
 *     const server = createMllpServer({
 *       port: 6661,
 *       onFrame: async (bytes) => {
 *         await store(bytes);
 *         return buildAck(bytes, { code: 'AA', controlId: nextId(), time: new Date() });
 *       },
 *     });
 *     await server.listen();
 */
export function createMllpServer(options: MllpServerOptions): MllpServer {
  return new ListeningServer(options);
}

class ListeningServer implements MllpServer, ConnectionOwner {
  readonly maxFrameBytes: number;
  readonly framing: Framing;
  readonly maxUnanswered: number;
  readonly midFrameTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly counters: MllpServerCounters = {
    connections: 0,
    accepted: 0,
    frames: 0,
    replies: 0,
    garbageBytes: 0,
    lineEndBytes: 0,
    brokenFrames: 0,
    oversizeFrames: 0,
    idleTimeouts: 0,
    midFrameTimeouts: 0,
    handlerErrors: 0,
    tlsErrors: 0,
  };
  readonly #options: MllpServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  /** Sockets whose TLS handshake is under way have no connection yet, but must end with the server too. */
  readonly #sockets = new Set<Socket>();
  readonly #addresses = new WeakMap<Socket, string | undefined>();
  #paused = false;
  #listening = true;
  #closing: Promise<void> | undefined;
  /** Ends `close` when the last connection has: the sockets of a closed server may still be ending. */
  #finished: () => void = () => undefined;

  constructor(options: MllpServerOptions) {
    this.#options = options;
    this.maxFrameBytes = options.maxFrameBytes ?? defaultMaxFrameBytes;
    this.framing = options.framing ?? mllpFraming;
    this.maxUnanswered = Math.max(1, options.maxUnanswered ?? 64);
    this.midFrameTimeoutMs = options.midFrameTimeoutMs ?? 30_000;
    this.idleTimeoutMs = options.idleTimeoutMs ?? 0;
    // Half-open: a sender that ends its side after the last message still gets its answer.
    this.#server =
      options.tls === undefined
        ? createServer({ allowHalfOpen: true }, (socket) => this.#connect(socket))
        : createTlsServer(
            { handshakeTimeout: 10_000, allowHalfOpen: true, ...serverOptions(options.tls) },
            (socket) => this.#admit(socket),
          );
    if (options.maxConnections !== undefined) this.#server.maxConnections = options.maxConnections;
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      // Read while it is there: a client that is refused in the handshake is gone when that is told.
      this.#addresses.set(socket, socket.remoteAddress);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      this.counters.tlsErrors += 1;
      // Node hangs up on a certificate it does not take, and keeps the reason beside the error.
      const code = socket.authorizationError as unknown as string | null;
      const trouble = tlsTrouble(code ? { code } : error);
      options.onError?.(
        trouble === undefined ? error : new TlsRefusal(this.#clientAt(socket), trouble),
        undefined,
      );
    });
  }

  get paused(): boolean {
    return this.#paused;
  }

  get peers(): readonly MllpPeer[] {
    return [...this.#connections];
  }

  listen(): Promise<{ host: string; port: number }> {
    const { host = '127.0.0.1', port } = this.#options;
    return new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port));
      this.#server.once('error', failed);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', failed);
        // Later errors concern single connections (no file handle left, for one); the server goes on.
        this.#server.on('error', (error) => this.#options.onError?.(error, undefined));
        const address = this.#server.address() as AddressInfo;
        resolve({ host: address.address, port: address.port });
      });
    });
  }

  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  #setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    for (const connection of this.#connections) connection.regulate();
  }

  close({ deadlineMs = 5_000 }: { readonly deadlineMs?: number } = {}): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const deadline = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, deadlineMs);
      this.#server.close(() => {
        this.#listening = false;
        this.#finished();
      });
      this.#finished = () => {
        if (this.#listening || this.#connections.size > 0) return;
        clearTimeout(deadline);
        resolve();
      };
      for (const connection of this.#connections) connection.drain();
      for (const socket of this.#sockets) if (!this.#isConnected(socket)) socket.destroy();
    });
    return this.#closing;
  }

  /** Over TLS the connection's socket wraps the one that was accepted; both show the same remote port. */
  #isConnected(socket: Socket): boolean {
    for (const { remotePort, remoteAddress } of this.#connections)
      if (remotePort === socket.remotePort && remoteAddress === socket.remoteAddress) return true;
    return false;
  }

  /** A TLS client whose certificate is held against what the endpoint expects. */
  #admit(socket: TLSSocket): void {
    const { tls } = this.#options;
    const trouble = tls && certificateTrouble(socket, tls, Date.now());
    if (trouble === undefined) {
      this.#connect(socket);
      return;
    }
    this.counters.tlsErrors += 1;
    this.#options.onError?.(new TlsRefusal(this.#clientAt(socket), trouble), undefined);
    socket.on('error', () => socket.destroy());
    socket.destroy();
  }

  /** Where Node does not say which socket it wrapped, the address may be missing; nothing else goes by it. */
  #clientAt(socket: TLSSocket): string {
    const { _parent: wrapped } = socket as TLSSocket & { readonly _parent?: Socket };
    const address = socket.remoteAddress ?? (wrapped && this.#addresses.get(wrapped));
    return address === undefined ? 'A client' : `The client at ${address}`;
  }

  #connect(socket: Socket): void {
    socket.setNoDelay(true);
    const { keepAliveMs = 60_000 } = this.#options;
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
    this.counters.accepted += 1;
    this.counters.connections += 1;
    const connection = new Connection(
      socket,
      this.counters.accepted,
      certificateOf(socket, this.#options.tls),
      this,
    );
    this.#connections.add(connection);
    this.#options.onConnection?.(connection);
    if (this.#closing !== undefined) connection.drain();
  }

  onFrame(bytes: Uint8Array, peer: MllpPeer): Reply | Promise<Reply> {
    this.counters.frames += 1;
    return this.#options.onFrame(bytes, peer);
  }

  onTooLarge(event: Extract<FrameEvent, { kind: 'too-large' }>, peer: MllpPeer): Reply | Promise<Reply> {
    this.counters.oversizeFrames += 1;
    return this.#options.onTooLarge?.(event, peer) ?? null;
  }

  onNoise(event: Extract<FrameEvent, { kind: 'garbage' | 'broken' }>, peer: MllpPeer): void {
    if (event.kind === 'garbage') this.counters.garbageBytes += event.bytes;
    else this.counters.brokenFrames += 1;
    this.#options.onGarbage?.(event, peer);
  }

  onReply(): void {
    this.counters.replies += 1;
  }

  onLineEndBytes(bytes: number): void {
    this.counters.lineEndBytes += bytes;
  }

  onTimeout(kind: 'idle' | 'mid-frame'): void {
    if (kind === 'idle') this.counters.idleTimeouts += 1;
    else this.counters.midFrameTimeouts += 1;
  }

  onHandlerError(error: unknown, peer: MllpPeer): void {
    this.counters.handlerErrors += 1;
    this.#options.onError?.(error, peer);
  }

  onClosed(connection: Connection): void {
    this.#connections.delete(connection);
    this.counters.connections -= 1;
    this.#options.onDisconnect?.(connection);
    this.#finished();
  }
}

/** Only of a certificate that was checked; one that nobody asked for proves nothing. */
function certificateOf(socket: Socket, tls: MllpServerTls | undefined): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !(socket.authorized || tls?.pins !== undefined)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const name = certificate.subject.match(/^CN=(.*)$/m)?.[1];
  return { name, fingerprint: certificate.fingerprint256 };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there already: stop it, or choose another port'
      : error.code === 'EACCES'
        ? 'this user may not listen there: ports below 1024 need a privilege, choose a higher one'
        : error.message;
  return Object.assign(new Error(`MLLP cannot listen on ${host} port ${port}: ${why}`, { cause: error }), {
    code: error.code,
  });
}
