/** Until when a server's certificate holds: read in a handshake of its own, in which nothing is sent. */
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { Observed } from '../../site/index.ts';

type Certificate = Omit<NonNullable<Observed['certificate']>, 'observedAt'>;

const PATIENCE = 10_000;

/** `undefined`: the address is no https, or no handshake came about; who calls the server learns why. */
export function certificateOf(base: string, signal: AbortSignal): Promise<Certificate | undefined> {
  const { protocol, hostname, port } = new URL(base);
  if (protocol !== 'https:') return Promise.resolve(undefined);
  const host = hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      // Its dates are wanted of one that has ended, too; calls are made by others, which check it.
      rejectUnauthorized: false,
      timeout: PATIENCE,
    });
    const end = (found: Certificate | undefined): void => {
      signal.removeEventListener('abort', stop);
      socket.destroy();
      resolve(found);
    };
    const stop = (): void => end(undefined);
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', stop);
    socket.once('timeout', stop);
    socket.once('secureConnect', () => {
      const { valid_to, issuer } = socket.getPeerCertificate();
      const at = Date.parse(valid_to);
      if (Number.isNaN(at)) return end(undefined);
      const { O, CN } = issuer ?? {};
      const by = [O, CN].flat().find((each) => each !== undefined);
      end({
        from: `${hostname}:${port === '' ? '443' : port}`,
        validTo: `${new Date(at).toISOString().slice(0, 19)}Z`,
        ...(by === undefined ? {} : { issuer: by }),
      });
    });
  });
}
