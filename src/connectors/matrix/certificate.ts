/** Until when a certificate holds: of another side, read in a handshake of its own in which nothing is sent; and our own. */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { type Observed, observedTime } from '../../site/index.ts';

export type Certificate = Omit<NonNullable<Observed['certificate']>, 'observedAt'>;

const PATIENCE = 10_000;

/** `undefined`: the address is no https, or no handshake came about; who calls the server learns why. */
export function certificateOf(base: string, signal: AbortSignal): Promise<Certificate | undefined> {
  const { protocol, hostname, port } = new URL(base);
  if (protocol !== 'https:') return Promise.resolve(undefined);
  const host = hostname.replace(/^\[|\]$/g, '');
  return certificateAt({ host, port: port === '' ? 443 : Number(port) }, signal);
}

/**
 * @param at `key` and `cert` for those who ask for a certificate of ours.
 * @returns `undefined`: no handshake came about.
 */
export function certificateAt(
  at: Pick<ConnectionOptions, 'servername' | 'key' | 'cert'> & {
    readonly host: string;
    readonly port: number;
  },
  signal: AbortSignal,
): Promise<Certificate | undefined> {
  const { host, port } = at;
  return new Promise<Certificate | undefined>((resolve) => {
    const socket = connect({
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...at,
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
      const certificate = socket.getPeerX509Certificate();
      end(certificate && termOf(certificate, `${host.includes(':') ? `[${host}]` : host}:${port}`));
    });
    // A key that does not fit its certificate is found out before anything is sent; the connection itself tells of it.
  }).catch(() => undefined);
}

/** Of one of ours. @param from What it is shown for. @returns `undefined`: the text holds none. */
export function ownCertificate(pem: string, from: string): Certificate | undefined {
  try {
    return termOf(new X509Certificate(pem), from);
  } catch {
    return undefined;
  }
}

function termOf(certificate: X509Certificate, from: string): Certificate | undefined {
  const at = Date.parse(certificate.validTo);
  if (Number.isNaN(at)) return undefined;
  // One line a part of the name: `O=...`, `CN=...`.
  const parts = certificate.issuer.split('\n');
  const by = ['O=', 'CN='].flatMap((kind) => parts.filter((part) => part.startsWith(kind)))[0];
  return {
    from,
    validTo: observedTime(at),
    ...(by === undefined ? {} : { issuer: by.slice(by.indexOf('=') + 1) }),
  };
}
