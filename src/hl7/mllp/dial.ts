import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import {
  certificateTrouble,
  clientOptions,
  type MllpClientTls,
  TlsRefusal,
  type TlsTrouble,
  tlsSentence,
  tlsTrouble,
} from './tls.ts';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: MllpClientTls;
  readonly connectTimeoutMs: number;
  readonly keepAliveMs: number;
}

/** Why no connection could be made. */
export interface DialFault {
  readonly reason: string;
  readonly tls: TlsTrouble | undefined;
}

/**
 * Connects, TLS handshake and the check of the pinned certificate included. The function returned gives up.
 * The socket that is handed over has an `error` listener of its own: an error without one would end the process.
 */
export function dial(
  options: DialOptions,
  done: (result: { readonly socket: Socket } | { readonly fault: DialFault }) => void,
): (reason: string) => void {
  const { host, port, tls, connectTimeoutMs, keepAliveMs } = options;
  const where = `${host} port ${port}`;
  let socket: Socket;
  try {
    socket =
      tls === undefined ? connect({ host, port }) : connectTls({ ...clientOptions(host, tls), host, port });
  } catch (error) {
    // A key that does not fit its certificate, a pin that is none: nothing was dialled.
    done({ fault: faultOf(error, where) });
    return () => undefined;
  }
  let over = false;
  const finish = (result: { readonly socket: Socket } | { readonly fault: DialFault }): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    socket.off('close', ended);
    done(result);
  };
  const timer = setTimeout(
    () => socket.destroy(new Error(`no connection to ${where} within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  const ended = (): void =>
    finish({ fault: { reason: `${where} closed the connection before it was ready`, tls: undefined } });
  socket.on('error', (error) => finish({ fault: faultOf(error, where) }));
  socket.once('close', ended);
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    // Certificates are dated by the clock of the machine, as in the handshake.
    const trouble = tls && certificateTrouble(socket as TLSSocket, tls, Date.now());
    if (trouble !== undefined) {
      socket.destroy(new TlsRefusal(where, trouble));
      return;
    }
    socket.setNoDelay(true);
    if (keepAliveMs > 0) socket.setKeepAlive(true, keepAliveMs);
    finish({ socket });
  });
  return (reason) => socket.destroy(new Error(reason));
}

function faultOf(error: unknown, where: string): DialFault {
  const tls = tlsTrouble(error);
  if (tls !== undefined) return { reason: tlsSentence(where, tls), tls };
  return { reason: error instanceof Error ? error.message || error.name : String(error), tls };
}
